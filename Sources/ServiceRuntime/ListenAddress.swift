/// A host and a port, to listen on or to connect to.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// A name or a literal address, without brackets.
  public let host: String
  /// The port; 0 lets the system choose one.
  public let port: Int

  /// Makes an address.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT`, with an IPv6 literal in brackets.
  ///
  /// - Throws: ``ServiceRuntimeError/malformedAddress(_:)``.
  public init(parsing text: String) throws(ServiceRuntimeError) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw .malformedAddress(text)
    }
    var host = String(text[..<colon])
    let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if bracketed { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty, host.contains(":") == bracketed, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else {
      throw .malformedAddress(text)
    }
    self.init(host: host, port: Int(port))
  }

  /// True where this machine alone can reach it.
  public var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// Refuses an address that others reach, unless the service is secured or the user insists.
  ///
  /// - Parameter isSecured: Whether the service has TLS and asks for tokens. Without them, whoever reaches the port may do
  ///   everything.
  /// - Returns: True where the address is exposed and the service not secured, so that the caller logs it.
  /// - Throws: ``ServiceRuntimeError/exposedAddress(_:)``.
  @discardableResult public func checkExposure(isSecured: Bool, insecure: Bool) throws(ServiceRuntimeError) -> Bool {
    guard !isLoopback, !isSecured else { return false }
    guard insecure else { throw .exposedAddress(self) }
    return true
  }

  /// `HOST:PORT`, with an IPv6 literal in brackets.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
