import CDNNL
import COpenBLAS

/// A factor of a product: a matrix in the precision that the product has. Sums and results are float32 in any case.
public protocol MatrixFactor: Sendable {
  /// Number of rows.
  var rows: Int { get }
  /// Number of columns.
  var columns: Int { get }
  /// The same elements with rows and columns exchanged.
  var transposed: Self { get }
  /// A part, as a factor.
  func part(rows: Range<Int>, columns: Range<Int>) -> Self
  /// `output = a · b + keep · output` on the calling thread; `keep` is 0 or 1.
  static func multiplyOnThread(_ a: Self, _ b: Self, into output: Matrix, keep: Float)
}

extension Matrix: MatrixFactor {
  /// A part, as a factor.
  public func part(rows: Range<Int>, columns: Range<Int>) -> Matrix {
    guard isTransposed else { return self.rows(rows.lowerBound, rows.count).columns(columns.lowerBound, columns.count) }
    return transposed.rows(columns.lowerBound, columns.count).columns(rows.lowerBound, rows.count).transposed
  }

  /// `output = a · b + keep · output` by OpenBLAS.
  public static func multiplyOnThread(_ a: Matrix, _ b: Matrix, into output: Matrix, keep: Float) {
    multiply(a, b, into: output, keep: keep)
  }
}

/// A row-major matrix of bfloat16s within a window: `rows` rows of `columns`, `stride` apart.
public struct BFloat16Matrix: MatrixFactor {
  /// The window it was made of.
  public let view: BFloat16View
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  private let stride: Int
  private let isTransposed: Bool

  /// The matrix that begins at the window's first element. Unset: rows stand without gaps.
  public init(_ view: BFloat16View, rows: Int, columns: Int, stride: Int? = nil) {
    let stride = stride ?? columns
    precondition(
      rows >= 0 && columns >= 0 && stride >= columns && (rows == 0 || (rows - 1) * stride + columns <= view.count),
      "\(rows) rows of \(columns), \(stride) apart, in \(view.count) bfloat16s")
    self.init(view, rows: rows, columns: columns, stride: stride, isTransposed: false)
  }

  private init(_ view: BFloat16View, rows: Int, columns: Int, stride: Int, isTransposed: Bool) {
    (self.view, self.rows, self.columns) = (view, rows, columns)
    (self.stride, self.isTransposed) = (stride, isTransposed)
  }

  /// The same elements with rows and columns exchanged.
  public var transposed: BFloat16Matrix {
    BFloat16Matrix(view, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed)
  }

  /// A part, as a factor.
  public func part(rows: Range<Int>, columns: Range<Int>) -> BFloat16Matrix {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= self.rows && columns.lowerBound >= 0
        && columns.upperBound <= self.columns, "part \(rows), \(columns) of [\(self.rows), \(self.columns)]")
    let (first, last) = isTransposed ? (columns, rows) : (rows, columns)
    let begin = min(first.lowerBound * stride + last.lowerBound, view.count)
    return BFloat16Matrix(
      view.window(begin, view.count - begin), rows: rows.count, columns: columns.count, stride: stride,
      isTransposed: isTransposed)
  }

  /// `output = a · b + keep · output` by oneDNN; `keep` is 0 or 1.
  public static func multiplyOnThread(_ a: BFloat16Matrix, _ b: BFloat16Matrix, into output: Matrix, keep: Float) {
    precondition(
      a.columns == b.rows && output.rows == a.rows && output.columns == b.columns && !output.isTransposed,
      "[\(a.rows), \(a.columns)] times [\(b.rows), \(b.columns)] into [\(output.rows), \(output.columns)]")
    precondition(OneDNN.failure == nil, OneDNN.failure ?? "")
    guard output.rows > 0, output.columns > 0, a.columns > 0 else { return }
    let status = unsafe retort_dnnl_multiply(
      a.isTransposed, b.isTransposed, Int64(a.rows), Int64(b.columns), Int64(a.columns), a.view.pointer,
      Int64(a.stride), b.view.pointer, Int64(b.stride), keep != 0, output.view.pointer, Int64(output.stride))
    precondition(status == 0, "oneDNN's status \(status) for [\(a.rows), \(a.columns)] times [\(b.rows), \(b.columns)]")
  }
}
