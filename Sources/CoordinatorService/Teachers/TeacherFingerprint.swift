package import WireFormat

/// Who a service says it is. By reference: optionals of large values are read wrongly (docs/LOG.md).
package final class TeacherIdentity: Sendable, Hashable {
  package let description: WireModelDescription
  let fingerprint: TeacherFingerprint
  /// Names the service; empty: it does not say.
  let instanceID: String

  package init(_ description: WireModelDescription, instanceID: String = "") {
    (self.description, fingerprint, self.instanceID) = (description, TeacherFingerprint(description), instanceID)
  }

  package static func == (one: TeacherIdentity, other: TeacherIdentity) -> Bool {
    one.description == other.description && one.instanceID == other.instanceID
  }
  package func hash(into hasher: inout Hasher) { hasher.combine(description.modelDigest) }
}

/// What replicas of a teacher must have in common, so that it does not matter who answers.
struct TeacherFingerprint: Sendable, Hashable {
  private let description: WireModelDescription

  /// Takes what a service says of its model. Its name is for people, and the number of threads changes no bit.
  init(_ description: WireModelDescription) {
    var description = description
    description.name = ""
    let words = description.determinism.split(separator: ", ").filter { !$0.hasSuffix(" threads") }
    description.determinism = words.joined(separator: ", ")
    self.description = description
  }

  /// In what another differs, for people; nil: in nothing.
  func difference(from other: TeacherFingerprint) -> String? {
    let (own, their) = (description, other.description)
    guard own != their else { return nil }
    if own.modelDigest != their.modelDigest {
      return "another model, \(own.modelDigest.prefix(12)) instead of \(their.modelDigest.prefix(12))"
    }
    if own.vocabularyDigest != their.vocabularyDigest { return "another vocabulary" }
    if own.chatTemplateDigest != their.chatTemplateDigest { return "another chat template" }
    if own.determinism != their.determinism {
      return "another arithmetic, '\(own.determinism)' instead of '\(their.determinism)'"
    }
    return "other abilities"
  }
}
