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
  /// Name of the row's teacher; empty: there is one for all.
  let teacher: String
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
  /// The files of the stages.
  let files: [String]
  private let limits: SequenceLimits
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
      contextLength: try recipe.student.contextLength())
    (self.codec, self.limits) = (codec, limits)
    let examples = try recipe.rejection?.examples.map(Self.text)
    let systems = try recipe.orca.map {
      try SystemPrompts(path: $0.systemPrompts, contents: Self.text($0.systemPrompts))
    }
    if systems != nil { try SystemPrompts.check(codec, folder: folder) }
    files = recipe.orca.flatMap { $0.data.isEmpty ? nil : $0.data } ?? [recipe.trainData]
    stages = try files.enumerated().map { stage, file in
      let teacher = recipe.orca.flatMap { $0.teachers.isEmpty ? nil : $0.teachers[stage] }
      return try Self.read(file, recipe, codec, limits, examples: examples, teacher: teacher) { row, number in
        systems.map { row.asked(under: $0.prompt(seed: recipe.seed, stage: stage, row: number)) } ?? row
      }
    }
    settings = CurationSettings(recipe, rowCounts: stages.map(\.count))
    let questions = try stages.joined().map { [Array($0.json.utf8), Array(try $0.question.json())] }.joined()
    dataDigest = ContentName.of([Array(recipe.resolvedYAML.utf8), Array((examples ?? "").utf8)] + questions)
  }

  static func text(_ path: String) throws -> String {
    do { return try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw RecipeError.unreadableData(path: path, reason: "expected a text file in UTF-8")
    }
  }

  private static func read(
    _ path: String, _ recipe: Recipe, _ codec: any TextCodec, _ limits: SequenceLimits, examples: String?,
    teacher: String?, asked: (_ row: DataRow, _ number: Int) -> DataRow
  ) throws -> [CurationRow] {
    let contents = try text(path)
    let lines = DataFile.lines(of: Data(contents.utf8))
    let file = try DataFile(
      contents: contents, path: path, limit: recipe.maxSamples, column: recipe.teachers.column)
    let rows = file.rows
    let teachers = try zip(rows, file.names).map { row, name in
      do throws(RowProblem) { return try recipe.teachers.name(given: name ?? teacher) ?? "" } catch {
        throw RecipeError.badRow(path: path, line: row.line, reason: error.reason)
      }
    }
    let questions = try rows.enumerated().map { number, row in
      guard let question = row.row.answered(by: nil) else {
        throw RecipeError.badRow(
          path: path, line: row.line, reason: "method \(recipe.method.rawValue) needs a prompt; a 'text' row has none")
      }
      return asked(question, number)
    }
    let learnt = try samples(questions, path, codec, limits)
    // Examples are the teacher's alone, and are never cut: they do not count in the student's lengths.
    let whole = SequenceLimits(prompt: .max / 4, sequence: .max / 2, completion: limits.completion)
    let sent = try examples.map { text in
      try samples(questions.map { $0.preceded(by: text) }, path, codec, whole)
    }
    return rows.indices.map { place in
      CurationRow(
        line: rows[place].line, question: questions[place], promptText: learnt[place].promptText,
        promptIDs: (sent ?? learnt)[place].prompt, teacher: teachers[place], reference: rows[place].row.answer,
        json: String(decoding: lines[rows[place].line - 1], as: UTF8.self))
    }
  }

  /// Token ids as the rows of a data file have them.
  private static func samples(
    _ rows: [DataRow], _ path: String, _ codec: any TextCodec, _ limits: SequenceLimits
  ) throws -> [TrainingSample] {
    let contents = try rows.map { String(decoding: try $0.json(), as: UTF8.self) }.joined(separator: "\n")
    return try DataFile(contents: contents, path: path).samples(codec: codec, lengths: limits)
  }

  /// Ids of a row with an answer as the student learns them, without the end of sequence.
  func learnt(_ text: String, _ row: CurationRow) throws -> (prompt: [TokenID], completion: [TokenID]) {
    guard let whole = row.question.answered(by: text) else { return ([], []) }
    let sample = try Self.samples([whole], recipe.trainData, codec, limits)[0]
    var completion = sample.completion ?? []
    if completion.last.map(codec.eosTokenIDs.contains) == true { completion.removeLast() }
    return (sample.prompt, completion)
  }

  /// The row that is longest for the student, with nothing for an answer.
  var unanswered: [Data] {
    get throws {
      let row = stages.joined().max { $0.promptText.utf8.count < $1.promptText.utf8.count }
      return try [row.flatMap { try self.row($0, answer: "") }].compactMap(\.self)
    }
  }

  /// A row with an answer, as it is learnt, with its teacher and more columns that nobody reads; nil: it takes none.
  func row(_ row: CurationRow, answer: String?, adding columns: [String: any Encodable] = [:]) throws -> Data? {
    var columns = columns
    if let column = recipe.teachers.column { columns[column] = row.teacher }
    return try row.question.answered(by: answer)?.json(adding: columns)
  }

  /// The teachers that rows ask, with the tokens of the longest prompt that each is sent.
  var longestPrompts: [String: Int] {
    Dictionary(stages.joined().map { ($0.teacher, $0.promptIDs.count) }, uniquingKeysWith: max)
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
    if let rejection = recipe.rejection {
      samplesPerRow = rejection.samplesPerPrompt
      keep = KeepPolicy(rawValue: rejection.keep) ?? .first
    }
    if let critics = recipe.critics {
      samplesPerRow = critics.samplesPerPrompt
      keep = KeepPolicy(rawValue: critics.keep) ?? .all
      overlapLimit = critics.rougeLimit
    }
    if let orca = recipe.orca { samplesPerRow = orca.samplesPerPrompt }
  }
}
