import CoordinatorService
import Foundation
import Recipes
import Reports
import Sequences
import Tokenization
import Transformer
import WireFormat

/// What teacher, start and student of a run answer to some held-out prompts, side by side in the report.
struct RunSamples: Sendable {
  /// Prompts that are shown.
  private static let promptCount = 6
  /// Longest answers that are shown, in tokens.
  private static let tokenLimit = 96

  private let recipe: Recipe
  private let folder: URL

  init(recipe: Recipe, folder: URL) { (self.recipe, self.folder) = (recipe, folder) }

  /// Greedy answers of the models that are folders of this machine; empty where the data has no prompts.
  func comparisons() throws -> [SampleComparison] {
    let student = try LocalModel(folder: folder.appending(path: "student", directoryHint: .isDirectory))
    let prompts = try prompts(student)
    guard !prompts.isEmpty else { return [] }
    var columns = [("student", try answers(student, prompts))]
    if case .folder(let start) = recipe.student {
      columns.insert(("start", try answers(LocalModel(folder: URL(filePath: start)), prompts)), at: 0)
    }
    if case .folder(let folder) = recipe.teacher {
      let teacher = try LocalModel(folder: URL(filePath: folder))
      // The prompts are in the student's tokens.
      if teacher.description.vocabularyDigest == student.description.vocabularyDigest {
        columns.insert(("teacher", try answers(teacher, prompts)), at: 0)
      }
    }
    return prompts.indices.map { index in
      SampleComparison(
        prompt: prompts[index].promptText,
        answers: columns.map { SampleComparison.Answer(name: $0.0, text: $0.1[index]) })
    }
  }

  private func prompts(_ student: LocalModel) throws -> [TrainingSample] {
    let codec = try TokenizerCodec(folder: student.path)
    let context = student.transformer.configuration.contextLength
    let limits = SequenceLimits(training: recipe.training, maxNewTokens: maxNewTokens, contextLength: context)
    let file = try DataFile(path: recipe.evalData ?? recipe.trainData, limit: Self.promptCount)
    return try file.samples(codec: codec, lengths: limits).filter(\.isPrompt)
  }

  private var maxNewTokens: Int { min(recipe.evaluation.maxNewTokens, Self.tokenLimit) }

  private func answers(_ model: LocalModel, _ prompts: [TrainingSample]) throws -> [String] {
    let tokenizer = try model.requiredTokenizer()
    let sampling = SamplingOptions(samplingTemperature: 0, maxNewTokens: maxNewTokens)
    return try model.generate(prompts.map(\.prompt), sampling: sampling, seeds: prompts.map { _ in 0 })
      .map { tokenizer.decode($0.tokenIDs) }
  }
}
