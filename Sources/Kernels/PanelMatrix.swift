import CKernels

/// How weights are kept for products with few rows.
public enum WeightFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// Four bytes a weight, exact.
  case float32
  /// Two bytes a weight; weights and inputs are rounded to bfloat16, sums are float32.
  case bfloat16
  /// One byte a weight, with a scale for each output: an error of at most half of the output's largest weight / 127.
  case int8
}

/// Form of the loops of decoding on this machine: `avx512bf16`, `avx512`, `avx2` or `generic`.
public let decodeForm: String = unsafe String(cString: retort_decode_form())

/// A weight matrix packed for products with few rows: panels of 64 outputs, input by input, each read in one stream.
///
/// A row's result depends on that row alone: not on how many rows are multiplied with it, nor on the number of threads.
/// Packing overwrites; products may run at once, but not while packing.
public final class PanelMatrix: Sendable {
  /// Number of inputs: K.
  public let inputWidth: Int
  /// Number of outputs.
  public let outputWidth: Int
  /// How the weights are kept.
  public let format: WeightFormat
  private let words: FloatStorage
  private let scales: FloatStorage
  private let wordsPerPanel: Int

  /// Makes zeros.
  public init(inputWidth: Int, outputWidth: Int, format: WeightFormat) {
    precondition(inputWidth > 0 && outputWidth > 0, "panels of \(inputWidth) inputs and \(outputWidth) outputs")
    self.inputWidth = inputWidth
    self.outputWidth = outputWidth
    self.format = format
    let panels = (outputWidth + PanelMatrix.columns - 1) / PanelMatrix.columns
    wordsPerPanel =
      switch format {
      case .float32: PanelMatrix.columns * inputWidth
      case .bfloat16: PanelMatrix.columns * ((inputWidth + 1) / 2)
      case .int8: PanelMatrix.columns / 4 * inputWidth
      }
    words = FloatStorage(count: panels * wordsPerPanel)
    scales = FloatStorage(count: format == .int8 ? panels * PanelMatrix.columns : 0)
  }

  private static let columns = Int(retort_panel_columns)
  private var panelCount: Int { (outputWidth + PanelMatrix.columns - 1) / PanelMatrix.columns }

  /// Bytes held.
  public var byteCount: Int { (words.count + scales.count) * MemoryLayout<Float>.stride }

  /// Takes the weights of a matrix: `[outputWidth, inputWidth]` where `isOutputMajor`, else `[inputWidth, outputWidth]`.
  public func pack(_ weights: FloatView, isOutputMajor: Bool) {
    precondition(
      weights.count == inputWidth * outputWidth, "\(weights.count) weights for [\(inputWidth), \(outputWidth)]")
    ComputePool.forEach(panelCount) { [self] panel in
      let first = panel * PanelMatrix.columns
      let columns = min(PanelMatrix.columns, outputWidth - first)
      let source = isOutputMajor ? first * inputWidth : first
      pack(
        weights.window(source, weights.count - source), stride: isOutputMajor ? inputWidth : outputWidth, isOutputMajor,
        columns: columns, panel: panel)
    }
  }

  private func pack(_ weights: FloatView, stride: Int, _ isOutputMajor: Bool, columns: Int, panel: Int) {
    let (from, k, to) = (unsafe weights.pointer, Int64(inputWidth), unsafe self.panel(panel))
    let (stride, columns) = (Int64(stride), Int64(columns))
    switch format {
    case .float32:
      unsafe retort_pack_float32(from, stride, isOutputMajor, k, columns, to.assumingMemoryBound(to: Float.self))
    case .bfloat16:
      unsafe retort_pack_bfloat16(from, stride, isOutputMajor, k, columns, to.assumingMemoryBound(to: UInt32.self))
    case .int8:
      unsafe retort_pack_int8(
        from, stride, isOutputMajor, k, columns, to.assumingMemoryBound(to: Int8.self), panelScales(panel))
    }
  }

  private func panel(_ index: Int) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(words.view.window(index * wordsPerPanel, wordsPerPanel).pointer)
  }

  private func panelScales(_ index: Int) -> UnsafeMutablePointer<Float> {
    unsafe scales.view.window(index * PanelMatrix.columns, PanelMatrix.columns).pointer
  }

  /// Panels of one piece of a product: enough to be worth a thread's while.
  private var panelsPerPiece: Int { max(1, (1 << 14) / wordsPerPanel) }

  /// `y = x W (+ bias)`, or `y += x W (+ bias)`. Shapes: x `[rows, inputWidth]`, y `[rows, outputWidth]`; both without gaps.
  public func multiply(
    _ x: FloatView, rows: Int, into y: FloatView, bias: FloatView? = nil, adding: Bool = false
  ) {
    precondition(
      x.count == rows * inputWidth && y.count == rows * outputWidth && bias?.count ?? outputWidth == outputWidth,
      "[\(rows), \(inputWidth)] of \(x.count) by \(outputWidth) into \(y.count)")
    let input = format == .bfloat16 ? PanelMatrix.rounded(x, rows: rows, width: inputWidth) : x
    let pieces = (panelCount + panelsPerPiece - 1) / panelsPerPiece
    ComputePool.forEach(pieces) { [self] piece in
      for panel in piece * panelsPerPiece..<min((piece + 1) * panelsPerPiece, panelCount) {
        multiply(panel, input, rows: rows, into: y, bias: bias, adding: adding)
      }
    }
  }

  /// Rows as pairs of bfloat16. Shape: `[rows, (width + 1) / 2]` words.
  private static func rounded(_ x: FloatView, rows: Int, width: Int) -> FloatView {
    let wordWidth = (width + 1) / 2
    let words = FloatStorage(count: rows * wordWidth).view
    let rowsPerPiece = max(1, (1 << 15) / width)
    ComputePool.forEach((rows + rowsPerPiece - 1) / rowsPerPiece) { piece in
      let first = piece * rowsPerPiece
      let count = min(rowsPerPiece, rows - first)
      let target = words.window(first * wordWidth, count * wordWidth)
      unsafe retort_bfloat16_pairs(
        x.window(first * width, count * width).pointer, Int64(count), Int64(width),
        UnsafeMutableRawPointer(target.pointer).assumingMemoryBound(to: UInt32.self))
    }
    return words
  }

  private func multiply(
    _ index: Int, _ x: FloatView, rows: Int, into y: FloatView, bias: FloatView?, adding: Bool
  ) {
    let first = index * PanelMatrix.columns
    let columns = min(PanelMatrix.columns, outputWidth - first)
    let (m, k, n, stride) = (Int64(rows), Int64(inputWidth), Int64(columns), Int64(outputWidth))
    let bias = unsafe bias?.window(first, columns).pointer
    guard rows > 0 else { return }
    let (weights, output) = (unsafe panel(index), unsafe y.window(first, y.count - first).pointer)
    switch format {
    case .float32:
      unsafe retort_panel_float32(
        x.pointer, m, k, weights.assumingMemoryBound(to: Float.self), n, bias, adding, output, stride)
    case .bfloat16:
      unsafe retort_panel_bfloat16(
        UnsafeMutableRawPointer(x.pointer).assumingMemoryBound(to: UInt32.self), m, k,
        weights.assumingMemoryBound(to: UInt32.self), n, bias, adding, output, stride)
    case .int8:
      unsafe retort_panel_int8(
        x.pointer, m, k, weights.assumingMemoryBound(to: Int8.self), panelScales(index), n, bias, adding, output,
        stride)
    }
  }
}
