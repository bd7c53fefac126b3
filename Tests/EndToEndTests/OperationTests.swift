import Foundation
import ModelFixtures
import ServiceRuntime
import Testing

/// What an operator sees of services that are started by hand.
@Suite(.timeLimit(.minutes(10)), .serialized) struct OperationTests {
  private let run: SmallRun
  private let services: [String: Place]

  /// Where a service listens, and where its metrics are.
  private struct Place {
    let address: String
    let metrics: String
  }

  private let web: String

  init() throws {
    run = try SmallRun()
    let addresses = try PortProbe.freePorts(7).map { "127.0.0.1:\($0)" }
    services = Dictionary(
      uniqueKeysWithValues: ["teacher", "coordinator", "student"].enumerated().map { index, role in
        (role, Place(address: addresses[index], metrics: addresses[3 + index]))
      })
    web = addresses[6]
  }

  private func address(_ role: String) -> String { services[role]?.address ?? "" }

  private func options(_ role: String) -> [String] {
    ["--listen", address(role), "--metrics-listen", services[role]?.metrics ?? "", "--log-format", "json"]
  }

  /// Runs the three services beside the body.
  private func withServices<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let program = run.program
    let teacher = ["teacher", "--model", run.folder.path("teacher")] + options("teacher")
    let coordinator =
      ["coordinator", "--teacher", address("teacher"), "--state", run.folder.path("state"), "--web", web]
      + options("coordinator")
    let student = ["student", "--coordinator", address("coordinator"), "--root", "/"] + options("student")
    return try await program.service(teacher) {
      try await program.service(coordinator) { try await program.service(student, body) }
    }
  }

  @Test("a run is seen in status, watch, metrics, page and log; rules and dashboard name series that are there")
  func seen() async throws {
    let recipe = try run.recipe("seen")
    try await withServices {
      let coordinator = ["--coordinator", address("coordinator")]
      try await waitForListener(at: address("coordinator"))
      let trained = try await run.program.run(["run", recipe] + coordinator)
      #expect(trained.exit == .status(0), "\(trained.errors)")
      let id = try await checkStatus(coordinator)
      try await checkWatch(id, coordinator)
      try await checkPage(id)
      try await checkSeries()
    }
    try checkLog()
  }

  /// Returns the run's name.
  private func checkStatus(_ coordinator: [String]) async throws -> String {
    let json = try await run.program.run(["status", "--json"] + coordinator)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any], "\(json.errors)")
    let seen = try #require((object["runs"] as? [[String: Any]])?.first)
    let id = try #require(seen["id"] as? String)
    #expect(seen["state"] as? String == "finished" && seen["step"] as? Int == 24 && seen["max_steps"] as? Int == 24)
    #expect(seen["loss_nats"] as? Double ?? 0 > 0)
    let trainer = try #require((object["trainers"] as? [[String: Any]])?.first)
    #expect(trainer["address"] as? String == address("student") && trainer["run"] == nil)
    let text = try await run.program.run(["status"] + coordinator)
    #expect(text.exit == .status(0) && text.output.contains(id) && text.output.contains("24/24"), "\(text.errors)")
    #expect(text.output.contains(address("student")) && text.output.contains(address("teacher")))
    let nobody = try await run.program.run(["status", "--coordinator", "127.0.0.1:9"])
    #expect(nobody.exit == .status(1) && nobody.complaints.count == 1 && nobody.errors.contains("127.0.0.1:9"))
    return id
  }

  private func checkWatch(_ id: String, _ coordinator: [String]) async throws {
    let watched = try await run.program.run(["watch", id] + coordinator)
    #expect(watched.exit == .status(0) && watched.output.contains("finished after 24 steps"), "\(watched.errors)")
    #expect(watched.errors.contains("step 24/24") && !watched.errors.contains("\u{1B}"), "\(watched.errors)")
    let unknown = try await run.program.run(["watch", "nothing"] + coordinator)
    #expect(unknown.exit == .status(1) && unknown.complaints.count == 1)
    let none = try await run.program.run(["watch"] + coordinator)
    #expect(none.exit == .status(1) && none.errors.contains("no run is worked on"))
  }

  private func checkPage(_ id: String) async throws {
    let overview = try await get("/", of: web)
    #expect(overview.hasPrefix("HTTP/1.1 200 OK\r\n") && overview.contains("href=\"/run/\(id)\""))
    #expect(overview.lowercased().contains("content-security-policy: default-src 'none'"))
    let page = try await get("/run/\(id)", of: web)
    #expect(page.contains("data-state=\"finished\" data-step=\"24\""))
    #expect(page.contains("<b>Loss</b>") && page.contains("<b>KL to the teacher</b>"))
    #expect(page.contains("data-who=\"teacher\"") && page.contains("data-who=\"student\""))
    let prompts = try String(contentsOfFile: run.output("seen").appending(path: "samples.jsonl").path, encoding: .utf8)
    #expect(prompts.split(separator: "\n").count == 6)
    for (path, type) in [("/page.css", "text/css"), ("/page.js", "text/javascript"), ("/icon.svg", "image/svg+xml")] {
      let file = try await get(path, of: web)
      #expect(file.hasPrefix("HTTP/1.1 200 OK\r\n") && file.contains(type))
    }
    #expect(try await get("/run/nothing", of: web).hasPrefix("HTTP/1.1 404 "))
    #expect(try await get("/", of: web, host: "evil.example").hasPrefix("HTTP/1.1 421 "))
  }

  /// Each series that an alert or a panel asks for is exported, with the labels that it is asked for by.
  private func checkSeries() async throws {
    var lines: [Substring] = []
    for place in services.values { lines += try await get("/metrics", of: place.metrics).split(separator: "\n") }
    // A series that nothing has a value for just now is declared all the same, as a pace is once its run has ended.
    var labels: [String: Set<String>] = [:]
    for line in lines where line.hasPrefix("# TYPE ") { labels[String(line.split(separator: " ")[2])] = [] }
    for line in lines where !line.hasPrefix("#") {
      let name = String(line.prefix { $0 != "{" && $0 != " " })
      labels[name, default: []].formUnion(line.matches(of: /[{,]([a-z]+)="/).map { String($0.output.1) })
    }
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "compose")
    for file in ["prometheus/rules.yaml", "grafana/retort.json"] {
      let text = try String(contentsOf: root.appending(path: file), encoding: .utf8).replacing("\\\"", with: "\"")
      let asked = text.matches(of: /\b((?:retort|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/)
      #expect(asked.count > 10)
      for series in asked {
        let name = String(series.output.1)
        let known = try #require(labels[name], "\(file) asks for \(name), which no service exports")
        for label in (series.output.2 ?? "").matches(of: /([a-z]+)\s*=/).map({ String($0.output.1) })
        where label != "job" && label != "instance" && name != "retort_run_steps_per_second" {
          #expect(known.contains(label), "\(file) asks for \(name) by \(label), which it has not")
        }
      }
    }
  }

  /// Every line of a service is an object; what belongs to a run has its name, and the step where there is one.
  private func checkLog() throws {
    let text = try String(contentsOfFile: run.folder.path("coordinator.log"), encoding: .utf8)
    let events = try text.split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
    #expect(events.count > 5)
    for event in events {
      #expect(event["time"] is String && event["level"] is String && event["label"] is String)
      #expect(event["message"] is String)
    }
    let saved = try #require(events.first { $0["message"] as? String == "checkpoint saved" })
    #expect((saved["run.id"] as? String)?.isEmpty == false && saved["step"] as? Int == 5)
    let prompts = try String(contentsOfFile: run.folder.path("heldout.jsonl"), encoding: .utf8)
    let first = try #require(
      try JSONSerialization.jsonObject(with: Data(prompts.prefix { $0 != "\n" }.utf8)) as? [String: Any])
    let prompt = try #require(first["prompt"] as? String)
    #expect(prompt.count > 4 && !text.contains(prompt), "prompts are no log's business")
  }

  @Test("a page is for this machine alone, and with tokens for whoever has one")
  func guarded() async throws {
    let exposed = try await run.program.run([
      "coordinator", "--state", run.folder.path("state"), "--listen", address("coordinator"), "--web", "0.0.0.0:9",
    ])
    #expect(exposed.exit != .status(0) && exposed.complaints.count == 1 && exposed.errors.contains("0.0.0.0:9"))
    let certs = run.folder.path("certs")
    #expect(try await run.program.run(["certs", "--to", certs]).exit == .status(0))
    let arguments =
      ["coordinator", "--state", run.folder.path("state"), "--web", web, "--credentials", "\(certs)/coordinator"]
      + options("coordinator")
    try await run.program.service(arguments) {
      try await waitForListener(at: web)
      #expect(try await get("/", of: web).hasPrefix("HTTP/1.1 401 "))
      for (role, status) in [("read", "200"), ("student", "401")] {
        let token = try String(contentsOfFile: "\(certs)/\(role)/token", encoding: .utf8).split(separator: "\n")[0]
        #expect(try await get("/", of: web, authorization: "Bearer \(token)").hasPrefix("HTTP/1.1 \(status) "))
      }
    }
  }

  /// Asks for a path, as any client of HTTP does.
  private func get(
    _ path: String, of address: String, host: String = "localhost", authorization: String? = nil
  ) async throws -> String {
    let port = address.split(separator: ":").last ?? ""
    let shown = authorization.map { "authorization: \($0)\\r\\n" } ?? ""
    let request = "GET \(path) HTTP/1.1\\r\\nhost: \(host)\\r\\n\(shown)connection: close\\r\\n\\r\\n"
    let script = "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '\(request)' >&3; cat <&3"
    return try await run.program.run(URL(filePath: "/bin/bash"), ["-c", script]).output
  }
}
