public import Foundation
public import Kernels
import Logging
import ModelServing
import TeacherService
import WireFormat

/// `retort teacher`: a process that serves a model folder.
public struct TeacherProcess: Sendable {
  private let model: URL
  private let quotas: CallerQuotas
  private let service: ServiceSettings
  private let weights: (generation: WeightFormat, scoring: WeightFormat)

  /// Serves a folder.
  ///
  /// - Parameters:
  ///   - generationWeights: How weights are kept for generation.
  ///   - scoringWeights: How weights are kept for scoring.
  ///   - quotas: How much callers may have, as `--quota` says it.
  /// - Throws: ``CommandError/badOption(name:value:expected:)``.
  public init(
    model: URL, generationWeights: WeightFormat = .float32, scoringWeights: WeightFormat = .float32,
    quotas: [String] = [], service: ServiceSettings
  ) throws(CommandError) {
    self.model = model
    weights = (generationWeights, scoringWeights)
    self.quotas = try CallerQuotas(parsing: quotas)
    self.service = service
  }

  /// Reads the model and serves it until asked to stop.
  public func run() async throws {
    let (host, logger) = try service.host(label: "retort.teacher")
    if let failure = BLAS.failure { throw CommandError.noArithmetic(reason: failure) }
    let served = try ServedModel(
      folder: model,
      generation: GenerationSettings(
        weights: weights.generation, scoringWeights: weights.scoring, parametersAreFixed: true)
    ).packedOnly()
    logger.notice(
      "model read",
      metadata: [
        "model.name": "\(served.description.name)", "model.digest": "\(served.description.modelDigest)",
        "model.parameters": "\(served.description.parameterCount)",
        "model.arithmetic": "\(served.description.determinism)",
      ])
    let queue = ComputeQueue(quotas: quotas)
    try await host.run(
      [TeacherRPCs(model: served, queue: queue)], sources: [TeacherInstruments(queue: queue).source],
      abandon: { exit(0) })
  }
}
