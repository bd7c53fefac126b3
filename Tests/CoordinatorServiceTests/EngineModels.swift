import CoordinatorService
import Foundation
import GRPCCore
import ModelServing
import Sequences
import ServiceTestSupport
import Synchronization
import WireBytes
import WireFormat

/// A model of the engine as a run sees its student, and its teacher: it writes and scores, and learns nothing.
struct EngineModel: Sendable {
  let model: ServedModel
  private let answers: ModelAnswers

  init(seed: UInt64) throws {
    model = try TinyModel.served(seed: seed)
    answers = ModelAnswers(model: model, queue: ComputeQueue())
  }

  func complete(
    _ prompts: WireSequenceBatch?, _ sampling: WireSamplingOptions?, seeds: [UInt64], limits: [UInt32] = []
  ) async throws -> [Completion] {
    var completions: [Completion] = []
    try await answers.generate(
      prompts, sampling: sampling, seeds: seeds, newTokenLimits: limits, isCancelled: { false },
      write: { completions += try $0.completions(promptCount: seeds.count) })
    return completions
  }

  func score(_ sequences: SequenceBatch, _ options: ScoreOptions) async throws -> PositionScores {
    var reply = ScoreReply(
      positionCount: sequences.scoredPositions.count, options: options, vocabSize: TinyModel.vocabSize)
    try await answers.score(
      WireSequenceBatch(sequences), options: WireScoreOptions(options), isCancelled: { false },
      write: { try reply.append($0) })
    return reply.scores
  }

  /// Probabilities of the token after a prompt. Shape: `[V]`.
  func distribution(after prompt: [TokenID]) async throws -> [Double] {
    let batch = SequenceBatch([TokenSequence(prompt: prompt, completion: [0])])
    return try await score(batch, ScoreOptions(fullLogprobs: true)).fullLogprobs.map { exp(Double($0)) }
  }
}

/// A model of the engine that writes as a student.
final class EngineStudent: StudentConnection {
  let engine: EngineModel
  private let asked = Mutex<[StudentServiceGenerateRequest]>([])
  /// All that it was asked to write.
  var requests: [StudentServiceGenerateRequest] { asked.withLock { $0 } }

  init(_ engine: EngineModel) { self.engine = engine }

  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
    asked.withLock { $0.append(request) }
    return try await engine.complete(
      request.prompts, request.sampling, seeds: request.seeds, limits: request.maxNewTokens)
  }

  func score(_ sequences: SequenceBatch) async throws -> [Float] {
    try await engine.score(sequences, ScoreOptions(tokenLogprobs: true)).tokenLogprobs
  }

  private static let learnsNothing = RPCError(code: .unimplemented, message: "it writes and scores")

  func load(_ request: LoadRequest) async throws -> LoadResponse { throw Self.learnsNothing }
  func save(_ request: SaveRequest) async throws -> SaveResponse { throw Self.learnsNothing }
  func export(_ request: ExportRequest) async throws -> ExportResponse { throw Self.learnsNothing }
  func train(
    requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
    onReply: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws { throw Self.learnsNothing }
}

/// A model of the engine that writes as a teacher.
final class EngineTeacher: TeacherUpstream {
  let address = "teacher:7001"
  let engine: EngineModel
  private let asked = Mutex<[TeacherServiceGenerateRequest]>([])
  /// All that it was asked to write.
  var requests: [TeacherServiceGenerateRequest] { asked.withLock { $0 } }

  init(_ engine: EngineModel) { self.engine = engine }

  func describe() async throws -> WireModelDescription { engine.model.description }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let question = try request.withUnsafeBytes { try TeacherServiceGenerateRequest(decoding: $0) }
    asked.withLock { $0.append(question) }
    let completions = try await engine.complete(question.prompts, question.sampling, seeds: question.seeds)
    try await receive(
      WireBytes(TeacherServiceGenerateResponse(completions: WireCompletionBatch(completions)).encoded()))
  }
}
