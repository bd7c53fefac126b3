import Foundation
import ModelFixtures
import ScriptedEndpoint
import ServiceRuntime
import Testing

/// Answers that are collected and learnt, whole: services as processes, an HTTP endpoint that answers and judges.
@Suite(.timeLimit(.minutes(5)), .serialized) struct CurationTests {
  private struct Question: Decodable {
    let prompt: String
    var seed: Int?
  }

  private let folder: TemporaryFolder
  private let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = Program(folder: folder)
    try ByteModel.writeBase(to: folder.url.appending(path: "base"))
  }

  private static func question(_ request: ScriptedRequest) -> Question? {
    try? JSONDecoder().decode(Question.self, from: Data(request.body.utf8))
  }

  /// The lines of a recipe that methods share.
  private func recipe(_ name: String, teacher: String, _ own: String) throws -> String {
    try folder.write(
      """
      teacher: \(teacher)
      student: {from: \(folder.path("base"))}
      output_dir: \(folder.path(name))
      seed: 7
      generation: {temperature: 0.7, max_new_tokens: 24}
      training: {learning_rate: 0.01, per_device_train_batch_size: 2, max_steps: 3, max_length: 128}
      evaluation: {metrics: []}
      \(own)

      """, to: "\(name).yaml")
  }

  @Test("critics: a run that is killed learns what one that is not does, and no answer and no judgement is paid twice")
  func critics() async throws {
    // One of three answers of a row, by the seed; a judge who likes those that end in 1.
    let script = Script.by { request in
      guard let question = Self.question(request) else { return .json(ScriptedTexts.completion("hello")) }
      guard question.prompt.contains("[Answer begins]") else {
        let row = question.prompt.firstMatch(of: /row (\d)/)?.output.1 ?? "0"
        return .json(ScriptedTexts.completion("text \(row) number \(abs(question.seed ?? 0) % 3)"))
      }
      let isGood = question.prompt.contains("number 1\n[Answer ends]")
      return .json(ScriptedTexts.completion("It is a text.\nScore: \(isGood ? 9 : 2)"))
    }
    let rows = (1...6).map { #"{"prompt":"say row \#($0): "}"# }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "rows.jsonl")
    let own = """
      method: critics
      data: {train: \(folder.path("rows.jsonl"))}
      critics: {samples_per_prompt: 4, brevity_limit: 2, least_score: 5, referee_max_new_tokens: 64}
      """
    let run = PaidRun(
      program: program, script: script,
      kind: { request in
        request.body.contains("[Answer begins]") ? "judgement" : request.body.contains("say row") ? "answer" : nil
      },
      recipe: { try recipe($0, teacher: $1, own) })
    let asked = try await run.endsTheSame(
      killedAfter: 2, of: "judgement", files: ["answers.jsonl", "student/model.safetensors"])
    let answers = try folder.rows("undisturbed/answers.jsonl")
    #expect(answers.count == 24 && asked["answer"] == 24)
    // Each text of a row is judged once.
    let texts = Set(answers.compactMap { $0["answer"] as? String })
    #expect(asked["judgement"] == texts.count)
    let learnt = try folder.rows("undisturbed/data/round-0.jsonl").compactMap { $0["completion"] as? String }
    #expect(!learnt.isEmpty && Set(learnt) == texts.filter { $0.hasSuffix("number 1") })
  }

  @Test("orca: a run that is killed learns what one that is not does, stage by stage, and nothing is paid twice")
  func orca() async throws {
    let config = folder.path("base/tokenizer_config.json")
    var values = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: config))) as? [String: Any])
    values["chat_template"] =
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
    try JSONSerialization.data(withJSONObject: values).write(to: URL(fileURLWithPath: config))
    // Every other first answer is cut off.
    let script = Script.by { request in
      guard let question = Self.question(request), let task = question.prompt.firstMatch(of: /ask (\d+)/) else {
        return .json(ScriptedTexts.completion("hello"))
      }
      let isCut = abs(question.seed ?? 0).isMultiple(of: 2)
      return .json(ScriptedTexts.completion("as \(task.output.1)", finish: isCut ? "length" : "stop"))
    }
    try folder.write("Think step by step.\nJustify it.\n", to: "systems.txt")
    for (stage, numbers) in [(0, 10...15), (1, 20...22)] {
      let rows = numbers.map { #"{"prompt":"ask \#($0)"}"# }
      try folder.write(rows.joined(separator: "\n") + "\n", to: "stage-\(stage).jsonl")
    }
    let own = """
      method: orca
      orca: {system_prompts: \(folder.path("systems.txt")), samples_per_prompt: 8,
        data: [\(folder.path("stage-0.jsonl")), \(folder.path("stage-1.jsonl"))]}
      """
    let run = PaidRun(
      program: program, script: script, kind: { $0.body.contains("ask ") ? "answer" : nil },
      recipe: { try recipe($0, teacher: $1, own) })
    let asked = try await run.endsTheSame(
      killedAfter: 4, of: "answer", files: ["answers.jsonl", "student/model.safetensors"])
    #expect(try folder.rows("undisturbed/data/round-0.jsonl").count == 6)
    #expect(try folder.rows("undisturbed/data/round-1.jsonl").count == 3)
    #expect((asked["answer"] ?? 0) > 9)
  }
}
