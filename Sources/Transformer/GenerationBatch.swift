public import Kernels
public import Sequences

/// Sequences that are continued together, a token each at a time. Others may join at any time and take part from the next
/// step on.
///
/// The arithmetic of a row does not depend on the rows beside it: a sequence gets the same tokens and the same log-probs
/// bit for bit alone and among others, whenever it joins. Samples of one prompt, and prompts that begin alike, share keys and
/// values, which are computed once. Used by one thread at a time; each step uses the compute pool.
public final class GenerationBatch {
  /// A completion under the number that ``add(_:)`` gave.
  public struct Finished: Sendable {
    /// The request's number.
    public let id: Int
    /// Its new ids, stop token included.
    public let tokenIDs: [TokenID]
    /// Their log-probs at temperature 1, unfiltered.
    public let logprobs: [Float]
    /// Why it ended.
    public let reason: FinishReason
  }

  private let transformer: Transformer
  private let parameters: ParameterBuffer
  private let vocabSize: Int
  private let eosTokenIDs: [TokenID]
  private let limits: GenerationLimits
  private let pass: SequencePass
  private let pageLimit: Int

  private var nextID = 0
  private var waiting: [WaitingSequence] = []
  private var live: [LiveSequence] = []
  private var prompts: [[TokenID]: SharedPrompt] = [:]
  private var finished: [Finished] = []
  private var spent: [Int: Int] = [:]
  /// Lanes of which no sequence joins for now.
  public var heldLanes: Set<Int> = []
  /// Pages that live sequences and kept prompts may come to hold.
  private var reservedPages = 0

  /// Makes an empty batch.
  ///
  /// - Parameters:
  ///   - weights: Packed from `parameters`.
  ///   - vocabSize: Ids that may occur; rows of the head past these are padding and are never drawn.
  ///   - eosTokenIDs: Ids that end a completion where its request names none.
  ///   - prefixes: What sequences of the same weights began with; nil: prompts share what they begin with only where they
  ///     join at once.
  public init(
    transformer: Transformer, parameters: ParameterBuffer, weights: GenerationWeights, vocabSize: Int,
    eosTokenIDs: [TokenID], limits: GenerationLimits = GenerationLimits(), prefixes: KeptPrefixes? = nil
  ) {
    self.transformer = transformer
    self.parameters = parameters.reading(weights)
    self.vocabSize = vocabSize
    self.eosTokenIDs = eosTokenIDs
    self.limits = limits
    let prefixes =
      prefixes ?? KeptPrefixes(transformer, byteLimit: 0, areRounded: weights.format.roundsKeysAndValues)
    precondition(prefixes.areRounded == weights.format.roundsKeysAndValues, "prefixes of another format")
    pass = SequencePass(transformer, self.parameters, prefixes: prefixes)
    pageLimit = max(1, limits.cacheBytes / (4 * pass.pool.pageFloats))
  }

  /// True where nothing is left to do.
  public var isEmpty: Bool { waiting.isEmpty && live.isEmpty && finished.isEmpty }
  /// Sequences that are being continued.
  public var liveCount: Int { live.count }
  /// Tokens that went through the model so far: of prompts that begin alike once.
  public var readPositions: Int { pass.positionCount }
  /// Bytes of keys and values in use, those of kept prefixes included.
  public var cacheBytes: Int { 4 * pass.pool.usedCount * pass.pool.pageFloats }

  /// Adds a request; its number comes back with its completion.
  ///
  /// - Parameter lane: Whose it is: sequences join in the order of arrival, but those of the lane first that has the fewest in the batch.
  /// - Throws: ``ModelError`` where the prompt or an option cannot be answered.
  @discardableResult
  public func add(_ request: GenerationRequest, lane: Int = 0) throws(ModelError) -> Int {
    try transformer.check(SequenceBatch([TokenSequence(prompt: request.prompt, completion: [])]), vocabSize: vocabSize)
    try request.sampling.check()
    let id = nextID
    nextID += 1
    let limit = min(request.sampling.maxNewTokens, transformer.configuration.contextLength - request.prompt.count)
    guard limit > 0 else {
      finished.append(Finished(id: id, tokenIDs: [], logprobs: [], reason: .length))
      return id
    }
    let prompt = prompts[request.prompt] ?? SharedPrompt(request.prompt)
    prompts[request.prompt] = prompt
    prompt.waitingCount += 1
    waiting.append(WaitingSequence(id: id, request: request, newTokenLimit: limit, prompt: prompt, lane: lane))
    return id
  }

  /// Forgets requests whose completions nobody wants any more.
  public func remove(_ ids: Set<Int>) {
    for index in waiting.indices.reversed() where ids.contains(waiting[index].id) {
      leaveQueue(waiting.remove(at: index).prompt)
    }
    for sequence in live where ids.contains(sequence.id) { release(sequence) }
    live.removeAll { ids.contains($0.id) }
    finished.removeAll { ids.contains($0.id) }
  }

  /// Gives each sequence its next token, once those that wait have joined as far as there is room; returns what has ended.
  public func step() -> [Finished] {
    admit()
    draw()
    pass.readLast(of: live)
    for sequence in live { spent[sequence.lane, default: 0] += 1 }
    defer { finished = [] }
    return finished
  }

  /// Tokens that went through the model for each lane since this was asked last; a prompt's count for whoever asked first.
  public func takeSpent() -> [Int: Int] {
    defer { spent = [:] }
    return spent
  }
}

extension WeightFormat {
  /// Whether a sequence that is continued with such weights keeps its keys and values rounded to bfloat16: beside many others
  /// it reads more of these than of weights.
  public var roundsKeysAndValues: Bool { self != .float32 }
}

// Who joins, and what is held.
extension GenerationBatch {
  /// Pages of so many positions.
  private func pageCount(_ positions: Int) -> Int {
    (positions + PageAttention.pagePositions - 1) / PageAttention.pagePositions
  }

  /// Pages of its own that a sequence may come to hold: all but the prompt's full ones.
  private func ownPages(_ prompt: SharedPrompt, newTokenLimit: Int) -> Int {
    pageCount(prompt.tokenIDs.count + newTokenLimit) - prompt.tokenIDs.count / PageAttention.pagePositions
  }

  /// The place of who joins next, if there is a seat.
  private func nextToJoin() -> Int? {
    guard !waiting.isEmpty, live.count < limits.sequences + limits.sequences / 4 else { return nil }
    var counts: [Int: Int] = [:]
    for sequence in live { counts[sequence.lane, default: 0] += 1 }
    var best: (place: Int, count: Int)?
    for (place, sequence) in waiting.enumerated() where !heldLanes.contains(sequence.lane) {
      let count = counts[sequence.lane, default: 0]
      if count < best?.count ?? .max { best = (place, count) }
      if count == 0 { break }
    }
    guard let best, live.count < limits.sequences || best.count == 0 else { return nil }
    return best.place
  }

  /// Lets sequences join; their prompts are read, each once.
  private func admit() {
    var (unread, tokens) = ([SharedPrompt](), 0)
    while tokens < limits.joiningTokens, let place = nextToJoin() {
      let next = waiting[place]
      let isNew = next.prompt.kept == nil && !unread.contains { $0 === next.prompt }
      let need =
        ownPages(next.prompt, newTokenLimit: next.newTokenLimit)
        + (isNew ? pageCount(next.prompt.tokenIDs.count) : 0)
      guard live.isEmpty || reservedPages + need <= pageLimit else { break }
      reservedPages += need
      waiting.remove(at: place)
      next.prompt.liveCount += 1
      if isNew {
        unread.append(next.prompt)
        tokens += next.prompt.tokenIDs.count
        spent[next.lane, default: 0] += next.prompt.tokenIDs.count
      }
      live.append(LiveSequence(next, kept: KeyValueSequence(pass.pool), eosTokenIDs: eosTokenIDs))
    }
    let texts = unread.map { ReadText(tokenIDs: $0.tokenIDs, firstWanted: $0.tokenIDs.count - 1) }
    let read = pass.read(texts, rowLimit: limits.promptRows) {}
    for (prompt, reading) in zip(unread, read) {
      prompt.kept = reading.kept
      prompt.hidden = reading.hidden
    }
    for sequence in live where sequence.kept.length == 0 {
      guard let kept = sequence.prompt.kept else { continue }
      (sequence.kept, sequence.hidden) = (kept, sequence.prompt.hidden)
      leaveQueue(sequence.prompt)
    }
  }

  /// One sample of a prompt waits no longer; after the last one the prompt's own hold on its pages ends.
  private func leaveQueue(_ prompt: SharedPrompt) {
    prompt.waitingCount -= 1
    guard prompt.waitingCount == 0 else { return }
    prompts[prompt.tokenIDs] = nil
    if prompt.liveCount == 0, prompt.kept != nil { reservedPages -= pageCount(prompt.tokenIDs.count) }
    prompt.kept = nil
  }

  /// What a sequence may have held is free.
  private func release(_ sequence: LiveSequence) {
    let prompt = sequence.prompt
    reservedPages -= ownPages(prompt, newTokenLimit: sequence.newTokenLimit)
    prompt.liveCount -= 1
    if prompt.liveCount == 0, prompt.waitingCount == 0 { reservedPages -= pageCount(prompt.tokenIDs.count) }
  }
}

// New tokens.
extension GenerationBatch {
  /// Draws a token for each live sequence from the logits that follow its last one; those that end leave.
  private func draw() {
    let headSize = transformer.configuration.vocabSize
    let rowsAtOnce = max(1, limits.logitBytes / (8 * headSize))
    var stillLive: [LiveSequence] = []
    for first in stride(from: 0, to: live.count, by: rowsAtOnce) {
      let part = Array(live[first..<min(first + rowsAtOnce, live.count)])
      for (sequence, drawn) in zip(part, draw(part, pass.logits(of: part))) {
        sequence.generator = drawn.generator
        guard let reason = sequence.append(drawn.token, logprob: drawn.logprob) else {
          stillLive.append(sequence)
          continue
        }
        release(sequence)
        finished.append(
          Finished(id: sequence.id, tokenIDs: sequence.completion, logprobs: sequence.logprobs, reason: reason))
      }
    }
    live = stillLive
  }

  private struct Drawn: Sendable {
    let token: TokenID
    let logprob: Float
    let generator: SeededGenerator
  }

  /// Shape of `logits`: `[part.count, headSize]`.
  private func draw(_ part: [LiveSequence], _ logits: FloatView) -> [Drawn] {
    struct Row: Sendable {
      let sampler: TokenSampler
      let tokenIDs: [TokenID]
      let promptLength: Int
      let generator: SeededGenerator
    }
    let rows = part.map {
      Row(
        sampler: $0.sampler, tokenIDs: $0.tokenIDs, promptLength: $0.request.prompt.count, generator: $0.generator)
    }
    let (headSize, vocabSize) = (transformer.configuration.vocabSize, vocabSize)
    let weights = pass.weights(rows: rows.count)
    return ComputePool.map(rows.count) { index in
      let (row, line) = (rows[index], logits.window(index * headSize, vocabSize))
      // Penalties overwrite logits; the log-prob is of the model's own.
      let (logSumExp, own) = (Softmax.logSumExp(line), row.sampler.readsTokens ? line.array : [])
      var generator = row.generator
      let token = row.sampler.draw(
        line, after: row.tokenIDs, promptLength: row.promptLength,
        weights: weights.window(index * headSize, vocabSize), using: &generator)
      let logit = own.isEmpty ? line[Int(token)] : own[Int(token)]
      return Drawn(token: token, logprob: Float(Double(logit) - logSumExp), generator: generator)
    }
  }
}
