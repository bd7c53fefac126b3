import Foundation

/// Lets browsers see pages with a token of a role that may see runs.
///
/// A browser asks for name and password, and sends both as `Basic`; the token is the password, the name may be anything. Programs send
/// `Bearer`.
public struct PageGuard: Sendable {
  private let tokens: WatchedFile<TokenTable>

  /// Roles that may see pages.
  static let roles: Set<Role> = [.admin, .read]

  /// Guards pages.
  ///
  /// - Parameter tokens: The tokens that the service admits.
  public init(tokens: WatchedFile<TokenTable>) { self.tokens = tokens }

  /// Whether a request's `authorization` admits it.
  public func admits(_ authorization: String?) -> Bool {
    guard let token = authorization.flatMap(Self.token), let role = tokens.value.role(of: token) else { return false }
    return Self.roles.contains(role)
  }

  private static func token(_ authorization: String) -> Token? {
    if let token = Token(authorization: authorization) { return token }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])),
      let colon = data.firstIndex(of: UInt8(ascii: ":"))
    else { return nil }
    return Token(text: String(decoding: data[(colon + 1)...], as: UTF8.self))
  }
}
