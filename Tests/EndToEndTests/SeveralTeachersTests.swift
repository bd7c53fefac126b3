import Foundation
import ModelFixtures
import ScriptedEndpoint
import ServiceRuntime
import Testing

@Suite(
  "Runs with several teachers, with endpoints in the recipe, and with teachers of another tokenizer",
  .timeLimit(.minutes(5)))
struct SeveralTeachersTests {
  @Test("two names of one model give the bytes of one teacher; another model's rows change them")
  func routes() async throws {
    let small = try Self.smallRun()
    try PuzzleModel.write(to: small.folder.url.appending(path: "other"), seed: 2)
    let (first, other) = (small.folder.path("teacher"), small.folder.path("other"))
    let single = try await small.run("single", steps: 6)
    func run(_ name: String, _ b: String) async throws -> Data {
      let teacher = "{default: a, teachers: {a: \(first), b: {from: \(b)}}}"
      let outcome = try await small.program.run(["run", small.recipe(name, steps: 6, teacher: teacher), "--local"])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      return try small.weights(name)
    }
    #expect(try await run("same", first) == single)
    #expect(try await run("different", other) != single)
    let logs = try FileManager.default.contentsOfDirectory(atPath: small.output("same").appending(path: "logs").path())
    #expect(logs.contains("teacher-a.log") && logs.contains("teacher-b.log"))
  }

  @Test("a row of an unknown teacher, or of none, is refused with its line")
  func refusals() async throws {
    let small = try Self.smallRun()
    let teacher = "{default: a, teachers: {a: \(small.folder.path("teacher"))}}"
    let unknown = try await small.program.run(["run", small.recipe("unknown", steps: 6, teacher: teacher), "--local"])
    #expect(unknown.errors.contains("prompts.jsonl:2: 'teacher': there is no teacher 'b'"), "\(unknown.errors)")
    let none = "{teachers: {a: \(small.folder.path("teacher")), b: \(small.folder.path("teacher"))}}"
    let outcome = try await small.program.run(["run", small.recipe("none", steps: 6, teacher: none), "--local"])
    #expect(outcome.errors.contains("prompts.jsonl:1: no 'teacher' says whose it is"), "\(outcome.errors)")
  }

  @Test("a recipe names an endpoint: the run starts its teacher, keeps the ledger, and asks nothing twice")
  func endpoint() async throws {
    let small = try SmallRun()
    let answered = Script.by { request in
      .json(ScriptedTexts.completion(" \(request.body.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) % 997 })"))
    }
    try await ScriptedEndpoint.with(answered) { endpoint in
      let teacher = """
        {url: "\(endpoint.url)", model: m, api: completions, price_input: 1, price_output: 1, budget: 5, \
        state: \(small.folder.path("ledger"))}
        """
      for name in ["first", "second"] {
        let before = Self.questions(endpoint)
        let outcome = try await small.program.run(["run", Self.seqkd(small, name, teacher: teacher), "--local"])
        #expect(outcome.exit == .status(0), "\(outcome.errors)")
        // At temperature 0 two rows with one prompt are one question.
        let distinct = Set(PuzzleModel.prompts(48).split(separator: "\n")).count
        #expect(Self.questions(endpoint) - before == (name == "first" ? distinct : 0))
      }
      #expect(try small.weights("first") == small.weights("second"))
      #expect(FileManager.default.fileExists(atPath: small.folder.path("ledger/ledger.sqlite")))
      let key = "{url: \"\(endpoint.url)\", model: m, api_key_file: \(small.folder.path("no-key"))}"
      let outcome = try await small.program.run(["run", Self.seqkd(small, "key", teacher: key), "--local"])
      #expect(outcome.exit == .status(1) && outcome.errors.contains("no-key"), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: small.output("key").path()))
    }
  }

  @Test("text of a teacher with other ids for the same words teaches the same bytes; its log-probs are refused")
  func otherTokenizer() async throws {
    let small = try SmallRun()
    let other = small.folder.path("reordered")
    try PuzzleModel.writeReordered(
      small.folder.url.appending(path: "teacher"), to: small.folder.url.appending(path: "reordered"))
    for (name, teacher) in [("own", small.folder.path("teacher")), ("foreign", other)] {
      let outcome = try await small.program.run(["run", Self.seqkd(small, name, teacher: teacher), "--local"])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
    }
    #expect(try small.weights("own") == small.weights("foreign"))
    let refused = try await small.program.run(["run", small.recipe("kd", method: "kd", teacher: other), "--local"])
    #expect(refused.exit == .status(1))
    #expect(
      refused.errors.contains("method kd compares log-probs of the whole vocabulary"), "\(refused.errors)")
    #expect(refused.errors.contains("set objective.loss_top_k"))
  }

  @Test(
    "log-probs of a teacher with other ids for the same words are aligned by bytes: losses are those of its own ids")
  func alignedLogprobs() async throws {
    let small = try SmallRun()
    try PuzzleModel.writeReordered(
      small.folder.url.appending(path: "teacher"), to: small.folder.url.appending(path: "reordered"))
    var losses: [[Double]] = []
    for (name, teacher) in [("own", "teacher"), ("foreign", "reordered")] {
      let recipe = try small.recipe(name, steps: 6, teacher: small.folder.path(teacher))
      let outcome = try await small.program.run([
        "run", recipe, "objective.loss_top_k=8", "generation.temperature=0", "generation.rounds=1", "--local",
      ])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      let rows = try String(contentsOf: small.output(name).appending(path: "metrics.jsonl"), encoding: .utf8)
      losses.append(
        try rows.split(separator: "\n").compactMap { line in
          let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Double]
          return row?["loss"]
        })
    }
    #expect(losses[0].count == 6)
    // Probabilities pass through exp and log in Float; weights then part by steps of 0.01.
    for (own, foreign) in zip(losses[0], losses[1]) { #expect(abs(own - foreign) < 1e-3, "\(losses)") }
    let uld = try await small.program.run([
      "run", small.recipe("uld", method: "uld", steps: 6, teacher: small.folder.path("reordered")),
      "objective.loss_top_k=8", "--local",
    ])
    #expect(uld.exit == .status(0), "\(uld.errors)")
  }

  /// Every second prompt is b's; held-out prompts are the default's.
  private static func smallRun() throws -> SmallRun {
    let small = try SmallRun()
    let lines = PuzzleModel.prompts(48).split(separator: "\n").enumerated().map { index, line in
      index % 2 == 1 ? "{\"teacher\": \"b\", \(line.dropFirst())\n" : "\(line)\n"
    }
    try small.folder.write(lines.joined(), to: "prompts.jsonl")
    return small
  }

  private static func questions(_ endpoint: ScriptedEndpoint) -> Int {
    endpoint.requests.count { $0.body.contains("\"max_tokens\":11,") }
  }

  private static func seqkd(_ small: SmallRun, _ name: String, teacher: String) throws -> String {
    try small.folder.write(
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
        temperature: 0
      training:
        learning_rate: 0.01
        per_device_train_batch_size: 8
        max_steps: 6
        max_length: 64

      """, to: "\(name).yaml")
  }
}
