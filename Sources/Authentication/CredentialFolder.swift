public import Foundation
import SwiftASN1
import X509

/// Names of a role's files in the folder that `retort certs` makes for it.
public struct CredentialFolder: Sendable {
  /// The folder.
  public let url: URL

  /// Names a folder.
  public init(_ url: URL) { self.url = url }

  /// The role's certificate.
  public var certificate: String { path("cert.pem") }
  /// Its private key.
  public var key: String { path("key.pem") }
  /// The authority that certificates of peers come from.
  public var authority: String { path("ca.pem") }
  /// The token of the role's own calls.
  public var token: String { path("token") }
  /// Hashes of the tokens that the role admits.
  public var tokens: String { path("tokens") }

  private func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }
}

/// What is known of a certificate file before it is used.
public struct CertificateFile: Sendable {
  private let path: String
  private let certificate: Certificate

  /// Reads the first certificate of a PEM file.
  public init(path: String) throws(AuthenticationError) {
    let text = String(decoding: try FileState.contents(of: path), as: UTF8.self)
    let end = "-----END CERTIFICATE-----"
    guard let start = text.range(of: "-----BEGIN CERTIFICATE-----"), let stop = text.range(of: end),
      start.lowerBound < stop.lowerBound,
      let certificate = try? Certificate(pemEncoded: String(text[start.lowerBound..<stop.upperBound]))
    else { throw .noCertificate(file: path) }
    self.path = path
    self.certificate = certificate
  }

  /// The role that it proves, if it names one.
  public var role: Role? { Role(certificate: certificate) }

  /// The day on which it expires, `2026-01-31`.
  public var lastDay: String { Self.day(certificate.notValidAfter) }

  /// Time left at a date.
  public func remaining(at date: Date) -> TimeInterval { certificate.notValidAfter.timeIntervalSince(date) }

  /// Checks that it is valid at a date, and of a role where it names one.
  public func check(at date: Date, role needed: Role?) throws(AuthenticationError) {
    if certificate.notValidAfter < date { throw .expired(file: path, date: lastDay) }
    if certificate.notValidBefore > date { throw .notYetValid(file: path, date: Self.day(certificate.notValidBefore)) }
    if let needed, let role, role != needed { throw .wrongRole(file: path, role: role, needed: needed) }
  }

  private static func day(_ date: Date) -> String {
    date.formatted(.iso8601.year().month().day())
  }
}
