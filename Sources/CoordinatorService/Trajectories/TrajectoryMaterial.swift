internal import Curation
internal import Foundation
internal import Lion
internal import Recipes
internal import Sequences

/// A recipe of edited trajectories with its rows read: everything its loop needs besides the models.
struct TrajectoryMaterial: Sendable {
  /// The rows, and who verifies their answers.
  let data: CurationMaterial
  let options: Recipe.TriPosT
  let settings: TrajectorySettings
  /// What the teacher is asked.
  let template: PromptTemplate
  /// SHA-256 of all that the loop depends on.
  let dataDigest: String

  /// Reads everything.
  ///
  /// - Parameter load: Gives the tokenizer of a model folder.
  init(recipe: Recipe, codec load: (String) throws -> any TextCodec) throws {
    guard let options = recipe.tripost else { throw TrajectoryProblem.otherMethod(recipe.method) }
    data = try CurationMaterial(recipe: recipe, codec: load)
    let replacement = try options.editorPrompt.map(CurationMaterial.text)
    template = try TrajectoryEditor.template(replacement)
    self.options = options
    let rows = data.stages[0]
    settings = TrajectorySettings(
      rowCount: rows.count, givenRows: rows.indices.filter { rows[$0].reference != nil },
      iterations: options.iterations,
      samplingRounds: options.samplingRounds, enoughImprovements: options.enoughImprovements,
      updateLimit: options.maxUpdates, improvementRatio: options.improvementRatio, seed: recipe.seed)
    dataDigest = ContentName.of([Array(data.dataDigest.utf8), Array((replacement ?? "").utf8)])
  }

  var recipe: Recipe { data.recipe }
  var rows: [CurationRow] { data.stages[0] }

  /// How the student writes.
  var attemptSampling: SamplingOptions { data.sampling }

  /// How the teacher edits.
  var editorSampling: SamplingOptions {
    SamplingOptions(
      samplingTemperature: Float(options.editorTemperature), maxNewTokens: options.editorMaxNewTokens)
  }

  /// A seed of its own for each attempt.
  func seed(_ attempt: TrajectoryAttempt) -> UInt64 {
    seed(0, attempt.iteration, attempt.round, attempt.row)
  }

  /// A seed of its own for each question to the teacher.
  func seed(_ question: TrajectoryQuestion) -> UInt64 {
    let attempt = question.attempt
    return seed(1, attempt.iteration, attempt.round, attempt.row, question.number)
  }

  private func seed(_ path: Int...) -> UInt64 {
    var generator = SeededGenerator(seed: recipe.seed, path: SeedStream.trajectories.rawValue)
    for index in path { generator = SeededGenerator(seed: generator.next(), path: UInt64(index)) }
    return generator.next()
  }

  /// What the teacher is sent about a wrong answer to a row, in the student's words.
  func editorPrompt(_ row: CurationRow, answer: String) throws -> [TokenID] {
    let prompt = template.filled(["instruction": row.question.instruction ?? row.promptText, "answer": answer])
    return try data.codec.tokenIDs(of: prompt)
  }

  /// Tokens of the longest prompt that the teacher is sent, not counting the student's answer in it.
  var longestEditorPrompt: Int { get throws { try rows.map { try editorPrompt($0, answer: "").count }.max() ?? 0 } }

  /// What the student of an iteration learns, each row with where it comes from.
  func lessons(_ iteration: TrajectoryIteration) throws -> [Data] {
    try iteration.lessons.compactMap { lesson in
      switch lesson {
      case .written(let sample, let attempt):
        let row = rows[attempt.row]
        let weights =
          sample.isImprovement ? [options.attemptWeight, options.feedbackWeight, options.feedbackWeight] : []
        let turns = sample.turns.enumerated().map { place, text in
          AnswerTurn(text, weight: weights.isEmpty ? 1 : Float(weights[place]))
        }
        let source = LessonSource(
          line: row.line, kind: sample.isImprovement ? "improvement" : "feedback", round: attempt.round)
        return try row.question.json(adding: ["turns": turns, "source": source])
      case .given(let place):
        let row = rows[place]
        return try row.question.answered(by: row.reference)?.json(
          adding: ["source": LessonSource(line: row.line, kind: "given", round: nil)])
      }
    }
  }
}

/// Where a row that is learnt comes from.
private struct LessonSource: Encodable {
  let line: Int
  let kind: String
  let round: Int?
}

/// What keeps a run of edited trajectories from beginning, or going on.
enum TrajectoryProblem: Error, CustomStringConvertible {
  case otherMethod(Method)
  case nothingImproved(String)

  var description: String {
    switch self {
    case .otherMethod(let method): "method \(method.rawValue) edits no trajectories"
    case .nothingImproved(let line): line
    }
  }
}
