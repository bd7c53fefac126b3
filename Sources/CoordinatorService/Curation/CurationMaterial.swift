internal import Curation
internal import Foundation
internal import Recipes
internal import Sequences

/// A question that the teacher is asked, and what becomes of its answers.
struct CurationRow: Sendable {
  /// The line of the data's file.
  let line: Int
  /// What the student learns to answer.
  let question: DataRow
  /// The same as text, for checkers.
  let promptText: String
  /// What the teacher is sent.
  let promptIDs: [TokenID]
  /// The data's own answer; nil: there is none.
  let reference: String?
  /// The row of the file as it stands there.
  let json: String
}

/// A recipe with its rows read: everything a run that collects answers needs besides the models.
struct CurationMaterial: Sendable {
  let recipe: Recipe
  let codec: any TextCodec
  let settings: CurationSettings
  /// By stage.
  let stages: [[CurationRow]]
  /// SHA-256 of all that the run depends on.
  let dataDigest: String

  /// Reads everything.
  ///
  /// - Parameter load: Gives the tokenizer of a model folder.
  init(recipe: Recipe, codec load: (String) throws -> any TextCodec) throws {
    self.recipe = recipe
    let folder = recipe.student.tokenizerFolder
    let codec = try load(folder)
    let limits = SequenceLimits(
      training: recipe.training, maxNewTokens: recipe.generation?.maxNewTokens,
      contextLength: try StudentFolder.contextLength(of: folder))
    self.codec = codec
    let examples = try recipe.rejection?.examples.map(Self.text)
    stages = [try Self.read(recipe.trainData, recipe, codec, limits, examples: examples)]
    settings = CurationSettings(recipe, rowCounts: stages.map(\.count))
    let rows = stages.joined().map { Array($0.json.utf8) }
    dataDigest = ContentName.of([Array(recipe.resolvedYAML.utf8), Array((examples ?? "").utf8)] + rows)
  }

  private static func text(_ path: String) throws -> String {
    do { return try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw RecipeError.unreadableData(path: path, reason: "expected a text file in UTF-8")
    }
  }

  private static func read(
    _ path: String, _ recipe: Recipe, _ codec: any TextCodec, _ limits: SequenceLimits, examples: String?
  ) throws -> [CurationRow] {
    let contents = try text(path)
    let lines = contents.split(separator: "\n", omittingEmptySubsequences: false)
    let rows = try DataFile(contents: contents, path: path, limit: recipe.maxSamples).rows
    let questions = try rows.map { line, row in
      guard let question = row.answered(by: nil) else {
        throw RecipeError.badRow(
          path: path, line: line, reason: "method \(recipe.method.rawValue) needs a prompt; a 'text' row has none")
      }
      return question
    }
    let learnt = try samples(questions, path, codec, limits)
    // Examples are the teacher's alone, and are never cut: they do not count in the student's lengths.
    let whole = SequenceLimits(prompt: .max / 4, sequence: .max / 2, completion: limits.completion)
    let asked = try examples.map { text in
      try samples(questions.map { $0.preceded(by: text) }, path, codec, whole)
    }
    return rows.indices.map { place in
      CurationRow(
        line: rows[place].line, question: questions[place], promptText: learnt[place].promptText,
        promptIDs: (asked ?? learnt)[place].prompt, reference: rows[place].row.answer,
        json: String(lines[rows[place].line - 1]))
    }
  }

  /// Token ids as the rows of a data file have them.
  private static func samples(
    _ rows: [DataRow], _ path: String, _ codec: any TextCodec, _ limits: SequenceLimits
  ) throws -> [TrainingSample] {
    let contents = try rows.map { String(decoding: try $0.json(), as: UTF8.self) }.joined(separator: "\n")
    return try DataFile(contents: contents, path: path).samples(codec: codec, lengths: limits)
  }

  /// A seed of its own for each answer: it does not depend on how many others are asked for.
  func seed(_ request: AnswerRequest) -> UInt64 {
    var generator = SeededGenerator(
      seed: recipe.seed, path: SeedStream.curation.rawValue, UInt64(request.stage), UInt64(request.row),
      UInt64(request.sample))
    return generator.next()
  }

  /// How the teacher writes.
  var sampling: SamplingOptions { recipe.generation?.sampling ?? SamplingOptions() }
}

extension CurationSettings {
  /// The settings of a recipe.
  init(_ recipe: Recipe, rowCounts: [Int]) {
    self.init(rowCounts: rowCounts)
    guard let rejection = recipe.rejection else { return }
    samplesPerRow = rejection.samplesPerPrompt
    keep = KeepPolicy(rawValue: rejection.keep) ?? .first
  }
}
