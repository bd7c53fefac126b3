import GRPCNGHTTP2Transport
import GRPCNGHTTP2TransportTLS
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@Suite("Handshakes that a server refuses", .timeLimit(.minutes(1))) struct HandshakeTests {
  private let certificates: Certificates

  init() throws { certificates = try Certificates() }

  private var configuration: TLSServerConfiguration {
    get throws { TLSServerConfiguration(identity: try certificates.identity("server")) }
  }

  /// Connects with what `setUp` adds; returns when the connection is closed.
  private func connect(to port: Int, _ setUp: @escaping @Sendable (any Channel) throws -> Void = { _ in }) async throws
  {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try setUp(channel) } }
      .connect(host: "127.0.0.1", port: port).get()
    try await channel.closeFuture.get()
  }

  private func tls(_ change: (inout TLSConfiguration) -> Void) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    configuration.applicationProtocols = ["h2"]
    change(&configuration)
    return try NIOSSLContext(configuration: configuration)
  }

  @Test("TLS 1.2 is refused")
  func oldVersion() async throws {
    let context = try tls { $0.maximumTLSVersion = .tlsv12 }
    try await SecureServer.run(configuration) { server in
      try await connect(to: server.port) { channel in
        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
      }
      let said = await server.refusals.first
      #expect(said.contains("does not speak TLS 1.3"), "\(said)")
    }
  }

  @Test("a client that offers no HTTP/2 by ALPN is refused", arguments: [[], ["http/1.1"]])
  func otherProtocols(names: [String]) async throws {
    let context = try tls { $0.applicationProtocols = names }
    try await SecureServer.run(configuration) { server in
      try await connect(to: server.port) { channel in
        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
      }
      let said = await server.refusals.first
      #expect(said.contains("named no protocol (ALPN): it must offer h2"), "\(said)")
    }
  }

  @Test("a client that says nothing is closed when the handshake's time is over")
  func silence() async throws {
    try await SecureServer.run(configuration, handshakeTimeout: .milliseconds(100)) { server in
      try await connect(to: server.port)
      let said = await server.refusals.first
      #expect(said.contains("did not complete the TLS handshake within 0.1 seconds"), "\(said)")
    }
  }

  @Test("a server that says nothing is left when the handshake's time is over")
  func silentServer() async throws {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let address = NetworkAddress.tcp(host: "127.0.0.1", port: listener.localAddress?.port ?? 0)
    let roots = certificates.roots
    await #expect(throws: (any Error).self) {
      try await SecureServer.call(
        address, TLSClientConfiguration(trustRootsFile: roots), handshakeTimeout: .milliseconds(100))
    }
    try await listener.close()
  }
}
