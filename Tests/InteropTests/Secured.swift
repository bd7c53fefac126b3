import GRPCNGHTTP2Transport
import Testing

#if canImport(GRPCNGHTTP2TransportTLS)
  import GRPCNGHTTP2TransportTLS
#endif

/// How each end is secured, with the certificates that the peer has made.
struct Secured {
  let security: Security
  let certificates: [String: String]

  #if canImport(GRPCNGHTTP2TransportTLS)
    static let all = Security.allCases
  #else
    /// A build without TLS, such as that of the sanitizers.
    static let all = [Security.plain]
  #endif

  func client() throws -> NGHTTP2ClientTransport.Configuration {
    var configuration = NGHTTP2ClientTransport.Configuration()
    #if canImport(GRPCNGHTTP2TransportTLS)
      if security != .plain {
        configuration.security = try TLSClientSecurity(
          TLSClientConfiguration(
            trustRootsFile: file("ca"), identity: security == .mtls ? identity("client") : nil))
      }
    #endif
    return configuration
  }

  func server() throws -> NGHTTP2ServerTransport.Configuration {
    var configuration = NGHTTP2ServerTransport.Configuration()
    #if canImport(GRPCNGHTTP2TransportTLS)
      if security != .plain {
        configuration.security = try TLSServerSecurity(
          TLSServerConfiguration(
            identity: identity("server"), clientTrustRootsFile: security == .mtls ? file("ca") : nil))
      }
    #endif
    return configuration
  }

  #if canImport(GRPCNGHTTP2TransportTLS)
    private func identity(_ name: String) throws -> TLSIdentity {
      TLSIdentity(certificateChainFile: try file(name + "-chain"), privateKeyFile: try file(name + "-key"))
    }

    private func file(_ name: String) throws -> String { try #require(certificates[name]) }
  #endif
}
