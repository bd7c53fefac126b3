import Crypto
public import Foundation
import SwiftASN1
import X509

/// A private authority whose certificates the services of one installation trust, and nobody else.
public struct CertificateAuthority: Sendable {
  /// Texts in PEM form.
  public struct Pair: Sendable {
    /// The certificate.
    public let certificate: String
    /// Its private key, PKCS #8.
    public let key: String

    /// Takes both texts.
    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// Whom a certificate is for.
  public struct Subject: Sendable {
    /// Name for people.
    public var name: String
    /// The role that it proves; nil: none.
    public var role: Role?
    /// Host names and IP addresses that it is good for.
    public var hosts: [String]

    /// Describes a subject.
    public init(name: String, role: Role?, hosts: [String]) {
      self.name = name
      self.role = role
      self.hosts = hosts
    }
  }

  /// The authority's own certificate and key.
  public let pair: Pair
  private let key: P256.Signing.PrivateKey
  private let certificate: Certificate

  /// Makes an authority.
  public init(name: String, from start: Date, until end: Date) throws(AuthenticationError) {
    let key = P256.Signing.PrivateKey()
    do {
      let publicKey = Certificate.PublicKey(key.publicKey)
      let subject = try DistinguishedName { CommonName(name) }
      certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: start, notValidAfter: end,
        issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
          Critical(KeyUsage(keyCertSign: true, cRLSign: true))
          SubjectKeyIdentifier(hash: publicKey)
        }, issuerPrivateKey: Certificate.PrivateKey(key))
      pair = Pair(certificate: try certificate.serializeAsPEM().pemString + "\n", key: key.pemRepresentation + "\n")
    } catch {
      throw .notIssued(reason: "\(error)")
    }
    self.key = key
  }

  /// Goes on with an authority.
  public init(_ pair: Pair) throws(AuthenticationError) {
    self.pair = pair
    do {
      certificate = try Certificate(pemEncoded: pair.certificate)
      key = try P256.Signing.PrivateKey(pemRepresentation: pair.key)
    } catch {
      throw .notIssued(reason: "the authority's certificate or key is not readable (\(error))")
    }
  }

  /// Makes a certificate with a key of its own (ECDSA on P-256), good for both ends of a connection.
  public func issue(for subject: Subject, from start: Date, until end: Date) throws(AuthenticationError) -> Pair {
    let key = P256.Signing.PrivateKey()
    var names: [GeneralName] = []
    for host in subject.hosts { names.append(try Self.name(host)) }
    if let role = subject.role { names.append(.uniformResourceIdentifier(role.uri)) }
    do {
      let certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: start,
        notValidAfter: end, issuer: certificate.subject, subject: DistinguishedName { CommonName(subject.name) },
        signatureAlgorithm: .ecdsaWithSHA256,
        extensions: Certificate.Extensions {
          Critical(BasicConstraints.notCertificateAuthority)
          Critical(KeyUsage(digitalSignature: true))
          try ExtendedKeyUsage([.serverAuth, .clientAuth])
          SubjectAlternativeNames(names)
        }, issuerPrivateKey: Certificate.PrivateKey(self.key))
      return Pair(certificate: try certificate.serializeAsPEM().pemString + "\n", key: key.pemRepresentation + "\n")
    } catch {
      throw .notIssued(reason: "\(error)")
    }
  }

  private static func name(_ host: String) throws(AuthenticationError) -> GeneralName {
    if let bytes = address(host) { return .ipAddress(ASN1OctetString(contentBytes: bytes[...])) }
    let isName =
      !host.isEmpty && host.utf8.count <= 253
      && host.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == 0x2D || $0 == 0x2E
      }
    guard isName else { throw .badHost(host) }
    return .dnsName(host)
  }

  /// The bytes of an IPv4 or IPv6 address.
  private static func address(_ text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    var six = in6_addr()
    if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
    return nil
  }
}
