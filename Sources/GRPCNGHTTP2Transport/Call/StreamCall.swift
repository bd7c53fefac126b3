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
  private let cancellation = NIOLockedValueBox<(handle: ServerContext.RPCCancellationHandle?, isCancelled: Bool)>(
    (nil, false))

  init(descriptor: MethodDescriptor, link: ConnectionLink, token: UInt64, configuration: ConnectionConfiguration) {
    self.descriptor = descriptor
    self.link = link
    self.token = token
    self.inbound = InboundQueue(highWater: configuration.inboundHighWaterBytes)
    self.gate = WriteGate(highWater: configuration.outboundHighWaterBytes)
  }

  /// Ties the call to the handle that its handler watches.
  func attach(_ handle: ServerContext.RPCCancellationHandle) {
    let isCancelled = cancellation.withLockedValue { cancellation in
      cancellation.handle = handle
      return cancellation.isCancelled
    }
    if isCancelled { handle.cancel() }
  }

  /// Ends the call on this side: readers and writers fail, and a handler that watches is told.
  func abort(_ error: RPCError, discarding: Bool) {
    if discarding { inbound.abort(error) } else { inbound.finish(.failure(error)) }
    gate.close(error)
    let handle = cancellation.withLockedValue { cancellation in
      cancellation.isCancelled = true
      return cancellation.handle
    }
    handle?.cancel()
  }

  /// The next part from the peer.
  func nextPart() async throws -> InboundPart? {
    try await inbound.next { link.post(.readerCaughtUp(token)) }
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

/// What a client reads of a call.
struct ResponseParts: AsyncSequence, Sendable {
  typealias Failure = any Error
  let call: StreamCall

  struct AsyncIterator: AsyncIteratorProtocol {
    let call: StreamCall

    mutating func next() async throws -> RPCResponsePart<WireBytes>? {
      try await next(isolation: #isolation)
    }

    mutating func next(isolation actor: isolated (any Actor)?) async throws -> RPCResponsePart<WireBytes>? {
      switch try await call.nextPart() {
      case .metadata(let metadata): .metadata(metadata)
      case .message(let bytes): .message(bytes)
      case .status(let status, let metadata): .status(status, metadata)
      case nil: nil
      }
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(call: call) }
}
