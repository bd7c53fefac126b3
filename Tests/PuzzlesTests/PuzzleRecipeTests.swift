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
