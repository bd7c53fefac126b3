/// Files with which one end of a connection proves who it is.
public struct TLSIdentity: Sendable, Hashable {
  /// PEM file of the certificate, followed by those of the CAs between it and the root, if there are any.
  public var certificateChainFile: String
  /// PEM file of the certificate's private key.
  public var privateKeyFile: String

  /// Names the files.
  public init(certificateChainFile: String, privateKeyFile: String) {
    self.certificateChainFile = certificateChainFile
    self.privateKeyFile = privateKeyFile
  }
}
