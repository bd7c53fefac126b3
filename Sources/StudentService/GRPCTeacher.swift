public import GRPCCore
public import Sequences
internal import WireFormat

/// A teacher behind a gRPC connection. UNAVAILABLE means that it is away: the call is repeated until it answers.
public struct GRPCTeacher<Transport: ClientTransport>: Teacher {
  private let client: TeacherServiceRPC.Client<Transport>
  private let address: String
  private let patience: TeacherPatience

  /// Asks a teacher.
  ///
  /// - Parameter address: For messages alone.
  public init(client: GRPCClient<Transport>, address: String, patience: TeacherPatience = TeacherPatience()) {
    self.client = TeacherServiceRPC.Client(wrapping: client)
    self.address = address
    self.patience = patience
  }

  /// Scores sequences; see ``Teacher``.
  ///
  /// - Throws: ``StudentError/teacherRefused(address:reason:)``, or `CancellationError` where the task is cancelled.
  public func score(_ sequences: SequenceBatch, options: ScoreOptions, vocabSize: Int) async throws -> TeacherReply {
    let request = TeacherServiceScoreRequest(
      sequences: WireSequenceBatch(sequences), options: WireScoreOptions(options))
    let expected = ScoreReply(
      positionCount: sequences.scoredPositions.count, options: options, vocabSize: vocabSize)
    var delays = patience.delays
    while true {
      do {
        return try await ask(request, expected)
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

  private func ask(_ request: TeacherServiceScoreRequest, _ expected: ScoreReply) async throws -> TeacherReply {
    try await client.score { writer in
      try await writer.write(request)
    } onResponse: { response in
      var reply = expected
      var byteCount = 0
      for try await message in response.messages {
        byteCount += try message.withEncoding(\.byteCount)
        try reply.append(message.chunk)
      }
      // A teacher that ended the call early is one that went away.
      guard reply.isComplete else { throw RPCError(code: .unavailable, message: "the reply ended early") }
      return TeacherReply(scores: reply.scores, byteCount: byteCount)
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
