internal import Recipes
internal import Sequences
internal import WireFormat

/// Completions that teacher and student have written so far.
struct RunTexts: Sendable {
  private var byStage: [WorkItemKey.Stage: [Int: [TokenID]]] = [:]
  private var logprobs: [WorkItemKey.Stage: [Int: [Float]]] = [:]
  /// Whether texts of the student are used again in later rounds.
  private let replays: Bool
  /// Whether texts of the student come with log-probs.
  private let haveLogprobs: Bool

  /// Keeps nothing yet.
  init(replays: Bool = false, haveLogprobs: Bool = false) {
    (self.replays, self.haveLogprobs) = (replays, haveLogprobs)
  }

  /// Takes an item's completions.
  mutating func keep(_ result: ItemResult, samples: [Int]) {
    for (sample, words) in zip(samples, result.completions) {
      var completion = words
      if haveLogprobs, case .student = result.key.stage {
        let parts = WrittenText.parts(of: words)
        completion = parts.tokenIDs
        logprobs[result.key.stage, default: [:]][sample] = parts.logprobs
      }
      byStage[result.key.stage, default: [:]][sample] = completion
    }
    if replays { return }
    // Earlier rounds are never trained on again.
    for old in Array(byStage.keys) {
      switch (result.key.stage, old) {
      case (.student(let round), .student(let before)), (.reference(let round), .reference(let before)):
        if before < round - 1 { (byStage[old], logprobs[old]) = (nil, nil) }
      default: break
      }
    }
  }

  /// A sample's completion in a stage; nil: not written yet.
  func completion(of sample: Int, in stage: WorkItemKey.Stage) -> [TokenID]? { byStage[stage]?[sample] }

  /// Log-probs that the student gave its text for a sample in a round.
  func behaviorLogprobs(of sample: Int, round: Int) -> [Float] { logprobs[.student(round: round)]?[sample] ?? [] }

  /// What the student wrote for a sample in a round, or, where texts are replayed, in the latest before it.
  func studentText(of sample: Int, round: Int) -> [TokenID]? {
    if let text = byStage[.student(round: round)]?[sample] { return text }
    guard replays, round > 0 else { return nil }
    return (0..<round).reversed().lazy.compactMap { byStage[.student(round: $0)]?[sample] }.first
  }
}

extension RunMaterial {
  /// The batch of a step: for each sample one sequence per term, in the order of the terms; in a mixture the text that is drawn. Then
  /// rows of the corpus.
  ///
  /// A micro-batch holds whole samples. A completion is used as it was produced: a truncated one gets no end of sequence.
  func batch(ofStep step: Int, texts: RunTexts, metrics: TextMetrics) -> WireTrainBatch {
    let round = plan.round(at: step - 1)
    let indices = plan.samples(ofStep: step)
    var batch = batch(of: indices, round: round, texts: texts) { sample, term in
      plan.mixture == nil ? term.source : plan.source(of: sample, inStep: step)
    }
    addPairs(of: indices, round: round, texts: texts, metrics: metrics, to: &batch)
    addBehavior(of: indices, round: round, texts: texts, to: &batch)
    addCorpus(ofStep: step, to: &batch)
    return batch
  }

  /// The sequences of some samples with the texts of a round.
  func batch(
    of indices: [Int], round: Int, texts: RunTexts, source: (Int, PlannedTerm) -> TextSource = { $1.source }
  ) -> WireTrainBatch {
    var batch = SequenceBatch()
    var terms: [UInt32] = []
    var weights: [Float] = []
    for index in indices {
      for (term, planned) in recipe.objective.terms.enumerated() {
        let source = source(index, planned)
        let completion = completion(of: index, source, round, texts)
        weights += tokenWeights(of: index, source, count: completion.count)
        for sequence in sequences(of: samples[index], term: term, completion) {
          batch.append(sequence)
          terms.append(UInt32(term))
        }
      }
    }
    let perSample = recipe.sequencesPerSample
    var wire = WireTrainBatch(
      sequences: WireSequenceBatch(batch), termIndices: terms,
      microBatchSize: UInt32(recipe.training.perDeviceTrainBatchSize * perSample))
    if weights.contains(where: { $0 != 1 }) { wire.tokenWeights = weights }
    if recipe.usesTeacherLogprobs { nameTeachers(of: indices.map { samples[$0] }, perSample: perSample, in: &wire) }
    return wire
  }

  /// What a term learns of a sample: its prompt with a completion. Where subsets of demonstrations are ranked, the first term has
  /// prompt and completion as one piece, the second the completion after each subset.
  private func sequences(of sample: TrainingSample, term: Int, _ completion: [TokenID]) -> [TokenSequence] {
    guard let prompts = sample.rankedPrompts else {
      return [TokenSequence(prompt: sample.prompt, completion: completion)]
    }
    if term == 0 { return [TokenSequence(tokenIDs: sample.prompt + completion, promptLength: 1)] }
    return prompts.map { TokenSequence(prompt: $0, completion: completion) }
  }

  /// A sample's text from a source, cut where the sequence would be too long.
  func completion(of sample: Int, _ source: TextSource, _ round: Int, _ texts: RunTexts) -> [TokenID] {
    let whole = whole(of: sample, source, round, texts)
    return Array(whole.prefix(max(limits.sequence - samples[sample].prompt.count, 0)))
  }

  /// Factors of the losses of a completion's ids: those of the data's own answer; 1 for text that a model wrote.
  private func tokenWeights(of sample: Int, _ source: TextSource, count: Int) -> [Float] {
    let isOwn = source == .data || source == .teacher && !plan.teacherWrites
    guard isOwn, let weights = samples[sample].completionWeights else { return Array(repeating: 1, count: count) }
    return Array(weights.prefix(count))
  }

  private func whole(of sample: Int, _ source: TextSource, _ round: Int, _ texts: RunTexts) -> [TokenID] {
    switch source {
    case .data: samples[sample].completion ?? []
    case .teacher where plan.teacherWrites: texts.completion(of: sample, in: .teacher) ?? []
    case .student where plan.studentWrites: texts.studentText(of: sample, round: round) ?? []
    case .teacher: samples[sample].completion ?? []
    case .student: samples[sample].rejected ?? []
    }
  }

  /// The prompts of an item, how to complete them, and their seeds.
  func request(for key: WorkItemKey) -> (prompts: WireSequenceBatch, sampling: WireSamplingOptions, seeds: [UInt64]) {
    let isEvaluation = key.stage == .teacherEvaluation
    let indices = plan.samples(of: key)
    let source = isEvaluation ? evalSamples : samples
    let prompts = SequenceBatch(indices.map { TokenSequence(prompt: source[$0].prompt, completion: []) })
    let sampling =
      isEvaluation
      ? SamplingOptions(
        samplingTemperature: Float(recipe.evaluation.temperature), maxNewTokens: recipe.evaluation.maxNewTokens)
      : recipe.generation?.sampling ?? SamplingOptions(maxNewTokens: 1)
    return (
      WireSequenceBatch(prompts), WireSamplingOptions(sampling), indices.map { plan.seed(of: $0, in: key.stage) }
    )
  }
}

extension Recipe.Generation {
  /// How completions for training are sampled.
  var sampling: SamplingOptions {
    SamplingOptions(
      samplingTemperature: Float(temperature), topK: topK, topP: Float(topP), minP: Float(minP),
      repetitionPenalty: Float(repetitionPenalty), noRepeatNgramSize: noRepeatNgramSize,
      minNewTokens: min(minNewTokens, maxNewTokens), maxNewTokens: maxNewTokens, stopStrings: stopStrings)
  }
}
