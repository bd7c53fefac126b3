import Authentication
import Foundation
import Glibc
import ModelFixtures
import ServiceRuntime
import Testing

/// Services with certificates and tokens, as across machines.
@Suite(.timeLimit(.minutes(10)), .serialized) struct SecurityTests {
  private let run: SmallRun
  private let certs: URL
  private let teacher: String
  private let coordinator: String
  private let student: String

  init() async throws {
    run = try SmallRun()
    let addresses = try PortProbe.freePorts(3).map { "127.0.0.1:\($0)" }
    (teacher, coordinator, student) = (addresses[0], addresses[1], addresses[2])
    certs = run.folder.url.appending(path: "certs")
    let outcome = try await run.program.run(["certs", "--to", certs.path])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
  }

  private func folder(_ role: Role, in certs: URL? = nil) -> String {
    (certs ?? self.certs).appending(path: role.rawValue).path
  }

  private func teacherService<Result: Sendable>(
    at address: String? = nil, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let address = address ?? teacher
    let arguments = ["teacher", "--model", run.folder.path("teacher"), "--listen", address]
    return try await run.program.service(arguments + ["--credentials", folder(.teacher)]) {
      try await waitForListener(at: address)
      return try await body()
    }
  }

  /// Runs all three services beside the body.
  private func services<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result
  {
    let state = run.folder.path("state")
    return try await teacherService {
      try await run.program.service([
        "student", "--coordinator", coordinator, "--listen", student, "--root", "/", "--credentials", folder(.student),
      ]) {
        try await run.program.service(
          [
            "coordinator", "--teacher", teacher, "--state", state, "--listen", coordinator, "--credentials",
            folder(.coordinator),
          ], body)
      }
    }
  }

  private func expectRefusal(
    _ arguments: [String], status: Int32 = 1, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let outcome = try await run.program.run(arguments)
    #expect(outcome.exit == .status(status), "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.complaints.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(outcome.errors.contains(word), "\(word): \(outcome.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test("a run over TLS with tokens gives the same bytes as one on loopback, and no secret is written anywhere")
  func securedRun() async throws {
    let expected = try await run.run("plain")
    let recipe = try run.recipe("secured", teacher: teacher)
    try await services {
      let outcome = try await run.program.run([
        "run", recipe, "--coordinator", coordinator, "--credentials", folder(.admin),
      ])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      for (address, role) in [(teacher, Role.read), (coordinator, .coordinator), (student, .student)] {
        let healthy = try await run.program.run(["health", address, "--credentials", folder(role)])
        #expect(healthy.exit == .status(0), "\(healthy.errors)")
      }
    }
    #expect(try run.weights("secured") == expected)
    try expectNoSecrets()
  }

  /// No token and no line of a key stands in any file but its own.
  private func expectNoSecrets() throws {
    let secrets = try (Role.allCases.flatMap { role in [folder(role) + "/token", folder(role) + "/key.pem"] })
      .flatMap { try String(contentsOfFile: $0, encoding: .utf8).split(separator: "\n") }
      .filter { !$0.hasPrefix("-") && $0.count > 30 }.map { Data($0.utf8) }
    #expect(secrets.count >= 2 * Role.allCases.count)
    let files = FileManager.default.enumerator(at: run.folder.url, includingPropertiesForKeys: nil)
    for case let file as URL in try #require(files) where !file.path.hasPrefix(certs.path) {
      guard let contents = try? Data(contentsOf: file) else { continue }
      for secret in secrets { #expect(contents.range(of: secret) == nil, "\(file.path)") }
    }
  }

  @Test("who is not let in is told why in one line")
  func refusedCallers() async throws {
    let others = run.folder.url.appending(path: "others")
    let made = try await run.program.run(["certs", "--to", others.path])
    #expect(made.exit == .status(0), "\(made.errors)")
    try await teacherService {
      let doctor = ["doctor", "--teacher", teacher]
      let authority = folder(.admin) + "/ca.pem"
      let identity = ["--tls-cert", folder(.admin) + "/cert.pem", "--tls-key", folder(.admin) + "/key.pem"]
      // Wrong authority, from the client's side, and from the server's.
      try await expectRefusal(
        doctor + ["--credentials", folder(.admin, in: others)], "not signed by a CA of", teacher)
      try await expectRefusal(
        doctor + ["--credentials", folder(.admin, in: others), "--tls-ca", authority],
        "the CA that signed it is not known")
      // No TLS, no client's certificate, no token, another installation's token, a token of another role.
      try await expectRefusal(doctor, "speaks TLS, and this client was not told to")
      try await expectRefusal(doctor + ["--tls-ca", authority], "requires a certificate of its clients")
      try await expectRefusal(doctor + ["--tls-ca", authority] + identity, "the call bears no token")
      try await expectRefusal(
        doctor + ["--credentials", folder(.admin), "--token-file", folder(.admin, in: others) + "/token"],
        "the token is not known to this teacher")
      try await expectRefusal(
        doctor + ["--credentials", folder(.admin), "--token-file", folder(.coordinator) + "/token"],
        "certificate is of role admin and its token of role coordinator")
      // A role that may not.
      try await expectRefusal(
        doctor + ["--credentials", folder(.student)], "role student may not call retort.v1.TeacherService/Describe")
      // A server of another role.
      try await expectRefusal(
        ["run", run.recipe("x"), "--coordinator", teacher, "--credentials", folder(.admin)],
        "its certificate is of role teacher, and this must be a coordinator")
    }
  }

  @Test("a run whose coordinator the teacher does not let in waits, and says why")
  func refusedCoordinator() async throws {
    let others = run.folder.url.appending(path: "others")
    let made = try await run.program.run(["certs", "--to", others.path])
    #expect(made.exit == .status(0), "\(made.errors)")
    let recipe = try run.recipe("refused", teacher: teacher)
    let reason = "its certificate is not signed by a CA of \(folder(.coordinator, in: others))/ca.pem"
    try await teacherService {
      try await run.program.service([
        "coordinator", "--teacher", teacher, "--state", run.folder.path("state"), "--listen", coordinator,
        "--credentials", folder(.coordinator), "--teacher-credentials", folder(.coordinator, in: others),
      ]) {
        let outcome = try await run.program.run([
          "run", recipe, "--coordinator", coordinator, "--credentials", folder(.admin),
        ]) { pid in
          try await wait { run.folder.text(inFilesEnding: ".err", contains: reason) }
          kill(pid, SIGINT)
        }
        #expect(outcome.exit != .status(0))
        #expect(run.folder.text(inFilesEnding: "coordinator.log", contains: reason))
      }
    }
  }

  @Test("credentials that cannot be used are refused at the start, each with its reason")
  func refusedFiles() async throws {
    let command = ["teacher", "--model", run.folder.path("teacher"), "--listen", teacher, "--credentials"]
    try await expectRefusal(
      command + [folder(.student)], "is the certificate of role student, and role teacher is needed")
    try await expectRefusal(command + [run.folder.path("nothing")], "nothing", "no such file")
    let key = folder(.teacher) + "/key.pem"
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
    try await expectRefusal(command + [folder(.teacher)], key, "others may read (mode 644)")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
    try await expectRefusal(
      command + [folder(.teacher), "--tls-key", folder(.student) + "/key.pem"], "is not the key of")
    try expire(.teacher)
    try await expectRefusal(command + [folder(.teacher)], "the certificate expired on 20", "--renew")
  }

  /// Puts a certificate that has expired in place of a role's own.
  private func expire(_ role: Role) throws {
    func text(_ name: String) throws -> String {
      try String(contentsOf: certs.appending(path: name), encoding: .utf8)
    }
    let authority = try CertificateAuthority(
      CertificateAuthority.Pair(certificate: text("ca/cert.pem"), key: text("ca/key.pem")))
    let subject = CertificateAuthority.Subject(name: "old", role: role, hosts: ["localhost"])
    let pair = try authority.issue(for: subject, from: Date() - 7200, until: Date() - 3600)
    try Data(pair.certificate.utf8).write(to: certs.appending(path: "\(role)/cert.pem"))
    try Data(pair.key.utf8).write(to: certs.appending(path: "\(role)/key.pem"))
  }

  @Test("an address that others reach needs TLS and tokens: status 78 without")
  func exposed() async throws {
    let port = teacher.split(separator: ":")[1]
    let command = ["teacher", "--model", run.folder.path("teacher"), "--listen", "0.0.0.0:\(port)"]
    try await expectRefusal(command, status: 78, "--credentials", "--insecure")
    let files = ["--tls-cert", folder(.teacher) + "/cert.pem", "--tls-key", folder(.teacher) + "/key.pem"]
    try await expectRefusal(command + files, status: 78, "lacks TLS or tokens")
    try await expectRefusal(
      command + ["--tokens-file", folder(.teacher) + "/tokens"], status: 78, "lacks TLS or tokens")
    try await run.program.service(command + ["--credentials", folder(.teacher)]) {
      try await waitForListener(at: teacher)
      let healthy = try await run.program.run(["health", teacher, "--credentials", folder(.teacher)])
      #expect(healthy.exit == .status(0), "\(healthy.errors)")
    }
  }

  @Test("credentials are made once; what is there is not overwritten")
  func certificates() async throws {
    let path = certs.path
    try await expectRefusal(["certs", "--to", path], "holds credentials already", "--if-absent", "--renew", "--force")
    let before = try Data(contentsOf: certs.appending(path: "admin/token"))
    let kept = try await run.program.run(["certs", "--to", path, "--if-absent"])
    #expect(kept.exit == .status(0) && kept.output.contains("ends on 20"), "\(kept.errors)")
    #expect(try Data(contentsOf: certs.appending(path: "admin/token")) == before)
    #expect(!kept.output.contains(String(decoding: before, as: UTF8.self).prefix(64)))
  }
}
