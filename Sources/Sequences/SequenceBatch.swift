/// B sequences packed one after another, without padding.
///
/// This is the one place that knows the shift: which row of a model's output predicts which token.
public struct SequenceBatch: Sendable, Hashable {
  /// Ids of all sequences, concatenated. Shape: `[N]`, N being the sum of `sequenceLengths`.
  public private(set) var tokenIDs: [TokenID]
  /// Number of ids of each sequence. Shape: `[B]`.
  public private(set) var sequenceLengths: [Int]
  /// Number of leading ids of each sequence that are its prompt. Shape: `[B]`.
  public private(set) var promptLengths: [Int]

  /// Packs sequences in order.
  public init(_ sequences: some Sequence<TokenSequence> = []) {
    (tokenIDs, sequenceLengths, promptLengths) = ([], [], [])
    for sequence in sequences { append(sequence) }
  }

  /// Takes packed columns. Returns nil unless they agree: equal counts, lengths that add up, prompts within sequences.
  public init?(tokenIDs: [TokenID], sequenceLengths: [Int], promptLengths: [Int]) {
    guard sequenceLengths.count == promptLengths.count,
      zip(sequenceLengths, promptLengths).allSatisfy({ $0 >= 1 && (0...$0).contains($1) && $0 <= tokenIDs.count }),
      sequenceLengths.reduce(0, +) == tokenIDs.count
    else { return nil }
    self.tokenIDs = tokenIDs
    self.sequenceLengths = sequenceLengths
    self.promptLengths = promptLengths
  }

  /// Adds a sequence at the end.
  public mutating func append(_ sequence: TokenSequence) {
    tokenIDs += sequence.tokenIDs
    sequenceLengths.append(sequence.tokenIDs.count)
    promptLengths.append(sequence.promptLength)
  }

  /// B.
  public var count: Int { sequenceLengths.count }

  /// Index of each sequence's first id in `tokenIDs`, and N at the end. Shape: `[B + 1]`.
  public var sequenceStarts: [Int] {
    sequenceLengths.reduce(into: [0]) { starts, length in starts.append(starts[starts.count - 1] + length) }
  }

  /// The packed rows of each sequence. Shape: `[B]`.
  public var sequenceRows: [Range<Int>] { zip(sequenceStarts, sequenceLengths).map { $0..<$0 + $1 } }

  /// The sequences, unpacked.
  public var sequences: [TokenSequence] {
    zip(zip(sequenceStarts, sequenceLengths), promptLengths).map { place, promptLength in
      TokenSequence(tokenIDs: Array(tokenIDs[place.0..<place.0 + place.1]), promptLength: promptLength)
    }
  }

  /// Sequences of a range, packed.
  public func slice(_ range: Range<Int>) -> SequenceBatch { SequenceBatch(sequences[range]) }

  /// The positions with a log-prob: those of the completions, in order; the first token of a sequence is never among them.
  public var scoredPositions: ScoredPositions { ScoredPositions(self) }
}

/// The completion positions of a batch: R of them, each a row that predicts and the token that is predicted.
public struct ScoredPositions: Sendable, Hashable {
  /// For each position, the row of the packed hidden states `[N, D]` whose logits predict it. Shape: `[R]`.
  public let predictingRows: [Int]
  /// For each position, its actual token. Shape: `[R]`.
  public let targets: [TokenID]
  /// For each sequence, the range of its positions in the two arrays above. Shape: `[B]`.
  public let ranges: [Range<Int>]

  init(_ batch: SequenceBatch) {
    var rows: [Int] = []
    var targets: [TokenID] = []
    var ranges: [Range<Int>] = []
    for (index, start) in batch.sequenceStarts.dropLast().enumerated() {
      let first = rows.count
      let begin = max(batch.promptLengths[index], 1)
      for position in begin..<max(begin, batch.sequenceLengths[index]) {
        rows.append(start + position - 1)
        targets.append(batch.tokenIDs[start + position])
      }
      ranges.append(first..<rows.count)
    }
    (predictingRows, self.targets, self.ranges) = (rows, targets, ranges)
  }

  /// R.
  public var count: Int { targets.count }
}
