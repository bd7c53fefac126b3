import NIOCore

/// Where a service is: one or several addresses, of which host names are looked up.
///
///     try ServiceTarget(parsing: "dns:teacher:7001")          // all addresses of a name
///     try ServiceTarget(parsing: "10.0.0.5:7001,10.0.0.6:7001")
///     try ServiceTarget(parsing: "unix:/run/teacher.sock")
public struct ServiceTarget: Sendable, Hashable, CustomStringConvertible {
  /// The addresses in order of preference; a host may be a name that stands for several.
  public let endpoints: [NetworkAddress]

  /// Makes a target of addresses in order of preference.
  ///
  /// - Precondition: There is at least one.
  public init(_ endpoints: [NetworkAddress]) {
    precondition(!endpoints.isEmpty, "a target needs an address")
    self.endpoints = endpoints
  }

  /// Parses `HOST:PORT`, `dns:HOST:PORT`, `dns:///HOST:PORT`, `ipv4:IP:PORT`, `ipv6:[IP]:PORT`, `unix:PATH` or
  /// `unix:///PATH`; several addresses of one kind are joined by commas.
  ///
  /// - Throws: ``TransportError/malformedTarget(_:)``.
  public init(parsing text: String) throws(TransportError) {
    let endpoints: [NetworkAddress]?
    if text.hasPrefix("unix:///") {
      endpoints = [.unixSocket(path: String(text.dropFirst(7)))]
    } else if text.hasPrefix("unix:") {
      endpoints = Self.list(text, isValid: { _ in true }, separated: false)
    } else if text.hasPrefix("dns:///") {
      endpoints = Self.list(text.dropFirst(7), isValid: { _ in true })
    } else if text.hasPrefix("dns:") {
      endpoints = Self.list(text.dropFirst(4), isValid: { _ in true })
    } else if text.hasPrefix("ipv4:") {
      endpoints = Self.list(text.dropFirst(5)) { if case .v4 = $0 { true } else { false } }
    } else if text.hasPrefix("ipv6:") {
      endpoints = Self.list(text.dropFirst(5)) { if case .v6 = $0 { true } else { false } }
    } else {
      endpoints = Self.list(text, isValid: { _ in true })
    }
    guard let endpoints, !endpoints.isEmpty else { throw .malformedTarget(text) }
    self.endpoints = endpoints
  }

  private static func list(
    _ text: some StringProtocol, isValid: (SocketAddress?) -> Bool, separated: Bool = true
  ) -> [NetworkAddress]? {
    let text = String(text)
    let parts =
      separated ? text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) : [String(text)]
    var endpoints: [NetworkAddress] = []
    for part in parts {
      guard let endpoint = try? NetworkAddress(parsing: part), isValid(endpoint.literal) else { return nil }
      endpoints.append(endpoint)
    }
    return endpoints
  }

  /// The addresses as ``init(parsing:)`` reads them.
  public var description: String { endpoints.map(\.description).joined(separator: ",") }

  /// True where this machine alone can reach it.
  public var isLocal: Bool { endpoints.allSatisfy(\.isLocal) }

  /// Whether any address has a host name that must be looked up.
  package var hasNames: Bool { endpoints.contains { $0.needsLookup } }
}

extension NetworkAddress {
  /// The address as the system knows it, when its host is a literal IP address.
  var literal: SocketAddress? {
    guard case .tcp(let host, let port) = self else { return nil }
    return try? SocketAddress(ipAddress: host, port: port)
  }

  /// Whether the host is a name.
  var needsLookup: Bool {
    if case .tcp = self { literal == nil } else { false }
  }

  /// The address as `:authority` writes it.
  var authority: String {
    if case .unixSocket = self { "localhost" } else { description }
  }
}

/// One address of a service, and the endpoint that it was looked up for.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
  /// Where to connect to: a literal IP address or a Unix socket.
  package let socket: NetworkAddress
  /// What the user named.
  package let origin: NetworkAddress

  /// An address that stands for itself.
  package init(_ socket: NetworkAddress) {
    self.init(socket, of: socket)
  }

  /// An address of an endpoint.
  package init(_ socket: NetworkAddress, of origin: NetworkAddress) {
    self.socket = socket
    self.origin = origin
  }

  /// For errors.
  package var description: String { socket == origin ? "\(socket)" : "\(origin) (\(socket))" }
}
