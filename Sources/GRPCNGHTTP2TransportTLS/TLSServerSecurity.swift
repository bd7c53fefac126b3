public import GRPCNGHTTP2Transport
public import NIOCore
import NIOSSL

/// How a server speaks TLS: version 1.3 only, and HTTP/2 by ALPN only.
public struct TLSServerConfiguration: Sendable, Hashable {
  /// Who the server is.
  public var identity: TLSIdentity
  /// PEM file of the CAs whose certificates clients must show (mutual TLS); nil: clients show none.
  public var clientTrustRootsFile: String?

  /// Names the files.
  public init(identity: TLSIdentity, clientTrustRootsFile: String? = nil) {
    self.identity = identity
    self.clientTrustRootsFile = clientTrustRootsFile
  }
}

/// Secures a server's connections with TLS.
///
///     var configuration = NGHTTP2ServerTransport.Configuration()
///     configuration.security = try TLSServerSecurity(TLSServerConfiguration(identity: identity))
///
/// Files that change are read again for connections that are opened after that; open ones go on as they are. While the new
/// files cannot be read or do not belong together, the old ones stay in use.
public struct TLSServerSecurity: ServerConnectionSecurity {
  private let source: TLSContextSource

  /// Reads the files.
  ///
  /// - Throws: ``TLSFileError``.
  public init(_ configuration: TLSServerConfiguration) throws(TLSFileError) {
    source = try TLSContextSource(identity: configuration.identity, rootsFile: configuration.clientTrustRootsFile) {
      files throws(TLSFileError) in
      guard let identity = files.identity else { throw .noIdentity }
      var tls = TLSConfiguration.makeServerConfiguration(
        certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
      if let roots = files.roots {
        tls.trustRoots = .certificates(roots)
        tls.certificateVerification = .noHostnameVerification
        tls.sendCANameList = true
      }
      return tls
    }
  }

  /// Adds TLS to a connection.
  public func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations) throws {
    let handler = NIOSSLServerHandler(context: source.current())
    try pipeline.addHandler(handler)
    try pipeline.addHandler(TLSReporter(handler: handler, files: source.names, expectedName: nil))
  }
}
