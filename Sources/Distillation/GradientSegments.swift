package import Sequences

/// Neighbouring sequences whose part of a gradient is computed in one product.
///
/// Segments are cut from the whole optimizer batch by the lengths of its sequences alone, and added up in order: so neither the
/// size of micro-batches nor the number of threads changes a bit of the gradient.
package struct GradientSegments: Sendable {
  /// A segment ends once it holds so many tokens: fewer would spend their time on reading and writing the gradient.
  static let leastTokens = 512

  /// Ranges of sequences, in order.
  package let sequences: [Range<Int>]

  /// - Parameters:
  ///   - groups: Neighbouring sequences that are never parted.
  ///   - parts: Into how many parts the segments are to be sorted: there are at least about as many.
  package init(_ batch: SequenceBatch, groups: [Range<Int>] = [], parts: Int = 1) {
    let parted = Set(groups.flatMap { $0.dropLast() })
    let leastTokens = parts == 1 ? Self.leastTokens : min(Self.leastTokens, batch.tokenIDs.count / parts)
    var ranges: [Range<Int>] = []
    var (first, tokens) = (0, 0)
    for (index, length) in batch.sequenceLengths.enumerated() {
      tokens += length
      guard (tokens >= leastTokens && !parted.contains(index)) || index == batch.count - 1 else { continue }
      ranges.append(first..<index + 1)
      (first, tokens) = (index + 1, 0)
    }
    sequences = ranges
  }

  /// The segments sorted into at most `count` neighbouring parts of about as many tokens each; none is empty.
  package func parts(ofAtMost count: Int, _ batch: SequenceBatch) -> [Range<Int>] {
    let starts = batch.sequenceStarts
    let total = max(batch.tokenIDs.count, 1)
    // A segment belongs to the part that its middle falls into.
    let places = sequences.map { min(count * (starts[$0.lowerBound] + starts[$0.upperBound]) / (2 * total), count - 1) }
    var parts: [Range<Int>] = []
    for (index, place) in places.enumerated() {
      if index > 0, places[index - 1] == place {
        parts[parts.count - 1] = parts[parts.count - 1].lowerBound..<index + 1
      } else {
        parts.append(index..<index + 1)
      }
    }
    return parts
  }

  /// The segments of each pass: as many as hold at most `sequenceCount` sequences together, but at least one.
  ///
  /// - Parameter part: Segments that passes are made of; nil: all.
  func passes(ofAtMost sequenceCount: Int, part: Range<Int>? = nil) -> [ArraySlice<Range<Int>>] {
    let part = part ?? sequences.indices
    var passes: [ArraySlice<Range<Int>>] = []
    var first = part.lowerBound
    for index in part {
      let isLast = index == part.upperBound - 1
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
