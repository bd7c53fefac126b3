import Authentication
import Foundation
import GRPCNGHTTP2TransportTLS

/// Certificates of an authority, made for one test in a folder that goes away with it.
final class Certificates: Sendable {
  let folder: URL
  let authority: CertificateAuthority
  /// The authority's file.
  let roots: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    authority = try CertificateAuthority(name: "test", from: Date() - 60, until: Date() + 3600)
    roots = folder.appending(path: "ca.pem").path
    try Data(authority.pair.certificate.utf8).write(to: folder.appending(path: "ca.pem"))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Writes a certificate and its key; returns their names.
  func identity(
    _ name: String, hosts: [String] = ["localhost", "127.0.0.1", "::1"], from start: TimeInterval = -60,
    until end: TimeInterval = 3600
  ) throws -> TLSIdentity {
    let pair = try authority.issue(
      for: CertificateAuthority.Subject(name: name, role: nil, hosts: hosts), from: Date() + start, until: Date() + end)
    let identity = TLSIdentity(
      certificateChainFile: folder.appending(path: "\(name).pem").path,
      privateKeyFile: folder.appending(path: "\(name)-key.pem").path)
    try Data(pair.certificate.utf8).write(to: URL(filePath: identity.certificateChainFile))
    try Data(pair.key.utf8).write(to: URL(filePath: identity.privateKeyFile))
    return identity
  }
}
