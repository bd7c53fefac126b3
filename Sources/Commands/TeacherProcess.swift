public import Foundation
import Kernels
import Logging
import ModelServing
import TeacherService
import WireFormat

/// `retort teacher`: a process that serves a model folder.
public struct TeacherProcess: Sendable {
  private let model: URL
  private let service: ServiceSettings

  /// Serves a folder.
  public init(model: URL, service: ServiceSettings) {
    self.model = model
    self.service = service
  }

  /// Reads the model and serves it until asked to stop.
  public func run() async throws {
    let (host, logger) = try service.host(label: "retort.teacher")
    if let failure = BLAS.failure { throw CommandError.noArithmetic(reason: failure) }
    let served = try ServedModel(folder: model)
    logger.notice(
      "model read",
      metadata: [
        "model.name": "\(served.description.name)", "model.digest": "\(served.description.modelDigest)",
        "model.parameters": "\(served.description.parameterCount)",
      ])
    try await host.run([TeacherRPCs(model: served)], abandon: { exit(0) })
  }
}
