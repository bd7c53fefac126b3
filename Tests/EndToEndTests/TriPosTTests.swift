import Foundation
import Glibc
import ModelFixtures
import ScriptedEndpoint
import ServiceRuntime
import Testing

/// Edited trajectories whole: services as processes, a student that answers 7 to everything, an HTTP endpoint that edits, an external
/// program that verifies.
@Suite(.timeLimit(.minutes(5)), .serialized) struct TriPosTTests {
  private let folder: TemporaryFolder
  private let program: Program
  /// In a sandbox where this machine has one.
  private let isolation = access("/usr/bin/bwrap", X_OK) == 0 ? "bubblewrap" : "none"

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
    // The sandbox's user is another where this one is root.
    chmod(folder.url.path, 0o755)
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

  private static func isEdit(_ request: ScriptedRequest) -> Bool { request.body.contains("[Answer begins]") }

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
      rejection: {checker: command, command: [python3, \(folder.path("check.py"))], isolation: \(isolation), command_seconds: 30}
      tripost: {iterations: 2, sampling_rounds: 2, editor_max_new_tokens: 64}
      training: {learning_rate: 0.001, per_device_train_batch_size: 4, max_steps: 4, max_length: 128}
      evaluation: {metrics: []}

      """, to: "\(name).yaml")
  }

  /// Runs a recipe over an endpoint of its own; returns how many edits the endpoint was asked for.
  private func distil(
    _ name: String, _ body: @escaping @Sendable (_ arguments: [String], ScriptedEndpoint) async throws -> Void
  ) async throws -> Int {
    try await ScriptedEndpoint.with(Self.script) { endpoint in
      try await program.pricedTeacher(of: endpoint, state: "\(name)-ledger") { address in
        try await body(["run", try recipe(name, teacher: address), "--local"], endpoint)
      }
      return endpoint.requests.count(where: Self.isEdit)
    }
  }

  private func lines(_ path: String) throws -> [[String: Any]] {
    try String(contentsOfFile: folder.path(path), encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test(
    "a run that is killed ends with the trajectories and the student of one that is not, and nothing is asked twice")
  func killed() async throws {
    let program = program
    try await trainStudent()
    let undisturbed = try await distil("undisturbed") { arguments, _ in
      let outcome = try await program.run(arguments)
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
    }
    let trajectories = try lines("undisturbed/trajectories.jsonl")
    let improved = trajectories.filter { $0["outcome"] as? String == "improved" }
    #expect(!improved.isEmpty, "\(trajectories)")
    for trajectory in improved {
      let line = try #require(trajectory["line"] as? Int)
      #expect((trajectory["answers"] as? [String])?.last == "\(line + 10)")
    }
    let rows = try lines("undisturbed/data/round-0.jsonl")
    let weights = rows.compactMap { $0["turns"] as? [[String: Any]] }.map { $0.compactMap { $0["weight"] as? Double } }
    #expect(weights.contains([1, 1.5, 1.5]) && weights.allSatisfy { $0 == [1, 1.5, 1.5] || $0 == [1, 1] })

    let killed = try await distil("killed") { arguments, endpoint in
      // With edits in, and calls and verdicts on their way.
      try await program.killAndResume(arguments) { endpoint.requests.count(where: Self.isEdit) >= 4 }
    }
    #expect(killed == undisturbed)
    for file in ["trajectories.jsonl", "data/round-0.jsonl", "data/round-1.jsonl", "student/model.safetensors"] {
      let (left, right) = (folder.path("killed/\(file)"), folder.path("undisturbed/\(file)"))
      #expect(FileManager.default.contentsEqual(atPath: left, andPath: right), "\(file)")
    }
  }
}
