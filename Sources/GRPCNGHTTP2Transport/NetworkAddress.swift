/// Where a service listens.
public enum NetworkAddress: Sendable, Hashable, CustomStringConvertible {
  /// A TCP port of a host name or IP address; port 0 asks the system for a free one.
  case tcp(host: String, port: Int)
  /// A Unix domain socket.
  case unixSocket(path: String)

  /// Parses `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`.
  ///
  /// - Throws: ``TransportError/malformedAddress(_:)``.
  public init(parsing text: String) throws(TransportError) {
    if text.hasPrefix("unix:"), text.utf8.count > 5 {
      self = .unixSocket(path: String(text.dropFirst(5)))
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw .malformedAddress(text)
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw .malformedAddress(text)
    }
    let isAllowed = { (byte: UInt8) in byte > 0x20 && byte < 0x7F && !"/[]".utf8.contains(byte) }
    guard !host.isEmpty, host.utf8.allSatisfy(isAllowed) else { throw .malformedAddress(text) }
    self = .tcp(host: String(host), port: Int(port))
  }

  /// True where this machine alone can reach it: a Unix socket, `localhost`, or a literal address of loopback.
  public var isLocal: Bool {
    guard case .tcp(let host, _) = self else { return true }
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`, as ``init(parsing:)`` reads it.
  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unixSocket(let path): "unix:\(path)"
    }
  }
}
