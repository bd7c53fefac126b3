package import GRPCCore

/// The headers of a gRPC request, as each side sees them.
package enum RequestHead {
  /// Why a request is not answered as a call.
  package enum Refusal: Error, Sendable, Hashable {
    /// Not gRPC: an HTTP status with a small text.
    case http(status: Int, text: String)
    /// gRPC, but the call fails before it reaches a handler.
    case call(Status.Code, String)
  }

  /// Headers of a call.
  ///
  /// - Throws: `RPCError` for metadata that HTTP/2 cannot carry.
  package static func make(
    method: MethodDescriptor, authority: String, scheme: String = "http", userAgent: String, compresses: Bool = false,
    metadata: Metadata
  ) throws(RPCError) -> HeaderFields {
    var headers = HeaderFields(reservingCapacity: 9 + metadata.count)
    headers.append(":method", "POST")
    headers.append(":scheme", scheme)
    headers.append(":path", "/\(method.fullyQualifiedMethod)")
    headers.append(":authority", authority)
    headers.append("te", "trailers")
    headers.append("content-type", "application/grpc")
    headers.append("user-agent", userAgent)
    headers.append("grpc-accept-encoding", "identity,gzip")
    if compresses { headers.append("grpc-encoding", "gzip") }
    try headers.append(metadata)
    return headers
  }

  /// The method that a request names.
  ///
  /// - Parameter known: Methods by their paths, so that a path that is served need not be taken apart.
  /// - Throws: ``Refusal`` for what is not a call of gRPC, or one that cannot be taken.
  package static func parse(
    _ headers: HeaderFields, known: [String: MethodDescriptor] = [:]
  ) throws(Refusal) -> MethodDescriptor {
    let path = headers[":path"] ?? ""
    guard headers[":method"] == "POST" else {
      throw path == "/"
        ? .http(status: 404, text: "this is a gRPC server: call its methods with a gRPC client\n")
        : .http(status: 405, text: "a gRPC method is called with POST\n")
    }
    guard let contentType = headers["content-type"], isGRPC(contentType) else {
      throw .http(status: 415, text: "content-type must be application/grpc\n")
    }
    guard let method = known[path] ?? method(path) else {
      throw .call(.unimplemented, "path '\(path)' is not /SERVICE/METHOD")
    }
    if let encoding = headers["grpc-encoding"], encoding != "identity", encoding != "gzip" {
      throw .call(.unimplemented, "messages compressed with '\(encoding)' are not read: send gzip or identity")
    }
    return method
  }

  private static func method(_ path: String) -> MethodDescriptor? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].isEmpty, !parts[1].isEmpty, !parts[2].isEmpty else { return nil }
    return MethodDescriptor(fullyQualifiedService: String(parts[1]), method: String(parts[2]))
  }

  /// Whether a content type is gRPC's, with any subtype but gRPC-Web's.
  package static func isGRPC(_ contentType: String) -> Bool {
    guard contentType.hasPrefix("application/grpc") else { return false }
    let rest = contentType.dropFirst("application/grpc".count)
    return rest.isEmpty || rest.hasPrefix("+") || rest.hasPrefix(";")
  }
}
