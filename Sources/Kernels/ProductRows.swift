/// In what precision the large products are computed. Sums are float32 in any case.
public enum ProductPrecision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Factors as they are, by OpenBLAS.
  case float32
  /// Factors rounded to bfloat16, by oneDNN.
  case bfloat16

  /// Why this precision cannot be had on this machine; nil when it can.
  public var failure: String? {
    switch self {
    case .float32: BLAS.failure
    case .bfloat16: OneDNN.failure
    }
  }
}

/// A matrix of parameters as products read it: as it is, and rounded where products are in bfloat16.
public struct WeightMatrix: Sendable {
  /// The parameters.
  public let values: Matrix
  /// Their copy in bfloat16; nil where products are in float32.
  public let rounded: BFloat16Matrix?

  /// Puts the two together.
  public init(_ values: Matrix, rounded: BFloat16Matrix? = nil) {
    precondition(
      rounded.map { $0.rows == values.rows && $0.columns == values.columns } ?? true, "a copy of another shape")
    (self.values, self.rounded) = (values, rounded)
  }

  /// The same elements with rows and columns exchanged.
  public var transposed: WeightMatrix { WeightMatrix(values.transposed, rounded: rounded?.transposed) }
}

/// Rows that enter a product, in its precision. Shape: `[N, width]`.
public enum ProductRows: Sendable {
  /// As they are.
  case float32(FloatView)
  /// Rounded.
  case bfloat16(BFloat16View)

  /// Number of elements.
  public var count: Int {
    switch self {
    case .float32(let view): view.count
    case .bfloat16(let view): view.count
    }
  }

  /// `output = x W + keep · output`; `keep` is 0 or 1. Shapes: W `[width, n]`, output `[N, n]`.
  ///
  /// - Parameter rowGroups: See ``ParallelProduct/multiply(_:_:into:rowGroups:keep:)``.
  public func multiply(_ weight: WeightMatrix, into output: FloatView, rowGroups: [Range<Int>], keep: Float = 0) {
    ParallelProduct.run([product(weight, into: output, rowGroups: rowGroups, keep: keep)])
  }

  /// `output += selfᵀ · other`, both of the same precision: the gradient of a matrix. Shapes: output `[m, n]`, self `[N, m]`, other `[N, n]`.
  ///
  /// - Parameter rowGroups: See ``ParallelProduct/addTransposedProduct(_:_:to:rowGroups:)``.
  public func addTransposedProduct(_ other: ProductRows, to output: Matrix, rowGroups: [Range<Int>]) {
    ParallelProduct.run([transposedProduct(other, to: output, rowGroups: rowGroups)])
  }

  /// The product of ``multiply(_:into:rowGroups:keep:)``, for ``ParallelProduct/run(_:)``.
  public func product(
    _ weight: WeightMatrix, into output: FloatView, rowGroups: [Range<Int>], keep: Float = 0
  ) -> PendingProduct {
    let (width, n) = (weight.values.rows, weight.values.columns)
    let rows = count / max(width, 1)
    let target = Matrix(output, rows: rows, columns: n)
    switch self {
    case .float32(let x):
      return ParallelProduct.product(
        Matrix(x, rows: rows, columns: width), weight.values, into: target, rowGroups: rowGroups, keep: keep)
    case .bfloat16(let x):
      guard let rounded = weight.rounded else { preconditionFailure("bfloat16 rows on parameters without a copy") }
      return ParallelProduct.product(
        BFloat16Matrix(x, rows: rows, columns: width), rounded, into: target, rowGroups: rowGroups, keep: keep)
    }
  }

  /// The product of ``addTransposedProduct(_:to:rowGroups:)``, for ``ParallelProduct/run(_:)``.
  public func transposedProduct(_ other: ProductRows, to output: Matrix, rowGroups: [Range<Int>]) -> PendingProduct {
    let rows = count / max(output.rows, 1)
    switch (self, other) {
    case (.float32(let a), .float32(let b)):
      return ParallelProduct.transposedProduct(
        Matrix(a, rows: rows, columns: output.rows), Matrix(b, rows: rows, columns: output.columns), to: output,
        rowGroups: rowGroups)
    case (.bfloat16(let a), .bfloat16(let b)):
      return ParallelProduct.transposedProduct(
        BFloat16Matrix(a, rows: rows, columns: output.rows), BFloat16Matrix(b, rows: rows, columns: output.columns),
        to: output, rowGroups: rowGroups)
    default: preconditionFailure("a product of two precisions")
    }
  }
}
