import CoordinatorService
import Evaluation
public import Foundation
import Recipes
import Reports
import Sequences
import Tokenization
import Transformer
import WireFormat

/// `retort eval`: what a model makes of held-out rows.
public struct ModelEvaluation: Sendable {
  /// A figure that can be asked for.
  public enum Metric: String, Sendable, Hashable, CaseIterable {
    /// ROUGE-L's F measure of greedy answers against the rows' completions, words stemmed.
    case rougeL = "rouge_l"
    /// The same, words as they are.
    case rougeLUnstemmed = "rouge_l_unstemmed"
    /// Share of greedy answers that equal the row's completion after normalisation.
    case exactMatch = "exact_match"
    /// Exponential of the mean negative log-prob of the rows' completion tokens.
    case perplexity
    /// Share of the positions of the rows' completions where model and teacher hold the same token for the most probable one.
    case nextTokenAgreement = "next_token_agreement"
    /// Probability that one of k samples is right, for k = 1, 2, 4, … and their number.
    case passAtK = "pass@k"

    /// Whether it is measured on greedy answers of the model's own.
    var needsAnswers: Bool { [.rougeL, .rougeLUnstemmed, .exactMatch].contains(self) }
  }

  /// A figure of a data file.
  public struct Figure: Sendable, Hashable {
    /// What was measured.
    public let metric: Metric
    /// Its name: the metric's, or that of one of its numbers, such as `pass@4`.
    public let name: String
    /// Its value over all rows.
    public let value: Double
    /// Half the width of its 95 % interval over rows; nil for what is taken over positions, and where there is one row.
    public let halfWidth: Double?
    /// Rows that counted.
    public let rowCount: Int

    init(_ metric: Metric, name: String? = nil, value: Double, halfWidth: Double? = nil, rowCount: Int) {
      (self.metric, self.name, self.value) = (metric, name ?? metric.rawValue, value)
      (self.halfWidth, self.rowCount) = (halfWidth, rowCount)
    }
  }

  private let model: LocalModel
  private let teacher: LocalModel?
  private let metrics: [Metric]
  private let maxNewTokens: Int
  private let sampling: AnswerSampling?

  /// Measures a model.
  ///
  /// - Parameters:
  ///   - teacher: Whom the model is to agree with; of the same vocabulary.
  ///   - metrics: Names, separated by commas.
  ///   - sampling: How answers are sampled for `pass@k`; nil: it cannot be asked for.
  /// - Throws: ``CommandError/badOption(name:value:expected:)``.
  public init(
    model: LocalModel, teacher: LocalModel? = nil, metrics: String, maxNewTokens: Int, sampling: AnswerSampling? = nil
  ) throws(CommandError) {
    let known = Metric.allCases.map(\.rawValue).joined(separator: ", ")
    self.metrics = try metrics.split(separator: ",").map(String.init).map { name throws(CommandError) in
      guard let metric = Metric(rawValue: name) else {
        throw .badOption(name: "--metrics", value: name, expected: "names among \(known)")
      }
      return metric
    }
    if self.metrics.contains(.nextTokenAgreement) {
      guard let teacher else {
        throw .badOption(name: "--metrics", value: "next_token_agreement", expected: "--teacher DIR with it")
      }
      guard teacher.description.vocabularyDigest == model.description.vocabularyDigest else {
        throw .badOption(
          name: "--teacher", value: teacher.path, expected: "a model with the vocabulary of \(model.path)")
      }
    }
    let isSampled = self.metrics.contains(.passAtK)
    if isSampled, sampling == nil {
      let names = AnswerSampling.Checker.allCases.map(\.rawValue).joined(separator: ", ")
      throw .badOption(name: "--metrics", value: "pass@k", expected: "--checker NAME with it, one of \(names)")
    }
    if let sampling, !isSampled {
      throw .badOption(name: "--checker", value: sampling.checker.rawValue, expected: "pass@k among --metrics")
    }
    self.sampling = sampling
    self.model = model
    self.teacher = teacher
    self.maxNewTokens = maxNewTokens
  }

  /// Measures on the rows of a file.
  ///
  /// - Parameter limit: At most so many rows; nil: all.
  public func run(data file: URL, limit: Int?) throws -> [Figure] {
    let codec = try TokenizerCodec(folder: model.path)
    let context = model.transformer.configuration.contextLength
    let limits = SequenceLimits(prompt: max(1, context - maxNewTokens), sequence: context, completion: context)
    let samples = try DataFile(path: file.relativePath, limit: limit).samples(codec: codec, lengths: limits)
    let answers = metrics.contains(where: \.needsAnswers) ? try greedyAnswers(samples) : [:]
    return try metrics.flatMap { metric in
      let figures =
        switch metric {
        case .perplexity: try [perplexity(samples)]
        case .nextTokenAgreement: try [agreement(samples)]
        case .rougeL, .rougeLUnstemmed, .exactMatch: [compare(metric, samples, answers)]
        case .passAtK: try passFigures(samples)
        }
      let found = figures.compactMap(\.self)
      guard !found.isEmpty else {
        throw CommandError.nothingToMeasure(
          file: file.relativePath, metric: metric.rawValue,
          needed: metric == .passAtK ? "prompts that the checker knows answers to" : "prompts with completions")
      }
      return found
    }
  }

  /// The table of figures.
  public static func table(_ figures: [Figure]) -> String {
    var table = TextTable(["metric", "value", "±", "rows"])
    for figure in figures {
      table.add([
        figure.name, FigureFormat.number(figure.value),
        figure.halfWidth.map { FigureFormat.number($0) } ?? "",
        "\(figure.rowCount)",
      ])
    }
    return table.text
  }

  /// The figures as an object, with how answers were written where there are any.
  public func json(_ figures: [Figure]) -> JSONText {
    let decoding: [(String, JSONText)] = [("temperature", .whole(0)), ("max_new_tokens", .whole(maxNewTokens))]
    var members = figures.map { ($0.name, JSONText.number($0.value)) }
    members.append(("rows", .whole(figures.map(\.rowCount).max() ?? 0)))
    if metrics.contains(where: \.needsAnswers) { members.append(("decode", .object(decoding))) }
    if let sampling {
      members.append(
        (
          "samples",
          .object([
            ("checker", .text(sampling.checker.rawValue)), ("num_samples", .whole(sampling.count)),
            ("temperature", .number(sampling.temperature)), ("max_new_tokens", .whole(maxNewTokens)),
          ])
        ))
    }
    return .object(members)
  }

  /// Greedy answers to the rows that have both a prompt and a completion, by the row's index.
  private func greedyAnswers(_ samples: [TrainingSample]) throws -> [Int: String] {
    let asked = samples.indices.filter { samples[$0].isPrompt && samples[$0].completionText != nil }
    let tokenizer = try model.requiredTokenizer()
    let sampling = SamplingOptions(samplingTemperature: 0, maxNewTokens: maxNewTokens)
    let completions = try model.generate(
      asked.map { samples[$0].prompt }, sampling: sampling, seeds: asked.map { _ in 0 })
    return Dictionary(
      uniqueKeysWithValues: completions.map { (asked[$0.promptIndex], tokenizer.decode($0.tokenIDs)) })
  }

  private func compare(_ metric: Metric, _ samples: [TrainingSample], _ answers: [Int: String]) -> Figure? {
    let values = answers.sorted { $0.key < $1.key }.map { index, answer in
      let reference = samples[index].completionText ?? ""
      return metric == .exactMatch
        ? exactMatch(references: [reference], prediction: answer) ? 1 : 0
        : rougeL(reference: reference, prediction: answer, stemmed: metric == .rougeL).fMeasure
    }
    return MeanInterval(values).map {
      Figure(metric, value: $0.mean, halfWidth: $0.halfWidth, rowCount: $0.count)
    }
  }

  /// `pass@k` for each k: samples have the seeds of a run's own evaluation.
  private func passFigures(_ samples: [TrainingSample]) throws -> [Figure?] {
    guard let sampling else { return [] }
    let asked = samples.indices.filter { samples[$0].isPrompt && sampling.isRight("", to: samples[$0]) != nil }
    let tokenizer = try model.requiredTokenizer()
    let options = SamplingOptions(samplingTemperature: Float(sampling.temperature), maxNewTokens: maxNewTokens)
    var rightCounts = [Int](repeating: 0, count: asked.count)
    for number in 0..<sampling.count {
      let seeds = asked.map { SeedStream.evaluationSeed(of: sampling.seed, prompt: $0, sample: number) }
      for answer in try model.generate(asked.map { samples[$0].prompt }, sampling: options, seeds: seeds)
      where sampling.isRight(tokenizer.decode(answer.tokenIDs), to: samples[asked[answer.promptIndex]]) == true {
        rightCounts[answer.promptIndex] += 1
      }
    }
    return passCounts(sampleCount: sampling.count).map { k in
      MeanInterval(rightCounts.map { passAtK(correctCount: $0, sampleCount: sampling.count, k: k) }).map {
        Figure(.passAtK, name: "pass@\(k)", value: $0.mean, halfWidth: $0.halfWidth, rowCount: $0.count)
      }
    }
  }

  private func answered(_ samples: [TrainingSample]) -> [TokenSequence] {
    samples.compactMap { sample in sample.completion.map { TokenSequence(prompt: sample.prompt, completion: $0) } }
  }

  private func agreement(_ samples: [TrainingSample]) throws -> Figure? {
    guard let teacher else { return nil }
    let sequences = answered(samples)
    let options = ScoreOptions(topCount: 1)
    let pairs = zip(try model.score(sequences, options: options), try teacher.score(sequences, options: options))
      .flatMap { zip($0.topTokenIDs, $1.topTokenIDs) }
    guard !pairs.isEmpty else { return nil }
    let share = Double(pairs.count { $0 == $1 }) / Double(pairs.count)
    return Figure(.nextTokenAgreement, value: share, rowCount: sequences.count)
  }

  private func perplexity(_ samples: [TrainingSample]) throws -> Figure? {
    let sequences = answered(samples)
    var sum = PerplexitySum()
    for scores in try model.score(sequences, options: ScoreOptions(tokenLogprobs: true)) {
      sum.add(scores.tokenLogprobs)
    }
    return sum.perplexity.map { Figure(.perplexity, value: $0, rowCount: sequences.count) }
  }
}
