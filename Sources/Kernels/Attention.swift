import CKernels

/// Causal attention of packed sequences, head by head.
///
/// Query head h reads key and value head `h / (H / keyValueHeads)`, at columns that ``HeadColumns`` names. Each sequence and
/// each key-value head is a piece of work of its own: pieces run on the ``ComputePool``, and no bit depends on how many
/// threads it has or on which sequences stand beside each other.
public struct Attention: Sendable {
  /// H.
  public let headCount: Int
  /// Key heads, and value heads.
  public let keyValueHeadCount: Int
  /// Width of a head.
  public let headWidth: Int
  /// Where heads stand in a row of queries, keys and values.
  public let columns: HeadColumns
  /// Factor of `q · k`.
  public let scale: Float
  /// Scores s become `softCap · tanh(s / softCap)`.
  public let softCap: Float?
  /// A position sees so many positions, itself the last of them; nil for all.
  public let window: Int?

  /// Describes the heads. Unset: queries, keys and values side by side, `scale = 1 / √headWidth`.
  public init(
    headCount: Int, keyValueHeadCount: Int, headWidth: Int, columns: HeadColumns? = nil, scale: Float? = nil,
    softCap: Float? = nil, window: Int? = nil
  ) {
    precondition(headCount % keyValueHeadCount == 0, "\(headCount) heads on \(keyValueHeadCount)")
    precondition(window ?? 1 > 0 && softCap ?? 1 > 0, "window \(window ?? 0), soft cap \(softCap ?? 0)")
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headWidth = headWidth
    self.columns = columns ?? .sideBySide(headCount: headCount, keyValueHeadCount: keyValueHeadCount, width: headWidth)
    self.scale = scale ?? 1 / Float(headWidth).squareRoot()
    self.softCap = softCap
    self.window = window
  }

  /// Columns of `projected`.
  public var projectedWidth: Int { (headCount + 2 * keyValueHeadCount) * headWidth }
  /// Columns of the output.
  public var outputWidth: Int { headCount * headWidth }
  /// Query heads of one key-value head.
  public var groupSize: Int { headCount / keyValueHeadCount }

  private func check(_ projected: Matrix, _ output: Matrix, _ sequences: [Range<Int>]) {
    precondition(
      projected.columns == projectedWidth && output.columns == outputWidth && projected.rows == output.rows
        && sequences.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= projected.rows },
      "attention [\(projected.rows), \(projected.columns)] into [\(output.rows), \(output.columns)], \(sequences)")
  }

  /// `output = softmax(scale · q kᵀ) v` within each sequence. Shapes: projected `[N, projectedWidth]`, output
  /// `[N, outputWidth]`; `sequences` are ranges of rows.
  public func forward(_ projected: Matrix, into output: Matrix, sequences: [Range<Int>]) {
    check(projected, output, sequences)
    forEachPiece(sequences) { rows, head in
      let piece = Piece(self, rows, head, stride: projected.stride, outputStride: output.stride)
      let source = piece.pointers(projected, output)
      Scratch.withFloats(piece.scratchCount) { scratch in
        var shape = piece.shape
        unsafe retort_attention(
          &shape, source.query, source.key, source.value, source.output, scratch.pointer)
      }
    }
  }

  /// Differentiates ``forward(_:into:sequences:)``: overwrites the sequences' rows of `dProjected`. The probabilities are
  /// computed again.
  public func backward(_ dOutput: Matrix, projected: Matrix, into dProjected: Matrix, sequences: [Range<Int>]) {
    check(projected, dOutput, sequences)
    precondition(
      dProjected.rows == projected.rows && dProjected.columns == projected.columns
        && dProjected.stride == projected.stride, "gradients of another shape")
    forEachPiece(sequences) { rows, head in
      let piece = Piece(self, rows, head, stride: projected.stride, outputStride: dOutput.stride)
      let (source, target) = (piece.pointers(projected, dOutput), piece.pointers(dProjected, dOutput))
      Scratch.withFloats(piece.backwardScratchCount) { scratch in
        var shape = piece.shape
        unsafe retort_attention_backward(
          &shape, source.query, source.key, source.value, source.output, target.query, target.key, target.value,
          scratch.pointer)
      }
    }
  }

  /// Runs `body` for each sequence and each key-value head.
  private func forEachPiece(_ sequences: [Range<Int>], _ body: @escaping @Sendable (Range<Int>, Int) -> Void) {
    let heads = keyValueHeadCount
    ComputePool.forEach(sequences.count * heads) { index in
      let rows = sequences[index / heads]
      if !rows.isEmpty { body(rows, index % heads) }
    }
  }
}

/// Where the heads of queries, keys and values stand in a row: heads of one kind are `stride` columns apart.
public struct HeadColumns: Sendable, Hashable {
  /// First column of the first query head.
  public let queries: Int
  /// First column of the first key head.
  public let keys: Int
  /// First column of the first value head.
  public let values: Int
  /// Columns from head to head.
  public let stride: Int

  /// All query heads, then all key heads, then all value heads.
  public static func sideBySide(headCount: Int, keyValueHeadCount: Int, width: Int) -> HeadColumns {
    HeadColumns(
      queries: 0, keys: headCount * width, values: (headCount + keyValueHeadCount) * width, stride: width)
  }

  /// Query, key and value of the first head, then of the second, and so on.
  public static func interleaved(width: Int) -> HeadColumns {
    HeadColumns(queries: 0, keys: width, values: 2 * width, stride: 3 * width)
  }
}

/// One sequence and one key-value head with its query heads.
private struct Piece {
  let attention: Attention
  let rows: Range<Int>
  let head: Int
  let shape: retort_attention

  init(_ attention: Attention, _ rows: Range<Int>, _ head: Int, stride: Int, outputStride: Int) {
    self.attention = attention
    self.rows = rows
    self.head = head
    shape = retort_attention(
      t: Int64(rows.count), width: Int64(attention.headWidth), heads: Int64(attention.groupSize),
      stride: Int64(stride), head_stride: Int64(attention.columns.stride), out_stride: Int64(outputStride),
      window: Int64(attention.window ?? 0), scale: attention.scale, soft_cap: attention.softCap ?? 0)
  }

  private var length: Int { (rows.count + 31) / 32 * 32 }
  private var width: Int { (attention.headWidth + 15) / 16 * 16 }

  /// Floats that `retort_attention` asks for.
  var scratchCount: Int {
    length * (attention.headWidth + width) + 32 * (2 * width + length * (attention.softCap == nil ? 1 : 2))
  }

  /// Floats that `retort_attention_backward` asks for.
  var backwardScratchCount: Int { length * (2 * attention.headWidth + 3 * width) + 96 * (width + length) }

  @safe
  struct Pointers {
    let query, key, value, output: UnsafeMutablePointer<Float>
  }

  /// Where the piece's heads begin; the sequences have been checked to lie within the rows.
  func pointers(_ projected: Matrix, _ output: Matrix) -> Pointers {
    let columns = attention.columns
    let row = unsafe projected.view.pointer + rows.lowerBound * projected.stride
    return unsafe Pointers(
      query: row + columns.queries + head * attention.groupSize * columns.stride,
      key: row + columns.keys + head * columns.stride, value: row + columns.values + head * columns.stride,
      output: output.view.pointer + rows.lowerBound * output.stride + head * attention.groupSize * attention.headWidth)
  }
}
