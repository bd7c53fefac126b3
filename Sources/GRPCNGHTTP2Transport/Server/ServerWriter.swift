import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import WireBytes

/// What a handler writes its answer to.
///
/// The answer of a unary method is held back until its status is there, so that it leaves in one piece.
final class ServerWriter: ClosableRPCWriterProtocol {
  typealias Element = RPCResponsePart<WireBytes>

  private struct State {
    var hasHead = false
    var compresses = false
    var isOver = false
    var held: [ConnectionLink.Operation] = []
  }

  private let call: StreamCall
  private let maxMessageBytes: Int
  private let compressesByDefault: Bool
  private let holdsBack: Bool
  private let state = NIOLockedValueBox(State())

  init(call: StreamCall, maxMessageBytes: Int, compressesByDefault: Bool) {
    self.call = call
    self.maxMessageBytes = maxMessageBytes
    self.compressesByDefault = compressesByDefault
    self.holdsBack = call.descriptor.type.map { !$0.isResponseStreaming } ?? false
  }

  /// Whether the status was written.
  var isOver: Bool { state.withLockedValue { $0.isOver } }

  func write(_ element: Element) async throws {
    switch element {
    case .metadata(let metadata):
      try begin(metadata)
    case .message(let bytes):
      guard bytes.count <= maxMessageBytes else {
        throw RPCError(
          code: .resourceExhausted, message: "a message of \(bytes.count) bytes exceeds the limit of \(maxMessageBytes)"
        )
      }
      if !state.withLockedValue({ $0.hasHead }) { try begin([:]) }
      let framed = encode(bytes)
      try await call.enterGate(framed.readableBytes)
      post(.message(call.token, framed))
    case .status(let status, let metadata):
      end(status, metadata)
    }
  }

  func write(contentsOf elements: some Sequence<Element>) async throws {
    for element in elements { try await write(element) }
  }

  func finish() async {}

  func finish(throwing error: any Error) async {
    let error = error as? RPCError ?? RPCError(code: .unknown, message: "the handler failed", cause: error)
    end(Status(code: Status.Code(error.code), message: error.message), error.metadata)
  }

  private func encode(_ message: WireBytes) -> ByteBuffer {
    guard state.withLockedValue({ $0.compresses }), !MessageCompression.isSkipped else { return message.framed }
    return Gzip.deflate(message) ?? message.framed
  }

  private func begin(_ metadata: Metadata) throws {
    let compresses = call.peerReadsGzip && metadata.responseCompression.map { $0 == .gzip } ?? compressesByDefault
    let headers = try ResponseHead.make(metadata, compresses: compresses)
    let isFirst = state.withLockedValue { state in
      defer {
        state.hasHead = true
        state.compresses = compresses
      }
      return !state.hasHead && !state.isOver
    }
    guard isFirst else {
      throw RPCError(code: .internalError, message: "the headers of the answer were sent before")
    }
    post(.head(call.token, headers))
  }

  private func post(_ operation: ConnectionLink.Operation) {
    let isHeld = state.withLockedValue { state in
      if holdsBack, !state.isOver { state.held.append(operation) }
      return holdsBack
    }
    if !isHeld { call.link.post(operation) }
  }

  private func end(_ given: Status, _ metadata: Metadata) {
    // The handler of a call whose time is over is cancelled, and says that; the client is told why it was.
    let isOverdue = given.code == .cancelled && call.deadline.map { $0 <= .now } ?? false
    let status = isOverdue ? Status(code: .deadlineExceeded, message: given.message) : given
    let operations = state.withLockedValue { state -> [ConnectionLink.Operation] in
      guard !state.isOver else { return [] }
      state.isOver = true
      // A call that failed before its first message needs no headers of its own.
      let isAll = !state.hasHead || (holdsBack && status.code != .ok && state.held.count <= 1)
      defer { state.held = [] }
      let trailers = ConnectionLink.Operation.trailers(
        call.token, ResponseHead.trailers(status, metadata, areAll: isAll))
      return (isAll ? [] : state.held) + [trailers]
    }
    if !operations.isEmpty { call.link.post(contentsOf: operations) }
  }
}
