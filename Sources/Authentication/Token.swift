import Crypto
import Foundation

/// A secret of 256 random bits that stands for a role. Its text never appears in descriptions.
public struct Token: Sendable, Hashable, CustomStringConvertible {
  /// 64 hexadecimal digits, or what a foreign issuer wrote.
  let secret: String

  /// Draws a token.
  public init(using generator: inout some RandomNumberGenerator) {
    secret = (0..<4).map { _ in
      let digits = String(generator.next(), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Reads a token file's contents: one word of visible ASCII characters.
  init?(text: String) {
    let word = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard word.utf8.count >= 32, word.utf8.count <= 4096, word.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return nil
    }
    secret = word
  }

  /// Takes a token from `authorization: Bearer …`; nil where it is none.
  init?(authorization value: String) {
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    self.init(text: String(parts[1]))
  }

  /// What `authorization` carries.
  var authorization: String { "Bearer \(secret)" }

  /// The token's hash, which tells nothing of a random token.
  var digest: SHA256.Digest { SHA256.hash(data: Data(secret.utf8)) }

  /// The line of a ``TokenTable`` that admits this token in a role.
  public func line(for role: Role) -> String {
    "\(role):" + digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Hides the secret.
  public var description: String { "token" }
}

/// The tokens that a service admits: by their hashes, so that the file gives nobody a token.
///
/// A line is `role:` and the SHA-256 of a token in hexadecimal, and may end with `:` and a name of up to 32 letters, digits, `.`, `_` and `-`. A role
/// may have several lines, as while a token is being replaced; lines of one name count as one key where callers share something. Empty lines and lines that begin with `#` are left out.
public struct TokenTable: Sendable {
  /// What a token stands for.
  public struct Key: Sendable, Hashable {
    /// The role.
    public let role: Role
    /// The line's name; of one that has none the role with the first digits of the hash.
    public let name: String

    /// Names a role's key.
    public init(role: Role, name: String) { (self.role, self.name) = (role, name) }
  }

  private let rows: [(key: Key, digest: [UInt8])]

  /// Reads a file's text.
  public init(text: String, file: String) throws(AuthenticationError) {
    var rows: [(key: Key, digest: [UInt8])] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
      .enumerated()
    {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let row = Self.row(line) else { throw .badTokenLine(file: file, line: index + 1) }
      guard !rows.contains(where: { $0.digest == row.digest && $0.key.role != row.key.role }) else {
        throw .sharedToken(file: file, line: index + 1)
      }
      rows.append(row)
    }
    guard !rows.isEmpty else { throw .noTokens(file: file) }
    self.rows = rows
  }

  /// Watches a file.
  public static func file(_ path: String) throws(AuthenticationError) -> WatchedFile<TokenTable> {
    try WatchedFile(path: path, access: .unchangeable) { data throws(AuthenticationError) in
      try TokenTable(text: String(decoding: data, as: UTF8.self), file: path)
    }
  }

  /// The role that a token stands for; nil: the token is not known.
  public func role(of token: Token) -> Role? { key(of: token)?.role }

  /// What a token stands for; nil: the token is not known.
  ///
  /// The time that this takes depends on the number of rows alone: all are looked at, and hashes are compared in constant time.
  public func key(of token: Token) -> Key? {
    let digest = token.digest
    var key: Key?
    for row in rows where digest == row.digest { key = row.key }
    return key
  }

  private static func row(_ line: String) -> (key: Key, digest: [UInt8])? {
    let parts = line.split(separator: ":", omittingEmptySubsequences: false)
    guard 2...3 ~= parts.count, let role = Role(rawValue: String(parts[0])), parts[1].utf8.count == 64,
      parts.count == 2 || isName(parts[2])
    else { return nil }
    var digest: [UInt8] = []
    var rest = parts[1]
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16), rest.prefix(2).first != "+" else { return nil }
      digest.append(byte)
      rest = rest.dropFirst(2)
    }
    let name = parts.count == 3 ? String(parts[2]) : "\(role)-\(parts[1].prefix(8).lowercased())"
    return (Key(role: role, name: name), digest)
  }

  /// Whether a text can name a key.
  public static func isName(_ text: some StringProtocol) -> Bool {
    1...32 ~= text.utf8.count
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension Token {
  /// Watches a file that holds one token, which nobody but its owner may read.
  public static func file(_ path: String) throws(AuthenticationError) -> WatchedFile<Token> {
    try WatchedFile(path: path, access: .secret) { data throws(AuthenticationError) in
      guard let token = Token(text: String(decoding: data, as: UTF8.self)) else { throw .noToken(file: path) }
      return token
    }
  }
}
