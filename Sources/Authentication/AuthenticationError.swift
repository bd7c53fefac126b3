/// Why credentials cannot be used or made. Each description is one line: what, where, what to do. None holds a secret.
public enum AuthenticationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A file that cannot be read.
  case unreadable(file: String, reason: String)
  /// A file or folder that cannot be written.
  case unwritable(path: String, reason: String)
  /// A secret that others than its owner may read.
  case exposedSecret(file: String, mode: String)
  /// A list of tokens that others than its owner may change.
  case changeableByOthers(file: String, mode: String)
  /// A token file without a token.
  case noToken(file: String)
  /// A line that is no `role:hex`.
  case badTokenLine(file: String, line: Int)
  /// One token for two roles.
  case sharedToken(file: String, line: Int)
  /// A list without lines.
  case noTokens(file: String)
  /// A file without a certificate.
  case noCertificate(file: String)
  /// A certificate that has expired.
  case expired(file: String, date: String)
  /// A certificate that is not valid yet.
  case notYetValid(file: String, date: String)
  /// A certificate of another role.
  case wrongRole(file: String, role: Role, needed: Role)
  /// Credentials that are there already.
  case credentialsExist(folder: String)
  /// A host that is neither a name nor an address.
  case badHost(String)
  /// A time of validity that makes no sense.
  case badDays(Int)
  /// A certificate could not be made.
  case notIssued(reason: String)
  /// Credentials that lack a part.
  case incomplete(given: String, missing: String)
  /// A token that would travel in the clear.
  case tokenInTheClear(address: String)

  /// One line.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read (\(reason)): check the path and its permissions"
    case .unwritable(let path, let reason): "\(path): cannot be written (\(reason)): choose another folder"
    case .exposedSecret(let file, let mode):
      "\(file): holds a secret that others may read (mode \(mode)): chmod 600 it"
    case .changeableByOthers(let file, let mode): "\(file): may be changed by others (mode \(mode)): chmod 600 it"
    case .noToken(let file): "\(file): holds no token: one line of 64 hexadecimal digits, as retort certs writes it"
    case .badTokenLine(let file, let line):
      "\(file):\(line): write role:SHA-256 in hexadecimal, or role:SHA-256:NAME, with one of the roles "
        + Role.allCases.map(\.rawValue).joined(separator: ", ")
    case .sharedToken(let file, let line): "\(file):\(line): this token belongs to another role already"
    case .noTokens(let file): "\(file): names no token: nobody could call"
    case .noCertificate(let file): "\(file): holds no certificate in PEM form"
    case .expired(let file, let date):
      "\(file): the certificate expired on \(date): make a new one with retort certs --renew"
    case .notYetValid(let file, let date): "\(file): the certificate is not valid before \(date): check the clock"
    case .wrongRole(let file, let role, let needed):
      "\(file): is the certificate of role \(role), and role \(needed) is needed: give that role's folder"
    case .credentialsExist(let folder):
      "\(folder) holds credentials already: keep them with --if-absent, renew certificates with --renew, or replace everything with --force"
    case .badHost(let host): "'\(host)' is no host: give a name or an IP address, without a port"
    case .badDays(let days): "--days \(days): expected 1 to 3650"
    case .notIssued(let reason): "no certificate could be made: \(reason)"
    case .incomplete(let given, let missing): "\(given) was given without \(missing): give both, or --credentials DIR"
    case .tokenInTheClear(let address):
      "the token would travel to \(address) unencrypted: add --tls-ca, or --credentials with a role's folder"
    }
  }
}
