import Evaluation
public import Foundation
import Puzzles
import Recipes
public import Reports

/// `retort demo`: distils the teacher of `Examples/puzzles` with each method in turn and compares what came out.
public struct Demonstration: Sendable {
  private let examples: URL
  private let output: URL
  private let seed: UInt64

  /// The runs, in order: name of the recipe, name in the table.
  static let runs: [(recipe: String, title: String)] = [
    ("ceiling", "teacher"), ("warm", "start"), ("sft-few", "SFT on 256"), ("seqkd", "SeqKD"), ("kd", "forward KL"),
    ("distillm2", "DistiLLM-2"),
  ]

  /// Plans the demo.
  ///
  /// - Parameters:
  ///   - examples: The folder `Examples/puzzles`.
  ///   - output: Where each run gets a folder of its own; what an earlier demo left in them is replaced.
  /// - Throws: ``CommandError/noExamples(folder:)``.
  public init(examples: URL, output: URL, seed: UInt64) throws(CommandError) {
    let recipe = examples.appending(path: "distillm2.yaml").path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: recipe) else { throw .noExamples(folder: examples.relativePath) }
    (self.examples, self.output, self.seed) = (examples, output, seed)
  }

  /// Runs everything.
  ///
  /// - Parameters:
  ///   - program: What the services are started from.
  ///   - progress: Takes text for standard error.
  /// - Returns: The table, and where the reports are.
  public func run(program: URL, terminal: Terminal, progress: @escaping @Sendable (String) -> Void) async throws
    -> String
  {
    let start = ContinuousClock.now
    for (index, run) in Self.runs.enumerated() {
      progress("\(index + 1) of \(Self.runs.count): \(run.title)\n")
      try? FileManager.default.removeItem(at: folder(run.recipe))
      let recipe = try recipe(run.recipe)
      let session = try RunSession(
        recipe: recipe, place: .local(program: program), resumes: false)
      let path = try await session.run(RunDisplay(method: recipe.method.rawValue, terminal: terminal, write: progress))
      _ = try await RunSummary.text(recipe: recipe, folder: path)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let report = folder("distillm2").appending(path: "report.html").relativePath
    return """
      \(try table())

      \(FigureFormat.duration(seconds: seconds)) on \(ProcessInfo.processInfo.activeProcessorCount) cores; the last report is \(report)
      """
  }

  /// The figures of all runs: the teacher's are those of its copy before the first step.
  func table() throws -> String {
    let columns = [
      ("valid, T = 1", "eval/valid"), ("valid, greedy", "eval/valid_greedy"), ("KL to teacher", "eval/kl"),
      ("distinct right of 8", "eval/distinct_valid"),
    ]
    var table = TextTable(["model"] + columns.map(\.0))
    for run in Self.runs {
      let log = try MetricsLog(file: folder(run.recipe).appending(path: "metrics.jsonl"))
      table.add(
        [run.title]
          + columns.map { _, name in
            let value = run.recipe == "ceiling" ? log.curve(name).first?.value : log.last(name)
            return value.map { $0.formatted(decimals: 3) } ?? "—"
          })
    }
    return table.text
  }

  /// Writes the data files of the examples, the teacher's too, which is not committed because of its size; returns their folder.
  public func writeData() throws -> URL {
    let folder = examples.appending(path: "data")
    for data in PuzzleData.allCases {
      try Data(data.contents.utf8).write(to: folder.appending(path: data.fileName), options: .atomic)
    }
    return folder
  }

  private func recipe(_ name: String) throws -> Recipe {
    let file = examples.appending(path: "\(name).yaml").relativePath
    var overrides = ["output_dir=\(folder(name).relativePath)", "seed=\(seed)"]
    if ["sft-few", "seqkd", "kd", "distillm2"].contains(name) {
      overrides.append("student=\(folder("warm").appending(path: "student").relativePath)")
    }
    return try RecipeFile(path: file).recipe(overrides: overrides)
  }

  private func folder(_ name: String) -> URL { output.appending(path: name, directoryHint: .isDirectory) }
}
