import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import WireBytes

/// One call, as shared by the task that runs it and the event loop of its connection.
final class StreamCall: Sendable {
  let descriptor: MethodDescriptor
  let inbound: InboundQueue
  let gate: WriteGate
  let link: ConnectionLink
  /// Names the call in operations: unique on its connection.
  let token: UInt64
  /// The most bytes of a message of the peer, inflated.
  let maxMessageBytes: Int
  /// The client reads answers that are compressed.
  let peerReadsGzip: Bool
  /// Server: when the time that the client gave is over; nil: it gave none.
  let deadline: ContinuousClock.Instant?
  /// What the call costs; nil where nobody observes.
  let account: CallAccount?

  /// Why another stream may carry the call.
  enum Untaken: Sendable {
    /// Nothing of it left this side.
    case unsent
    /// The server says that it has not looked at it.
    case refused
  }

  private let control = NIOLockedValueBox(Control())

  private struct Control {
    var handle: ServerContext.RPCCancellationHandle?
    var untaken: Untaken?
    var isCancelled = false
  }

  init(
    descriptor: MethodDescriptor, link: ConnectionLink, token: UInt64, configuration: ConnectionConfiguration,
    maxMessageBytes: Int? = nil, peerReadsGzip: Bool = false, timeout: Duration? = nil, account: CallAccount? = nil
  ) {
    self.descriptor = descriptor
    self.link = link
    self.token = token
    self.maxMessageBytes = maxMessageBytes ?? configuration.maxReceiveMessageBytes
    self.peerReadsGzip = peerReadsGzip
    self.deadline = timeout.map { .now + $0 }
    self.account = account
    self.inbound = InboundQueue(highWater: configuration.inboundHighWaterBytes)
    self.gate = WriteGate(highWater: configuration.outboundHighWaterBytes, total: link.unsent)
  }

  /// Ties the call to the handle that its handler watches.
  func attach(_ handle: ServerContext.RPCCancellationHandle) {
    let isCancelled = control.withLockedValue { control in
      control.handle = handle
      return control.isCancelled
    }
    if isCancelled { handle.cancel() }
  }

  /// Ends the call on this side: readers and writers fail, and a handler that watches is told.
  func abort(_ error: RPCError, discarding: Bool) {
    if discarding { inbound.abort(error) } else { inbound.finish(.failure(error)) }
    gate.close(error)
    let handle = control.withLockedValue { control in
      control.isCancelled = true
      return control.handle
    }
    handle?.cancel()
  }

  /// Ends a call of a client that the server has not processed.
  func abort(_ error: RPCError, untaken: Untaken) {
    control.withLockedValue { $0.untaken = untaken }
    abort(error, discarding: false)
  }

  /// Whether the server has certainly not processed the call.
  var untaken: Untaken? { control.withLockedValue { $0.untaken } }

  /// The next part from the peer; a compressed message is inflated here, by its reader.
  func nextPart() async throws -> InboundPart? {
    let part = try await receivePart()
    guard case .message(let bytes) = part, bytes.isCompressed else { return part }
    do throws(Gzip.Failure) {
      let message = try Gzip.inflate(bytes, limit: maxMessageBytes)
      account?.received(messageBytes: message.count)
      return .message(message)
    } catch {
      account?.failed(error == .malformed ? .malformed : .refused)
      inbound.abort(RPCError(error))
      throw RPCError(error)
    }
  }
}

/// What a server reads of a call.
struct RequestParts: AsyncSequence, Sendable {
  typealias Failure = any Error
  let call: StreamCall

  struct AsyncIterator: AsyncIteratorProtocol {
    let call: StreamCall

    mutating func next() async throws -> RPCRequestPart<WireBytes>? {
      try await next(isolation: #isolation)
    }

    mutating func next(isolation actor: isolated (any Actor)?) async throws -> RPCRequestPart<WireBytes>? {
      switch try await call.nextPart() {
      case .metadata(let metadata): .metadata(metadata)
      case .message(let bytes): .message(bytes)
      case .status, nil: nil
      }
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(call: call) }
}

extension RPCError {
  fileprivate init(_ failure: Gzip.Failure) {
    switch failure {
    case .oversize(let limit):
      self.init(code: .resourceExhausted, message: "an inflated message exceeds the limit of \(limit) bytes")
    case .malformed: self.init(code: .internalError, message: "a compressed message is not gzip, or was cut")
    case .noMemory: self.init(code: .resourceExhausted, message: "no memory to inflate a message")
    }
  }
}
