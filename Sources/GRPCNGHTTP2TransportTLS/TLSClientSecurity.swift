public import GRPCNGHTTP2Transport
public import NIOCore
import NIOSSL

/// How a client speaks TLS: version 1.3 only, and HTTP/2 by ALPN only. The server's certificate and name are always verified.
public struct TLSClientConfiguration: Sendable {
  /// PEM file of the CAs that servers' certificates must come from; nil: the system's.
  public var trustRootsFile: String?
  /// Who the client is, for servers that require a certificate (mutual TLS).
  public var identity: TLSIdentity?
  /// Name or IP address that servers' certificates must bear; nil: the host of the address that is connected to.
  public var serverName: String?
  /// Looks at a server's certificate (DER) after it was verified; what it returns says why it is refused all the same.
  public var objection: (@Sendable (_ certificate: [UInt8]) -> String?)?

  /// Names the files.
  public init(trustRootsFile: String? = nil, identity: TLSIdentity? = nil, serverName: String? = nil) {
    self.trustRootsFile = trustRootsFile
    self.identity = identity
    self.serverName = serverName
  }
}

/// Secures a client's connections with TLS.
///
///     var configuration = NGHTTP2ClientTransport.Configuration()
///     configuration.security = try TLSClientSecurity(TLSClientConfiguration(trustRootsFile: "ca.pem"))
///
/// Files that change are read again for connections that are opened after that, as with ``TLSServerSecurity``.
public struct TLSClientSecurity: ClientConnectionSecurity {
  private let source: TLSContextSource
  private let serverName: String?
  private let objection: (@Sendable (_ certificate: [UInt8]) -> String?)?

  /// Reads the files.
  ///
  /// - Throws: ``TLSFileError``.
  public init(_ configuration: TLSClientConfiguration) throws(TLSFileError) {
    serverName = configuration.serverName
    objection = configuration.objection
    source = try TLSContextSource(identity: configuration.identity, rootsFile: configuration.trustRootsFile) {
      files throws(TLSFileError) in
      var tls = TLSConfiguration.makeClientConfiguration()
      if let roots = files.roots { tls.trustRoots = .certificates(roots) }
      if let identity = files.identity {
        tls.certificateChain = identity.chain.map { .certificate($0) }
        tls.privateKey = .privateKey(identity.key)
      }
      return tls
    }
  }

  /// Adds TLS to a connection.
  public func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations, serverName: String) throws {
    let expected = self.serverName ?? serverName
    let handler: NIOSSLClientHandler
    do {
      // A literal address stands in no SNI; it is compared with the certificate's addresses instead.
      handler = try NIOSSLClientHandler(
        context: source.current(), serverHostname: Self.isAddress(expected) ? nil : expected)
    } catch {
      throw ConnectionSecurityError("'\(expected)' cannot be a server's name in TLS: give the name in its certificate")
    }
    try pipeline.addHandler(handler)
    try pipeline.addHandler(
      TLSReporter(handler: handler, files: source.names, expectedName: expected, objection: objection))
  }

  private static func isAddress(_ name: String) -> Bool {
    (try? SocketAddress(ipAddress: name, port: 0)) != nil
  }
}
