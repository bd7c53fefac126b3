internal import Sequences

/// Neighbouring sequences whose part of a gradient is computed in one product.
///
/// Segments are cut from the whole optimizer batch by the lengths of its sequences alone, and added up in order: so neither the
/// size of micro-batches nor the number of threads changes a bit of the gradient.
struct GradientSegments: Sendable {
  /// A segment ends once it holds so many tokens: fewer would spend their time on reading and writing the gradient.
  static let leastTokens = 512

  /// Ranges of sequences, in order.
  let sequences: [Range<Int>]

  /// - Parameter groups: Neighbouring sequences that are never parted.
  init(_ batch: SequenceBatch, groups: [Range<Int>] = []) {
    let parted = Set(groups.flatMap { $0.dropLast() })
    var ranges: [Range<Int>] = []
    var (first, tokens) = (0, 0)
    for (index, length) in batch.sequenceLengths.enumerated() {
      tokens += length
      guard (tokens >= Self.leastTokens && !parted.contains(index)) || index == batch.count - 1 else { continue }
      ranges.append(first..<index + 1)
      (first, tokens) = (index + 1, 0)
    }
    sequences = ranges
  }

  /// The segments of each pass: as many as hold at most `sequenceCount` sequences together, but at least one.
  func passes(ofAtMost sequenceCount: Int) -> [ArraySlice<Range<Int>>] {
    var passes: [ArraySlice<Range<Int>>] = []
    var first = 0
    for index in sequences.indices {
      let isLast = index == sequences.count - 1
      guard isLast || sequences[index + 1].upperBound - sequences[first].lowerBound > sequenceCount else { continue }
      passes.append(sequences[first...index])
      first = index + 1
    }
    return passes
  }
}

/// Neighbouring segments of a batch, as one pass reads them.
struct PassSequences: Sendable {
  /// Place of the first sequence in the batch.
  let first: Int
  /// The sequences of all segments.
  let sequences: SequenceBatch
  /// The sequences of each segment, from 0.
  let segments: [Range<Int>]
  /// The packed rows of each segment.
  let rowGroups: [Range<Int>]

  /// Takes the sequences of some segments; nil where these are none.
  init?(_ segments: ArraySlice<Range<Int>>, of batch: SequenceBatch) {
    guard let first = segments.first?.lowerBound, let end = segments.last?.upperBound else { return nil }
    let sequences = batch.slice(first..<end)
    let local = segments.map { $0.lowerBound - first..<$0.upperBound - first }
    let starts = sequences.sequenceStarts
    rowGroups = local.map { starts[$0.lowerBound]..<starts[$0.upperBound] }
    (self.first, self.sequences, self.segments) = (first, sequences, local)
  }
}
