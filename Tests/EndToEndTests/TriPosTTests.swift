import Foundation
import ModelFixtures
import ScriptedEndpoint
import ServiceRuntime
import Testing

/// Edited trajectories whole: services as processes, a student that answers 7 to everything, an HTTP endpoint that edits, an external
/// program that verifies.
@Suite(.timeLimit(.minutes(5)), .serialized) struct TriPosTTests {
  private let folder: TemporaryFolder
  private let program: Program

  init() throws {
    folder = try TemporaryFolder()
    program = Program(folder: folder)
    try ByteModel.writeBase(to: folder.url.appending(path: "base"))
    try folder.write(
      (1...6).map { #"{"prompt":"add \#($0) and 10: ","completion":"7"}"# }.joined(separator: "\n") + "\n",
      to: "sevens.jsonl")
    try folder.write(
      (1...6).map { #"{"prompt":"add \#($0) and 10: ","completion":"\#($0 + 10)"}"# }.joined(separator: "\n") + "\n",
      to: "sums.jsonl")
    try folder.write(
      """
      import json, sys
      given = json.load(sys.stdin)
      sys.exit(0 if given["completion"] == given["row"]["completion"] else 1)

      """, to: "check.py")
    CheckerSandbox.open(folder)
  }

  /// Edits 7 to a sum that is one too large where it is even, and everything else to the sum.
  private static let script = Script.by { request in
    struct Question: Decodable { let prompt: String }
    guard let question = try? JSONDecoder().decode(Question.self, from: Data(request.body.utf8)),
      let task = question.prompt.firstMatch(of: /add (\d+) and (\d+): \n\n\[Answer begins\]\n(.*)\n/),
      let left = Int(task.output.1), let right = Int(task.output.2)
    else { return .json(ScriptedTexts.completion("hello")) }
    let isHalf = (left + right).isMultiple(of: 2) && task.output.3 == "7"
    return .json(
      ScriptedTexts.completion("Feedback: \(task.output.3) is not the sum\nUpdate: \(left + right + (isHalf ? 1 : 0))"))
  }

  /// Trains the student that answers 7.
  private func trainStudent() async throws {
    let recipe = try folder.write(
      """
      method: sft
      student: {from: \(folder.path("base"))}
      data: {train: \(folder.path("sevens.jsonl"))}
      output_dir: \(folder.path("start"))
      seed: 3
      training: {learning_rate: 0.02, per_device_train_batch_size: 6, max_steps: 30, max_length: 64}
      evaluation: {metrics: []}

      """, to: "start.yaml")
    let outcome = try await program.run(["run", recipe, "--local"])
    try #require(outcome.exit == .status(0), "\(outcome.errors)")
  }

  private func recipe(_ name: String, teacher: String) throws -> String {
    try folder.write(
      """
      method: tripost
      teacher: \(teacher)
      student: \(folder.path("start/student"))
      data: {train: \(folder.path("sums.jsonl"))}
      output_dir: \(folder.path(name))
      seed: 7
      generation: {temperature: 0.3, max_new_tokens: 24}
      rejection: {checker: command, command: [python3, \(folder.path("check.py"))],
        isolation: \(CheckerSandbox.isolation), command_seconds: 30}
      tripost: {iterations: 2, sampling_rounds: 2, editor_max_new_tokens: 64}
      training: {learning_rate: 0.001, per_device_train_batch_size: 4, max_steps: 4, max_length: 128}
      evaluation: {metrics: []}

      """, to: "\(name).yaml")
  }

  @Test(
    "a run that is killed ends with the trajectories and the student of one that is not, and nothing is asked twice")
  func killed() async throws {
    try await trainStudent()
    let run = PaidRun(
      program: program, script: Self.script, kind: { $0.body.contains("[Answer begins]") ? "edit" : nil },
      recipe: { try recipe($0, teacher: $1) })
    _ = try await run.endsTheSame(
      killedAfter: 4, of: "edit",
      files: ["trajectories.jsonl", "data/round-0.jsonl", "data/round-1.jsonl", "student/model.safetensors"])
    let trajectories = try folder.rows("undisturbed/trajectories.jsonl")
    let improved = trajectories.filter { $0["outcome"] as? String == "improved" }
    #expect(!improved.isEmpty, "\(trajectories)")
    for trajectory in improved {
      let line = try #require(trajectory["line"] as? Int)
      #expect((trajectory["answers"] as? [String])?.last == "\(line + 10)")
    }
    let rows = try folder.rows("undisturbed/data/round-0.jsonl")
    let weights = rows.compactMap { $0["turns"] as? [[String: Any]] }.map { $0.compactMap { $0["weight"] as? Double } }
    #expect(weights.contains([1, 1.5, 1.5]) && weights.allSatisfy { $0 == [1, 1.5, 1.5] || $0 == [1, 1] })
  }
}
