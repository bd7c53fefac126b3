import Foundation
import ModelFixtures
import ScriptedEndpoint
import ServiceRuntime
import Testing

/// Rejection sampling whole: services as processes, an HTTP endpoint that answers, an external program that judges.
@Suite(.timeLimit(.minutes(5)), .serialized) struct RejectionTests {
  private let folder: TemporaryFolder
  private let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = Program(folder: folder)
    try ByteModel.writeBase(to: folder.url.appending(path: "base"))
    let rows = (1...8).map { #"{"prompt":"add \#($0) and 10: ","sum":\#($0 + 10)}"# }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "sums.jsonl")
    try folder.write(
      """
      import json, sys
      given = json.load(sys.stdin)
      try: right = int(given["completion"]) == given["row"]["sum"]
      except ValueError: right = False
      sys.exit(0 if right else 1)

      """, to: "check.py")
    CheckerSandbox.open(folder)
  }

  /// Adds right where the seed is even, and one too many where it is odd.
  private static let script = Script.by { request in
    struct Question: Decodable {
      let prompt: String
      var seed: Int?
    }
    guard let question = try? JSONDecoder().decode(Question.self, from: Data(request.body.utf8)),
      let sum = question.prompt.firstMatch(of: /add (\d+) and (\d+)/),
      let left = Int(sum.output.1), let right = Int(sum.output.2)
    else { return .json(ScriptedTexts.completion("hello")) }
    return .json(ScriptedTexts.completion("\(left + right + abs(question.seed ?? 0) % 2)"))
  }

  private func recipe(_ name: String, teacher: String) throws -> String {
    try folder.write(
      """
      method: rejection
      teacher: \(teacher)
      student: {from: \(folder.path("base"))}
      data: {train: \(folder.path("sums.jsonl"))}
      output_dir: \(folder.path(name))
      seed: 7
      generation: {temperature: 0.7, max_new_tokens: 8}
      rejection: {checker: command, command: [python3, \(folder.path("check.py"))], samples_per_prompt: 6, keep: first,
        isolation: \(CheckerSandbox.isolation), command_seconds: 30}
      training: {learning_rate: 0.01, per_device_train_batch_size: 2, max_steps: 3, max_length: 96}
      evaluation: {metrics: []}

      """, to: "\(name).yaml")
  }

  @Test("a run that is killed ends with the answers and the student of one that is not, and nothing is asked twice")
  func killed() async throws {
    let run = PaidRun(
      program: program, script: Self.script, kind: { $0.body.contains("add ") ? "sum" : nil },
      recipe: { try recipe($0, teacher: $1) })
    let asked = try await run.endsTheSame(
      killedAfter: 5, of: "sum", files: ["answers.jsonl", "student/model.safetensors"])
    let rows = try folder.rows("undisturbed/data/round-0.jsonl")
    #expect(!rows.isEmpty)
    for row in rows {
      let prompt = try #require(row["prompt"] as? String)
      let number = try #require(prompt.split { !$0.isNumber }.first.flatMap { Int($0) })
      #expect(row["completion"] as? String == "\(number + 10)")
    }
    #expect(try folder.rows("undisturbed/answers.jsonl").count == asked["sum"])
  }
}
