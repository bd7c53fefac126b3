public import Kernels

/// A teacher's output head: turns hidden states into log-probs.
public final class OutputHead: Sendable {
  /// The head's name by content; empty: unknown.
  public let digest: String
  /// D.
  public let width: Int
  /// V.
  public let vocabSize: Int
  /// Row-major. Shape: `[V, D]`.
  let weights: FloatView
  /// Nil where there are none. Shape: `[V]`.
  let biases: FloatView?
  /// c of logits that are `c tanh(z / c)`; nil: they are as the product has them.
  let logitSoftCap: Float?

  /// Takes a head.
  ///
  /// - Parameters:
  ///   - weights: Row-major. Shape: `[vocabSize, width]`.
  ///   - biases: Nil where there are none. Shape: `[vocabSize]`.
  ///   - logitSoftCap: c of logits that are `c tanh(z / c)`; nil: they are not capped.
  public init(
    digest: String, weights: FloatView, biases: FloatView? = nil, vocabSize: Int, width: Int, logitSoftCap: Float? = nil
  ) {
    precondition(
      weights.count == vocabSize * width && biases.map { $0.count == vocabSize } ?? true,
      "\(weights.count) weights of \(vocabSize) rows of \(width)")
    (self.digest, self.weights, self.biases) = (digest, weights, biases)
    (self.vocabSize, self.width, self.logitSoftCap) = (vocabSize, width, logitSoftCap)
  }

  /// The weights as products in a precision read them.
  func matrix(_ precision: ProductPrecision) -> WeightMatrix {
    let values = Matrix(weights, rows: vocabSize, columns: width)
    guard precision == .bfloat16 else { return WeightMatrix(values) }
    let rounded = BFloat16Storage(count: weights.count).view
    rounded.roundInParallel(weights)
    return WeightMatrix(values, rounded: BFloat16Matrix(rounded, rows: vocabSize, columns: width))
  }

  /// Writes the logits `W h + b`, capped where the head caps, of hidden states `[n, D]`, W being ``matrix(_:)``. Shape of
  /// `logits`: `[n, V]`.
  func logits(of hidden: ProductRows, _ matrix: WeightMatrix, into logits: FloatView, groups: [Range<Int>]) {
    hidden.multiply(matrix.transposed, into: logits, rowGroups: groups)
    if let biases, hidden.count > 0 { Elementwise.addBias(biases, to: logits) }
    if let logitSoftCap { Elementwise.softCap(logits, cap: logitSoftCap) }
  }
}

/// A teacher's logits from its hidden states, a chunk of positions at a time.
final class HiddenStateRows: Sendable {
  let head: OutputHead
  /// Positions that fit.
  let capacity: Int
  private let matrix: WeightMatrix
  private let hidden: FloatView  // [capacity, D]
  private let rounded: BFloat16View?  // [capacity, D], where products are in bfloat16
  private let logits: FloatView  // [capacity, V]

  init(head: OutputHead, capacity: Int, precision: ProductPrecision) {
    matrix = head.matrix(precision)
    rounded = precision == .bfloat16 ? BFloat16Storage(count: capacity * head.width).view : nil
    (self.head, self.capacity) = (head, capacity)
    hidden = FloatStorage(count: capacity * head.width).view
    logits = FloatStorage(count: capacity * head.vocabSize).view
  }

  /// Computes the logits of a chunk's places, at most `capacity`, from a column of hidden states `[R, D]`; places without
  /// a position in the column are left out. No place's logits depend on another group's.
  func compute(_ positions: [Int?], groups: [Range<Int>], of column: [Float]) {
    let width = head.width
    unsafe column.withUnsafeBufferPointer { column in
      for case (let place, let position?) in positions.enumerated() {
        let state = column.extracting(position * width..<(position + 1) * width)
        hidden.window(place * width, width).copy(
          from: unsafe FloatView(unsafe: UnsafeMutableBufferPointer(mutating: state)))
      }
    }
    var rows = ProductRows.float32(hidden.window(0, positions.count * width))
    if let part = rounded?.window(0, positions.count * width) {
      part.round(hidden.window(0, positions.count * width))
      rows = .bfloat16(part)
    }
    head.logits(
      of: rows, matrix, into: logits.window(0, positions.count * head.vocabSize),
      groups: groups)
  }

  /// The logits of a place. Shape: `[V]`.
  func logits(_ place: Int) -> FloatView { logits.window(place * head.vocabSize, head.vocabSize) }
}
