public import Distillation
public import GRPCCore
public import Sequences
internal import WireBytes
internal import WireFormat

/// A teacher behind a gRPC connection. UNAVAILABLE means that it is away: the call is repeated until it answers.
public struct GRPCTeacher<Transport: ClientTransport>: Teacher {
  private let client: GRPCClient<Transport>
  private let address: String
  private let patience: TeacherPatience

  /// Asks a teacher.
  ///
  /// - Parameter address: For messages alone.
  public init(client: GRPCClient<Transport>, address: String, patience: TeacherPatience = TeacherPatience()) {
    self.client = client
    self.address = address
    self.patience = patience
  }

  /// Scores sequences; see ``Teacher``.
  ///
  /// - Throws: ``StudentError/teacherRefused(address:reason:)``, or `CancellationError` where the task is cancelled.
  public func score(
    _ sequences: SequenceBatch, of name: String, options: ScoreOptions, vocabSize: Int
  ) async throws -> TeacherReply {
    let request = TeacherServiceScoreRequest(
      sequences: WireSequenceBatch(sequences), options: WireScoreOptions(options), teacher: name)
    let expected = ScoreReply(
      positionCount: sequences.scoredPositions.count, options: options, vocabSize: vocabSize)
    return try await untilAnswered { try await ask(request, expected) }
  }

  /// The output head; see ``Teacher``.
  ///
  /// - Throws: As ``score(_:of:options:vocabSize:)``.
  public func outputHead(vocabSize: Int, known: OutputHead?) async throws -> OutputHead {
    try await untilAnswered { try await fetchHead(vocabSize: vocabSize, known: known) }
  }

  private func untilAnswered<Answer>(_ attempt: () async throws -> Answer) async throws -> Answer {
    var delays = patience.delays
    while true {
      do {
        return try await attempt()
      } catch let error as RPCError where error.code == .unavailable {
        patience.onAway(address, error.message)
        try await Task.sleep(for: delays.next())
      } catch let error as RPCError where error.code != .cancelled {
        throw StudentError.teacherRefused(address: address, reason: "\(error.code): \(error.message)")
      } catch let error as WireFormatError {
        throw StudentError.teacherRefused(address: address, reason: error.description)
      }
    }
  }

  /// Columns go straight from the decoded message to their place in the reply.
  private func ask(_ request: TeacherServiceScoreRequest, _ expected: ScoreReply) async throws -> TeacherReply {
    try await client.bidirectionalStreaming(
      request: StreamingClientRequest(metadata: CallMetadata.ofTask) { writer in try await writer.write(request) },
      descriptor: TeacherServiceRPC.Method.Score.descriptor,
      serializer: ProtobufCSerializer<TeacherServiceScoreRequest>(), deserializer: PassThroughDeserializer(),
      options: .defaults
    ) { response in
      var reply = expected
      var byteCount = 0
      for try await message in response.messages {
        byteCount += message.count
        let timing = TeacherServiceScoreResponse.codec.beginDecoding()
        try reply.append(responseBytes: message)
        TeacherServiceScoreResponse.codec.didDecode(bytes: message.count, timing)
      }
      // A teacher that ended the call early is one that went away.
      guard reply.isComplete else { throw RPCError(code: .unavailable, message: "the reply ended early") }
      return TeacherReply(scores: reply.scores, byteCount: byteCount)
    }
  }

  private func fetchHead(vocabSize: Int, known: OutputHead?) async throws -> OutputHead {
    let teacher = TeacherServiceRPC.Client(wrapping: client)
    let digest = try await described(by: teacher).model?.outputHeadDigest ?? ""
    if let known, !digest.isEmpty, known.digest == digest { return known }
    return try await teacher.getOutputHead(
      GetOutputHeadRequest(outputHeadDigest: digest), metadata: CallMetadata.ofTask
    ) { response in
      var reply = OutputHeadReply(vocabSize: vocabSize, digest: digest)
      for try await message in response.messages { try reply.append(message) }
      guard reply.isComplete else { throw RPCError(code: .unavailable, message: "the reply ended early") }
      return try reply.head()
    }
  }
}

extension GRPCTeacher {
  /// Describe is answered from memory: where that takes long, the teacher is away, from here or from the coordinator.
  private func described(
    by teacher: TeacherServiceRPC.Client<Transport>
  ) async throws -> TeacherServiceDescribeResponse {
    do {
      return try await teacher.describe(TeacherServiceDescribeRequest())
    } catch let error as RPCError where error.code == .deadlineExceeded {
      throw RPCError(code: .unavailable, message: error.message)
    }
  }
}

/// How long to wait between calls to a teacher that is away, and whom to tell.
public struct TeacherPatience: Sendable {
  /// The waits.
  public var delays: RetryDelays
  /// Called with the address and the reason after each call that found nobody.
  public var onAway: @Sendable (_ address: String, _ reason: String) -> Void

  /// Makes a patience that tells nobody.
  public init(
    delays: RetryDelays = RetryDelays(),
    onAway: @escaping @Sendable (_ address: String, _ reason: String) -> Void = { _, _ in }
  ) {
    self.delays = delays
    self.onAway = onAway
  }
}

/// Waits that grow by a factor up to a limit.
public struct RetryDelays: Sendable, Hashable {
  private var current: Duration
  private let factor: Double
  private let limit: Duration

  /// Makes waits; the defaults reach 5 seconds at the tenth.
  public init(first: Duration = .milliseconds(100), factor: Double = 1.6, limit: Duration = .seconds(5)) {
    (current, self.factor, self.limit) = (min(first, limit), factor, limit)
  }

  /// The next wait.
  public mutating func next() -> Duration {
    defer { current = min(current * factor, limit) }
    return current
  }
}

/// Dials teachers over a transport.
public struct GRPCTeacherDialer<Transport: ClientTransport>: TeacherDialer {
  private let patience: TeacherPatience
  private let interceptors: [any ClientInterceptor]
  private let makeTransport: @Sendable (String) throws -> Transport

  /// Makes a dialer.
  ///
  /// - Parameters:
  ///   - interceptors: What calls pass through.
  ///   - makeTransport: The transport to an address, `HOST:PORT`.
  public init(
    patience: TeacherPatience = TeacherPatience(), interceptors: [any ClientInterceptor] = [],
    makeTransport: @escaping @Sendable (String) throws -> Transport
  ) {
    self.patience = patience
    self.interceptors = interceptors
    self.makeTransport = makeTransport
  }

  /// Connects, calls `body`, and ends the connection.
  public func withTeacher<Result: Sendable>(
    at address: String, _ body: (any Teacher) async throws -> Result
  ) async throws -> Result {
    try await withGRPCClient(transport: makeTransport(address), interceptors: interceptors) { client in
      try await body(GRPCTeacher(client: client, address: address, patience: patience))
    }
  }
}
