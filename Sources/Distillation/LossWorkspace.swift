internal import Kernels
internal import Sequences
internal import Transformer

/// What the passes of a trainer need, one after another; reused from step to step.
final class LossWorkspace: @unchecked Sendable {
  // SAFETY: a trainer runs one pass at a time; rows of `logits` and lanes are used by one thread each.

  let tape: Tape
  /// Logits of a chunk, then their gradients. Shape: `[rows, rowSize]`.
  private(set) var logits: FloatView
  /// The gradients as bfloat16 products read them; nil where products are in float32.
  private(set) var roundedGradients: BFloat16View?
  /// One for each thread.
  let lanes: [RowLossWorkspace]
  /// One for each thread: capped logits of a row, which gradients through the cap need; empty where a model caps none.
  let cappedLogits: [FloatView]
  /// Logits of a position; those past the vocabulary belong to padding.
  let rowSize: Int
  private var hiddenStateRows: HiddenStateRows?
  /// Sequences of each pass with the gradients of their embedded rows. Shape: `[N, D]`.
  private var embedded: [(sequences: SequenceBatch, gradients: FloatView)] = []

  init(_ transformer: Transformer, vocabSize: Int, arithmetic: TrainingArithmetic) {
    rowSize = transformer.configuration.vocabSize
    tape = Tape(
      transformer, memory: arithmetic.recomputesActivations ? .blockInputs : .everything,
      precision: arithmetic.precision)
    logits = FloatStorage(count: 0).view
    let capped = transformer.configuration.block.logitSoftCap == nil ? 0 : ComputePool.threadCount
    cappedLogits = (0..<capped).map { [rowSize] _ in FloatStorage(count: rowSize).view }
    lanes = (0..<ComputePool.threadCount).map { [rowSize] _ in
      RowLossWorkspace(vocabSize: vocabSize, rowSize: rowSize)
    }
  }

  /// Makes room for the logits of so many positions.
  func reserve(rows: Int) {
    guard rows * rowSize > logits.count else { return }
    logits = FloatStorage(count: rows * rowSize).view
    if tape.precision == .bfloat16 { roundedGradients = BFloat16Storage(count: rows * rowSize).view }
  }

  /// Forgets what a step that failed may have left.
  func beginStep() { embedded = [] }

  /// Keeps what the pass just made says about embeddings.
  ///
  /// It is added after all passes: where the head is the embedding, each element then has all the head's parts first,
  /// whatever the passes are.
  func keepEmbeddedGradients(of sequences: SequenceBatch) {
    let gradients = FloatStorage(count: tape.embeddedGradient.count).view
    gradients.copy(from: tape.embeddedGradient)
    embedded.append((sequences, gradients))
  }

  /// Adds what was kept, pass after pass, and keeps nothing more.
  func addEmbeddedGradients(_ transformer: Transformer, to gradients: ParameterBuffer) {
    for (sequences, rows) in embedded { transformer.addEmbeddingGradients(of: sequences, rows, gradients: gradients) }
    embedded = []
  }

  /// Where log-probs are made of hidden states with this head, for at most `capacity` positions at a time.
  func rows(of head: OutputHead, capacity: Int) -> HiddenStateRows {
    if let hiddenStateRows, hiddenStateRows.head === head, hiddenStateRows.capacity >= capacity {
      return hiddenStateRows
    }
    let rows = HiddenStateRows(head: head, capacity: capacity, precision: tape.precision)
    hiddenStateRows = rows
    return rows
  }
}
