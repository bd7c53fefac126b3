import Foundation
import Puzzles
import Recipes
import Testing

@Suite("Recipes of the puzzles' example") struct PuzzleRecipeTests {
  static let names = ["teacher", "ceiling", "warm", "sft-few", "seqkd", "kd", "distillm2"]

  @Test("a recipe reads, and asks for the checker and the held-out instructions", arguments: names)
  func reads(name: String) throws {
    let recipe = try recipe(name)
    #expect(recipe.evaluation.checker == "puzzles")
    #expect(recipe.evaluation.metrics.contains("valid"))
    #expect(recipe.evalData == "Examples/puzzles/data/heldout.jsonl")
    #expect(PuzzleData.allCases.contains { recipe.trainData == "Examples/puzzles/data/\($0.fileName)" })
    #expect(recipe.training.maxLength <= PuzzleFolder.contextLength)
  }

  @Test("the methods that are compared differ in the method alone")
  func equalConditions() throws {
    let compared = try ["sft-few", "seqkd", "kd", "distillm2"].map(recipe)
    #expect(Set(compared.map(\.training)).count == 1)
    #expect(Set(compared.map(\.evaluation)).count == 1)
    #expect(Set(compared.map(\.student)).count == 1)
    #expect(compared.dropFirst().allSatisfy { $0.generation?.temperature == 1 && $0.generation?.topP == 1 })
  }

  @Test("the teacher's epochs are whole batches of its data")
  func teacherSeesAllRows() throws {
    let training = try recipe("teacher").training
    #expect(training.numTrainEpochs >= 1 && training.maxSteps == -1)
    let rows = Double(PuzzleData.teacher.rowCount) * training.numTrainEpochs
    #expect(rows.truncatingRemainder(dividingBy: Double(training.batchSize)) == 0)
  }

  private func recipe(_ name: String) throws -> Recipe {
    let file = PuzzleDataTests.example.appending(path: "\(name).yaml")
    return try Recipe(yaml: String(contentsOf: file, encoding: .utf8), file: file.lastPathComponent)
  }
}

@Suite("Studies of the examples") struct StudyTests {
  private static let root = PuzzleDataTests.example.deletingLastPathComponent().deletingLastPathComponent()

  /// The recipes of a study, as `scripts/study.sh` puts them together.
  private func recipes(_ study: String) throws -> [(run: String, after: String, recipe: Recipe)] {
    let text = try String(contentsOf: Self.root.appending(path: "\(study)/study.txt"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { line in
      !["#", "figures ", "against "].contains { line.hasPrefix($0) }
    }
    return try lines.map { line in
      let words = line.split(separator: " ").map(String.init)
      try #require(words.count >= 4, "\(line)")
      let yaml = try String(contentsOf: Self.root.appending(path: words[3]), encoding: .utf8)
      let start = words[2] == "-" ? [] : ["student=out/\(words[2])/student"]
      return (words[0], words[2], try Recipe(yaml: yaml, file: words[3], overrides: start + Array(words[4...])))
    }
  }

  @Test(
    "name recipes that read, and begin with runs that come before",
    arguments: [
      "Examples/puzzles", "Examples/comparison/puzzles", "Examples/comparison/weak", "Examples/comparison/chat",
      "Examples/comparison/stories",
    ])
  func reads(study: String) throws {
    var made: Set<String> = ["-"]
    for (run, after, _) in try recipes(study) {
      #expect(made.contains(after), "\(run) begins with \(after)")
      #expect(made.insert(run).inserted, "\(run) stands twice")
    }
  }

  @Test(
    "compare at least ten methods with equal budgets",
    arguments: ["Examples/comparison/puzzles", "Examples/comparison/chat", "Examples/comparison/stories"])
  func budgets(study: String) throws {
    let compared = try recipes(study).filter { $0.after == "warm" }.map(\.recipe)
    #expect(Set(compared.map(\.method)).count >= 10)
    #expect(Set(compared.map { [$0.training.maxSteps, $0.training.batchSize, $0.training.maxLength] }).count == 1)
    #expect(Set(compared.map { [$0.training.warmupRatio, $0.training.adamBeta2, $0.training.maxGradNorm] }).count == 1)
    #expect(Set(compared.map(\.evaluation)).count == 1)
    #expect(Set(compared.compactMap(\.generation)).count == 1)
  }
}
