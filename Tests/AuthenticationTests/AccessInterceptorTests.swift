import Authentication
import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Synchronization
import Testing
import WireFormat

@Suite("The guard of a server") struct AccessInterceptorTests {
  private let folder: Folder
  private let issuer: CredentialIssuer
  private let authority: CertificateAuthority

  init() throws {
    folder = try Folder()
    issuer = try CredentialIssuer(folder: folder.url.appending(path: "certs"), hosts: [], days: 1)
    _ = try issuer.run(.create)
    authority = try CertificateAuthority(name: "test", from: Date() - 60, until: Date() + 60)
  }

  /// Calls a method; returns whether the handler ran, with what metadata, and how often the body was read.
  private func call(
    _ method: MethodDescriptor, at server: Role = .coordinator, authorization: [String] = [],
    certificate: [UInt8]? = nil, key: String? = nil, guardian: (any ServerInterceptor)? = nil
  ) async throws -> Metadata {
    let guardian =
      try guardian
      ?? AccessInterceptor(server: server, tokens: TokenTable.file(issuer.roleFolder(server).tokens))
    let reads = Atomic(0)
    let body = RPCAsyncSequence<Int, any Error>(
      wrapping: AsyncThrowingStream {
        reads.add(1, ordering: .relaxed)
        return nil
      })
    var metadata: Metadata = [:]
    for value in authorization { metadata.addString(value, forKey: "authorization") }
    if let key { metadata.addString(key, forKey: CallMetadata.key) }
    let seen = Mutex<Metadata?>(nil)
    defer { #expect(reads.load(ordering: .relaxed) == 0, "the body was read before the call was admitted") }
    let request = StreamingServerRequest(metadata: metadata, messages: body)
    _ = try await withServerContextRPCCancellationHandle { handle in
      var context = ServerContext(descriptor: method, remotePeer: "peer", localPeer: "server", cancellation: handle)
      if let certificate {
        context.transportSpecific = SecuredPeer(certificates: [certificate], applicationProtocol: "h2")
      }
      return try await guardian.intercept(request: request, context: context) { request, _ in
        seen.withLock { $0 = request.metadata }
        return StreamingServerResponse<Int>(error: RPCError(code: .aborted, message: "the handler ran"))
      }
    }
    return try #require(seen.withLock { $0 })
  }

  private func bearer(_ role: Role) throws -> [String] {
    let text = try String(contentsOfFile: issuer.roleFolder(role).token, encoding: .utf8)
    return ["Bearer \(text.trimmingCharacters(in: .whitespacesAndNewlines))"]
  }

  private func certificate(_ role: Role?) throws -> [UInt8] {
    let subject = CertificateAuthority.Subject(name: "x", role: role, hosts: ["localhost"])
    let pem = try authority.issue(for: subject, from: Date() - 60, until: Date() + 60).certificate
    let base64 = pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
    return Array(try #require(Data(base64Encoded: base64)))
  }

  private func refusal(
    _ code: RPCError.Code, _ words: String, _ body: () async throws -> Metadata,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let error = await #expect(throws: RPCError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(
      error?.code == code && error?.message.contains(words) == true, "\(error as Any)", sourceLocation: sourceLocation)
  }

  private let submit = CoordinatorServiceRPC.Method.SubmitRun.descriptor
  private let renew = CoordinatorServiceRPC.Method.RenewLease.descriptor

  @Test(
    "a token of a role that may call is let through; handlers see its name and not itself, whatever the caller says of its name"
  )
  func admitted() async throws {
    for (method, role) in [(submit, Role.admin), (renew, .student)] {
      let metadata = try await call(method, authorization: bearer(role), key: "forged")
      let name = try #require(metadata[stringValues: CallMetadata.key].first { _ in true })
      #expect(metadata.count == 1 && name.hasPrefix("\(role)-") && name.count == "\(role)-".count + 8)
    }
    for role in Role.allCases {
      _ = try await call(HealthRPC.Method.Check.descriptor, at: .teacher, authorization: bearer(role))
    }
  }

  @Test("where no tokens are asked for, nobody passes for a key")
  func claimedKey() async throws {
    let metadata = try await call(
      TeacherServiceRPC.Method.Score.descriptor, at: .teacher, key: "forged", guardian: KeyRemovalInterceptor())
    #expect(metadata.isEmpty)
  }

  @Test("no token, a malformed one and an unknown one are refused before the body is read")
  func unknown() async throws {
    await refusal(.unauthenticated, "bears no token") { try await call(submit) }
    let random = String(repeating: "0123456789abcdef", count: 4)
    let admin = try bearer(.admin)
    for values in [["Bearer \(random)"], ["Bearer x"], ["Basic \(random)"], [random], [""], admin + admin] {
      await refusal(.unauthenticated, "not known to this coordinator") {
        try await call(submit, authorization: values)
      }
    }
  }

  @Test("a role that may not call is refused, with the roles that may")
  func wrongRole() async throws {
    let student = try bearer(.student)
    await refusal(.permissionDenied, "role student may not call retort.v1.CoordinatorService/SubmitRun") {
      try await call(submit, authorization: student)
    }
    await refusal(.permissionDenied, "it is for admin") { try await call(submit, authorization: student) }
  }

  @Test("the certificate's role must be the token's")
  func certificates() async throws {
    let admin = try bearer(.admin)
    _ = try await call(submit, authorization: admin, certificate: certificate(.admin))
    await refusal(.permissionDenied, "certificate is of role student and its token of role admin") {
      try await call(submit, authorization: admin, certificate: certificate(.student))
    }
    await refusal(.permissionDenied, "names no role") {
      try await call(submit, authorization: admin, certificate: certificate(nil))
    }
  }

  /// Every method that is served, with every role: the table alone decides.
  @Test("each role may call what the table says, and nothing else", arguments: Role.allCases)
  func table(role: Role) async throws {
    let token = try bearer(role)
    let methods =
      TeacherServiceRPC.Method.descriptors + StudentServiceRPC.Method.descriptors
      + CoordinatorServiceRPC.Method.descriptors + HealthRPC.Method.descriptors
    for server in Role.allCases where server.isService {
      for method in methods {
        do {
          _ = try await call(method, at: server, authorization: token)
          #expect(AccessTable.callers(of: method, at: server).contains(role))
        } catch let error as RPCError {
          #expect(error.code == .permissionDenied)
          #expect(!AccessTable.callers(of: method, at: server).contains(role))
        }
      }
    }
  }
}
