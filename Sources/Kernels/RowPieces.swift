/// Cuts loops over rows into pieces for the ``ComputePool``.
enum RowPieces {
  /// Floats of a piece, about: enough to be worth a thread's while.
  private static let pieceFloats = 1 << 15
  /// Rows whose sums of columns are taken together.
  private static let summedRows = 64

  /// Runs `body` over ranges that cover `0..<rows`; each row's result must be its own.
  static func forEach(_ rows: Int, width: Int, _ body: @escaping @Sendable (Range<Int>) -> Void) {
    let step = max(1, pieceFloats / max(width, 1))
    guard rows > step else { return body(0..<rows) }
    ComputePool.forEach((rows + step - 1) / step) { body($0 * step..<min(($0 + 1) * step, rows)) }
  }

  /// Sums over rows: `sum(range, partial)` adds a range's rows to `width` zeros, and the partial sums are added to `total`
  /// in the order of their rows.
  ///
  /// A range never leaves its segment, and its place within it is fixed: sums depend neither on threads nor on which
  /// segments stand beside each other. Without segments all rows are one.
  static func sum(
    rows: Int, segments: [Range<Int>], width: Int, into total: @escaping @Sendable (FloatView) -> Void,
    _ sum: @escaping @Sendable (Range<Int>, FloatView) -> Void
  ) {
    let ranges = (segments.isEmpty ? [0..<rows] : segments).flatMap { segment in
      stride(from: segment.lowerBound, to: segment.upperBound, by: summedRows).map {
        $0..<min($0 + summedRows, segment.upperBound)
      }
    }
    Scratch.withFloats(ranges.count * width) { partials in
      let step = max(1, pieceFloats / max(width * summedRows, 1))
      let pieces = (ranges.count + step - 1) / step
      ComputePool.forEach(pieces) { piece in
        for index in piece * step..<min((piece + 1) * step, ranges.count) {
          let partial = partials.window(index * width, width)
          partial.fill(0)
          sum(ranges[index], partial)
        }
      }
      for index in ranges.indices { total(partials.window(index * width, width)) }
    }
  }
}
