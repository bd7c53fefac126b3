import SwiftASN1
public import X509

/// Who takes part in distillation. A token and a certificate each stand for one role.
public enum Role: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// Serves a model; calls nobody.
  case teacher
  /// Calls the teacher and the students.
  case coordinator
  /// Registers with the coordinator and asks its façade.
  case student
  /// A person or program that submits runs.
  case admin
  /// Looks at health and at runs, and changes nothing; for monitoring.
  case read

  /// The role's name.
  public var description: String { rawValue }

  /// True for roles that others call.
  public var isService: Bool { [.teacher, .coordinator, .student].contains(self) }

  /// How a certificate names the role among its alternative names: `retort:role:teacher`.
  public var uri: String { Self.uriPrefix + rawValue }

  private static let uriPrefix = "retort:role:"

  /// The one role that a certificate names; nil: it names none, or more than one, or an unknown one.
  public init?(certificate: Certificate) {
    guard let names = try? certificate.extensions.subjectAlternativeNames else { return nil }
    let uris = names.compactMap { name -> String? in
      guard case .uniformResourceIdentifier(let uri) = name, uri.hasPrefix(Self.uriPrefix) else { return nil }
      return uri
    }
    guard uris.count == 1, let role = Role(rawValue: String(uris[0].dropFirst(Self.uriPrefix.count))) else {
      return nil
    }
    self = role
  }

  /// The one role that a certificate in DER form names.
  public init?(derEncoded bytes: [UInt8]) {
    guard let certificate = try? Certificate(derEncoded: bytes) else { return nil }
    self.init(certificate: certificate)
  }
}
