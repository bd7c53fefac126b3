public import Kernels

/// What a forward pass keeps for the backward pass. Reused from batch to batch; one pass uses it at a time.
public final class Tape: @unchecked Sendable {
  // SAFETY: one pass uses a tape at a time, as its comment says.

  /// How much of a forward pass is kept.
  public enum Memory: Sendable, Hashable {
    /// One block's room serves all: for forward passes alone.
    case none
    /// What each block finds; the backward pass computes the rest of a block again. Gradients have the same bits.
    case blockInputs
    /// All that the backward pass needs.
    case everything
  }

  let model: ModelConfiguration
  let memory: Memory
  /// Number of packed rows of the batch read last: N.
  public private(set) var rowCount = 0
  var tokenIDs: [UInt32] = []
  var positions: [Int32] = []
  /// Rows of each sequence of the batch read last.
  var sequences: [Range<Int>] = []
  /// Ranges of rows that products keep apart; gradients of parameters are summed over each, then added up in order.
  var rowGroups: [Range<Int>] = []
  /// What adapters leave out in training; nil: nothing. Of one pass forward and backward.
  public var dropout: AdapterDropout?
  /// Of the products of passes with this tape.
  public let precision: ProductPrecision
  var rotary: Rotary
  /// What each block finds, then what the last one leaves. Each `[N, D]`.
  private var streams: [GrowingFloats]
  private var blocks: [BlockTape]

  var finalMean = GrowingFloats()
  var finalScale = GrowingFloats()
  var hiddenStates = GrowingFloats()
  var hiddenGradients = GrowingFloats()
  private var normed = GrowingFloats()
  /// What a projection will read, before it is rounded.
  private var inputScratch = GrowingFloats()
  /// Selected hidden states with their gradients.
  var selectedHidden = GrowingFloats()
  var selectedRows = GrowingRows()
  var selectedGradients = GrowingFloats()
  var backwardScratch = BackwardScratch()

  /// Makes an empty tape for passes of a model; it grows with the batches.
  ///
  /// - Parameter precision: Of the products.
  public init(_ transformer: Transformer, memory: Memory, precision: ProductPrecision = .float32) {
    self.precision = precision
    model = transformer.configuration
    self.memory = memory
    let rotary = model.rotary
    self.rotary = Rotary(
      frequencies: rotary?.frequencies(headWidth: model.headWidth) ?? [], scale: Float(rotary?.scale ?? 1))
    streams = Array(repeating: GrowingFloats(), count: memory == .none ? 1 : model.layerCount + 1)
    blocks = Array(repeating: BlockTape(), count: memory == .everything ? model.layerCount : 1)
  }

  /// Makes an empty tape that keeps everything, or nothing.
  public convenience init(
    _ transformer: Transformer, keepsActivations: Bool = true, precision: ProductPrecision = .float32
  ) {
    self.init(transformer, memory: keepsActivations ? .everything : .none, precision: precision)
  }

  /// Hidden states as the head reads them. E, their width, is ``ModelConfiguration/embeddingWidth``. Shape: `[N, E]`.
  public var hidden: FloatView { hiddenStates.view }

  /// Gradients of ``hidden``: zero after a forward pass. Shape: `[N, E]`.
  public var hiddenGradient: FloatView { hiddenGradients.view }

  /// Gradients of the embedded rows, after a backward pass. Shape: `[N, E]`.
  public var embeddedGradient: FloatView {
    model.block.embeddingWidth == nil ? backwardScratch.stream.view : backwardScratch.embedded.view
  }

  var keepsActivations: Bool { memory != .none }

  func block(_ layer: Int) -> BlockTape { blocks[memory == .everything ? layer : 0] }

  /// What a block finds; with `layerCount`, what the last block leaves. Where nothing is kept, all are one.
  func stream(_ layer: Int) -> FloatView { streams[memory == .none ? 0 : layer].view }

  /// The embedded rows, where they are projected to the stream. Shape: `[N, E]`.
  private(set) var embedded = InputRows()
  /// What the blocks leave, normalised, where it is projected before the head reads it. Shape: `[N, D]`.
  private(set) var unprojected = InputRows()

  /// Room for a norm's result that is read at once. Shape: `[N, D]`.
  func normScratch() -> FloatView {
    normed.resize(rowCount * model.width)
    return normed.view
  }

  /// Bytes that activations and gradients of activations take.
  public var byteCount: Int {
    let rows = [finalMean, finalScale, hiddenStates, hiddenGradients, normed, inputScratch, selectedHidden]
    return (rows + [selectedGradients] + streams).reduce(embedded.byteCount + unprojected.byteCount) {
      $0 + $1.byteCount
    }
      + blocks.reduce(0) { $0 + $1.byteCount } + backwardScratch.byteCount + selectedRows.byteCount
  }

  /// Lets `write` make what a projection reads, and keeps it in the precision of products.
  func fill(_ input: InputRows, _ write: (FloatView) -> Void) {
    let room = input.room(or: inputScratch)
    write(room)
    input.keep(room)
  }

  /// Makes room for N rows.
  func resize(rows: Int) {
    rowCount = rows
    for index in blocks.indices { blocks[index].resize(rows: rows, model, precision) }
    if precision != .float32 {
      inputScratch.resize(
        rows * max(model.width, model.embeddingWidth, model.queryWidth, model.block.feedForward.width))
    }
    if model.block.embeddingWidth != nil {
      embedded.resize(rows * model.embeddingWidth, precision)
      unprojected.resize(rows * model.width, precision)
    }
    for index in streams.indices { streams[index].resize(rows * model.width) }
    finalMean.resize(rows)
    finalScale.resize(rows)
    hiddenStates.resize(rows * model.embeddingWidth)
    guard keepsActivations else { return }
    hiddenGradients.resize(rows * model.embeddingWidth)
    hiddenGradients.view.fill(0)
  }
}

/// Room to make where there is too little: exactly what is needed at first, an eighth more where it has to grow again.
private func roomFor(_ count: Int, insteadOf present: Int) -> Int { present == 0 ? count : count + count / 8 }

/// Floats whose number may change: room grows, and is kept.
struct GrowingFloats {
  private var storage = FloatStorage(count: 0)
  private var count = 0

  mutating func resize(_ newCount: Int) {
    if newCount > storage.count { storage = FloatStorage(count: roomFor(newCount, insteadOf: storage.count)) }
    count = newCount
  }

  var view: FloatView { storage.view.window(0, count) }
  var byteCount: Int { 4 * storage.count }
}

/// The same for bfloat16s.
struct GrowingBFloat16s {
  private var storage = BFloat16Storage(count: 0)
  private var count = 0

  mutating func resize(_ newCount: Int) {
    if newCount > storage.count { storage = BFloat16Storage(count: roomFor(newCount, insteadOf: storage.count)) }
    count = newCount
  }

  var view: BFloat16View { storage.view.window(0, count) }
  var byteCount: Int { 2 * storage.count }
}

/// Rows that a projection reads, kept in the precision of products.
struct InputRows {
  private var floats = GrowingFloats()
  private var rounded = GrowingBFloat16s()
  private var count = 0
  private var precision = ProductPrecision.float32

  mutating func resize(_ newCount: Int, _ newPrecision: ProductPrecision) {
    (count, precision) = (newCount, newPrecision)
    switch precision {
    case .float32: floats.resize(count)
    case .bfloat16: rounded.resize(count)
    }
  }

  var byteCount: Int { floats.byteCount + rounded.byteCount }

  /// What products read.
  var rows: ProductRows {
    switch precision {
    case .float32: .float32(floats.view)
    case .bfloat16: .bfloat16(rounded.view)
    }
  }

  /// Where the rows are to be written: here, or in `scratch` where they will be rounded.
  func room(or scratch: GrowingFloats) -> FloatView {
    precision == .float32 ? floats.view : scratch.view.window(0, count)
  }

  /// Keeps what was written to ``room(or:)``.
  func keep(_ room: FloatView) {
    if precision == .bfloat16 { rounded.view.roundInParallel(room) }
  }
}

/// Room for a rounded copy of a product's rows; it grows, and is kept.
struct GrowingRows {
  private var rounded = GrowingBFloat16s()
  var byteCount: Int { rounded.byteCount }

  /// The rows in a precision: themselves, or a rounded copy that stays until the next call.
  mutating func take(_ rows: FloatView, _ precision: ProductPrecision) -> ProductRows {
    guard precision == .bfloat16 else { return .float32(rows) }
    rounded.resize(rows.count)
    rounded.view.roundInParallel(rows)
    return .bfloat16(rounded.view)
  }
}

/// A norm's statistics: N rows.
struct NormTape {
  var mean = GrowingFloats()
  var scale = GrowingFloats()
  var byteCount: Int { mean.byteCount + scale.byteCount }

  mutating func resize(rows: Int) {
    mean.resize(rows)
    scale.resize(rows)
  }
}

/// What one block keeps beside its input. N rows each. Each projection reads one of these buffers.
struct BlockTape {
  var attentionNorm = NormTape()
  /// After the first norm. `[N, D]`
  var attentionNormed = InputRows()
  /// Queries, keys and values, normalised and turned. `[N, attentionInputWidth]`
  var projected = GrowingFloats()
  /// Queries and keys before their norms, `[N, H, headWidth]` and `[N, keyValueHeads, headWidth]`, with the norms' factors.
  var queries = GrowingFloats()
  var keys = GrowingFloats()
  var queryScale = GrowingFloats()
  var keyScale = GrowingFloats()
  /// `[N, queryWidth]`
  var attended = InputRows()
  /// What attention gives, or its sum with the stream, before its norm, where it has one. `[N, D]`
  var attentionOutput = GrowingFloats()
  var attentionPostNorm = NormTape()
  /// The residual stream after attention. `[N, D]`
  var middle = GrowingFloats()
  var feedForwardNorm = NormTape()
  /// After the second norm. `[N, D]`
  var feedForwardNormed = InputRows()
  /// Before the nonlinearity. `[N, feedForwardInputWidth]`
  var inner = GrowingFloats()
  /// After it. `[N, feedForwardWidth]`
  var activated = InputRows()
  /// What the feed-forward part gives, or its sum with the stream, before its norm, where it has one. `[N, D]`
  var feedForwardOutput = GrowingFloats()
  var feedForwardPostNorm = NormTape()

  var byteCount: Int {
    let norms = [attentionNorm, attentionPostNorm, feedForwardNorm, feedForwardPostNorm]
    let inputs = [attentionNormed, attended, feedForwardNormed, activated]
    let floats = [projected, queries, keys, queryScale, keyScale, attentionOutput, middle, inner, feedForwardOutput]
    return norms.reduce(0) { $0 + $1.byteCount } + inputs.reduce(0) { $0 + $1.byteCount }
      + floats.reduce(0) { $0 + $1.byteCount }
  }

  mutating func resize(rows: Int, _ model: ModelConfiguration, _ precision: ProductPrecision) {
    attentionNorm.resize(rows: rows)
    attentionNormed.resize(rows * model.width, precision)
    projected.resize(rows * model.attentionInputWidth)
    attended.resize(rows * model.queryWidth, precision)
    middle.resize(rows * model.width)
    feedForwardNorm.resize(rows: rows)
    feedForwardNormed.resize(rows * model.width, precision)
    inner.resize(rows * model.feedForwardInputWidth)
    activated.resize(rows * model.feedForwardWidth, precision)
    if model.block.attention.normalizesHeads {
      queries.resize(rows * model.queryWidth)
      keys.resize(rows * model.keyValueWidth)
      queryScale.resize(rows * model.headCount)
      keyScale.resize(rows * model.keyValueHeadCount)
    }
    if model.block.normalizesResults {
      attentionOutput.resize(rows * model.width)
      attentionPostNorm.resize(rows: rows)
      feedForwardOutput.resize(rows * model.width)
      feedForwardPostNorm.resize(rows: rows)
    }
  }
}

/// Gradients of one block at a time. N rows each.
struct BackwardScratch {
  /// Of the residual stream. `[N, D]`
  var stream = GrowingFloats()
  /// Of embedded rows, where they are projected. `[N, E]`
  var embedded = GrowingFloats()
  /// Of a norm's output. `[N, D]`
  var normed = GrowingFloats()
  /// Of what attention or the feed-forward part gives, where it is normalised. `[N, D]`
  var output = GrowingFloats()
  var projected = GrowingFloats()
  var attended = GrowingFloats()
  var inner = GrowingFloats()
  var activated = GrowingFloats()
  /// Of a projection's result, rounded for its products. `[N, its width]`
  var rounded = GrowingRows()

  var byteCount: Int {
    [stream, embedded, normed, output, projected, attended, inner, activated].reduce(rounded.byteCount) {
      $0 + $1.byteCount
    }
  }

  mutating func resize(rows: Int, _ model: ModelConfiguration) {
    stream.resize(rows * model.width)
    normed.resize(rows * model.width)
    if model.block.normalizesResults { output.resize(rows * model.width) }
    if let width = model.block.embeddingWidth { embedded.resize(rows * width) }
    projected.resize(rows * model.attentionInputWidth)
    attended.resize(rows * model.queryWidth)
    inner.resize(rows * model.feedForwardInputWidth)
    activated.resize(rows * model.feedForwardWidth)
  }
}
