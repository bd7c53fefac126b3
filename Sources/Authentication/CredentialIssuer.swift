public import Foundation

/// `retort certs`: makes an authority, and for each role a folder with certificate, key, tokens.
///
/// Each file is complete when it appears, and the authority's comes last: credentials without it are those of an attempt
/// that was cut off, and are made anew.
public struct CredentialIssuer: Sendable {
  /// What to do where there are credentials already.
  public enum Mode: Sendable {
    /// Refuse.
    case create
    /// Leave them.
    case ifAbsent
    /// New certificates and keys of the same authority; the tokens stay.
    case renew
    /// A new authority, new certificates, new tokens.
    case replace
  }

  /// What was done.
  public enum Outcome: Sendable, Hashable {
    /// Made, or made anew.
    case made
    /// There was something already; valid until a day, and whether that is near.
    case kept(until: String, isNear: Bool)
  }

  /// The name that certificates of all services bear, for a client to which any will do.
  public static let anyService = "retort"

  /// Time before its end from which a certificate counts as about to expire.
  public static let warningTime: TimeInterval = 30 * 86_400

  private let folder: URL
  private let hosts: [String]
  private let days: Int

  /// Plans credentials.
  ///
  /// - Parameters:
  ///   - hosts: Names and addresses that the services are reached by, besides their roles' names, localhost and loopback.
  ///   - days: How long certificates are valid.
  public init(folder: URL, hosts: [String], days: Int) throws(AuthenticationError) {
    guard 1...3650 ~= days else { throw .badDays(days) }
    self.folder = folder
    self.hosts = hosts
    self.days = days
  }

  /// The folder of a role.
  public func roleFolder(_ role: Role) -> CredentialFolder {
    CredentialFolder(folder.appending(path: role.rawValue, directoryHint: .isDirectory))
  }

  private var authorityFolder: URL { folder.appending(path: "ca", directoryHint: .isDirectory) }
  private var authorityCertificate: URL { authorityFolder.appending(path: "cert.pem") }
  private var authorityKey: URL { authorityFolder.appending(path: "key.pem") }
  private var exists: Bool { FileManager.default.fileExists(atPath: authorityCertificate.path(percentEncoded: false)) }

  /// Makes what is asked for.
  public func run(_ mode: Mode, now: Date = Date()) throws(AuthenticationError) -> Outcome {
    switch mode {
    case .create where exists: throw .credentialsExist(folder: folder.relativePath)
    case .ifAbsent where exists: return try kept(at: now)
    case .renew where exists:
      let pair = CertificateAuthority.Pair(
        certificate: try text(authorityCertificate), key: try text(authorityKey))
      try writeCertificates(of: try CertificateAuthority(pair), at: now)
    case .create, .ifAbsent, .renew, .replace:
      try? FileManager.default.removeItem(at: authorityCertificate)
      let authority = try CertificateAuthority(
        name: "Retort private CA \(UUID().uuidString.prefix(8))", from: start(now),
        until: now.addingTimeInterval(Self.day * 3650))
      try makeFolder(folder)
      try writeTokens()
      try writeCertificates(of: authority, at: now)
      try makeFolder(authorityFolder)
      try write(authority.pair.key, to: authorityKey)
      try write(authority.pair.certificate, to: authorityCertificate)
    }
    return .made
  }

  private static let day: TimeInterval = 86_400

  /// A little before now, since clocks differ.
  private func start(_ now: Date) -> Date { now.addingTimeInterval(-300) }

  private func kept(at now: Date) throws(AuthenticationError) -> Outcome {
    var first: CertificateFile?
    for role in Role.allCases {
      let file = try CertificateFile(path: roleFolder(role).certificate)
      if first.map({ file.remaining(at: now) < $0.remaining(at: now) }) ?? true { first = file }
    }
    guard let first else { return .made }
    return .kept(until: first.lastDay, isNear: first.remaining(at: now) < Self.warningTime)
  }

  private func writeTokens() throws(AuthenticationError) {
    var generator = SystemRandomNumberGenerator()
    let tokens = Role.allCases.map { ($0, Token(using: &generator)) }
    let table = tokens.map { role, token in token.line(for: role) + "\n" }.joined()
    for (role, token) in tokens {
      let folder = roleFolder(role)
      try makeFolder(folder.url)
      try write(token.secret + "\n", to: URL(filePath: folder.token))
      if role.isService { try write(table, to: URL(filePath: folder.tokens)) }
    }
  }

  private func writeCertificates(of authority: CertificateAuthority, at now: Date) throws(AuthenticationError) {
    for role in Role.allCases {
      let folder = roleFolder(role)
      let names = role.isService ? [role.rawValue, Self.anyService, "localhost", "127.0.0.1", "::1"] + hosts : []
      let subject = CertificateAuthority.Subject(name: "retort \(role)", role: role, hosts: names)
      let pair = try authority.issue(
        for: subject, from: start(now), until: now.addingTimeInterval(Double(days) * Self.day))
      try makeFolder(folder.url)
      try write(authority.pair.certificate, to: URL(filePath: folder.authority))
      try write(pair.key, to: URL(filePath: folder.key))
      try write(pair.certificate, to: URL(filePath: folder.certificate))
    }
  }

  // MARK: Files

  private func text(_ file: URL) throws(AuthenticationError) -> String {
    String(decoding: try FileState.contents(of: file.path(percentEncoded: false)), as: UTF8.self)
  }

  private func makeFolder(_ url: URL) throws(AuthenticationError) {
    let path = url.path(percentEncoded: false)
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      // A folder that a volume is mounted in may be fit already, and not ours to change.
      if try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int != 0o700 {
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
      }
    } catch {
      throw .unwritable(path: url.relativePath, reason: FileState.words(error))
    }
  }

  /// Writes a file that its owner alone may read, under another name first.
  private func write(_ text: String, to file: URL) throws(AuthenticationError) {
    let path = file.path(percentEncoded: false)
    let partial = path + ".partial"
    try? FileManager.default.removeItem(atPath: partial)
    let isMade = FileManager.default.createFile(
      atPath: partial, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    guard isMade, rename(partial, path) == 0 else {
      throw .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
