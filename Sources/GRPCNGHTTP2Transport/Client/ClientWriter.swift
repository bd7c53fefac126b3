import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import WireBytes

/// What a client writes its request to.
///
/// A request of one message is held back until it is complete, so that it leaves in one piece.
struct ClientWriter: ClosableRPCWriterProtocol {
  typealias Element = RPCRequestPart<WireBytes>

  private struct State {
    var hasHead = false
    var isOver = false
    var held: [ConnectionLink.Operation] = []
  }

  /// What a call is sent with.
  struct Options {
    let authority: String
    let scheme: String
    let userAgent: String
    let maxSendBytes: Int
    let compresses: Bool
  }

  private let call: StreamCall
  private let options: Options
  private let holdsBack: Bool
  private let state = NIOLockedValueBox(State())

  init(call: StreamCall, options: Options) {
    self.call = call
    self.options = options
    self.holdsBack = call.descriptor.type.map { !$0.isRequestStreaming } ?? false
  }

  func write(_ element: Element) async throws {
    switch element {
    case .metadata(let metadata):
      let headers = try RequestHead.make(
        method: call.descriptor, authority: options.authority, scheme: options.scheme, userAgent: options.userAgent,
        compresses: options.compresses, metadata: metadata)
      try begin()
      try post(.open(call, headers, maxMessageBytes: call.maxMessageBytes))
    case .message(let bytes):
      guard bytes.count <= options.maxSendBytes else {
        throw RPCError(
          code: .resourceExhausted,
          message: "a message of \(bytes.count) bytes exceeds the limit of \(options.maxSendBytes)")
      }
      let compresses = options.compresses && !MessageCompression.isSkipped
      let framed = (compresses ? Gzip.deflate(bytes) : nil) ?? bytes.framed
      try await call.gate.enter(framed.readableBytes)
      try post(.message(call.token, framed))
    }
  }

  func write(contentsOf elements: some Sequence<Element>) async throws {
    for element in elements { try await write(element) }
  }

  func finish() async {
    let operations = takeHeld()
    if let operations { send(operations + [.finish(call.token)]) }
  }

  func finish(throwing error: any Error) async {
    guard takeHeld() != nil else { return }
    let other = RPCError(code: .unknown, message: "the request could not be written", cause: error)
    call.abort(error as? RPCError ?? other, discarding: false)
    call.link.post(.reset(call.token, .cancel))
  }

  private func begin() throws {
    let isFirst = state.withLockedValue { state in
      defer { state.hasHead = true }
      return !state.hasHead
    }
    if !isFirst { throw RPCError(code: .internalError, message: "the headers of the request were sent before") }
  }

  private func post(_ operation: ConnectionLink.Operation) throws {
    let isSent = try state.withLockedValue { state in
      if state.isOver { throw RPCError(code: .failedPrecondition, message: "the request was finished before") }
      if holdsBack { state.held.append(operation) }
      return !holdsBack
    }
    if isSent { send([operation]) }
  }

  private func send(_ operations: [ConnectionLink.Operation]) {
    if !call.link.post(contentsOf: operations) {
      call.abort(RPCError(code: .unavailable, message: "the connection was lost"), discarding: false)
    }
  }

  /// Ends the writer; returns what it held back, or nil when it had ended before.
  private func takeHeld() -> [ConnectionLink.Operation]? {
    state.withLockedValue { state in
      guard !state.isOver else { return nil }
      state.isOver = true
      defer { state.held = [] }
      return state.held
    }
  }
}
