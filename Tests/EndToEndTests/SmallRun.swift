import Foundation
import ModelFixtures
import ServiceRuntime
import Testing

/// A run of a second or two: random teacher, smaller student, puzzles.
struct SmallRun: Sendable {
  let program: Program
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    program = Program(folder: folder)
    try PuzzleModel.write(to: folder.url.appending(path: "teacher"), seed: 1)
    try PuzzleModel.writeBase(to: folder.url.appending(path: "base"), width: 16, layers: 1)
    try folder.write(PuzzleModel.prompts(48), to: "prompts.jsonl")
    try folder.write(PuzzleModel.rows(12), to: "heldout.jsonl")
  }

  /// Folder of a run's results.
  func output(_ name: String) -> URL { folder.url.appending(path: name, directoryHint: .isDirectory) }

  /// Writes a recipe; returns its path.
  func recipe(_ name: String, method: String = "distillm2", steps: Int = 24, teacher: String? = nil) throws -> String {
    try folder.write(
      """
      method: \(method)
      teacher: \(teacher ?? folder.path("teacher"))
      student:
        from: \(folder.path("base"))
      data:
        train: \(folder.path("prompts.jsonl"))
        eval: \(folder.path("heldout.jsonl"))
      output_dir: \(folder.path(name))
      seed: 5
      generation:
        max_new_tokens: 12
        rounds: 3
        batch_size: 16
      training:
        learning_rate: 0.01
        per_device_train_batch_size: 4
        gradient_accumulation_steps: 2
        max_steps: \(steps)
        save_steps: 5
        max_length: 48
      evaluation:
        metrics: [kl, valid, distinct]
        checker: puzzles
        num_samples: 2
        max_new_tokens: 12
        eval_steps: 12

      """, to: "\(name).yaml")
  }

  /// The bytes of a run's student.
  func weights(_ name: String) throws -> Data {
    try Data(contentsOf: output(name).appending(path: "student/model.safetensors"))
  }

  /// Runs a recipe undisturbed; returns the bytes of its student.
  func run(_ name: String, steps: Int = 24) async throws -> Data {
    let outcome = try await program.run(["run", recipe(name, steps: steps), "--local"])
    guard outcome.exit == .status(0) else { throw RunFailed(errors: outcome.errors) }
    return try weights(name)
  }

  /// Expects that a run, killed with all its services and resumed, writes the bytes of one that was left alone.
  ///
  /// - Parameters:
  ///   - rows: Rows of metrics that are there when it is killed.
  ///   - arguments: What a run of some name is started with.
  func expectSameBytesAfterKill(
    afterRows rows: Int, sourceLocation: SourceLocation = #_sourceLocation, _ arguments: (String) throws -> [String]
  ) async throws {
    let undisturbed = try await program.run(arguments("undisturbed"))
    #expect(undisturbed.exit == .status(0), "\(undisturbed.errors)", sourceLocation: sourceLocation)
    let results = output("resumed")
    try await program.killAndResume(arguments("resumed"), sourceLocation: sourceLocation) { rowCount(results) >= rows }
    #expect(try weights("resumed") == weights("undisturbed"), sourceLocation: sourceLocation)
  }

  /// A run that should have ended well.
  struct RunFailed: Error {
    let errors: String
  }
}
