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
    try await services {
      let outcome = try await run.program.run(["run", recipe, "--coordinator", coordinator]) { _ in
        try await wait { run.folder.text(inFilesEnding: ".err", contains: "waiting for the teacher") }
        try await run.program.service(["teacher", "--model", run.folder.path("teacher"), "--listen", teacher]) {
          try await wait { FileManager.default.fileExists(atPath: run.output("late").appending(path: "student").path) }
        }
      }
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      #expect(try run.weights("late").count > 1000)
    }
  }

  @Test("two runs at one teacher are told apart there, wait for their quotas, and each writes the bytes of a run alone")
  func twoRuns() async throws {
    let ports = try PortProbe.freePorts(2).map { "127.0.0.1:\($0)" }
    let (metrics, second) = (ports[0], ports[1])
    @Sendable func arguments(_ name: String, seed: Int, _ place: [String]) throws -> [String] {
      ["run", try run.recipe(name, teacher: teacher), "seed=\(seed)"] + place
    }
    try await run.program.service([
      "teacher", "--model", run.folder.path("teacher"), "--listen", teacher, "--metrics-listen", metrics,
      "--quota", "3000",
    ]) {
      try await services {
        try await run.program.service(["student", "--coordinator", coordinator, "--listen", second, "--root", "/"]) {
          let place = ["--coordinator", coordinator]
          async let one = run.program.run(arguments("one", seed: 5, place))
          async let other = run.program.run(arguments("other", seed: 6, place))
          for outcome in try await [one, other] { #expect(outcome.exit == .status(0), "\(outcome.errors)") }
        }
      }
      let page = try await scrape(metrics)
      let tokens = page.split(separator: "\n").compactMap { line -> Double? in
        guard line.hasPrefix(#"retort_caller_tokens_total{key="",run="distillm2-"#) else { return nil }
        return line.split(separator: " ").last.flatMap { Double($0) }
      }
      #expect(tokens.count == 2 && tokens.allSatisfy { $0 > 1000 }, "\(page)")
      #expect(page.contains(#"retort_caller_waiting{key="",run="all others"} 0"#))
    }
    for (name, seed) in [("one", 5), ("other", 6)] {
      let recipe = try run.recipe("\(name)-alone")
      let outcome = try await run.program.run(["run", recipe, "seed=\(seed)", "--local"])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      #expect(try run.weights("\(name)-alone") == run.weights(name))
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

  @Test("a student's service is healthy while its coordinator knows it, its process as long as it listens")
  func studentHealth() async throws {
    let (state, asked) = (run.folder.path("state"), ["health", student, "--service", "retort.v1.StudentService"])
    try await run.program.service(["student", "--coordinator", coordinator, "--listen", student, "--root", "/"]) {
      try await waitForListener(at: student)
      let unknown = try await run.program.run(asked)
      #expect(unknown.exit == .status(1) && unknown.complaints.count == 1, "\(unknown.errors)")
      #expect(unknown.errors.contains("retort.v1.StudentService is not serving"))
      let coordinating = ["coordinator", "--teacher", teacher, "--state", state, "--listen", coordinator]
      try await run.program.service(coordinating) {
        while try await run.program.run(asked).exit != .status(0) {}
      }
      while try await run.program.run(asked).exit == .status(0) {}
      #expect(try await run.program.run(["health", student]).exit == .status(0))
      let absent = try await run.program.run(["health", student, "--service", "retort.v1.TeacherService"])
      #expect(absent.exit != .status(0) && absent.complaints.count == 1, "\(absent.errors)")
    }
  }

  @Test("a service shows its metrics where it is told to, to this machine alone")
  func metrics() async throws {
    let model = run.folder.path("teacher")
    let exposed = try await run.program.run(
      ["teacher", "--model", model, "--listen", teacher, "--metrics-listen", "0.0.0.0:9"])
    #expect(exposed.exit != .status(0) && exposed.complaints.count == 1 && exposed.errors.contains("0.0.0.0:9"))
    let arguments = ["teacher", "--model", model, "--listen", teacher, "--metrics-listen", coordinator]
    try await run.program.service(arguments) {
      try await waitForListener(at: teacher)
      try await waitForListener(at: coordinator)
      #expect(try await run.program.run(["health", teacher]).exit == .status(0))
      let check = #"rpc="grpc.health.v1.Health/Check",role="server""#
      let calls = #"retort_rpc_calls_total{\#(check),code="OK",cause="completed",attempt="first"} 1"#
      var page = ""
      while !page.contains(calls) { page = try await scrape(coordinator) }
      #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(
        page.contains(#"retort_rpc_messages_total{\#(check),direction="sent",cause="completed",attempt="first"} 1"#))
      #expect(
        page.contains(
          #"retort_codec_messages_total{message="grpc.health.v1.HealthCheckResponse",operation="encode"} 1"#))
      #expect(page.contains("retort_transport_limit_exceeded_total{limit=\"connections\"} 0"))
      #expect(page.contains("process_resident_memory_bytes "))
    }
  }

  /// Asks for metrics, as any client of HTTP does.
  private func scrape(_ address: String) async throws -> String {
    let port = address.split(separator: ":").last ?? ""
    let script =
      "exec 3<>/dev/tcp/127.0.0.1/\(port); printf 'GET /metrics HTTP/1.1\\r\\nconnection: close\\r\\n\\r\\n' >&3; cat <&3"
    return try await run.program.run(URL(filePath: "/bin/bash"), ["-c", script]).output
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
}
