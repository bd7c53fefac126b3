internal import Evaluation
internal import Foundation
internal import Recipes
internal import Sequences
internal import Synchronization
internal import WireFormat

/// Measures the student on held-out prompts. The same prompts, seeds and teacher's answers each time, so that two
/// positions of a run, or two runs, differ by the student alone.
struct RunEvaluation: Sendable {
  let material: RunMaterial
  let teacherTexts: [[TokenID]?]
  let student: any StudentConnection
  let metrics: TextMetrics
  let checker: (any AnswerChecker)?
  var judge: RunJudge?

  private var options: Recipe.Evaluation { material.recipe.evaluation }
  private func wants(_ names: String...) -> Bool { names.contains { options.metrics.contains($0) } }

  /// What came of measuring.
  struct Outcome {
    /// All figures as a row.
    let row: String
    /// The table of calibration where it is wanted.
    let calibration: Calibration?
    /// The loss that the share of the student's text follows.
    let validationLoss: Double?
    /// What the student wrote to each prompt: greedily, or its first sample; nil where no figure needs text.
    let answers: [String]?
  }

  /// Measures everything that the recipe asks for.
  func outcome(position: Int) async throws -> Outcome {
    var row = MetricsRowText(step: position)
    if wants("kl") {
      let answered = zip(material.evalSamples, teacherTexts).compactMap { sample, text in
        text.map { (sample, sequence(sample.prompt, $0)) }
      }
      if let mean = try await mean(comparison, answered, position) { row.add("eval/kl", mean.loss) }
    }
    if wants("next_token_agreement") {
      let texts = zip(material.evalSamples, teacherTexts).compactMap { sample, text in
        (sample.completion ?? text).map { (sample, sequence(sample.prompt, $0)) }
      }
      if let mean = try await mean(comparison, texts, position) {
        row.add("eval/next_token_agreement", mean.topAgreement)
      }
    }
    if wants("perplexity") {
      let known = material.evalSamples.compactMap { sample in
        sample.completion.map { (sample, sequence(sample.prompt, $0)) }
      }
      let objective = WireObjective(single: .crossEntropy, teacherAsIn: material.recipe.objective)
      if let mean = try await mean(objective, known, position) { row.add("eval/perplexity", exp(mean.loss)) }
    }
    var greedy: [Answer]?
    if wants("rouge_l", "rouge_l_unstemmed", "exact_match", "valid") { greedy = try await addGreedy(&row) }
    var samples: [[Answer]] = []  // [sample][prompt]
    if wants("valid", "pass@k", "distinct", "calibration", "judge") {
      let isJudgedAlone = !wants("valid", "pass@k", "distinct", "calibration")
      for sample in 0..<(isJudgedAlone ? 1 : options.numSamples) {
        samples.append(try await answers(sample: sample, temperature: options.temperature))
      }
    }
    if wants("valid", "pass@k", "distinct") { addSampled(samples, &row) }
    if let judge, let answers = samples.first {
      row.add(try await judge.tally(judgedPairs(answers)))
      row.add("eval/decode/judge_max_new_tokens", Double(judge.maxNewTokens))
    }
    addDecoding(samples.count, &row)
    let calibration = wants("calibration") ? try await calibration(samples, position) : nil
    if let value = calibration?.rankCorrelation { row.add("eval/calibration", value) }
    if let value = calibration?.rightOrder { row.add("eval/right_order", value) }
    let validationLoss = try await validationLoss(position)
    if let validationLoss { row.add("eval/validation_loss", validationLoss) }
    return Outcome(
      row: row.json, calibration: calibration, validationLoss: validationLoss,
      answers: (greedy ?? samples.first)?.map(\.text))
  }

  /// Cross-entropy of the fixed text of held-out prompts, in nats a token; nil where nothing follows it, or there is none.
  private func validationLoss(_ position: Int) async throws -> Double? {
    guard material.plan.replays else { return nil }
    let known = zip(material.evalSamples, teacherTexts).compactMap { sample, written in
      (material.plan.fixedSource == .data ? sample.completion : written ?? sample.completion).map {
        (sample, sequence(sample.prompt, $0))
      }
    }
    let objective = WireObjective(single: .crossEntropy, teacherAsIn: material.recipe.objective)
    return try await mean(objective, known, position).flatMap { $0.loss.isFinite ? $0.loss : nil }
  }

  /// Student against teacher, at each position.
  private var comparison: WireObjective {
    WireObjective(single: .forwardKL, teacherAsIn: material.recipe.objective)
  }

  /// How the answers behind the row's figures were written.
  private func addDecoding(_ sampleCount: Int, _ row: inout MetricsRowText) {
    let isGreedy = wants("rouge_l", "rouge_l_unstemmed", "exact_match", "valid")
    guard sampleCount > 0 || isGreedy else { return }
    row.add("eval/decode/max_new_tokens", Double(options.maxNewTokens))
    guard sampleCount > 0 else { return }
    row.add("eval/decode/temperature", options.temperature)
    row.add("eval/decode/num_samples", Double(sampleCount))
  }

  /// The student's first sample beside what it is measured by, where there is such an answer.
  private func judgedPairs(_ answers: [Answer]) -> [RunJudge.Pair] {
    material.evalSamples.indices.compactMap { index in
      let other: String? =
        switch options.judgeOpponent {
        case .reference: material.evalSamples[index].completionText
        case .teacher: teacherTexts[index].map { material.codec.decode($0) }
        }
      return other.map {
        RunJudge.Pair(instruction: material.evalInstructions[index], answer: answers[index].text, other: $0)
      }
    }
  }

  private func sequence(_ prompt: [TokenID], _ completion: [TokenID]) -> TokenSequence {
    TokenSequence(prompt: prompt, completion: Array(completion.prefix(max(material.limits.sequence - prompt.count, 0))))
  }

  /// Means over completion positions: of a loss, and of where student and teacher would most probably go on alike.
  private struct PositionMeans {
    let loss: Double
    let topAgreement: Double
  }

  /// The means over all completion positions; nil where there are none.
  private func mean(
    _ objective: WireObjective, _ sequences: [(sample: TrainingSample, sequence: TokenSequence)], _ position: Int
  ) async throws -> PositionMeans? {
    guard !sequences.isEmpty else { return nil }
    let requests = sequences.chunks(of: material.plan.itemSize).map { chunk in
      var batch = WireTrainBatch(
        sequences: WireSequenceBatch(SequenceBatch(chunk.map(\.sequence))), termIndices: chunk.map { _ in 0 },
        microBatchSize: UInt32(material.recipe.training.perDeviceTrainBatchSize))
      material.nameTeachers(of: chunk.map(\.sample), perSample: 1, in: &batch)
      return TrainRequest(step: UInt64(position), batch: batch, evaluate: true, objective: objective)
    }
    let sums = Mutex((loss: 0.0, agreement: 0.0, tokens: 0.0))
    try await student.train { send in
      for request in requests { try await send(request) }
    } onReply: { response in
      let tokens = Double(response.metrics?.tokenCount ?? 0)
      sums.withLock { sums in
        sums.loss += (response.metrics?.loss ?? 0) * tokens
        sums.agreement += (response.metrics?.topAgreement ?? 0) * tokens
        sums.tokens += tokens
      }
    }
    return sums.withLock { sums in
      guard sums.tokens > 0 else { return nil }
      return PositionMeans(loss: sums.loss / sums.tokens, topAgreement: sums.agreement / sums.tokens)
    }
  }

  private func addGreedy(_ row: inout MetricsRowText) async throws -> [Answer] {
    let answers = try await answers(sample: 0, temperature: 0)
    let pairs = zip(material.evalSamples, answers).compactMap { sample, answer in
      sample.completionText.map { (reference: $0, answer: answer.text) }
    }
    if wants("rouge_l"), !pairs.isEmpty {
      row.add("eval/rouge_l", Self.mean(pairs.map { metrics.rougeL($0.reference, $0.answer) }))
    }
    if wants("rouge_l_unstemmed"), !pairs.isEmpty {
      row.add("eval/rouge_l_unstemmed", Self.mean(pairs.map { metrics.rougeLUnstemmed($0.reference, $0.answer) }))
    }
    if wants("exact_match"), !pairs.isEmpty {
      row.add("eval/exact_match", Self.mean(pairs.map { metrics.exactMatch($0.reference, $0.answer) }))
    }
    if wants("valid"), let checker {
      let valid = zip(material.evalSamples, answers).map { checker.isValid(prompt: $0.promptText, answer: $1.text) }
      row.add("eval/valid_greedy", Self.mean(valid.map { $0 ? 1 : 0 }))
    }
    return answers
  }

  private func addSampled(_ samples: [[Answer]], _ row: inout MetricsRowText) {
    let byPrompt = material.evalSamples.indices.map { prompt in samples.map { $0[prompt] } }
    if wants("distinct") {
      row.add("eval/distinct", Self.mean(byPrompt.map { Double(Set($0.map(\.text)).count) / Double($0.count) }))
    }
    if wants("valid", "pass@k"), let checker {
      let valid = zip(material.evalSamples, byPrompt).map { sample, answers in
        answers.filter { checker.isValid(prompt: sample.promptText, answer: $0.text) }
      }
      for k in wants("pass@k") ? passCounts(sampleCount: options.numSamples) : [] {
        let chances = valid.map { passAtK(correctCount: $0.count, sampleCount: options.numSamples, k: k) }
        row.add("eval/pass@\(k)", Self.mean(chances))
      }
      guard wants("valid") else { return addLengths(samples, &row) }
      row.add("eval/valid", Self.mean(valid.map { Double($0.count) / Double(options.numSamples) }))
      row.add("eval/distinct_valid", Self.mean(valid.map { Double(Set($0.map(\.text)).count) }))
    }
    addLengths(samples, &row)
  }

  private func addLengths(_ samples: [[Answer]], _ row: inout MetricsRowText) {
    row.add("eval/mean_length", Self.mean(samples.joined().map { Double($0.length) }))
    row.add("eval/truncated", Self.mean(samples.joined().map { $0.isTruncated ? 1 : 0 }))
  }

  /// Likelihoods and qualities of the student's answers to prompts whose right answer is known.
  private func calibration(_ samples: [[Answer]], _ position: Int) async throws -> Calibration {
    var found: [(answer: Calibration.Answer, sequence: TokenSequence)] = []
    for (prompt, sample) in material.evalSamples.enumerated() {
      let written = teacherTexts[prompt].map { material.codec.decode($0) }
      guard let reference = sample.completionText ?? written else { continue }
      for answer in samples.map({ $0[prompt] }) where answer.length > 0 {
        let quality = metrics.rougeL(reference, answer.text)
        found.append(
          (
            Calibration.Answer(prompt: prompt, likelihood: 0, quality: quality),
            sequence(sample.prompt, answer.tokenIDs)
          ))
      }
    }
    let likelihoods = try await likelihoods(found.map(\.sequence), position)
    return Calibration(
      zip(found, likelihoods).map {
        Calibration.Answer(prompt: $0.answer.prompt, likelihood: $1, quality: $0.answer.quality)
      })
  }

  /// The student's mean log-prob of each sequence's tokens.
  ///
  /// Sequences are sent as pairs, about which a student tells the log-probs of both.
  private func likelihoods(_ sequences: [TokenSequence], _ position: Int) async throws -> [Double] {
    let even = sequences.count.isMultiple(of: 2) ? sequences : sequences + sequences.suffix(1)
    let pair = WirePairLoss(form: .logistic, reference: .none, beta: 1, weight: 0)
    let objective = WireObjective(
      terms: [WireLossTerm(kind: .crossEntropy, weight: 0)], reduction: .tokenMean, pair: pair)
    let requests = even.chunks(of: 2 * material.plan.itemSize).map { chunk in
      TrainRequest(
        step: UInt64(position),
        batch: WireTrainBatch(
          sequences: WireSequenceBatch(SequenceBatch(chunk)), termIndices: chunk.map { _ in 0 },
          microBatchSize: UInt32(2 * material.recipe.training.perDeviceTrainBatchSize)),
        evaluate: true, objective: objective)
    }
    let means = Mutex<[Double]>([])
    try await student.train { send in
      for request in requests { try await send(request) }
    } onReply: { response in
      guard let pairs = response.metrics?.pairs else { throw ReplyError.missingPairs(expected: 1, found: 0) }
      means.withLock { means in
        for place in pairs.logprobsChosen.indices {
          means.append(pairs.logprobsChosen[place] / Double(max(pairs.lengthsChosen[place], 1)))
          means.append(pairs.logprobsRejected[place] / Double(max(pairs.lengthsRejected[place], 1)))
        }
      }
    }
    let found = means.withLock { $0 }
    guard found.count == even.count else {
      throw ReplyError.missingPairs(expected: even.count / 2, found: found.count / 2)
    }
    return Array(found.prefix(sequences.count))
  }

  private struct Answer {
    let text: String
    let tokenIDs: [TokenID]
    let length: Int
    let isTruncated: Bool
  }

  private func answers(sample: Int, temperature: Double) async throws -> [Answer] {
    var answers: [Answer] = []
    let sampling = SamplingOptions(samplingTemperature: Float(temperature), maxNewTokens: options.maxNewTokens)
    for chunk in Array(material.evalSamples.indices).chunks(of: material.plan.itemSize) {
      let completions = try await student.complete(
        chunk.map { material.evalSamples[$0].prompt }, sampling,
        seeds: chunk.map { SeedStream.evaluationSeed(of: material.recipe.seed, prompt: $0, sample: sample) })
      for completion in completions {
        answers.append(
          Answer(
            text: material.codec.decode(completion.tokenIDs), tokenIDs: completion.tokenIDs,
            length: completion.tokenIDs.count,
            isTruncated: completion.finishReason == .length))
      }
    }
    return answers
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
}

extension Array {
  /// Consecutive pieces of at most `size`.
  func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
