import GRPCCore
import NIOCore
import WireBytes

/// What a client writes its request to.
struct ClientWriter: ClosableRPCWriterProtocol {
  typealias Element = RPCRequestPart<WireBytes>

  let call: ClientCall

  func write(_ element: Element) async throws {
    let options = call.options
    switch element {
    case .metadata(let metadata):
      let headers = try RequestHead.make(
        method: call.descriptor, authority: options.authority, scheme: options.common.scheme,
        userAgent: options.common.userAgent,
        compresses: options.compresses, metadata: metadata)
      try call.open(headers)
    case .message(let bytes):
      guard bytes.count <= options.maxSendBytes else {
        throw RPCError(
          code: .resourceExhausted,
          message: "a message of \(bytes.count) bytes exceeds the limit of \(options.maxSendBytes)")
      }
      let compresses = options.compresses && !MessageCompression.isSkipped
      try await call.send((compresses ? Gzip.deflate(bytes) : nil) ?? bytes.framed)
    }
  }

  func write(contentsOf elements: some Sequence<Element>) async throws {
    for element in elements { try await write(element) }
  }

  func finish() async {
    call.finish()
  }

  func finish(throwing error: any Error) async {
    if error is CancellationError || (error as? RPCError)?.cause is CancellationError {
      return call.fail(RPCError(code: .cancelled, message: "the call was cancelled while its request was written"))
    }
    let other = RPCError(code: .unknown, message: "the request could not be written", cause: error)
    call.fail(error as? RPCError ?? other)
  }
}
