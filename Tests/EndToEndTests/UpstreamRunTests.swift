import Foundation
import ModelFixtures
import ScriptedEndpoint
import ServiceRuntime
import Testing

@Suite("A run whose teacher is behind an HTTP endpoint", .timeLimit(.minutes(3)))
struct UpstreamRunTests {
  @Test("seqkd learns from an endpoint's text; the same run again asks the endpoint nothing and gives the same bytes")
  func seqkd() async throws {
    let small = try SmallRun()
    let answered = Script.by { request in
      // Each of the questions at the start and of the run gets a text of its own.
      .json(ScriptedTexts.completion(" \(request.body.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) % 997 })"))
    }
    try await ScriptedEndpoint.with(answered) { endpoint in
      let address = "127.0.0.1:\(try PortProbe.freePorts(1)[0])"
      let arguments = [
        "teacher", "--upstream", endpoint.url, "--upstream-model", "m", "--upstream-api", "completions", "--tokenizer",
        small.folder.path("base"), "--state", small.folder.path("endpoint-state"), "--listen", address,
      ]
      for name in ["first", "second"] {
        let before = Self.questions(endpoint)
        try await small.program.service(arguments) {
          try await waitForListener(at: address)
          let recipe = try small.folder.write(Self.recipe(small, name, teacher: address), to: "\(name).yaml")
          let outcome = try await small.program.run(["run", recipe, "--local"])
          #expect(outcome.exit == .status(0), "\(outcome.errors)")
        }
        #expect(Self.questions(endpoint) - before == (name == "first" ? 48 : 0))
      }
      #expect(try small.weights("first") == small.weights("second"))
    }
  }

  @Test(
    "killed with paid calls on their way, a run resumes to its end without a hand: these are not asked again, and all others once"
  )
  func killedWhilePaying() async throws {
    let small = try SmallRun()
    // Eight calls get no answer, which is as many as are on their way at once.
    let script = Script.by { request in
      (24..<32).contains(request.index) ? .silence : .json(ScriptedTexts.completion(" \(request.index)"))
    }
    try await ScriptedEndpoint.with(script) { endpoint in
      let teacher = "{url: \"\(endpoint.url)\", model: m, api: completions, price_input: 1, price_output: 1, budget: 5}"
      let recipe = try small.folder.write(Self.recipe(small, "killed", teacher: teacher), to: "killed.yaml")
      try await small.program.killAndResume(["run", recipe, "--local"], teacherToo: true) {
        endpoint.requests.count >= 32
      }
      let bodies = endpoint.requests.map(\.body).filter { $0.contains("\"max_tokens\":11,") }
      #expect(bodies.count == 48 && Set(bodies).count == 48)
      let log = try String(contentsOf: small.folder.url.appending(path: "killed/logs/teacher.log"), encoding: .utf8)
      #expect(log.components(separatedBy: "is left without an answer").count == 9, "\(log)")
    }
  }

  @Test(
    "resumed as soon as its command was killed, a run waits for its old teacher, which ends what is paid for, and says so"
  )
  func resumedAtOnce() async throws {
    let small = try SmallRun()
    let script = Script.by { request in
      (24..<32).contains(request.index) ? .silence : .json(ScriptedTexts.completion(" \(request.index)"))
    }
    try await ScriptedEndpoint.with(script) { endpoint in
      let teacher = "{url: \"\(endpoint.url)\", model: m, api: completions, price_input: 1, price_output: 1, budget: 5}"
      let recipe = try small.folder.write(Self.recipe(small, "killed", teacher: teacher), to: "killed.yaml")
      let outcome = try await small.program.run(["run", recipe, "--local"]) { command in
        try await wait { endpoint.requests.count >= 32 }
        kill(command, SIGKILL)
      }
      #expect(outcome.exit == .signal(SIGKILL), "\(outcome.errors)")
      let resumed = try await small.program.run(["run", recipe, "--local", "--resume"])
      #expect(resumed.exit == .status(0), "\(resumed.errors)")
      #expect(
        resumed.errors.components(separatedBy: "waiting for the teacher of the run before").count == 2,
        "\(resumed.errors)")
      let bodies = endpoint.requests.map(\.body).filter { $0.contains("\"max_tokens\":11,") }
      #expect(bodies.count == 48 && Set(bodies).count == 48)
    }
  }

  @Test("a method that needs log-probs is refused before the first step, with the method that needs none")
  func refusesLogprobs() async throws {
    let small = try SmallRun()
    try await ScriptedEndpoint.with(.by { _ in .json(ScriptedTexts.completion(" 1")) }) { endpoint in
      let address = "127.0.0.1:\(try PortProbe.freePorts(1)[0])"
      let arguments = [
        "teacher", "--upstream", endpoint.url, "--upstream-model", "m", "--upstream-api", "completions", "--tokenizer",
        small.folder.path("base"), "--state", small.folder.path("endpoint-state"), "--listen", address,
      ]
      try await small.program.service(arguments) {
        try await waitForListener(at: address)
        let text = Self.recipe(small, "kd", teacher: address).replacing("method: seqkd", with: "method: kd")
        let outcome = try await small.program.run(["run", try small.folder.write(text, to: "kd.yaml"), "--local"])
        #expect(outcome.exit == .status(1))
        #expect(outcome.complaints.count == 1 && outcome.errors.contains("seqkd"), "\(outcome.errors)")
      }
    }
  }

  /// Questions of runs; those that a teacher asks at its start are of other lengths.
  private static func questions(_ endpoint: ScriptedEndpoint) -> Int {
    endpoint.requests.count { $0.body.contains("\"max_tokens\":11,") }
  }

  private static func recipe(_ small: SmallRun, _ name: String, teacher: String) -> String {
    """
    method: seqkd
    teacher: \(teacher)
    student:
      from: \(small.folder.path("base"))
    data:
      train: \(small.folder.path("prompts.jsonl"))
    output_dir: \(small.folder.path(name))
    seed: 5
    generation:
      max_new_tokens: 11
      temperature: 1
    training:
      learning_rate: 0.01
      per_device_train_batch_size: 8
      max_steps: 6
      max_length: 64

    """
  }
}
