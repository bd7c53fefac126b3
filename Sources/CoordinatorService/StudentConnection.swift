internal import GRPCCore
public import Sequences
public import WireFormat

/// A student as a run sees it. Calls throw `RPCError`s, or what an in-process student throws.
public protocol StudentConnection: Sendable {
  /// Replaces the model.
  func load(_ request: LoadRequest) async throws -> LoadResponse
  /// Makes the student one of several replicas.
  func join(_ request: JoinRequest) async throws -> JoinResponse
  /// Completes prompts; returns one completion per prompt, in the prompts' order.
  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion]
  /// Log-probs of the actual tokens of completions, of all sequences in order. Unit: nats.
  func score(_ sequences: SequenceBatch) async throws -> [Float]
  /// Makes steps, or evaluations: sends what `requests` sends and hands over each answer, in order.
  func train(
    requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
    onReply: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws
  /// Writes a checkpoint.
  func save(_ request: SaveRequest) async throws -> SaveResponse
  /// Writes a model folder.
  func export(_ request: ExportRequest) async throws -> ExportResponse
}

extension StudentConnection {
  /// Refuses: what stands for a student as a whole is no replica.
  public func join(_ request: JoinRequest) async throws -> JoinResponse {
    throw RPCError(code: .unimplemented, message: "this student is no replica of another")
  }

  /// One completion per prompt, in the prompts' order.
  ///
  /// - Parameter limits: Limits of new tokens beside that of `sampling`, one per prompt; empty: none.
  func complete(
    _ prompts: [[TokenID]], _ sampling: SamplingOptions, seeds: [UInt64], limits: [Int] = []
  ) async throws -> [Completion] {
    let batch = SequenceBatch(prompts.map { TokenSequence(prompt: $0, completion: []) })
    let request = StudentServiceGenerateRequest(
      prompts: WireSequenceBatch(batch), sampling: WireSamplingOptions(sampling), seeds: seeds,
      maxNewTokens: limits.map { UInt32(clamping: $0) })
    return try await generate(request).ordered(count: prompts.count)
  }
}

/// Reaches students.
public protocol StudentConnector: Sendable {
  /// Connects, runs the body, and disconnects.
  func withStudent(at address: String, _ body: @Sendable (any StudentConnection) async throws -> Void) async throws
}

/// Decides whether an answer is right, for tasks with many right answers.
public protocol AnswerChecker: Sendable {
  /// Whether the answer, as text without special tokens, is right for the prompt.
  func isValid(prompt: String, answer: String) -> Bool
}
