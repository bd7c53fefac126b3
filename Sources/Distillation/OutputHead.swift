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

  /// Takes a head.
  ///
  /// - Parameters:
  ///   - weights: Row-major. Shape: `[vocabSize, width]`.
  ///   - biases: Nil where there are none. Shape: `[vocabSize]`.
  public init(digest: String, weights: FloatView, biases: FloatView? = nil, vocabSize: Int, width: Int) {
    precondition(
      weights.count == vocabSize * width && biases.map { $0.count == vocabSize } ?? true,
      "\(weights.count) weights of \(vocabSize) rows of \(width)")
    (self.digest, self.weights, self.biases) = (digest, weights, biases)
    (self.vocabSize, self.width) = (vocabSize, width)
  }

  /// Writes the logits `W h + b` of hidden states `[n, D]`. Shape of `logits`: `[n, V]`.
  func logits(of hidden: FloatView, into logits: FloatView) {
    let rows = hidden.count / width
    Matrix.multiply(
      Matrix(hidden, rows: rows, columns: width), Matrix(weights, rows: vocabSize, columns: width).transposed,
      into: Matrix(logits, rows: rows, columns: vocabSize))
    if let biases, rows > 0 { Elementwise.addBias(biases, to: logits) }
  }
}

/// A teacher's log-probs from its hidden states, some positions at a time. One thread owns it.
final class HiddenStateRows {
  let head: OutputHead
  private let hidden: FloatView  // [capacity, D]
  private let logits: FloatView  // [capacity, V]
  private let logprobs: FloatView  // [V]
  /// For each position computed, its row of `logits`.
  private var rows: [Int: Int] = [:]

  init(head: OutputHead, capacity: Int) {
    self.head = head
    hidden = FloatStorage(count: capacity * head.width).view
    logits = FloatStorage(count: capacity * head.vocabSize).view
    logprobs = FloatStorage(count: head.vocabSize).view
  }

  /// Computes some positions, at most `capacity`, of a column of hidden states. Shape of `column`: `[R, D]`.
  func compute(_ positions: [Int], of column: [Float]) {
    let width = head.width
    rows.removeAll(keepingCapacity: true)
    unsafe column.withUnsafeBufferPointer { column in
      for (row, position) in positions.enumerated() {
        let state = column.extracting(position * width..<(position + 1) * width)
        hidden.window(row * width, width).copy(
          from: unsafe FloatView(unsafe: UnsafeMutableBufferPointer(mutating: state)))
        rows[position] = row
      }
    }
    head.logits(
      of: hidden.window(0, positions.count * width), into: logits.window(0, positions.count * head.vocabSize))
  }

  /// The log-probs of a position that was computed, `log softmax(logits)`, until the next call. Shape: `[V]`.
  func logprobs(_ position: Int) -> FloatView {
    let row = logits.window((rows[position] ?? 0) * head.vocabSize, head.vocabSize)
    Elementwise.subtract(Softmax.logSumExp(row), from: row, into: logprobs)
    return logprobs
  }
}
