public import Kernels

/// A model's matrices packed for generation and scoring: a row's products do not depend on the rows beside it.
///
/// They are copies: ``update(from:)`` takes the parameters anew, after loading and after each change. Embeddings, norms and
/// biases are read from the parameters themselves; ``unpacked(of:)`` keeps no more of these than that.
public final class GenerationWeights: Sendable {
  /// How the weights are kept.
  public let format: WeightFormat
  private let matrices: [Int: PanelMatrix]
  private let projections: [Projection]

  /// Makes room for the matrices of a model, all zero.
  public init(_ transformer: Transformer, format: WeightFormat = .float32) {
    self.format = format
    projections = transformer.plan.products(of: transformer.configuration)
    matrices = Dictionary(
      projections.map { projection in
        (
          projection.weightOffset,
          PanelMatrix(inputWidth: projection.inputWidth, outputWidth: projection.outputWidth, format: format)
        )
      }, uniquingKeysWith: { first, _ in first })
  }

  /// A model's matrices as they are now.
  public static func packed(
    from parameters: ParameterBuffer, of transformer: Transformer, format: WeightFormat = .float32
  ) -> GenerationWeights {
    let weights = GenerationWeights(transformer, format: format)
    weights.update(from: parameters)
    return weights
  }

  /// Packs the parameters: some milliseconds for each ten million. No product may run meanwhile.
  public func update(from parameters: ParameterBuffer) {
    for projection in projections {
      matrices[projection.weightOffset]?.pack(
        parameters.view.window(projection.weightOffset, projection.inputWidth * projection.outputWidth),
        isOutputMajor: projection.isOutputMajor)
    }
  }

  /// A copy of the parameters without the blocks' matrices: zeros that take no memory stand in their places. With packed
  /// weights, whoever scores and generates needs no more.
  public func unpacked(of parameters: ParameterBuffer) -> ParameterBuffer {
    let copy = ParameterBuffer(count: parameters.count, isSparse: true)
    // The head, at last, may be the embedding.
    let packed = projections.dropLast().map { ($0.weightOffset, $0.inputWidth * $0.outputWidth) }.sorted { $0.0 < $1.0 }
    var first = 0
    for (offset, count) in packed + [(parameters.count, 0)] {
      copy.view.window(first, offset - first).copy(from: parameters.view.window(first, offset - first))
      first = offset + count
    }
    return copy
  }

  /// Bytes held.
  public var byteCount: Int { matrices.values.reduce(0) { $0 + $1.byteCount } }

  /// The matrix whose parameters begin at an offset.
  subscript(offset: Int) -> PanelMatrix? { matrices[offset] }
}

extension ModelPlan {
  /// Everything that rows are multiplied with, the head at last.
  func products(of model: ModelConfiguration) -> [Projection] {
    let head = Projection(
      weightOffset: head, biasOffset: nil, inputWidth: model.embeddingWidth, outputWidth: model.vocabSize,
      isOutputMajor: true)
    return projections + [head]
  }
}
