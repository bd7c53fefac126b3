import ForeignPython
import Foundation
import GRPCNGHTTP2Transport
import GRPCNGHTTP2TransportTLS
import Programs
import Testing
import TiedPrograms

private let python = ForeignPython(importing: "grpc")

@Suite(
  "Python grpcio as the peer, with TLS", .enabled(if: python != nil, "\(ForeignPython.missing)"),
  .timeLimit(.minutes(2)))
struct ForeignTLSTests {
  private let ours: Certificates
  private let theirs: Certificates

  init() throws {
    ours = try Certificates()
    theirs = try Certificates()
  }

  private func start(_ script: String, _ arguments: [String]) throws -> PipedProgram {
    try #require(python).start("Interop/\(script)", beside: #filePath, arguments, errors: .discarded)
  }

  /// What its client says of our server.
  private func foreignClient(_ address: NetworkAddress, roots: String, identity: TLSIdentity? = nil) async throws
    -> String
  {
    let files = identity.map { [$0.certificateChainFile, $0.privateKeyFile] } ?? []
    return try await start("client.py", ["\(address)", roots] + files).nextPrinted()
  }

  @Test("its client calls our server, with a certificate and without", arguments: [false, true])
  func client(mutual: Bool) async throws {
    let (roots, identity) = (ours.roots, mutual ? try ours.identity("client") : nil)
    let configuration = TLSServerConfiguration(
      identity: try ours.identity("server"), clientTrustRootsFile: mutual ? roots : nil)
    try await SecureServer.run(configuration) { server in
      let said = try await foreignClient(server.address, roots: roots, identity: identity)
      #expect(said == (mutual ? "shown 1" : "shown 0"))
    }
  }

  @Test("its client with the wrong authority, or without a certificate, gets no answer", arguments: [false, true])
  func refusedClient(mutual: Bool) async throws {
    let roots = mutual ? ours.roots : theirs.roots
    let configuration = TLSServerConfiguration(
      identity: try ours.identity("server"), clientTrustRootsFile: mutual ? roots : nil)
    try await SecureServer.run(configuration) { server in
      let said = try await foreignClient(server.address, roots: roots)
      #expect(said == "UNAVAILABLE")
    }
  }

  /// Runs `body` with its server.
  private func foreignServer(
    _ identity: TLSIdentity, clientRoots: String? = nil, _ body: (NetworkAddress) async throws -> Void
  ) async throws {
    let program = try start(
      "server.py", [identity.certificateChainFile, identity.privateKeyFile] + (clientRoots.map { [$0] } ?? []))
    let port = try #require(Int(await program.nextPrinted()))
    try await body(.tcp(host: "127.0.0.1", port: port))
    try program.input.close()
  }

  @Test("our client calls its server, with a certificate and without", arguments: [false, true])
  func server(mutual: Bool) async throws {
    let client = TLSClientConfiguration(
      trustRootsFile: ours.roots, identity: mutual ? try ours.identity("client") : nil)
    try await foreignServer(ours.identity("server"), clientRoots: mutual ? ours.roots : nil) { address in
      let shown = try await SecureServer.call(address, client, bytes: 3 << 20)
      #expect(shown == (mutual ? "1" : "0"))
    }
  }

  @Test("our client says why its server is refused")
  func refusedServer() async throws {
    let expired = try ours.identity("expired", from: -7200, until: -3600)
    let foreign = try theirs.identity("foreign")
    for (identity, words) in [(expired, "expired on 20"), (foreign, "not signed by a CA of")] {
      try await foreignServer(identity) { address in
        let error = await #expect(throws: (any Error).self) {
          try await SecureServer.call(address, TLSClientConfiguration(trustRootsFile: ours.roots))
        }
        #expect("\(error as Any)".contains(words))
      }
    }
  }
}
