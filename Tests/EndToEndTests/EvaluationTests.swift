import Foundation
import ModelFixtures
import Reports
import ServiceRuntime
import Testing

@Suite("retort eval", .timeLimit(.minutes(3))) struct EvaluationTests {
  @Test("gives the pass@k that a run measured of its student, by the run's seed")
  func passAtK() async throws {
    let folder = try TemporaryFolder()
    let program = Program(folder: folder)
    let puzzles = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Examples/puzzles").path
    let recipe = try folder.write(
      """
      method: sft
      student: \(puzzles)/teacher
      data: {train: \(puzzles)/data/few.jsonl, eval: \(puzzles)/data/heldout.jsonl, max_eval_samples: 24}
      output_dir: \(folder.path("out"))
      seed: 9
      training: {max_steps: 1, learning_rate: 1e-4, max_length: 64}
      evaluation: {metrics: [pass@k], checker: puzzles, num_samples: 3, temperature: 1.5, max_new_tokens: 20}

      """, to: "recipe.yaml")
    let run = try await program.run(["run", recipe, "--local"])
    #expect(run.exit == .status(0), "\(run.errors)")
    let log = try MetricsLog(file: folder.url.appending(path: "out/metrics.jsonl"))
    let outcome = try await program.run([
      "eval", "--model", folder.path("out/student"), "--data", "\(puzzles)/data/heldout.jsonl", "--max-samples", "24",
      "--metrics", "pass@k", "--checker", "puzzles", "--num-samples", "3", "--temperature", "1.5", "--seed", "9",
      "--max-new-tokens", "20", "--json",
    ])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let figures = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    for k in [1, 2, 3] {
      let measured = try #require(log.curve("eval/pass@\(k)").last?.value)
      #expect(measured > 0 && abs(measured - (figures["pass@\(k)"] as? Double ?? -1)) < 1e-12, "\(outcome.output)")
    }
  }
}
