internal import Foundation

/// Where an OpenAI-compatible endpoint is.
public struct EndpointURL: Sendable, Hashable, CustomStringConvertible {
  /// The part before `/chat/completions`, without a slash at its end.
  public let base: String
  /// Whether the connection is encrypted.
  public let isEncrypted: Bool
  /// Whether the host is this machine.
  public let isLoopback: Bool

  /// Reads `http://HOST[:PORT][/PATH]` or `https://…`; without a path, `/v1` is meant.
  ///
  /// - Throws: ``UpstreamError/badURL(url:problem:)``.
  public init(_ text: String) throws(UpstreamError) {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      let host = parts.host, !host.isEmpty, ["http", "https"].contains(scheme)
    else { throw .badURL(url: Self.shown(text), problem: "expected http://HOST:PORT/v1 or https://HOST/v1") }
    guard parts.user == nil, parts.password == nil else {
      throw .badURL(
        url: Self.shown(text), problem: "a key does not belong into a URL: put it into a file, --api-key-file")
    }
    guard parts.query == nil, parts.fragment == nil else {
      throw .badURL(url: Self.shown(text), problem: "leave out what follows ? or #")
    }
    var path = parts.percentEncodedPath
    while path.hasSuffix("/") { path.removeLast() }
    for ending in ["/chat/completions", "/completions"] where path.hasSuffix(ending) { path.removeLast(ending.count) }
    if path.isEmpty { path = "/v1" }
    base = "\(scheme)://\(parts.percentEncodedHost ?? host)\(parts.port.map { ":\($0)" } ?? "")\(path)"
    isEncrypted = scheme == "https"
    isLoopback = host == "localhost" || host.hasPrefix("127.") || ["::1", "[::1]"].contains(host)
  }

  /// Where a route of the endpoint is, such as `/chat/completions`.
  package func route(_ path: String) -> String { base + path }

  /// Where a route of llama.cpp's own is, such as `/completion`: beside `/v1` and not below it.
  package func ownRoute(_ path: String) -> String {
    (base.hasSuffix("/v1") ? String(base.dropLast("/v1".count)) : base) + path
  }

  /// The base.
  public var description: String { base }

  /// A URL for messages: nothing of what may be a secret.
  private static func shown(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@") else { return String(text.prefix(while: { $0 != "?" && $0 != "#" })) }
    return "…" + text[at...].prefix(while: { $0 != "?" && $0 != "#" })
  }
}
