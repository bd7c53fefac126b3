import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import WireBytes

/// A call of a client: the stream that carries it, and what was written as long as another stream may have to.
///
/// The reader, who is the first to learn that a server has not taken the call, moves it to another stream.
final class ClientCall: Sendable {
  /// What all calls of a client have in common: one reference instead of a copy of the configuration per call.
  final class Common: Sendable {
    let authority: String?
    let scheme: String
    let userAgent: String
    let maxSendBytes: Int
    let maxReceiveBytes: Int
    let compresses: Bool

    init(_ configuration: NGHTTP2ClientTransport.Configuration) {
      authority = configuration.authority
      scheme = configuration.security == nil ? "http" : "https"
      userAgent = configuration.userAgent
      maxSendBytes = configuration.connection.maxSendMessageBytes
      maxReceiveBytes = configuration.connection.maxReceiveMessageBytes
      compresses = configuration.compression == .gzip
    }
  }

  /// What a call is sent with.
  struct Options: Sendable {
    let common: Common
    let authority: String
    let maxSendBytes: Int
    let maxReceiveBytes: Int
    let compresses: Bool
    let waitsForReady: Bool
  }

  fileprivate struct State {
    var stream: StreamCall
    var hasHead = false
    /// The writer has ended, or failed.
    var isOver = false
    /// What was written so far, while ``isReplayable``; of a request of one message, what waits for its end.
    var written: [ConnectionLink.Operation] = []
    var writtenBytes = 0
    /// Nothing of the answer was read, and all that was written is kept.
    var isReplayable = true
    var refusals = 0
    var failures = 0
  }

  /// Streams that may be tried though nothing reached the server on those before.
  private static let maxUnsent = 5

  let descriptor: MethodDescriptor
  let options: Options
  private let connector: Connector
  /// A request of one message is held back until it is complete, so that it leaves in one piece.
  private let holdsBack: Bool
  private let state: NIOLockedValueBox<State>

  init(
    on connection: ReadyConnection, token: UInt64, descriptor: MethodDescriptor, connector: Connector, options: Options
  ) {
    self.descriptor = descriptor
    self.connector = connector
    self.options = options
    self.holdsBack = descriptor.type.map { !$0.isRequestStreaming } ?? false
    let stream = Self.makeStream(on: connection, token: token, descriptor, connector, options)
    self.state = NIOLockedValueBox(State(stream: stream))
  }

  private static func makeStream(
    on connection: ReadyConnection, token: UInt64, _ descriptor: MethodDescriptor, _ connector: Connector,
    _ options: Options
  ) -> StreamCall {
    StreamCall(
      descriptor: descriptor, link: connection.link, token: token, configuration: connector.configuration.connection,
      maxMessageBytes: options.maxReceiveBytes,
      account: CallAccount.open(
        connector.configuration.observer, role: .client, method: descriptor, remotePeer: connection.remotePeer))
  }

  /// The stream that carries the call now.
  var stream: StreamCall { state.withLockedValue { $0.stream } }

  // MARK: Writing

  /// Sends the request's headers.
  func open(_ headers: HeaderFields) throws {
    let lost = try state.withLockedValue { state -> StreamCall? in
      guard !state.isOver else { throw RPCError.writerIsOver }
      guard !state.hasHead else {
        throw RPCError(code: .internalError, message: "the headers of the request were sent before")
      }
      state.hasHead = true
      let operation = ConnectionLink.Operation.open(state.stream, headers, maxMessageBytes: options.maxReceiveBytes)
      state.written.append(operation)
      return holdsBack || state.stream.link.post(operation) ? nil : state.stream
    }
    lost?.abort(.connectionLost, untaken: .unsent)
  }

  /// Sends a message; waits while much of what was written has not reached the socket.
  func send(_ framed: ByteBuffer) async throws {
    let count = framed.readableBytes
    let gated = try state.withLockedValue { state -> StreamCall? in
      guard !state.isOver else { throw RPCError.writerIsOver }
      guard holdsBack || state.keeps(count, of: connector.configuration.maxReplayBytes) else { return state.stream }
      state.written.append(.message(state.stream.token, framed))
      guard !holdsBack else { return nil }
      state.stream.gate.take(count)
      state.stream.link.post(.message(state.stream.token, framed))
      return nil
    }
    guard let gated else { return }
    try await gated.enterGate(count)
    gated.link.post(.message(gated.token, framed))
  }

  /// Ends the request.
  func finish() {
    let lost = state.withLockedValue { state -> StreamCall? in
      guard !state.isOver else { return nil }
      state.isOver = true
      let stream = state.stream
      let end = ConnectionLink.Operation.finish(stream.token)
      if state.isReplayable { state.written.append(end) }
      guard holdsBack else {
        stream.link.post(end)
        return nil
      }
      for case .message(_, let framed) in state.written { stream.gate.take(framed.readableBytes) }
      return stream.link.post(contentsOf: state.written) ? nil : stream
    }
    lost?.abort(.connectionLost, untaken: .unsent)
  }

  /// Gives the call up, since its request cannot be written.
  func fail(_ error: RPCError) {
    let stream = state.withLockedValue { state -> StreamCall? in
      guard !state.isOver else { return nil }
      state.isOver = true
      state.stopKeeping()
      return state.stream
    }
    stream?.abort(error, discarding: false)
    stream?.reset()
  }

  // MARK: Reading

  /// A part of the answer was read: the server has the call.
  func commit() {
    state.withLockedValue { $0.stopKeeping() }
  }

  /// Moves the call to another stream, if the server has certainly not processed it on `failed`.
  ///
  /// - Throws: `RPCError` when there is no connection for it.
  func replace(_ failed: StreamCall) async throws -> StreamCall? {
    guard let reason = failed.untaken, state.withLockedValue({ $0.mayRepeat(reason, Self.maxUnsent) }) else {
      return nil
    }
    let (connection, token) = try await connector.connection(waitsForReady: options.waitsForReady)
    failed.account?.left()
    let next = Self.makeStream(on: connection, token: token, descriptor, connector, options)
    let (isMoved, lost) = state.withLockedValue { state -> (Bool, Bool) in
      guard state.isReplayable else { return (false, false) }
      state.stream = next
      state.written = state.written.map { $0.moved(to: next) }
      // What is held back until the request's end has not been sent at all.
      guard !state.written.isEmpty, !holdsBack || state.isOver else { return (true, false) }
      for case .message(_, let framed) in state.written { next.gate.take(framed.readableBytes) }
      return (true, !next.link.post(contentsOf: state.written))
    }
    if lost { next.abort(.connectionLost, untaken: .unsent) }
    return isMoved ? next : nil
  }

  /// Tells the server to stop, unless the call has ended.
  func abandon() {
    let (stream, hasEnded) = state.withLockedValue { state -> (StreamCall, Bool) in
      let hasEnded = state.stream.inbound.hasEnded
      // A writer that comes later must not begin what nobody reads, nor would end.
      if !hasEnded {
        state.isOver = true
        state.stopKeeping()
      }
      return (state.stream, hasEnded)
    }
    defer { stream.account?.left() }
    guard !hasEnded else { return }
    stream.abort(RPCError(code: .cancelled, message: "the call was left"), discarding: true)
    stream.reset()
  }
}

extension ClientCall.State {
  /// Whether a message is kept; from the first that is not on, none is.
  fileprivate mutating func keeps(_ count: Int, of limit: Int) -> Bool {
    guard isReplayable else { return false }
    writtenBytes += count
    if writtenBytes > limit { stopKeeping() }
    return isReplayable
  }

  fileprivate mutating func stopKeeping() {
    isReplayable = false
    written = []
  }

  fileprivate mutating func mayRepeat(_ reason: StreamCall.Untaken, _ maxUnsent: Int) -> Bool {
    guard isReplayable else { return false }
    switch reason {
    case .refused:
      refusals += 1
      return refusals == 1
    case .unsent:
      failures += 1
      return failures <= maxUnsent
    }
  }
}

extension StreamCall {
  /// Ends the stream at once, unless it has ended.
  fileprivate func reset() {
    link.post(.reset(token, .cancel))
  }
}

extension ConnectionLink.Operation {
  /// The same for another stream.
  fileprivate func moved(to stream: StreamCall) -> ConnectionLink.Operation {
    switch self {
    case .open(_, let headers, let limit): .open(stream, headers, maxMessageBytes: limit)
    case .message(_, let framed): .message(stream.token, framed)
    case .finish: .finish(stream.token)
    default: self
    }
  }
}

extension RPCError {
  fileprivate static var writerIsOver: RPCError {
    RPCError(code: .failedPrecondition, message: "the request was finished before")
  }

  fileprivate static var connectionLost: RPCError {
    RPCError(code: .unavailable, message: "the connection was lost")
  }
}
