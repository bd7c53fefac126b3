import Foundation
import ModelFixtures
import ScriptedEndpoint
import ServiceRuntime
import Testing

/// Lion whole: services as processes, an HTTP endpoint that answers, judges and invents, and counts what it is asked.
@Suite(.timeLimit(.minutes(5)), .serialized) struct LionTests {
  private let folder: TemporaryFolder
  private let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = Program(folder: folder)
    try ByteModel.writeBase(to: folder.url.appending(path: "base"))
    let rows = ["zero", "one", "two", "three"].map { #"{"prompt":"ask number \#($0) again"}"# }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "seeds.jsonl")
  }

  /// What every form of endpoint is asked.
  private struct Asked: Decodable {
    let model: String
  }

  /// Answers as one of the three roles, by what is asked: seeds with an «o» in their number are hard, inventions are easy.
  private static let script = Script.by { request in
    struct Question: Decodable {
      let prompt: String
      var seed: Int?
    }
    guard let question = try? JSONDecoder().decode(Question.self, from: Data(request.body.utf8)) else {
      return .json(ScriptedTexts.problem("no prompt"), status: 400)
    }
    switch role(of: request) {
    case "referee":
      let task = question.prompt.firstMatch(of: /\[Task\]\n(.*)\n/).map { String($0.output.1) } ?? ""
      let teacherIsFirst = question.prompt.contains("Assistant 1 begins]\nanswer to")
      let teacher = task.contains(/number \w*o/) ? 8 : 6
      let scores = teacherIsFirst ? (teacher, 6) : (6, teacher)
      return .json(ScriptedTexts.completion("Both answer.\nAssistant 1: \(scores.0)\nAssistant 2: \(scores.1)"))
    case "generator":
      // Two letters, so that four words have no more bytes than a generator may write.
      let word = String(36 + (question.seed ?? 0) % (36 * 35), radix: 36)
      return .json(ScriptedTexts.completion("a\(word) b\(word) c\(word) d\(word)"))
    default: return .json(ScriptedTexts.completion("answer to \(question.prompt.suffix(12))"))
    }
  }

  private static func role(of request: ScriptedRequest) -> String? {
    if request.body.contains("[Task]") { return "referee" }
    if request.body.contains("New task:") { return "generator" }
    // The generator's tasks are four words that begin with a, b, c and d; anything else is a question of the teacher's start.
    let isTask = request.body.contains("ask number") || request.body.contains(/"a\w+ b\w+ c\w+ d\w+"/)
    return isTask ? "teacher" : nil
  }

  private func recipe(_ name: String, teacher: String) throws -> String {
    try folder.write(
      """
      method: lion
      teacher: \(teacher)
      student: {from: \(folder.path("base"))}
      data: {train: \(folder.path("seeds.jsonl"))}
      output_dir: \(folder.path(name))
      seed: 7
      generation: {temperature: 0.7, max_new_tokens: 24}
      lion: {rounds: 2, hard_instructions: 2, easy_instructions: 1, referee_max_new_tokens: 64}
      training: {learning_rate: 0.01, per_device_train_batch_size: 2, max_steps: 3, max_length: 96}
      evaluation: {metrics: []}

      """, to: "\(name).yaml")
  }

  /// Where an instruction comes from.
  private struct Origin {
    let origin: String
    let parent: Int?
  }

  private func pool(_ name: String) throws -> [Origin] {
    try folder.rows("\(name)/instructions.jsonl").map { row in
      let instruction = try #require(row["instruction"] as? [String: Any])
      return Origin(origin: try #require(instruction["origin"] as? String), parent: instruction["parent"] as? Int)
    }
  }

  @Test("a run that is killed ends with the pool and the student of one that is not, and nothing is asked twice")
  func killed() async throws {
    let run = PaidRun(
      program: program, script: Self.script, kind: { Self.role(of: $0) }, recipe: { try recipe($0, teacher: $1) })
    // In the first discrimination.
    let asked = try await run.endsTheSame(
      killedAfter: 3, of: "referee", files: ["instructions.jsonl", "rounds.jsonl", "student/model.safetensors"])
    // Ten instructions are answered; four and then seven are judged in both orders; three a round are invented.
    #expect(asked == ["teacher": 10, "referee": 22, "generator": 6])
    let rows = try pool("undisturbed")
    #expect(
      rows.map(\.origin) == Array(repeating: "seed", count: 4) + ["hard", "hard", "easy", "hard", "hard", "easy"])
    // Hard ones come from «zero», «one» and «two», in either round.
    for row in rows where row.origin == "hard" { #expect((0...2).contains(row.parent ?? -1), "\(row)") }
  }

  @Test(
    "teacher, referee and generator are endpoints of the recipe, each with its ledger; a second run pays for nothing")
  func endpoints() async throws {
    try await ScriptedEndpoint.with(Self.script) { endpoint in
      func model(_ role: String) -> String {
        "{url: \"\(endpoint.url)\", model: \(role), api: completions, state: \(folder.path("\(role)-state")), "
          + "price_input: 1, price_output: 1, budget: 5}"
      }
      for name in ["first", "second"] {
        let recipe = try recipe(name, teacher: model("teacher"))
        let text = try String(contentsOfFile: recipe, encoding: .utf8).replacing(
          "referee_max_new_tokens: 64}",
          with: "referee_max_new_tokens: 64, referee: \(model("referee")), generator: \(model("generator"))}")
        try folder.write(text, to: "\(name).yaml")
        let outcome = try await program.run(["run", recipe, "--local"])
        #expect(outcome.exit == .status(0), "\(outcome.errors)")
        var asked: [String: Int] = [:]
        for request in endpoint.requests {
          guard let role = Self.role(of: request) else { continue }
          let model = try JSONDecoder().decode(Asked.self, from: Data(request.body.utf8)).model
          #expect(model == role)
          asked[model, default: 0] += 1
        }
        #expect(asked == ["teacher": 10, "referee": 22, "generator": 6])
      }
      for role in ["teacher", "referee", "generator"] {
        #expect(FileManager.default.fileExists(atPath: folder.path("\(role)-state/ledger.sqlite")))
      }
      for file in ["instructions.jsonl", "student/model.safetensors"] {
        let (left, right) = (folder.path("first/\(file)"), folder.path("second/\(file)"))
        #expect(FileManager.default.contentsEqual(atPath: left, andPath: right), "\(file)")
      }
    }
  }

  @Test("the judge of an evaluation is an endpoint; a run that its budget ended goes on with a larger one")
  func judge() async throws {
    try folder.write(
      ["zero", "one"].map { #"{"prompt":"ask number \#($0) again","completion":"an answer"}"# }.joined(separator: "\n"),
      to: "rows.jsonl")
    try await ScriptedEndpoint.with(Self.script) { endpoint in
      func run(_ name: String, budget: Double, _ options: String...) async throws -> Program.Outcome {
        try folder.write(
          """
          method: sft
          student: {from: \(folder.path("base"))}
          data: {train: \(folder.path("rows.jsonl")), eval: \(folder.path("rows.jsonl"))}
          output_dir: \(folder.path(name))
          training: {per_device_train_batch_size: 2, max_steps: 1, max_length: 96}
          evaluation:
            metrics: [judge]
            max_new_tokens: 4
            judge_max_new_tokens: 64
            judge: {url: "\(endpoint.url)", model: judge, api: completions, price_input: 1, price_output: 1, budget: \(budget)}

          """, to: "\(name).yaml")
        return try await program.run(["run", folder.path("\(name).yaml"), "--local"] + options)
      }
      let outcome = try await run("judged", budget: 5)
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      let metrics = try String(contentsOfFile: folder.path("judged/metrics.jsonl"), encoding: .utf8)
      #expect(metrics.contains("\"eval/judge/pairs\":2") && metrics.contains("\"eval/judge/unread\":0"), "\(metrics)")
      #expect(FileManager.default.fileExists(atPath: folder.path("judged/referee-state/ledger.sqlite")))
      // Enough for the question that begins a teacher, and for one or none of the four.
      let poor = try await run("poor", budget: 0.001)
      #expect(poor.exit == .status(1) && "\(poor.errors)\(poor.output)".contains("budget"), "\(poor.errors)")
      let resumed = try await run("poor", budget: 5, "--resume")
      #expect(resumed.exit == .status(0), "\(resumed.errors)")
    }
  }
}
