import Foundation
import ModelFixtures
import ServiceRuntime
import Testing

/// Services that are started by hand, as on several machines.
@Suite(.timeLimit(.minutes(10)), .serialized) struct ServicesTests {
  private let run: SmallRun
  private let teacher: String
  private let coordinator: String
  private let student: String

  init() throws {
    run = try SmallRun()
    let addresses = try PortProbe.freePorts(3).map { "127.0.0.1:\($0)" }
    (teacher, coordinator, student) = (addresses[0], addresses[1], addresses[2])
  }

  /// Runs coordinator and student beside the body.
  private func services<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result
  {
    let state = run.folder.path("state")
    return try await run.program.service(["student", "--coordinator", coordinator, "--listen", student, "--root", "/"])
    {
      try await run.program.service(
        ["coordinator", "--teacher", teacher, "--state", state, "--listen", coordinator], body)
    }
  }

  @Test("a run waits for a teacher that is absent, says so, and goes on when it comes")
  func teacherAbsent() async throws {
    let recipe = try run.recipe("late", teacher: teacher)
    let errors = run.folder.url
    try await services {
      let outcome = try await run.program.run(["run", recipe, "--coordinator", coordinator]) { _ in
        try await wait { Self.anyText(in: errors, contains: "waiting for the teacher") }
        try await run.program.service(["teacher", "--model", run.folder.path("teacher"), "--listen", teacher]) {
          try await wait { FileManager.default.fileExists(atPath: run.output("late").appending(path: "student").path) }
        }
      }
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      #expect(try run.weights("late").count > 1000)
    }
  }

  @Test("health says whether a service serves; a service that is asked to stop ends with status 0")
  func health() async throws {
    let absent = try await run.program.run(["health", teacher])
    #expect(absent.exit == .status(1) && absent.complaints.count == 1)
    let outcome = try await run.program.run(["teacher", "--model", run.folder.path("teacher"), "--listen", teacher]) {
      pid in
      try await waitForListener(at: teacher)
      let healthy = try await run.program.run(["health", teacher])
      #expect(healthy.exit == .status(0) && healthy.output == "serving\n", "\(healthy.errors)")
      kill(pid, SIGTERM)
    }
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(outcome.errors.contains(" notice listening service.address=\(teacher)"))
  }

  @Test("doctor passes two models that belong together, over the wire")
  func doctor() async throws {
    try await run.program.service(["teacher", "--model", run.folder.path("teacher"), "--listen", teacher]) {
      try await waitForListener(at: teacher)
      let outcome = try await run.program.run(["doctor", "--teacher", teacher, "--student", run.folder.path("teacher")])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      #expect(outcome.output.contains("✓") && !outcome.output.contains("✗"), "\(outcome.output)")
    }
  }

  private static func anyText(in folder: URL, contains text: String) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.contains { name in
      name.hasSuffix(".err")
        && (try? String(contentsOf: folder.appending(path: name), encoding: .utf8))?.contains(text) == true
    }
  }
}
