package import GRPCCore

/// The headers and trailers of a gRPC response, as each side sees them.
package enum ResponseHead {
  /// Headers before the first message.
  ///
  /// - Throws: `RPCError` for metadata that HTTP/2 cannot carry.
  package static func make(_ metadata: Metadata, compresses: Bool = false) throws(RPCError) -> HeaderFields {
    var headers = initial
    if compresses { headers.append("grpc-encoding", "gzip") }
    try headers.append(metadata)
    return headers
  }

  private static let initial: HeaderFields = [
    ":status": "200", "content-type": "application/grpc", "grpc-accept-encoding": "identity,gzip",
  ]

  /// Trailers after the last message, or the whole answer when it has no message.
  ///
  /// Metadata that HTTP/2 cannot carry turns the status into INTERNAL, which says so.
  package static func trailers(_ status: Status, _ metadata: Metadata, areAll: Bool) -> HeaderFields {
    var headers = areAll ? initial : HeaderFields()
    do throws(RPCError) {
      var fields = headers
      fields.append(status)
      try fields.append(metadata)
      return fields
    } catch {
      headers.append(Status(code: .internalError, message: error.message))
      return headers
    }
  }

  /// The status that ends a call, read from trailers.
  package static func status(_ trailers: HeaderFields) -> Status {
    guard let text = trailers["grpc-status"] else {
      return Status(code: .unknown, message: "the server sent no grpc-status")
    }
    let message = PercentEncoding.decode(trailers["grpc-message"] ?? "")
    guard let number = Int(text), let code = Status.Code(rawValue: number) else {
      return Status(code: .unknown, message: message.isEmpty ? "grpc-status '\(text)' is not known" : message)
    }
    return Status(code: code, message: message)
  }

  /// Why response headers are not those of a call, or nil when they are.
  package static func refusal(_ headers: HeaderFields) -> Status? {
    if headers["grpc-status"] != nil { return nil }
    guard headers[":status"] == "200" else {
      let number = headers[":status"].flatMap { Int($0) } ?? 0
      let code = Status(httpStatusCode: number).code
      return Status(code: code, message: "the server answered with HTTP status \(number)")
    }
    let contentType = headers["content-type"] ?? ""
    guard RequestHead.isGRPC(contentType) else {
      return Status(code: .unknown, message: "the server answered with content-type '\(contentType)'")
    }
    if let encoding = headers["grpc-encoding"], encoding != "identity", encoding != "gzip" {
      return Status(code: .internalError, message: "the server compresses with '\(encoding)', which was not offered")
    }
    return nil
  }
}

extension HeaderFields {
  fileprivate mutating func append(_ status: Status) {
    append("grpc-status", String(status.code.rawValue))
    if !status.message.isEmpty { append("grpc-message", PercentEncoding.encode(status.message)) }
  }
}
