/// Positions whose logits exist at the same time.
///
/// Logits of all positions would be R · V floats. A chunk has at most ``logitLimit`` of them, whatever R and V are.
struct LossChunk: Sendable {
  /// The positions, in order.
  let positions: Range<Int>
  /// Ranges of `positions`' places, from 0: each lies in one segment.
  let groups: [Range<Int>]

  /// Logits that are held at once: 64 MiB of float32.
  static let logitLimit = 1 << 24

  /// Cuts the positions of some segments into chunks. A segment with more positions than a chunk may have is cut evenly.
  ///
  /// - Parameter segments: Ranges of positions, in order and without gaps.
  static func cut(_ segments: [Range<Int>], rowSize: Int) -> [LossChunk] {
    let limit = max(16, logitLimit / rowSize)
    var chunks: [LossChunk] = []
    var slices: [Range<Int>] = []
    func close() {
      guard let first = slices.first, let last = slices.last else { return }
      let groups = slices.map { $0.lowerBound - first.lowerBound..<$0.upperBound - first.lowerBound }
      chunks.append(LossChunk(positions: first.lowerBound..<last.upperBound, groups: groups))
      slices = []
    }
    for slice in segments.flatMap({ evenSlices($0, limit: limit) }) {
      if let first = slices.first, slice.upperBound - first.lowerBound > limit { close() }
      slices.append(slice)
    }
    close()
    return chunks
  }

  /// As few slices of at most `limit` as it takes, as equal as can be.
  private static func evenSlices(_ range: Range<Int>, limit: Int) -> [Range<Int>] {
    let count = (range.count + limit - 1) / limit
    return (0..<count).map {
      range.lowerBound + $0 * range.count / count..<range.lowerBound + ($0 + 1) * range.count / count
    }
  }
}
