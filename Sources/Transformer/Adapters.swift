import Kernels

/// A model's adapters: their parameters, or the gradients of these.
public final class Adapters: Sendable {
  /// Where each stands.
  public let layout: AdapterLayout
  /// The numbers, in the order of ``AdapterLayout/parameters``.
  public let values: ParameterBuffer

  /// Puts the two together; the counts must agree.
  public init(_ layout: AdapterLayout, values: ParameterBuffer) {
    precondition(
      values.count == layout.parameters.count, "\(values.count) parameters of \(layout.parameters.count)")
    (self.layout, self.values) = (layout, values)
  }

  /// Adapters of zeros: the gradients before a pass.
  public convenience init(zeros layout: AdapterLayout) {
    self.init(layout, values: ParameterBuffer(count: layout.parameters.count))
  }

  /// A of a site. Shape: `[r, in]`.
  func down(_ site: AdapterLayout.Site, inputWidth: Int) -> Matrix {
    let rank = layout.options.rank
    return Matrix(values.view.window(site.downOffset, rank * inputWidth), rows: rank, columns: inputWidth)
  }

  /// B of a site. Shape: `[out, r]`.
  func up(_ site: AdapterLayout.Site) -> Matrix {
    let rank = layout.options.rank
    return Matrix(
      values.view.window(site.upOffset, site.columns.count * rank), rows: site.columns.count, columns: rank)
  }

  /// Writes `W + scale · B A` of every adapted projection into `merged`, whose other parameters are left as they are.
  ///
  /// - Parameters:
  ///   - base: The parameters that the adapters were trained on.
  ///   - merged: Another buffer of the same layout, or the same.
  public func merge(_ base: ParameterBuffer, of transformer: Transformer, into merged: ParameterBuffer) {
    precondition(base.count == transformer.layout.count && merged.count == base.count, "parameters of another model")
    let scale = Float(layout.options.scale)
    for projection in transformer.plan.projections {
      guard let sites = layout.sites[projection.weightOffset] else { continue }
      let count = projection.inputWidth * projection.outputWidth
      let weight = merged.view.window(projection.weightOffset, count)
      if merged !== base { weight.copy(from: base.view.window(projection.weightOffset, count)) }
      for site in sites {
        let (down, up) = (down(site, inputWidth: projection.inputWidth), up(site))
        if projection.isOutputMajor {
          let matrix = Matrix(weight, rows: projection.outputWidth, columns: projection.inputWidth)
          Matrix.multiply(
            up, down, into: matrix.rows(site.columns.lowerBound, site.columns.count), scale: scale, keep: 1)
        } else {
          let matrix = Matrix(weight, rows: projection.inputWidth, columns: projection.outputWidth)
          Matrix.multiply(
            down.transposed, up.transposed, into: matrix.columns(site.columns.lowerBound, site.columns.count),
            scale: scale, keep: 1)
        }
      }
    }
  }
}

extension ModelPlan {
  /// All projections but the head: those of blocks, then those from and to other widths.
  var projections: [Projection] {
    blocks.flatMap { [$0.attentionInput, $0.attentionOutput, $0.feedForwardInput, $0.feedForwardOutput] }
      + [inputProjection, outputProjection].compactMap(\.self)
  }
}
