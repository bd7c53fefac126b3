import Glibc
import ModelFixtures
import ScriptedEndpoint
import ServiceRuntime
import Testing

extension Program {
  /// Serves an endpoint that has prices as a teacher, as long as the body, which gets its address. The folder `base` has the tokenizer.
  func pricedTeacher(
    of endpoint: ScriptedEndpoint, state: String, _ body: @escaping @Sendable (String) async throws -> Void
  ) async throws {
    let address = "127.0.0.1:\(try PortProbe.freePorts(1)[0])"
    try await service([
      "teacher", "--upstream", endpoint.url, "--upstream-model", "m", "--upstream-api", "completions", "--tokenizer",
      folder.path("base"), "--state", folder.path(state), "--listen", address,
      "--price-input", "1", "--price-output", "1", "--budget", "100",
    ]) {
      try await waitForListener(at: address)
      try await body(address)
    }
  }

  /// Kills a run with its coordinator and its student once a condition holds, and resumes it to its end.
  func killAndResume(_ arguments: [String], once isTime: @escaping @Sendable () -> Bool) async throws {
    let outcome = try await run(arguments) { parent in
      try await wait(until: isTime)
      let children = ["coordinator", "student"].compactMap { child(of: parent, named: $0) }
      kill(parent, SIGKILL)
      for child in children { try await wait { kill(child, 0) != 0 } }
    }
    #expect(outcome.exit == .signal(SIGKILL))
    let resumed = try await run(arguments + ["--resume"])
    #expect(resumed.exit == .status(0), "\(resumed.errors)")
  }
}
