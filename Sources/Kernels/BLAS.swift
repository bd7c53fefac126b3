import COpenBLAS

/// The library behind matrix products.
public enum BLAS {
  /// Why products cannot be computed on this machine; nil when they can. Ask before the first product.
  public static let failure: String? = unsafe retort_blas_load().map { unsafe String(cString: $0) }

  /// Name of the kernels in use, such as `SkylakeX`: the last bits of products depend on it. Empty without the library.
  public static var coreType: String { failure == nil ? unsafe String(cString: retort_blas_core_type()) : "" }

  /// The library's description of its version and build. Empty without the library.
  public static var version: String { failure == nil ? unsafe String(cString: retort_blas_version()) : "" }
}

/// A row-major matrix within a window: `rows` rows of `columns` floats, `stride` apart.
public struct Matrix: Sendable {
  let elements: FloatView
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// Floats from one row to the next; at least `columns`.
  public let stride: Int

  /// The matrix that begins at the window's first element. Unset: rows stand without gaps.
  public init(_ elements: FloatView, rows: Int, columns: Int, stride: Int? = nil) {
    let stride = stride ?? columns
    precondition(
      rows >= 0 && columns >= 0 && stride >= columns
        && (rows == 0 || (rows - 1) * stride + columns <= elements.count),
      "\(rows) rows of \(columns), \(stride) apart, in \(elements.count) floats")
    self.elements = elements
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// The elements from the first row's first to the last row's last.
  public var view: FloatView { elements }

  /// Multiplies: `output = scale · a · b + keep · output`, `a` and `b` transposed first where asked.
  ///
  /// `output` must not overlap `a` or `b`. With `keep` 0 its old values are not read.
  public static func multiply(
    _ a: Matrix, transposed transposeA: Bool = false, _ b: Matrix, transposed transposeB: Bool = false,
    into output: Matrix, scale: Float = 1, keep: Float = 0
  ) {
    let (rows, inner) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (innerB, columns) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(
      inner == innerB && output.rows == rows && output.columns == columns,
      "[\(rows), \(inner)] times [\(innerB), \(columns)] into [\(output.rows), \(output.columns)]")
    precondition(BLAS.failure == nil, BLAS.failure ?? "")
    guard rows > 0, columns > 0, inner > 0 else { return }
    unsafe retort_blas_sgemm(
      transposeA, transposeB, Int32(rows), Int32(columns), Int32(inner), scale, a.elements.pointer, Int32(a.stride),
      b.elements.pointer, Int32(b.stride), keep, output.elements.pointer, Int32(output.stride))
  }
}
