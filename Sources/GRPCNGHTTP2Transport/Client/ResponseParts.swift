import GRPCCore
import WireBytes

/// What a client reads of a call.
struct ResponseParts: AsyncSequence, Sendable {
  typealias Failure = any Error
  let call: ClientCall

  struct AsyncIterator: AsyncIteratorProtocol {
    let call: ClientCall
    var stream: StreamCall
    /// The server has begun to answer.
    var hasBegun = false

    mutating func next() async throws -> RPCResponsePart<WireBytes>? {
      try await next(isolation: #isolation)
    }

    mutating func next(isolation actor: isolated (any Actor)?) async throws -> RPCResponsePart<WireBytes>? {
      switch try await nextPart() {
      case .metadata(let metadata): .metadata(metadata)
      case .message(let bytes): .message(bytes)
      case .status(let status, let metadata): .status(status, metadata)
      case nil: nil
      }
    }

    private mutating func nextPart() async throws -> InboundPart? {
      while true {
        do {
          let part = try await stream.nextPart()
          if !hasBegun {
            hasBegun = true
            call.commit()
          }
          return part
        } catch {
          if !hasBegun, let next = try await call.replace(stream) {
            stream = next
            continue
          }
          // A server whose answer cannot be read is told to stop.
          stream.link.post(.reset(stream.token, .cancel))
          throw error
        }
      }
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(call: call, stream: call.stream) }
}
