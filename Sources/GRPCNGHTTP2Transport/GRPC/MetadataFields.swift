package import GRPCCore

extension HeaderFields {
  /// Names that belong to the protocol and that metadata may not carry.
  private static let reserved: Set<String> = [
    "te", "content-type", "user-agent", "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding",
    "upgrade", "content-length", "grpc-status", "grpc-message", "grpc-encoding", "grpc-accept-encoding",
    "grpc-message-type", Metadata.responseCompressionKey,
  ]

  /// Adds metadata: binary values as base64 without padding, names in lower case, the protocol's own names left out.
  ///
  /// - Throws: `RPCError` with code invalidArgument for a name or value that HTTP/2 cannot carry.
  package mutating func append(_ metadata: Metadata) throws(RPCError) {
    for (key, value) in metadata {
      let name = key.lowercased()
      if Self.reserved.contains(name) || name.hasPrefix(":") { continue }
      guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
        throw RPCError(
          code: .invalidArgument, message: "metadata key '\(PercentEncoding.encode(key))': use a-z 0-9 _ - . only")
      }
      var text = value.encoded()
      if case .binary = value { text = String(text.prefix { $0 != "=" }) }
      guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 <= 0x7E }) else {
        throw RPCError(
          code: .invalidArgument, message: "metadata '\(name)' has bytes that are not printable ASCII: use a -bin key")
      }
      append(name, text)
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }

  /// Whether the peer reads messages compressed with gzip.
  package var acceptGzip: Bool {
    guard let encodings = self["grpc-accept-encoding"] else { return false }
    var rest = encodings.utf8[...]
    while !rest.isEmpty {
      let name = rest.prefix { $0 != UInt8(ascii: ",") }
      if name.drop(while: { $0 == UInt8(ascii: " ") }).elementsEqual("gzip".utf8) { return true }
      rest = rest[name.endIndex...].dropFirst()
    }
    return false
  }

  /// The fields that the application sees: all but the protocol's own.
  ///
  /// Binary values that were joined are taken apart and decoded; what is not base64 stays a text.
  package var metadata: Metadata {
    var metadata = Metadata()
    for field in fields where !field.name.hasPrefix(":") {
      switch field.name {
      case "te", "content-type", "grpc-status", "grpc-message", "grpc-encoding", "grpc-accept-encoding": continue
      default: break
      }
      if field.name.hasSuffix("-bin") {
        for value in field.value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
          let value = value.drop { $0 == UInt8(ascii: " ") }
          if let bytes = Base64Text.decode(value) {
            metadata.addBinary(bytes, forKey: field.name)
          } else {
            metadata.addString(String(decoding: value, as: UTF8.self), forKey: field.name)
          }
        }
      } else {
        metadata.addString(field.value, forKey: field.name)
      }
    }
    return metadata
  }
}
