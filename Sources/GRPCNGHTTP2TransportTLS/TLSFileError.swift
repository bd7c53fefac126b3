/// Why files for TLS cannot be used. Each description is one line: what, where, what to do.
public enum TLSFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A file that cannot be read, with the system's reason.
  case unreadable(file: String, reason: String)
  /// A file without a PEM certificate.
  case noCertificate(file: String)
  /// A file without a PEM private key.
  case noPrivateKey(file: String)
  /// A key and a certificate that do not belong together, or a kind of key that TLS 1.3 does not know.
  case keyMismatch(certificateFile: String, keyFile: String)
  /// A server without certificate.
  case noIdentity

  /// One line.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read (\(reason)): check the path and its permissions"
    case .noCertificate(let file): "\(file): holds no certificate in PEM form: it must have BEGIN CERTIFICATE"
    case .noPrivateKey(let file): "\(file): holds no private key in PEM form: it must have BEGIN PRIVATE KEY"
    case .keyMismatch(let certificateFile, let keyFile):
      "\(keyFile): is not the key of \(certificateFile): give the two that were made together"
    case .noIdentity: "a server needs a certificate and its key"
    }
  }
}
