import Authentication
import Foundation
import Testing

/// A folder that goes away with its test.
final class Folder: Sendable {
  let url = FileManager.default.temporaryDirectory.appending(path: "credentials-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
    let file = url.appending(path: name).path
    try Data(text.utf8).write(to: URL(filePath: file))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return file
  }
}

@Suite("Tokens") struct TokenTests {
  private let folder: Folder
  private let hash = String(repeating: "a", count: 64)

  init() throws { folder = try Folder() }

  @Test("a token is known by its hash, in its role, and another is not")
  func known() throws {
    var generator = SystemRandomNumberGenerator()
    let tokens = Role.allCases.map { ($0, Token(using: &generator)) }
    let text = "# roles\n\n" + tokens.map { $1.line(for: $0) }.joined(separator: "\n")
    let table = try TokenTable(text: text, file: "tokens")
    for (role, token) in tokens { #expect(table.role(of: token) == role) }
    #expect(table.role(of: Token(using: &generator)) == nil)
  }

  @Test("a line may name its key; without a name the role and the hash's first digits do")
  func names() throws {
    var generator = SystemRandomNumberGenerator()
    let (plain, named) = (Token(using: &generator), Token(using: &generator))
    let line = plain.line(for: .coordinator)
    let table = try TokenTable(text: "\(line)\n\(named.line(for: .coordinator)):lab-a.2\n", file: "tokens")
    let digits = line.split(separator: ":")[1].prefix(8)
    #expect(table.key(of: plain) == TokenTable.Key(role: .coordinator, name: "coordinator-\(digits)"))
    #expect(table.key(of: named) == TokenTable.Key(role: .coordinator, name: "lab-a.2"))
  }

  @Test("a token does not say itself")
  func description() throws {
    var generator = SystemRandomNumberGenerator()
    #expect("\(Token(using: &generator))" == "token")
  }

  @Test(
    "a malformed line is refused with its number",
    arguments: [
      "teacher", "pilot:HASH", "teacher:HASH0", "teacher:+", "teacher:HASH:", "teacher:HASH:x y", "teacher:HASH:x:y",
      "teacher:zz",
    ])
  func malformed(line: String) throws {
    let line = line.replacing("HASH", with: hash)
    #expect(throws: AuthenticationError.badTokenLine(file: "tokens", line: 2)) {
      try TokenTable(text: "admin:\(hash)\n\(line)\n", file: "tokens")
    }
  }

  @Test("one token for two roles, and no token at all, are refused")
  func ambiguous() {
    #expect(throws: AuthenticationError.sharedToken(file: "tokens", line: 2)) {
      try TokenTable(text: "admin:\(hash)\nteacher:\(hash)\n", file: "tokens")
    }
    #expect(throws: AuthenticationError.noTokens(file: "tokens")) { try TokenTable(text: "# none\n", file: "tokens") }
  }

  @Test("a token file that others may read is refused, as is a list that others may change")
  func permissions() throws {
    let token = try folder.write(hash, to: "token", mode: 0o640)
    #expect(throws: AuthenticationError.exposedSecret(file: token, mode: "640")) { try Token.file(token) }
    let tokens = try folder.write("admin:\(hash)\n", to: "tokens", mode: 0o620)
    #expect(throws: AuthenticationError.changeableByOthers(file: tokens, mode: "620")) { try TokenTable.file(tokens) }
    #expect(throws: AuthenticationError.self) { try Token.file(folder.url.appending(path: "nothing").path) }
    let short = try folder.write("short\n", to: "short")
    #expect(throws: AuthenticationError.noToken(file: short)) { try Token.file(short) }
  }
}

@Suite("Credentials that are issued") struct CredentialIssuerTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func issuer(_ hosts: [String] = [], days: Int = 365) throws -> CredentialIssuer {
    try CredentialIssuer(folder: folder.url.appending(path: "certs"), hosts: hosts, days: days)
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("each role gets a certificate of its own and a token; nobody else may read the files")
  func made() throws {
    let issuer = try issuer(["gpu-box", "192.0.2.7"])
    #expect(try issuer.run(.create) == .made)
    for role in Role.allCases {
      let files = issuer.roleFolder(role)
      #expect(try CertificateFile(path: files.certificate).role == role)
      let table = try TokenTable.file(issuer.roleFolder(.coordinator).tokens).value
      #expect(try table.role(of: Token.file(files.token).value) == role)
    }
    let names = FileManager.default.enumerator(at: folder.url, includingPropertiesForKeys: [.isDirectoryKey])
    for case let file as URL in try #require(names) {
      let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
      let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
      #expect(attributes[.posixPermissions] as? Int == (isFolder ? 0o700 : 0o600), "\(file.path)")
    }
  }

  @Test("what is there stays, unless everything is to be replaced")
  func again() throws {
    let files = try issuer().roleFolder(.teacher)
    _ = try issuer().run(.ifAbsent)
    let (certificate, token) = (try text(files.certificate), try text(files.token))
    #expect(throws: AuthenticationError.self) { try issuer().run(.create) }
    guard case .kept(_, let isNear) = try issuer().run(.ifAbsent) else { return #expect(Bool(false)) }
    #expect(!isNear)
    #expect(try text(files.certificate) == certificate && text(files.token) == token)
    #expect(try issuer().run(.replace) == .made)
    #expect(try text(files.certificate) != certificate && text(files.token) != token)
  }

  @Test("renewal keeps the authority and the tokens")
  func renewed() throws {
    let files = try issuer().roleFolder(.teacher)
    _ = try issuer().run(.create)
    let (certificate, authority, token) = (
      try text(files.certificate), try text(files.authority), try text(files.token)
    )
    _ = try issuer().run(.renew)
    #expect(try text(files.certificate) != certificate)
    #expect(try text(files.authority) == authority && text(files.token) == token)
  }

  @Test("an attempt that was cut off is made anew")
  func cutOff() throws {
    _ = try issuer().run(.create)
    try FileManager.default.removeItem(at: folder.url.appending(path: "certs/ca/cert.pem"))
    #expect(try issuer().run(.ifAbsent) == .made)
  }

  @Test("the end of a certificate is foretold, and then told")
  func expiry() throws {
    let issuer = try issuer(days: 10)
    _ = try issuer.run(.create)
    guard case .kept(_, let isNear) = try issuer.run(.ifAbsent) else { return #expect(Bool(false)) }
    #expect(isNear)
    let file = try CertificateFile(path: issuer.roleFolder(.student).certificate)
    try file.check(at: Date(), role: .student)
    #expect(throws: AuthenticationError.self) { try file.check(at: Date() + 11 * 86_400, role: .student) }
    #expect(throws: AuthenticationError.self) { try file.check(at: Date(), role: .teacher) }
  }

  @Test("hosts and days that make no sense are refused")
  func refused() throws {
    #expect(throws: AuthenticationError.badHost("a:1")) { try issuer(["a:1"]).run(.create) }
    #expect(throws: AuthenticationError.badDays(0)) { try issuer(days: 0) }
  }
}
