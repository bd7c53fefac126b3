import Kernels
public import Sequences

/// Answers what a model says about given tokens.
///
/// Sequences are read in groups, and positions in blocks, that depend on the request alone: neither the number of threads
/// nor the size of the chunks changes a bit of the answers.
public struct Scorer: Sendable {
  /// Groups end once they hold so many tokens.
  private static let groupTokens = 2048
  /// Rows whose logits are held at once, per thread.
  private static let blockRows = 64

  private let transformer: Transformer
  private let parameters: ParameterBuffer
  private let vocabSize: Int

  /// Makes a scorer.
  ///
  /// - Parameter vocabSize: Ids that may occur; rows of the head past these are padding and get no probability.
  public init(transformer: Transformer, parameters: ParameterBuffer, vocabSize: Int) {
    precondition(
      vocabSize > 0 && vocabSize <= transformer.configuration.vocabSize,
      "vocabSize \(vocabSize) of a head of \(transformer.configuration.vocabSize)")
    self.transformer = transformer
    self.parameters = parameters
    self.vocabSize = vocabSize
  }

  /// Scores the completion positions of a batch, in order, `maximumChunkPositions` at a time.
  ///
  /// Blocks the calling thread and uses the compute pool. Stops where `emit` or `isWanted` throws.
  ///
  /// - Parameter isWanted: Asked before each piece of work: a forward pass of a group of sequences, or the logits of a
  ///   block of positions, for each thread. Throws where nobody wants the answer any more.
  /// - Throws: ``ModelError`` where the batch or the options cannot be answered; what `emit` and `isWanted` throw.
  public func score(
    _ batch: SequenceBatch, options: ScoreOptions, maximumChunkPositions: Int, isWanted: () throws -> Void = {},
    emit: (PositionScores) throws -> Void
  ) throws {
    try transformer.check(batch, vocabSize: vocabSize)
    let scored = batch.scoredPositions
    try check(options, positionCount: scored.count)
    var chunks = ChunkedScores(limit: max(1, maximumChunkPositions))
    let groups = makeGroups(batch)
    let tapes = (0..<min(groups.count, ComputePool.threadCount)).map { _ in
      Tape(transformer, keepsActivations: false)
    }
    for wave in stride(from: 0, to: groups.count, by: max(1, tapes.count)) {
      try isWanted()
      let waveGroups = Array(groups[wave..<min(wave + tapes.count, groups.count)])
      ComputePool.forEach(waveGroups.count) { index in
        transformer.forward(batch.slice(waveGroups[index]), parameters: parameters, tape: tapes[index])
      }
      for (group, tape) in zip(waveGroups, tapes) {
        try score(group, of: batch, scored, tape: tape, options: options, isWanted: isWanted) {
          try chunks.append($0, emit: emit)
        }
      }
    }
    try chunks.finish(emit: emit)
  }

  /// Scores the positions of one group that the tape has read, block by block.
  private func score(
    _ group: Range<Int>, of batch: SequenceBatch, _ scored: ScoredPositions, tape: Tape, options: ScoreOptions,
    isWanted: () throws -> Void, emit: (PositionScores) throws -> Void
  ) throws {
    guard let first = scored.ranges[group].first?.lowerBound, let end = scored.ranges[group].last?.upperBound,
      let firstRow = batch.sequenceStarts[group].first, first < end
    else { return }
    let starts = Array(stride(from: first, to: end, by: Scorer.blockRows))
    let hidden = tape.hidden
    for wave in stride(from: 0, to: starts.count, by: ComputePool.threadCount) {
      try isWanted()
      let waveStarts = starts[wave..<min(wave + ComputePool.threadCount, starts.count)]
      let blocks = ComputePool.map(waveStarts.count) { index in
        let start = waveStarts[waveStarts.startIndex + index]
        let positions = start..<min(start + Scorer.blockRows, end)
        let rows = scored.predictingRows[positions].map { $0 - firstRow }
        return scoreBlock(rows, positions: positions, scored.targets, hidden: hidden, options: options)
      }
      for block in blocks { try emit(block) }
    }
  }

  private func scoreBlock(
    _ rows: [Int], positions: Range<Int>, _ targets: [TokenID], hidden: FloatView, options: ScoreOptions
  ) -> PositionScores {
    let (width, headSize) = (transformer.configuration.width, transformer.configuration.vocabSize)
    let selected = FloatStorage(count: rows.count * width).view  // [n, D]
    for (index, row) in rows.enumerated() {
      selected.window(index * width, width).copy(from: hidden.window(row * width, width))
    }
    var scores = PositionScores()
    scores.positionCount = rows.count
    if options.hiddenState { scores.hiddenStates = selected.array }
    guard options.needsLogits else { return scores }
    let logits = FloatStorage(count: rows.count * headSize).view  // [n, V]
    transformer.logits(
      hidden: .float32(selected), groups: [0..<rows.count], parameters: parameters, into: logits)
    for (index, position) in positions.enumerated() {
      scores.appendRow(
        logits.window(index * headSize, vocabSize), target: targets[position], position: position, options: options)
    }
    return scores
  }

  /// Consecutive sequences, a group for about `groupTokens` tokens.
  private func makeGroups(_ batch: SequenceBatch) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var (first, tokens) = (0, 0)
    for (index, length) in batch.sequenceLengths.enumerated() {
      tokens += length
      if tokens >= Scorer.groupTokens || index == batch.count - 1 {
        groups.append(first..<index + 1)
        (first, tokens) = (index + 1, 0)
      }
    }
    return groups
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
    for token in options.gatherTokenIDs where token >= vocabSize {
      throw .tokenOutOfRange(token: token, vocabSize: vocabSize)
    }
  }
}

extension ScoreOptions {
  fileprivate var needsLogits: Bool { tokenLogprobs || topCount > 0 || fullLogprobs || entropy || gatherCount > 0 }
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
