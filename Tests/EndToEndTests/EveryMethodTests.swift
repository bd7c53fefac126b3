import Authentication
import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import GRPCNGHTTP2TransportTLS
import ModelFixtures
import ServiceRuntime
import Testing
import WireBytes
import WireFormat

/// Every method of every running service, asked by everybody who may not.
@Suite(.timeLimit(.minutes(5)), .serialized) struct EveryMethodTests {
  private let run: SmallRun
  private let addresses: [Role: String]
  private let ours: CredentialIssuer
  private let others: CredentialIssuer

  init() throws {
    run = try SmallRun()
    let ports = try PortProbe.freePorts(3)
    addresses = Dictionary(
      uniqueKeysWithValues: zip([.teacher, .coordinator, .student], ports.map { "127.0.0.1:\($0)" }))
    ours = try CredentialIssuer(folder: run.folder.url.appending(path: "certs"), hosts: [], days: 1)
    others = try CredentialIssuer(folder: run.folder.url.appending(path: "others"), hosts: [], days: 1)
    for issuer in [ours, others] { _ = try issuer.run(.create) }
  }

  private func address(_ role: Role) -> String { addresses[role] ?? "" }

  private func services(_ body: @escaping @Sendable () async throws -> Void) async throws {
    func credentials(_ role: Role) -> [String] {
      ["--listen", address(role), "--credentials", ours.roleFolder(role).url.path]
    }
    let teacher = ["teacher", "--model", run.folder.path("teacher")] + credentials(.teacher)
    let coordinator =
      ["coordinator", "--teacher", address(.teacher), "--state", run.folder.path("state")] + credentials(.coordinator)
    let student = ["student", "--coordinator", address(.coordinator), "--root", "/"] + credentials(.student)
    try await run.program.service(teacher) {
      try await run.program.service(coordinator) {
        try await run.program.service(student) {
          for address in addresses.values { try await waitForListener(at: address) }
          try await body()
        }
      }
    }
  }

  private func access(_ role: Role, token: String?) throws -> ClientAccess {
    let files = ours.roleFolder(role)
    let identity = TLSIdentity(certificateChainFile: files.certificate, privateKeyFile: files.key)
    let tls = TLSClientConfiguration(
      trustRootsFile: files.authority, identity: identity, serverName: CredentialIssuer.anyService)
    return ClientAccess(security: try TLSClientSecurity(tls), token: try token.map { try Token.file($0) })
  }

  /// The code with which a call ends that sends no message and does not end: what answers has not read its body.
  private func answer(
    to method: MethodDescriptor, _ client: GRPCClient<NGHTTP2ClientTransport>
  ) async throws -> RPCError.Code? {
    // A client holds back a request of one message until that is there: say nothing of the type, so that headers leave now.
    var method = method
    method.type = nil
    var options = CallOptions.defaults
    options.timeout = .seconds(20)
    return try await client.bidirectionalStreaming(
      request: StreamingClientRequest<WireBytes> { _ in try await Task.sleep(for: .seconds(30)) }, descriptor: method,
      serializer: PassThroughSerializer(), deserializer: PassThroughDeserializer(), options: options
    ) { response in
      do {
        for try await _ in response.messages {}
        return nil
      } catch let error as RPCError {
        return error.code
      }
    }
  }

  private func served(at server: Role) -> [MethodDescriptor] {
    let own =
      switch server {
      case .teacher: TeacherServiceRPC.Method.descriptors
      case .coordinator: CoordinatorServiceRPC.Method.descriptors + TeacherServiceRPC.Method.descriptors
      default: StudentServiceRPC.Method.descriptors
      }
    return own + HealthRPC.Method.descriptors
  }

  @Test("no token, another installation's and another role's are refused by every method before its body is read")
  func refused() async throws {
    try await services {
      for (server, address) in addresses {
        let target = try ServiceTarget(parsing: address)
        for (token, code) in [
          (nil, RPCError.Code.unauthenticated), (others.roleFolder(.admin).token, .unauthenticated),
        ] {
          try await access(.admin, token: token).withClient(to: target) { client in
            for method in served(at: server) {
              let got = try await answer(to: method, client)
              #expect(got == code, "\(method) of the \(server)")
            }
          }
        }
        for role in Role.allCases {
          let refused = served(at: server).filter { !AccessTable.callers(of: $0, at: server).contains(role) }
          if refused.isEmpty { continue }
          try await access(role, token: ours.roleFolder(role).token).withClient(to: target) { client in
            for method in refused {
              let got = try await answer(to: method, client)
              #expect(got == .permissionDenied, "\(method) of the \(server), asked by \(role)")
            }
          }
        }
      }
    }
  }
}
