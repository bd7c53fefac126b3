import Authentication
import Foundation
import Testing

@Suite("Who may see pages") struct PageGuardTests {
  private static func basic(_ token: String, name: String = "anybody") -> String {
    "Basic " + Data("\(name):\(token)".utf8).base64EncodedString()
  }

  @Test("a token of role admin or read admits, as Bearer and as a browser's password; nothing else does")
  func roles() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "page-guard-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var generator = SystemRandomNumberGenerator()
    var secrets: [Role: String] = [:]
    var lines = ""
    for role in Role.allCases {
      let secret = (0..<4).map { _ in String(generator.next(), radix: 16) }.joined() + "0123456789abcdef"
      let file = folder.appending(path: "\(role)").path(percentEncoded: false)
      #expect(
        FileManager.default.createFile(
          atPath: file, contents: Data(secret.utf8), attributes: [.posixPermissions: 0o600]))
      lines += try Token.file(file).value.line(for: role) + "\n"
      secrets[role] = secret
    }
    let table = folder.appending(path: "tokens").path(percentEncoded: false)
    #expect(
      FileManager.default.createFile(atPath: table, contents: Data(lines.utf8), attributes: [.posixPermissions: 0o600]))
    let guardian = PageGuard(tokens: try TokenTable.file(table))
    for role in Role.allCases {
      let secret = try #require(secrets[role])
      let isAllowed = role == .admin || role == .read
      #expect(guardian.admits("Bearer \(secret)") == isAllowed)
      #expect(guardian.admits(Self.basic(secret)) == isAllowed)
      #expect(guardian.admits(Self.basic(secret, name: "")) == isAllowed)
    }
    let secret = try #require(secrets[.read])
    for wrong in [
      nil, "", secret, "Basic", "Basic !!!", "Basic " + secret, Self.basic(secret + "0"), "Digest \(secret)",
    ] {
      #expect(!guardian.admits(wrong))
    }
  }
}
