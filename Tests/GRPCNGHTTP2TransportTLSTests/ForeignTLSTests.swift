import ForeignPython
import Foundation
import GRPCNGHTTP2Transport
import GRPCNGHTTP2TransportTLS
import Testing

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

  private func script(_ name: String, _ arguments: [String]) throws -> Process {
    try #require(python).process("Interop/\(name)", beside: #filePath, arguments)
  }

  /// What a pipe says first, read without blocking a thread of Swift's.
  private func line(_ pipe: Pipe) async -> String {
    await withCheckedContinuation { waiter in
      Thread.detachNewThread {
        let text = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        waiter.resume(returning: text.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
  }

  /// What its client says of our server.
  private func foreignClient(_ address: NetworkAddress, roots: String, identity: TLSIdentity? = nil) async throws
    -> String
  {
    let files = identity.map { [$0.certificateChainFile, $0.privateKeyFile] } ?? []
    let process = try script("client.py", ["\(address)", roots] + files)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return await line(output)
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
    let process = try script(
      "server.py", [identity.certificateChainFile, identity.privateKeyFile] + (clientRoots.map { [$0] } ?? []))
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (input, output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer { process.terminate() }
    let port = try #require(Int(await line(output)))
    try await body(.tcp(host: "127.0.0.1", port: port))
    try input.fileHandleForWriting.close()
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
