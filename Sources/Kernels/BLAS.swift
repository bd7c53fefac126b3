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
  /// Floats from one stored row to the next.
  public let stride: Int
  /// True where the stored rows are the columns.
  let isTransposed: Bool

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
    isTransposed = false
  }

  private init(transposing other: Matrix) {
    (elements, stride) = (other.elements, other.stride)
    (rows, columns) = (other.columns, other.rows)
    isTransposed = !other.isTransposed
  }

  /// The same elements with rows and columns exchanged: a factor of a product, never its result.
  public var transposed: Matrix { Matrix(transposing: self) }

  /// The window it was made of.
  public var view: FloatView { elements }

  /// Some of its columns.
  public func columns(_ first: Int, _ count: Int) -> Matrix {
    precondition(first >= 0 && count >= 0 && first + count <= columns, "columns \(first) + \(count) of \(columns)")
    precondition(!isTransposed, "columns of a transposed matrix")
    return Matrix(elements.window(first, elements.count - first), rows: rows, columns: count, stride: stride)
  }

  /// Some of its rows.
  public func rows(_ first: Int, _ count: Int) -> Matrix {
    precondition(first >= 0 && count >= 0 && first + count <= rows, "rows \(first) + \(count) of \(rows)")
    precondition(!isTransposed, "rows of a transposed matrix")
    let begin = min(first * stride, elements.count)
    return Matrix(elements.window(begin, elements.count - begin), rows: count, columns: columns, stride: stride)
  }

  /// Multiplies: `output = scale · a · b + keep · output`.
  ///
  /// `output` must not overlap `a` or `b`. With `keep` 0 its old values are not read.
  public static func multiply(_ a: Matrix, _ b: Matrix, into output: Matrix, scale: Float = 1, keep: Float = 0) {
    precondition(
      a.columns == b.rows && output.rows == a.rows && output.columns == b.columns && !output.isTransposed,
      "[\(a.rows), \(a.columns)] times [\(b.rows), \(b.columns)] into [\(output.rows), \(output.columns)]")
    precondition(BLAS.failure == nil, BLAS.failure ?? "")
    guard output.rows > 0, output.columns > 0, a.columns > 0 else { return }
    unsafe retort_blas_sgemm(
      a.isTransposed, b.isTransposed, Int32(a.rows), Int32(b.columns), Int32(a.columns), scale, a.elements.pointer,
      Int32(a.stride), b.elements.pointer, Int32(b.stride), keep, output.elements.pointer, Int32(output.stride))
  }
}
