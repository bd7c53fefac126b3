public import Kernels

/// What a forward pass keeps for the backward pass. Reused from batch to batch; one pass uses it at a time.
public final class Tape: @unchecked Sendable {
  // SAFETY: one pass uses a tape at a time, as its comment says.

  let model: ModelConfiguration
  /// Number of packed rows of the batch read last: N.
  public private(set) var rowCount = 0
  var tokenIDs: [UInt32] = []
  var positions: [Int32] = []
  /// Ranges of rows that products keep apart.
  var rowGroups: [Range<Int>] = []
  var rotary: Rotary
  private var blocks: [BlockTape]
  let keepsActivations: Bool
  /// Of the products of passes with this tape.
  public let precision: ProductPrecision

  /// What the last block leaves. Shape: `[N, D]`.
  var output = GrowingFloats()
  var finalMean = GrowingFloats()
  var finalScale = GrowingFloats()
  var hiddenStates = GrowingFloats()
  var hiddenGradients = GrowingFloats()
  /// Attention's scratch, and selected hidden states with their gradients.
  var attentionScratch = GrowingFloats()
  var selectedHidden = GrowingFloats()
  var selectedRows = GrowingRows()
  var selectedGradients = GrowingFloats()
  var backwardScratch = BackwardScratch()

  /// Makes an empty tape for passes of a model; it grows with the batches.
  ///
  /// - Parameters:
  ///   - keepsActivations: False for forward passes alone: one block's room serves all.
  ///   - precision: Of the products.
  public init(_ transformer: Transformer, keepsActivations: Bool = true, precision: ProductPrecision = .float32) {
    self.precision = precision
    model = transformer.configuration
    rotary = Rotary(frequencies: transformer.configuration.rotaryFrequencies)
    self.keepsActivations = keepsActivations
    blocks = Array(repeating: BlockTape(), count: keepsActivations ? transformer.configuration.layerCount : 1)
  }

  /// Hidden states after the final norm. Shape: `[N, D]`.
  public var hidden: FloatView { hiddenStates.view }

  /// Gradients of ``hidden``: zero after a forward pass. Shape: `[N, D]`.
  public var hiddenGradient: FloatView { hiddenGradients.view }

  func block(_ layer: Int) -> BlockTape { blocks[keepsActivations ? layer : 0] }

  /// Where a block writes its result: the next block's input.
  func input(ofBlock layer: Int) -> FloatView { layer < model.layerCount ? block(layer).input.view : output.view }

  /// Makes room for N rows.
  func resize(rows: Int) {
    rowCount = rows
    for index in blocks.indices { blocks[index].resize(rows: rows, model) }
    output.resize(rows * model.width)
    finalMean.resize(rows)
    finalScale.resize(rows)
    hiddenStates.resize(rows * model.width)
    guard keepsActivations else { return }
    hiddenGradients.resize(rows * model.width)
    hiddenGradients.view.fill(0)
  }
}

/// Floats whose number may change: room grows, and is kept.
struct GrowingFloats {
  private var storage = FloatStorage(count: 0)
  private var count = 0

  mutating func resize(_ newCount: Int) {
    if newCount > storage.count { storage = FloatStorage(count: newCount + newCount / 4) }
    count = newCount
  }

  var view: FloatView { storage.view.window(0, count) }
}

/// Room for rows of a product in bfloat16; it grows, and is kept.
struct GrowingRows {
  private var storage = BFloat16Storage(count: 0)

  /// The rows in a precision: themselves, or a rounded copy that stays until the next call.
  mutating func take(_ rows: FloatView, _ precision: ProductPrecision) -> ProductRows {
    guard precision == .bfloat16 else { return .float32(rows) }
    if rows.count > storage.count { storage = BFloat16Storage(count: rows.count + rows.count / 4) }
    let copy = storage.view.window(0, rows.count)
    copy.roundInParallel(rows)
    return .bfloat16(copy)
  }
}

/// What one block keeps. N rows each.
struct BlockTape {
  /// The residual stream as the block finds it. `[N, D]`
  var input = GrowingFloats()
  var attentionMean = GrowingFloats()
  var attentionScale = GrowingFloats()
  /// After the first norm. `[N, D]`
  var attentionNormed = GrowingFloats()
  /// Queries, keys and values, rotated. `[N, attentionInputWidth]`
  var projected = GrowingFloats()
  /// `[N, queryWidth]`
  var attended = GrowingFloats()
  /// The residual stream after attention. `[N, D]`
  var middle = GrowingFloats()
  var feedForwardMean = GrowingFloats()
  var feedForwardScale = GrowingFloats()
  /// After the second norm. `[N, D]`
  var feedForwardNormed = GrowingFloats()
  /// Before the nonlinearity. `[N, feedForwardInputWidth]`
  var inner = GrowingFloats()
  /// After it. `[N, feedForwardWidth]`
  var activated = GrowingFloats()

  mutating func resize(rows: Int, _ model: ModelConfiguration) {
    input.resize(rows * model.width)
    attentionMean.resize(rows)
    attentionScale.resize(rows)
    attentionNormed.resize(rows * model.width)
    projected.resize(rows * model.attentionInputWidth)
    attended.resize(rows * model.queryWidth)
    middle.resize(rows * model.width)
    feedForwardMean.resize(rows)
    feedForwardScale.resize(rows)
    feedForwardNormed.resize(rows * model.width)
    inner.resize(rows * model.feedForwardInputWidth)
    activated.resize(rows * model.feedForwardWidth)
  }
}

/// Gradients of one block at a time. N rows each.
struct BackwardScratch {
  /// Of the residual stream. `[N, D]`
  var stream = GrowingFloats()
  /// Of a norm's output. `[N, D]`
  var normed = GrowingFloats()
  var projected = GrowingFloats()
  var attended = GrowingFloats()
  var inner = GrowingFloats()
  var activated = GrowingFloats()

  mutating func resize(rows: Int, _ model: ModelConfiguration) {
    stream.resize(rows * model.width)
    normed.resize(rows * model.width)
    projected.resize(rows * model.attentionInputWidth)
    attended.resize(rows * model.queryWidth)
    inner.resize(rows * model.feedForwardInputWidth)
    activated.resize(rows * model.feedForwardWidth)
  }
}
