import Foundation
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

  /// Kills a run once a condition holds, waits until its services have ended with it, and resumes it to its end.
  ///
  /// - Parameter teacherToo: Kills its teacher as well, which else finishes the calls on their way.
  func killAndResume(
    _ arguments: [String], teacherToo: Bool = false, sourceLocation: SourceLocation = #_sourceLocation,
    once isTime: @escaping @Sendable () -> Bool
  ) async throws {
    let outcome = try await run(arguments) { parent in
      try await wait(until: isTime)
      // Not every run has a teacher of its own.
      let teacher = child(of: parent, named: "teacher")
      let services = try ["coordinator", "student"].map { try #require(child(of: parent, named: $0)) }
      let children = services + (teacher.map { [$0] } ?? [])
      kill(parent, SIGKILL)
      if teacherToo { kill(try #require(teacher), SIGKILL) }
      for child in children { try await wait { kill(child, 0) != 0 } }
    }
    #expect(outcome.exit == .signal(SIGKILL), "\(outcome.errors)", sourceLocation: sourceLocation)
    let resumed = try await run(arguments + ["--resume"])
    #expect(resumed.exit == .status(0), "\(resumed.errors)", sourceLocation: sourceLocation)
  }
}

/// A run over an endpoint that is paid, with an endpoint of its own each time.
struct PaidRun: Sendable {
  let program: Program
  let script: Script
  /// What kind of request one is; nil: one of those that a teacher begins with.
  let kind: @Sendable (ScriptedRequest) -> String?
  /// Writes the recipe of a run by name, with its teacher's address; returns its path.
  let recipe: @Sendable (_ name: String, _ teacher: String) throws -> String

  /// Runs to the end, and once more killed after so many requests of a kind and resumed: the files are to be the same, and nothing
  /// is asked twice. The runs are `undisturbed` and `killed`. Returns what the endpoint was asked in either, by kind.
  func endsTheSame(killedAfter count: Int, of kind: String, files: [String]) async throws -> [String: Int] {
    let undisturbed = try await distil("undisturbed") { arguments, _ in
      let outcome = try await program.run(arguments)
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
    }
    // With answers in, and others on their way.
    let killed = try await distil("killed") { arguments, endpoint in
      try await program.killAndResume(arguments) { endpoint.requests.count { self.kind($0) == kind } >= count }
    }
    #expect(killed == undisturbed)
    for file in files {
      let paths = ["killed", "undisturbed"].map { program.folder.path("\($0)/\(file)") }
      #expect(FileManager.default.contentsEqual(atPath: paths[0], andPath: paths[1]), "\(file)")
    }
    return undisturbed
  }

  private func distil(
    _ name: String, _ body: @escaping @Sendable (_ arguments: [String], ScriptedEndpoint) async throws -> Void
  ) async throws -> [String: Int] {
    try await ScriptedEndpoint.with(script) { endpoint in
      try await program.pricedTeacher(of: endpoint, state: "\(name)-ledger") { address in
        try await body(["run", try recipe(name, address), "--local"], endpoint)
      }
      return Dictionary(endpoint.requests.compactMap { request in kind(request).map { ($0, 1) } }, uniquingKeysWith: +)
    }
  }
}

extension TemporaryFolder {
  /// The rows of a JSONL file.
  func rows(_ name: String) throws -> [[String: Any]] {
    try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }
}

/// A checker's program that is run apart from everything.
enum CheckerSandbox {
  /// `rejection.isolation` of this machine: a sandbox where it has one.
  static let isolation = access("/usr/bin/bwrap", X_OK) == 0 ? "bubblewrap" : "none"

  /// Lets the sandbox, whose user is another where this one is root, read a folder.
  static func open(_ folder: TemporaryFolder) { chmod(folder.url.path, 0o755) }
}
