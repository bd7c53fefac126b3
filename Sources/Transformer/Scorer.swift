import Kernels
public import Sequences

/// Answers what a model says about given tokens.
///
/// A position's answer depends on its own sequence alone, bit for bit: neither on the sequences beside it, nor on the number
/// of threads, nor on the size of the chunks. What sequences begin with alike is read once. Memory does not grow with the
/// vocabulary: logits are held for as many positions as fit into a fixed room.
public struct Scorer: Sendable {
  /// Groups of sequences end once they have so many tokens to read: keys, values and hidden states are held for one group.
  private static let groupTokens = 1024
  /// Rows of one pass.
  private static let passRows = 512
  /// Bytes of keys and values that groups of one batch leave to the next ones.
  private static let prefixBytes = 64 << 20
  /// Bytes of logits held at once.
  private static let logitBytes = 32 << 20
  /// Rows that one thread scores at a time.
  private static let rowsPerPiece = 4

  private let transformer: Transformer
  private let parameters: ParameterBuffer
  private let vocabSize: Int
  private let sharesPrefixes: Bool
  private let prefixes: KeptPrefixes?

  /// Makes a scorer.
  ///
  /// - Parameters:
  ///   - weights: Packed from the parameters; nil: packed here, as float32.
  ///   - vocabSize: Ids that may occur; rows of the head past these are padding and get no probability.
  ///   - prefixes: What sequences of the same weights began with, kept from batch to batch; nil: kept for a batch.
  ///   - sharesPrefixes: Whether what several sequences begin with is read once. It changes no bit.
  public init(
    transformer: Transformer, parameters: ParameterBuffer, weights: GenerationWeights? = nil, vocabSize: Int,
    prefixes: KeptPrefixes? = nil, sharesPrefixes: Bool = true
  ) {
    precondition(
      vocabSize > 0 && vocabSize <= transformer.configuration.vocabSize,
      "vocabSize \(vocabSize) of a head of \(transformer.configuration.vocabSize)")
    self.transformer = transformer
    self.parameters = parameters.reading(weights ?? .packed(from: parameters, of: transformer))
    self.vocabSize = vocabSize
    self.sharesPrefixes = sharesPrefixes
    self.prefixes = prefixes
  }

  /// Scores the completion positions of a batch, in order, `maximumChunkPositions` at a time.
  ///
  /// Blocks the calling thread and uses the compute pool. Stops where `emit` or `isWanted` throws.
  ///
  /// - Parameters:
  ///   - isWanted: Asked before each piece of work: a forward pass of some sequences, or the logits of a block of
  ///     positions. Throws where nobody wants the answer any more.
  ///   - didScore: Told after each group of sequences how many positions went through the model for it, and whether it was the last.
  ///     Between groups others may compute with the same model.
  /// - Returns: Positions that went through the model: those that sequences share count once.
  /// - Throws: ``ModelError`` where the batch or the options cannot be answered; what `emit` and `isWanted` throw.
  @discardableResult
  public func score(
    _ batch: SequenceBatch, options: ScoreOptions, maximumChunkPositions: Int, isWanted: () throws -> Void = {},
    emit: (PositionScores) throws -> Void, didScore: (_ readPositions: Int, _ isLast: Bool) throws -> Void = { _, _ in }
  ) throws -> Int {
    try transformer.check(batch, vocabSize: vocabSize)
    let scored = batch.scoredPositions
    try check(options, positionCount: scored.count)
    var chunks = ChunkedScores(limit: max(1, maximumChunkPositions))
    let prefixes = prefixes ?? KeptPrefixes(transformer, byteLimit: Scorer.prefixBytes)
    defer { prefixes.trim() }
    let pass = SequencePass(transformer, parameters, prefixes: prefixes)
    let draws = TokenDraws(batch, options)
    let groups = makeGroups(batch.sequences)
    var position = 0
    for (index, group) in groups.enumerated() {
      let readBefore = pass.positionCount
      let hidden = try readHidden(group, pass: pass, isWanted: isWanted)  // [positions, D]
      try score(
        hidden, from: position, scored, pass: pass, options: options, draws: draws, isWanted: isWanted
      ) {
        try chunks.append($0, emit: emit)
      }
      position += hidden.count / transformer.configuration.embeddingWidth
      try didScore(pass.positionCount - readBefore, index == groups.count - 1)
    }
    try chunks.finish(emit: emit)
    return pass.positionCount
  }

  /// Consecutive sequences that have something to score, a group for about `groupTokens` tokens.
  private func makeGroups(_ sequences: [TokenSequence]) -> [[TokenSequence]] {
    var groups: [[TokenSequence]] = [[]]
    var (tokens, prompts) = (0, Set<[TokenID]>())
    for sequence in sequences where sequence.completionLength > 0 {
      if tokens >= Scorer.groupTokens {
        groups.append([])
        (tokens, prompts) = (0, [])
      }
      let isNew = prompts.insert(Array(sequence.prompt)).inserted || !sharesPrefixes
      let common = groups[groups.count - 1].last.map { sequence.commonPromptLength($0) } ?? 0
      tokens += sequence.completionLength
      if isNew { tokens += sequence.promptLength - (sharesPrefixes ? common : 0) }
      groups[groups.count - 1].append(sequence)
    }
    return groups
  }

  /// Hidden states that predict the group's completions, in order. Shape: `[positions, D]`.
  private func readHidden(_ group: [TokenSequence], pass: SequencePass, isWanted: () throws -> Void) throws -> FloatView
  {
    // The last token predicts nothing.
    let texts = group.map { ReadText(tokenIDs: Array($0.tokenIDs.dropLast()), firstWanted: $0.promptLength - 1) }
    let readings = try pass.read(texts, rowLimit: Scorer.passRows, sharesPrefixes: sharesPrefixes, isWanted)
    let hidden = FloatStorage(count: readings.reduce(0) { $0 + $1.hidden.count }).view
    var offset = 0
    for reading in readings {
      hidden.window(offset, reading.hidden.count).copy(from: reading.hidden)
      offset += reading.hidden.count
    }
    return hidden
  }

  /// Scores positions from their hidden states, block by block.
  private func score(
    _ hidden: FloatView, from first: Int, _ scored: ScoredPositions, pass: SequencePass, options: ScoreOptions,
    draws: TokenDraws?, isWanted: () throws -> Void, emit: (PositionScores) throws -> Void
  ) throws {
    let (width, headSize) = (transformer.configuration.embeddingWidth, transformer.configuration.vocabSize)
    let blockRows = max(Scorer.rowsPerPiece, Scorer.logitBytes / (4 * headSize))
    let count = hidden.count / width
    for start in stride(from: 0, to: count, by: blockRows) {
      try isWanted()
      let rows = min(blockRows, count - start)
      let block = hidden.window(start * width, rows * width)
      let logits = options.needsLogits ? pass.logits(block) : nil  // [n, V]
      let vocabSize = vocabSize
      let pieces = ComputePool.map((rows + Scorer.rowsPerPiece - 1) / Scorer.rowsPerPiece) { piece in
        var scores = PositionScores()
        for row in piece * Scorer.rowsPerPiece..<min((piece + 1) * Scorer.rowsPerPiece, rows) {
          scores.positionCount += 1
          if options.hiddenState { scores.hiddenStates += block.window(row * width, width).array }
          guard let logits else { continue }
          let position = first + start + row
          scores.appendRow(
            logits.window(row * headSize, vocabSize), target: scored.targets[position], position: position,
            options: options, draws: draws)
        }
        return scores
      }
      for scores in pieces { try emit(scores) }
    }
  }

  private func check(_ options: ScoreOptions, positionCount: Int) throws(ModelError) {
    guard (0...vocabSize).contains(options.topCount) else {
      throw .invalidOption(name: "topCount", value: "\(options.topCount)", requirement: "in 0...\(vocabSize)")
    }
    guard options.gatherCount >= 0, options.gatherCount <= vocabSize,
      options.gatherTokenIDs.count == positionCount * options.gatherCount
    else {
      throw .invalidOption(
        name: "gatherTokenIDs", value: "\(options.gatherTokenIDs.count) ids",
        requirement: "gatherCount (\(options.gatherCount)) ids for each of \(positionCount) positions")
    }
    guard options.drawCount >= 0 else {
      throw .invalidOption(name: "drawCount", value: "\(options.drawCount)", requirement: "0 and above")
    }
    for token in options.gatherTokenIDs where token >= vocabSize {
      throw .tokenOutOfRange(token: token, vocabSize: vocabSize)
    }
  }
}

extension TokenSequence {
  /// Tokens that its prompt begins with as another sequence does.
  fileprivate func commonPromptLength(_ other: TokenSequence) -> Int {
    zip(prompt, other.tokenIDs).prefix { $0 == $1 }.count
  }
}

extension ScoreOptions {
  fileprivate var needsLogits: Bool {
    tokenLogprobs || topCount > 0 || fullLogprobs || entropy || gatherCount > 0 || drawCount > 0
  }
}

/// Joins blocks of positions into chunks of a given size.
private struct ChunkedScores {
  let limit: Int
  private var pending = PositionScores()

  init(limit: Int) { self.limit = limit }

  mutating func append(_ block: PositionScores, emit: (PositionScores) throws -> Void) throws {
    var first = 0
    while first < block.positionCount {
      let end = min(block.positionCount, first + limit - pending.positionCount)
      pending.append(first == 0 && end == block.positionCount ? block : block.positions(first..<end))
      first = end
      if pending.positionCount == limit { try finish(emit: emit) }
    }
  }

  mutating func finish(emit: (PositionScores) throws -> Void) throws {
    guard pending.positionCount > 0 else { return }
    try emit(pending)
    pending = PositionScores()
  }
}
