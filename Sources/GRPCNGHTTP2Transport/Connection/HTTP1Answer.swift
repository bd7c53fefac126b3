import NIOCore

/// What a peer gets that speaks HTTP/1 to a port of gRPC.
enum HTTP1Answer {
  /// The first bytes of every HTTP/2 connection.
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  static let text: String = {
    let body = "this port speaks gRPC over HTTP/2\n"
    return """
      HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: \(body.utf8.count)\r\n\
      connection: close\r\n\r\n\(body)
      """
  }()

  /// Whether bytes begin like a request of HTTP/1: a method's capital letters.
  static func isRequest(_ buffer: ByteBuffer) -> Bool {
    let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
    return buffer.readableBytesView.prefix(3).allSatisfy { letters.contains($0) }
  }
}
