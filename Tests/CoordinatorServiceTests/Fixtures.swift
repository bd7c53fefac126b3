import CoordinatorService
import Foundation
import Recipes
import Sequences
import WireFormat

/// A recipe over small numbers: 10 rows, batches of 3, two rounds.
func makeRecipe(_ overrides: [String] = [], teacher: Bool = true) throws -> Recipe {
  let base = """
    method: distillm2
    student: student
    data: {train: train.jsonl, eval: eval.jsonl}
    output_dir: out
    generation: {batch_size: 4, rounds: 2}
    training: {per_device_train_batch_size: 3, max_steps: 9, save_steps: 4}
    evaluation: {eval_steps: 3}
    """
  return try Recipe(yaml: base, overrides: (teacher ? ["teacher=host:1"] : []) + overrides)
}

func makePlan(_ overrides: [String] = [], samples: Int = 10, evals: Int = 5) throws -> RunPlan {
  RunPlan(recipe: try makeRecipe(overrides), sampleCount: samples, evalCount: evals, longestSequence: 100)
}

/// A model's description that fits every method.
func makeDescription(_ change: (inout WireModelDescription) -> Void = { _ in }) -> WireModelDescription {
  var description = WireModelDescription(
    name: "model", modelDigest: "digest", vocabularyDigest: "vocabulary", vocabSize: 300, headSize: 300,
    contextLength: 128, bosTokenIDs: [1], eosTokenIDs: [2],
    abilities: WireAbilities(
      generate: true, tokenLogprobs: true, maxTopCount: 300, fullLogprobs: true, hiddenState: true, draws: true),
    hiddenSize: 16)
  change(&description)
  return description
}

let summary = ModelSummary(makeDescription())

/// A folder that is deleted at the end of the body.
func withFolder<T>(_ body: (URL) async throws -> T) async throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("retort-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
