public import Authentication
internal import GRPCCore
internal import GRPCNGHTTP2Transport
internal import Sequences
internal import WireFormat

/// Students behind sockets.
public struct GRPCStudents: StudentConnector {
  private let access: ClientAccess
  private let deadline: Duration

  /// Makes a connector.
  ///
  /// - Parameters:
  ///   - access: With what to come to students.
  ///   - deadline: The longest that one request may take; training lasts as long as it does.
  public init(access: ClientAccess = .plain, deadline: Duration = .seconds(3600)) {
    (self.access, self.deadline) = (access, deadline)
  }

  /// Connects, runs the body, and disconnects.
  public func withStudent(
    at address: String, _ body: @Sendable (any StudentConnection) async throws -> Void
  ) async throws {
    try await access.withClient(to: ServiceTarget(parsing: address)) { client in
      try await body(GRPCStudent(client: StudentServiceRPC.Client(wrapping: client), options: .deadline(deadline)))
    }
  }
}

/// One student behind a socket.
private struct GRPCStudent: StudentConnection {
  let client: StudentServiceRPC.Client<NGHTTP2ClientTransport>
  let options: CallOptions

  func load(_ request: LoadRequest) async throws -> LoadResponse { try await client.load(request, options: options) }
  func join(_ request: JoinRequest) async throws -> JoinResponse { try await client.join(request, options: options) }
  func save(_ request: SaveRequest) async throws -> SaveResponse { try await client.save(request, options: options) }
  func export(_ request: ExportRequest) async throws -> ExportResponse {
    try await client.export(request, options: options)
  }

  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
    let count = request.prompts?.sequenceLengths.count ?? 0
    let completions = try await client.generate(request, options: options) { response in
      var completions: [Completion] = []
      for try await message in response.messages {
        completions += try (message.completions ?? WireCompletionBatch()).completions(promptCount: count)
      }
      return completions
    }
    return completions.sorted { $0.promptIndex < $1.promptIndex }
  }

  func score(_ sequences: SequenceBatch) async throws -> [Float] {
    let wanted = ScoreOptions(tokenLogprobs: true)
    let request = StudentServiceScoreRequest(
      sequences: WireSequenceBatch(sequences), options: WireScoreOptions(wanted))
    // Of the actual tokens alone, whatever the vocabulary.
    let expected = ScoreReply(positionCount: sequences.scoredPositions.count, options: wanted, vocabSize: 1)
    return try await client.score(options: options) { writer in
      try await writer.write(request)
    } onResponse: { response in
      var reply = expected
      for try await message in response.messages { try reply.append(message.chunk) }
      guard reply.isComplete else { throw ReplyError.scoreEndedEarly }
      return reply.scores.tokenLogprobs
    }
  }

  func train(
    requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
    onReply: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws {
    try await client.train { writer in
      try await requests { try await writer.write($0) }
    } onResponse: { response in
      for try await message in response.messages { try await onReply(message) }
    }
  }
}
