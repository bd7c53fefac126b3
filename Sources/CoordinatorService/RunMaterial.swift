internal import Crypto
internal import Foundation
internal import Recipes
internal import Sequences

/// A recipe with its data, read and tokenized: everything a run needs besides the models.
struct RunMaterial: Sendable {
  let recipe: Recipe
  /// As it was at the start; where shares of texts follow measurements the machine knows more.
  var plan: RunPlan
  let samples: [TrainingSample]
  let evalSamples: [TrainingSample]
  /// What the held-out rows ask, without any template around it, where a judge is to see it; else empty.
  let evalInstructions: [String]
  /// Pre-training text that is learnt beside the samples; empty: none is.
  let corpus: [TokenSequence]
  let limits: SequenceLimits
  let codec: any TextCodec
  /// Teachers with tokenizers of their own, by name.
  let languages: [String: TeacherLanguage]
  /// The run's name, of which students ask teachers with other tokens.
  let runID: String
  /// SHA-256 of all that training depends on: a run whose data changed cannot go on.
  let dataDigest: String

  /// Reads everything.
  ///
  /// - Parameters:
  ///   - codec: Gives the tokenizer of a model folder.
  ///   - train: Rows that stand for those of the recipe's file; nil: none do.
  init(
    recipe: Recipe, runID: String, codec load: (String) throws -> any TextCodec, train given: DataFile? = nil
  ) throws {
    (self.recipe, self.runID) = (recipe, runID)
    let codec = try load(recipe.student.tokenizerFolder)
    try Self.checkModule(recipe.okd)
    let limits = SequenceLimits(
      training: recipe.training, maxNewTokens: recipe.generation?.maxNewTokens,
      contextLength: try recipe.student.contextLength())
    (self.codec, self.limits) = (codec, limits)
    let column = recipe.teachers.column
    var train = try given ?? DataFile(path: recipe.trainData, limit: recipe.maxSamples, column: column)
    var eval = try recipe.evalData.map { try DataFile(path: $0, limit: recipe.maxEvalSamples, column: column) }
    if let options = recipe.biAlign {
      let rows = train
      train = try rows.demonstrated(by: options) { Self.demonstrations(of: $0, isHeldOut: false, recipe) }
      eval = try eval?.demonstrated(by: options, from: rows) { Self.demonstrations(of: $0, isHeldOut: true, recipe) }
    }
    samples = try Self.read(train, recipe.teachers, codec, limits) { Self.problem(with: $0, recipe) }
    evalSamples =
      try eval.map { file in
        try Self.read(file, recipe.teachers, codec, limits) { $0.isPrompt ? nil : "evaluation needs a prompt" }
      } ?? []
    if let problem = Self.problem(withHeldOut: evalSamples, recipe) { throw problem }
    evalInstructions =
      try recipe.evaluation.metrics.contains("judge")
      ? recipe.evalData.map {
        try DataFile(path: $0, limit: recipe.maxEvalSamples).rows.map { $0.row.instruction ?? "" }
      }
        ?? [] : []
    languages = try Self.languages(recipe, codec, limits, train, eval, load)
    corpus = try Self.corpus(of: recipe, codec, limits, languages: languages)
    let written = recipe.generation?.maxNewTokens ?? 0
    // A corpus is cut to what the student takes; it counts where the teacher sees it.
    let scored = recipe.objective.corpus?.term.kind.needsTeacherLogprobs ?? false ? corpus.map(\.tokenIDs.count) : []
    let longest =
      samples.map { $0.longest(written) } + evalSamples.map { $0.longest(recipe.evaluation.maxNewTokens) } + scored
    let mostWritten = max(written, evalSamples.isEmpty ? 0 : recipe.evaluation.maxNewTokens)
    plan = RunPlan(
      recipe: recipe, sampleCount: samples.count, evalCount: evalSamples.count,
      longestSequence: min(limits.sequence, longest.max() ?? 1),
      foreignTeachers: languages.mapValues { language in
        ForeignTokenizer(
          vocabularyDigest: language.codec.vocabularyDigest, longestSequence: language.longest(mostWritten))
      }, corpusCount: corpus.count)
    dataDigest = try Self.digest(recipe, samples, evalSamples, corpus)
  }

  /// Refuses a module on what is no model folder before anything is begun.
  private static func checkModule(_ module: Recipe.OnlineModule?) throws {
    guard let module else { return }
    let file = "\(module.teacher)/config.json"
    guard FileManager.default.isReadableFile(atPath: file) else {
      throw RecipeError.conflict("okd.teacher: \(file): no such file, or no permission; give a model folder")
    }
  }

  private static func read(
    _ file: DataFile, _ teachers: Recipe.Teachers, _ codec: any TextCodec, _ limits: SequenceLimits,
    problem: (TrainingSample) -> String?
  ) throws -> [TrainingSample] {
    var samples = try file.samples(codec: codec, lengths: limits)
    for place in samples.indices {
      let line = file.rows[place].line
      do { samples[place].teacher = try teachers.name(given: file.names[place]) } catch let problem {
        throw RecipeError.badRow(path: file.path, line: line, reason: problem.reason)
      }
      if let reason = problem(samples[place]) { throw RecipeError.badRow(path: file.path, line: line, reason: reason) }
    }
    return samples
  }

  /// Reads the tokenizers of teachers that have another than the student, and the prompts in their tokens.
  private static func languages(
    _ recipe: Recipe, _ codec: any TextCodec, _ limits: SequenceLimits, _ train: DataFile, _ eval: DataFile?,
    _ load: (String) throws -> any TextCodec
  ) throws -> [String: TeacherLanguage] {
    var languages: [String: TeacherLanguage] = [:]
    guard recipe.asksTeacher, recipe.method != .lion else { return languages }
    for teacher in recipe.teachers.all where !codec.vocabularyDigest.isEmpty {
      guard let folder = teacher.tokenizerFolder, folder != recipe.student.tokenizerFolder else { continue }
      // A folder that serves a teacher elsewhere need not be here; one that is named as a tokenizer must.
      guard let other = teacher.tokenizer == nil ? try? load(folder) : try load(folder) else { continue }
      guard !other.vocabularyDigest.isEmpty, other.vocabularyDigest != codec.vocabularyDigest else { continue }
      languages[teacher.name] = TeacherLanguage(
        codec: other, prompts: try train.samples(codec: other, lengths: limits).map(\.prompt),
        evalPrompts: try eval?.samples(codec: other, lengths: limits).map(\.prompt) ?? [])
    }
    return languages
  }

  /// Draws demonstrations of a row, and subsets of them.
  private static func demonstrations(of row: Int, isHeldOut: Bool, _ recipe: Recipe) -> SeededGenerator {
    SeededGenerator(
      seed: recipe.seed, path: SeedStream.demonstrations.rawValue, isHeldOut ? 1 : 0, UInt64(row))
  }

  /// What the method misses in a row.
  private static func problem(with sample: TrainingSample, _ recipe: Recipe) -> String? {
    if recipe.biAlign != nil, sample.completionWeights != nil {
      return "'turns' have no weights in method bialign, which compares whole sequences: give 'completion'"
    }
    for source in [TextSource.data, .teacher, .student] where recipe.textSources.contains(source) {
      let isWritten = recipe.generation != nil && source != .data
      switch source {
      case _ where isWritten && !sample.isPrompt:
        return "method \(recipe.method.rawValue) needs a prompt to answer; a 'text' row has none"
      case _ where isWritten: continue
      case .student where sample.rejected == nil:
        return "with generation: none, method \(recipe.method.rawValue) needs the student's text in 'rejected'"
      case .data where sample.completion == nil, .teacher where sample.completion == nil:
        return
          "method \(recipe.method.rawValue) needs an answer: 'completion', 'chosen', 'output' or an assistant message"
          + (source == .data && recipe.method.mixesTexts ? "; with objective.seq_kd: true the teacher writes it" : "")
      default: continue
      }
    }
    return nil
  }

  /// What the method misses in the rows held out: without a loss on them DistiLLM's share of the student's text stays for ever.
  private static func problem(withHeldOut samples: [TrainingSample], _ recipe: Recipe) -> RecipeError? {
    guard let mixture = recipe.objective.mixture, mixture.adaptation != nil, mixture.usesOtherText,
      !recipe.textSources.contains(.teacher), samples.allSatisfy({ $0.completion == nil })
    else { return nil }
    return .conflict(
      "data.eval: no row of \(recipe.evalData ?? "it") has an answer, and method \(recipe.method.rawValue) has the student "
        + "write once the loss of such answers rises: give them ('completion', 'chosen', 'output' or an assistant message), "
        + "or set objective.seq_kd: true and the teacher writes them; method gkd has a fixed share")
  }

  private static func digest(
    _ recipe: Recipe, _ samples: [TrainingSample], _ evalSamples: [TrainingSample], _ corpus: [TokenSequence]
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var parts = [Data(recipe.resolvedYAML.utf8), try encoder.encode(samples), try encoder.encode(evalSamples)]
    if !corpus.isEmpty { parts.append(try encoder.encode(corpus)) }
    return ContentName.of(parts.map(Array.init))
  }
}

extension TrainingSample {
  /// Length of the sample's longest sequence, if completions of so many tokens are written.
  fileprivate func longest(_ written: Int) -> Int {
    let prompt = (rankedPrompts ?? []).map(\.count).reduce(prompt.count, max)
    return prompt + max(written, completion?.count ?? 0, rejected?.count ?? 0)
  }
}
