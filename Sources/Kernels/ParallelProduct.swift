/// Products cut into pieces that run in parallel.
///
/// The cut depends on the shapes and on the groups alone, and the sum of an element is never split: so neither the number of
/// threads nor the rows outside of an element's group change a bit of it.
public enum ParallelProduct {
  /// Largest pieces of a product's result. A library packs the factors of each piece anew: large pieces share that work, small
  /// ones leave no thread waiting.
  private struct PieceSize {
    let rows, columns: Int

    /// Of a result so many columns wide, whose elements are sums so many products long.
    init(columns resultColumns: Int, sumLength: Int) {
      // Long sums: a head's hidden states, which have few columns. Wide results: its logits.
      columns = sumLength > 4096 ? 256 : 512
      rows = resultColumns > 4096 ? 512 : 256
    }
  }
  /// Products with fewer multiplications run on the calling thread.
  private static let leastWork = 1 << 18

  /// `output = a · b + keep · output`, where the rows of each group are multiplied apart from those of other groups.
  ///
  /// - Parameters:
  ///   - rowGroups: Ranges of the rows of `a`, in order, without overlap. Rows in no group stay as they are.
  ///   - keep: 0 or 1.
  public static func multiply<Factor: MatrixFactor>(
    _ a: Factor, _ b: Factor, into output: Matrix, rowGroups: [Range<Int>], keep: Float = 0
  ) {
    run([product(a, b, into: output, rowGroups: rowGroups, keep: keep)])
  }

  /// `output += aᵀ · b`, the groups' parts added one after another: the gradient of a matrix. Shapes: a `[N, m]`, b `[N, n]`.
  ///
  /// - Parameter rowGroups: Ranges of the N rows, in the order in which they are added.
  public static func addTransposedProduct<Factor: MatrixFactor>(
    _ a: Factor, _ b: Factor, to output: Matrix, rowGroups: [Range<Int>]
  ) {
    run([transposedProduct(a, b, to: output, rowGroups: rowGroups)])
  }

  /// Computes products whose results do not overlap and that read no other's result: as one loop, in which no thread waits for
  /// the end of the first before it begins the next.
  public static func run(_ products: [PendingProduct]) {
    // Small pieces come last: they leave the threads waiting for each other least.
    let products = products.sorted { $0.pieceWork > $1.pieceWork }
    let count = products.reduce(0) { $0 + $1.pieceCount }
    let body: @Sendable (Int) -> Void = { index in
      var place = index
      for product in products {
        if place < product.pieceCount { return product.compute(place) }
        place -= product.pieceCount
      }
    }
    if products.reduce(0, { $0 + $1.work }) < leastWork {
      for index in 0..<count { body(index) }
    } else {
      ComputePool.forEach(count, body)
    }
  }

  /// The product of ``multiply(_:_:into:rowGroups:keep:)``, for ``run(_:)``.
  static func product<Factor: MatrixFactor>(
    _ a: Factor, _ b: Factor, into output: Matrix, rowGroups: [Range<Int>], keep: Float
  ) -> PendingProduct {
    let size = PieceSize(columns: b.columns, sumLength: b.rows)
    let rowPieces = rowGroups.flatMap { pieces(of: $0, size: size.rows) }
    let columnPieces = pieces(of: 0..<b.columns, size: size.columns)
    let work = a.rows * a.columns * b.columns
    return PendingProduct(pieceCount: rowPieces.count * columnPieces.count, work: work) { index in
      // Neighbouring pieces share their columns of b, which are the larger part.
      let (rows, columns) = (rowPieces[index % rowPieces.count], columnPieces[index / rowPieces.count])
      Factor.multiplyOnThread(
        a.part(rows: rows, columns: 0..<a.columns), b.part(rows: 0..<b.rows, columns: columns),
        into: output.rows(rows.lowerBound, rows.count).columns(columns.lowerBound, columns.count), keep: keep)
    }
  }

  /// The product of ``addTransposedProduct(_:_:to:rowGroups:)``, for ``run(_:)``.
  static func transposedProduct<Factor: MatrixFactor>(
    _ a: Factor, _ b: Factor, to output: Matrix, rowGroups: [Range<Int>]
  ) -> PendingProduct {
    // Groups are short, whatever the number of rows is.
    let size = PieceSize(columns: b.columns, sumLength: 0)
    let rowPieces = pieces(of: 0..<a.columns, size: size.rows)
    let columnPieces = pieces(of: 0..<b.columns, size: size.columns)
    let work = a.rows * a.columns * b.columns
    return PendingProduct(pieceCount: rowPieces.count * columnPieces.count, work: work) { index in
      let (rows, columns) = (rowPieces[index / columnPieces.count], columnPieces[index % columnPieces.count])
      let target = output.rows(rows.lowerBound, rows.count).columns(columns.lowerBound, columns.count)
      for group in rowGroups where !group.isEmpty {
        Factor.multiplyOnThread(
          a.part(rows: group, columns: rows).transposed, b.part(rows: group, columns: columns), into: target, keep: 1)
      }
    }
  }

  /// As few pieces of at most `size`, a multiple of 16, as it takes; as equal as multiples of 16 can be.
  private static func pieces(of range: Range<Int>, size: Int) -> [Range<Int>] {
    let count = max(1, (range.count + size - 1) / size)
    let step = max(1, (range.count + 16 * count - 1) / (16 * count)) * 16
    return stride(from: range.lowerBound, to: range.upperBound, by: step).map {
      $0..<min($0 + step, range.upperBound)
    }
  }
}

/// A product that ``ParallelProduct/run(_:)`` has yet to compute.
public struct PendingProduct: Sendable {
  let pieceCount: Int
  /// Multiplications of all pieces.
  let work: Int
  let compute: @Sendable (_ piece: Int) -> Void

  var pieceWork: Int { work / max(pieceCount, 1) }
}
