import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import GRPCNGHTTP2TransportTLS
import Testing

@Suite("TLS between our own ends", .timeLimit(.minutes(1))) struct TLSTests {
  private let ours: Certificates
  private let theirs: Certificates

  init() throws {
    ours = try Certificates()
    theirs = try Certificates()
  }

  private func server(_ identity: TLSIdentity, requiresClient: Bool = false) -> TLSServerConfiguration {
    TLSServerConfiguration(identity: identity, clientTrustRootsFile: requiresClient ? ours.roots : nil)
  }

  private func refusal(_ body: () async throws -> String?) async throws -> String {
    let error = await #expect(throws: RPCError.self) { try await body() }
    #expect(error?.code == .unavailable && error?.cause is ConnectionSecurityError)
    #expect(error?.message.contains("\n") == false)
    return error?.message ?? ""
  }

  @Test("calls pass with TLS, small and large", arguments: [0, 100, 3 << 20])
  func tls(bytes: Int) async throws {
    let (configuration, client) = (
      server(try ours.identity("server")), TLSClientConfiguration(trustRootsFile: ours.roots)
    )
    try await SecureServer.run(configuration) { server in
      let shown = try await server.call(client, bytes: bytes)
      #expect(shown == "0")
    }
  }

  @Test("with client certificates, a call knows its client's")
  func mutual() async throws {
    let configuration = server(try ours.identity("server"), requiresClient: true)
    let client = TLSClientConfiguration(trustRootsFile: ours.roots, identity: try ours.identity("client", hosts: []))
    try await SecureServer.run(configuration) { server in
      let shown = try await server.call(client)
      #expect(shown == "1")
    }
  }

  @Test("the name that is verified can be another than the address's")
  func serverName() async throws {
    let configuration = server(try ours.identity("server", hosts: ["teacher"]))
    let client = TLSClientConfiguration(trustRootsFile: ours.roots, serverName: "teacher")
    try await SecureServer.run(configuration) { server in
      let shown = try await server.call(client)
      #expect(shown == "0")
    }
  }

  @Test("a server of another authority is refused, with its reason")
  func wrongAuthority() async throws {
    let configuration = server(try theirs.identity("server"))
    let client = TLSClientConfiguration(trustRootsFile: ours.roots)
    try await SecureServer.run(configuration) { server in
      let line = try await refusal { try await server.call(client) }
      #expect(line.contains("not signed by a CA of \(ours.roots)") && line.contains("\(server.address)"), "\(line)")
      let said = await server.refusals.first
      #expect(said.contains("the CA that signed it is not known there"), "\(said)")
    }
  }

  @Test(
    "a server whose certificate has expired is refused, with the day", arguments: [(-7200.0, -3600.0), (3600, 7200)])
  func expiredServer(start: Double, end: Double) async throws {
    let configuration = server(try ours.identity("server", from: start, until: end))
    let client = TLSClientConfiguration(trustRootsFile: ours.roots)
    try await SecureServer.run(configuration) { server in
      let line = try await refusal { try await server.call(client) }
      #expect(line.contains(start < 0 ? "expired on 20" : "not valid before 20"), "\(line)")
    }
  }

  @Test("a server with another name is refused, with the name", arguments: [nil, "coordinator"])
  func wrongName(name: String?) async throws {
    let configuration = server(try ours.identity("server", hosts: ["teacher", "192.0.2.1"]))
    let client = TLSClientConfiguration(trustRootsFile: ours.roots, serverName: name)
    try await SecureServer.run(configuration) { server in
      let line = try await refusal { try await server.call(client) }
      #expect(line.contains("does not bear the name \(name ?? "127.0.0.1")"), "\(line)")
    }
  }

  @Test("a server whose certificate is verified may still be objected to")
  func objection() async throws {
    let configuration = server(try ours.identity("server"))
    var client = TLSClientConfiguration(trustRootsFile: ours.roots)
    client.objection = { $0.isEmpty ? nil : "its certificate is not the one" }
    try await SecureServer.run(configuration) { [client] server in
      let line = try await refusal { try await server.call(client) }
      #expect(line.contains("its certificate is not the one"), "\(line)")
    }
  }

  @Test("a client without certificate is refused, and both ends say so")
  func noClientCertificate() async throws {
    let configuration = server(try ours.identity("server"), requiresClient: true)
    let client = TLSClientConfiguration(trustRootsFile: ours.roots)
    try await SecureServer.run(configuration) { server in
      let line = try await refusal { try await server.call(client) }
      #expect(line.contains("requires a certificate of its clients"), "\(line)")
      let said = await server.refusals.first
      #expect(said.contains("showed no certificate"), "\(said)")
    }
  }

  @Test("a client of another authority is refused, and both ends say so")
  func wrongClientAuthority() async throws {
    let configuration = server(try ours.identity("server"), requiresClient: true)
    let identity = try theirs.identity("client")
    let client = TLSClientConfiguration(trustRootsFile: ours.roots, identity: identity)
    try await SecureServer.run(configuration) { server in
      let line = try await refusal { try await server.call(client) }
      #expect(line.contains("refuses \(identity.certificateChainFile): the CA"), "\(line)")
      let said = await server.refusals.first
      #expect(said.contains("not signed by a CA of \(ours.roots)"), "\(said)")
    }
  }

  @Test("a client whose certificate has expired is refused, and both ends say so")
  func expiredClient() async throws {
    let configuration = server(try ours.identity("server"), requiresClient: true)
    let identity = try ours.identity("client", from: -7200, until: -3600)
    let client = TLSClientConfiguration(trustRootsFile: ours.roots, identity: identity)
    try await SecureServer.run(configuration) { server in
      let line = try await refusal { try await server.call(client) }
      #expect(line.contains("refuses \(identity.certificateChainFile): the certificate is not valid"), "\(line)")
      let said = await server.refusals.first
      #expect(said.contains("expired on 20"), "\(said)")
    }
  }

  @Test("a client without TLS is refused by a server with it, and both ends say so")
  func plainClient() async throws {
    try await SecureServer.run(server(try ours.identity("server"))) { server in
      let line = try await refusal { try await server.call(nil) }
      #expect(line.contains("speaks TLS, and this client was not told to"), "\(line)")
      let said = await server.refusals.first
      #expect(said.contains("does not speak TLS here"), "\(said)")
    }
  }

  @Test("a server without TLS is refused by a client with it")
  func plainServer() async throws {
    let client = TLSClientConfiguration(trustRootsFile: ours.roots)
    try await SecureServer.run(nil) { server in
      let line = try await refusal { try await server.call(client) }
      #expect(line.contains("does not speak TLS here"), "\(line)")
    }
  }

  @Test("files that change are used for the next connection, and half a change is not")
  func reload() async throws {
    let identity = try ours.identity("server")
    let (old, new) = (
      TLSClientConfiguration(trustRootsFile: ours.roots), TLSClientConfiguration(trustRootsFile: theirs.roots)
    )
    let next = try theirs.identity("next")
    try await SecureServer.run(server(identity)) { server in
      #expect(try await server.call(old) == "0")
      try Self.copy(next.certificateChainFile, over: identity.certificateChainFile)
      #expect(try await server.call(old) == "0")
      try Self.copy(next.privateKeyFile, over: identity.privateKeyFile)
      #expect(try await server.call(new) == "0")
    }
  }

  private static func copy(_ source: String, over target: String) throws {
    try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: target), options: .atomic)
  }

  @Test("files that cannot be used are refused at the start, each with its reason")
  func badFiles() throws {
    let good = try ours.identity("good")
    let other = try ours.identity("other")
    let missing = ours.folder.appending(path: "nothing.pem").path
    let garbage = ours.folder.appending(path: "garbage.pem").path
    try Data("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8).write(to: URL(filePath: garbage))
    func refusal(_ certificate: String, _ key: String, roots: String? = nil) throws -> TLSFileError? {
      let identity = TLSIdentity(certificateChainFile: certificate, privateKeyFile: key)
      return #expect(throws: TLSFileError.self) {
        _ = try TLSServerSecurity(TLSServerConfiguration(identity: identity, clientTrustRootsFile: roots))
      }
    }
    #expect(
      try refusal(missing, good.privateKeyFile) == .unreadable(file: missing, reason: "No such file or directory"))
    #expect(try refusal(garbage, good.privateKeyFile) == .noCertificate(file: garbage))
    #expect(try refusal(good.certificateChainFile, garbage) == .noPrivateKey(file: garbage))
    #expect(
      try refusal(good.certificateChainFile, good.privateKeyFile, roots: garbage) == .noCertificate(file: garbage))
    #expect(
      try refusal(good.certificateChainFile, other.privateKeyFile)
        == .keyMismatch(certificateFile: good.certificateChainFile, keyFile: other.privateKeyFile))
  }
}
