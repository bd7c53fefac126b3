import Kernels

/// What the adapters of a projection add to a pass: `y += scale · drop(x) Aᵀ Bᵀ`.
struct AdapterPass {
  let adapters: Adapters
  let projection: Projection
  let tape: Tape

  private var sites: [AdapterLayout.Site] { adapters.layout.sites[projection.weightOffset] ?? [] }
  private var rank: Int { adapters.layout.options.rank }

  /// Adds to `y`. Shapes: x `[N, in]`, y `[N, out]`.
  func forward(_ x: ProductRows, into y: FloatView) {
    for site in sites {
      switch dropped(x, site) {
      case .float32(let x): forward(site, matrix(x), into: y) { $0 }
      case .bfloat16(let x): forward(site, matrix(x), into: y, Self.rounded)
      }
    }
  }

  /// Adds to `dx`, and to the gradients of A and B. Shapes: dy `[N, out]`, x and dx `[N, in]`.
  func backward(_ dy: ProductRows, x: ProductRows, into dx: FloatView, gradients: Adapters) {
    for site in sites {
      switch (dropped(x, site), dy) {
      case (.float32(let x), .float32(let dy)):
        backward(site, outputs(dy), x: matrix(x), into: dx, gradients) { $0 }
      case (.bfloat16(let x), .bfloat16(let dy)):
        backward(site, outputs(dy), x: matrix(x), into: dx, gradients, Self.rounded)
      default: preconditionFailure("a pass of two precisions")
      }
    }
  }

  /// `u = scale · x Aᵀ`. Shape: `[N, r]`.
  private func inner<Factor: MatrixFactor>(
    _ site: AdapterLayout.Site, _ x: Factor, _ factor: (Matrix) -> Factor
  ) -> Matrix {
    let u = Self.zeros(x.rows, rank)
    let down = factor(adapters.down(site, inputWidth: projection.inputWidth))
    ParallelProduct.multiply(x, down.transposed, into: u, rowGroups: tape.rowGroups)
    Elementwise.scale(u.view, by: Float(adapters.layout.options.scale))
    return u
  }

  /// `y += u Bᵀ`, in the site's columns.
  private func forward<Factor: MatrixFactor>(
    _ site: AdapterLayout.Site, _ x: Factor, into y: FloatView, _ factor: (Matrix) -> Factor
  ) {
    let u = factor(inner(site, x, factor))
    let target = Matrix(y, rows: x.rows, columns: projection.outputWidth)
    ParallelProduct.multiply(
      u, factor(adapters.up(site)).transposed, into: target.columns(site.columns.lowerBound, site.columns.count),
      rowGroups: tape.rowGroups, keep: 1)
  }

  private func backward<Factor: MatrixFactor>(
    _ site: AdapterLayout.Site, _ dy: Factor, x: Factor, into dx: FloatView, _ gradients: Adapters,
    _ factor: (Matrix) -> Factor
  ) {
    let (width, groups) = (projection.inputWidth, tape.rowGroups)
    let dy = dy.part(rows: 0..<x.rows, columns: site.columns)  // [N, out]
    // y = u Bᵀ
    ParallelProduct.addTransposedProduct(
      dy, factor(inner(site, x, factor)), to: gradients.up(site), rowGroups: groups)
    let du = Self.zeros(x.rows, rank)
    ParallelProduct.multiply(dy, factor(adapters.up(site)), into: du, rowGroups: groups)
    Elementwise.scale(du.view, by: Float(adapters.layout.options.scale))
    // u = scale · x Aᵀ
    ParallelProduct.addTransposedProduct(
      factor(du), x, to: gradients.down(site, inputWidth: width), rowGroups: groups)
    let down = factor(adapters.down(site, inputWidth: width))
    guard tape.dropout != nil, adapters.layout.options.dropout > 0 else {
      let target = Matrix(dx, rows: x.rows, columns: width)
      return ParallelProduct.multiply(factor(du), down, into: target, rowGroups: groups, keep: 1)
    }
    let part = Self.zeros(x.rows, width)
    ParallelProduct.multiply(factor(du), down, into: part, rowGroups: groups)
    drop(part.view, site)
    Elementwise.add(part.view, to: dx)
  }

  /// The input as the adapter finds it: in training, with dropout.
  private func dropped(_ x: ProductRows, _ site: AdapterLayout.Site) -> ProductRows {
    guard tape.dropout != nil, adapters.layout.options.dropout > 0 else { return x }
    let copy = FloatStorage(count: x.count).view
    switch x {
    case .float32(let x): copy.copy(from: x)
    case .bfloat16(let x): for index in 0..<x.count { copy[index] = x[index] }
    }
    drop(copy, site)
    guard case .bfloat16 = x else { return .float32(copy) }
    let rounded = BFloat16Storage(count: copy.count).view
    rounded.roundInParallel(copy)
    return .bfloat16(rounded)
  }

  private func drop(_ rows: FloatView, _ site: AdapterLayout.Site) {
    tape.dropout?.apply(
      to: rows, width: projection.inputWidth, sequences: tape.sequences, adapter: site.index,
      probability: adapters.layout.options.dropout)
  }

  private func matrix(_ x: FloatView) -> Matrix {
    Matrix(x, rows: x.count / projection.inputWidth, columns: projection.inputWidth)
  }

  private func matrix(_ x: BFloat16View) -> BFloat16Matrix {
    BFloat16Matrix(x, rows: x.count / projection.inputWidth, columns: projection.inputWidth)
  }

  private func outputs(_ dy: FloatView) -> Matrix {
    Matrix(dy, rows: dy.count / projection.outputWidth, columns: projection.outputWidth)
  }

  private func outputs(_ dy: BFloat16View) -> BFloat16Matrix {
    BFloat16Matrix(dy, rows: dy.count / projection.outputWidth, columns: projection.outputWidth)
  }

  private static func zeros(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(FloatStorage(count: rows * columns).view, rows: rows, columns: columns)
  }

  /// A copy of a matrix without gaps, in bfloat16.
  private static func rounded(_ matrix: Matrix) -> BFloat16Matrix {
    let copy = BFloat16Storage(count: matrix.rows * matrix.columns).view
    copy.roundInParallel(matrix.view.window(0, copy.count))
    return BFloat16Matrix(copy, rows: matrix.rows, columns: matrix.columns)
  }
}
