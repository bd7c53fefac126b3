/// Where one norm's tensors stand.
struct NormPlan: Sendable {
  let weightOffset: Int
  let biasOffset: Int?
}

/// Where one block's tensors stand.
struct BlockPlan: Sendable {
  let attentionNorm: NormPlan
  /// Queries, keys and values in one product.
  let attentionInput: Projection
  /// Offsets of the weights of query and key heads' norms, where there are.
  let headNorms: (query: Int, key: Int)?
  let attentionOutput: Projection
  let attentionPostNorm: NormPlan?
  let feedForwardNorm: NormPlan
  /// Gate and up in one product, where there is a gate.
  let feedForwardInput: Projection
  let feedForwardOutput: Projection
  let feedForwardPostNorm: NormPlan?
}

/// The layout's offsets, found once by name.
struct ModelPlan: Sendable {
  let embedding: Int
  /// The row of the first position.
  let positionEmbedding: Int?
  /// From embeddings to the stream and from there to what the head reads, where their widths differ.
  let inputProjection: Projection?
  let outputProjection: Projection?
  let blocks: [BlockPlan]
  let finalNorm: NormPlan?
  let head: Int

  init(_ model: ModelConfiguration, _ layout: ParameterLayout) {
    let offsets = Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, $0.offset) })
    let names = model.family.names
    func norm(_ name: String) -> NormPlan {
      NormPlan(weightOffset: offsets[name + ".weight", default: -1], biasOffset: offsets[name + ".bias"])
    }
    func projection(_ name: String, _ input: Int, _ output: Int) -> Projection {
      Projection(
        weightOffset: offsets[name + ".weight", default: -1], biasOffset: offsets[name + ".bias"],
        inputWidth: input, outputWidth: output, isOutputMajor: !names.isInputMajor)
    }
    blocks = (0..<model.layerCount).map { layer in
      let prefix = "\(names.blocks)\(layer)."
      let query = names.queryNorm.flatMap { offsets["\(prefix)\($0).weight"] }
      let key = names.keyNorm.flatMap { offsets["\(prefix)\($0).weight"] }
      return BlockPlan(
        attentionNorm: norm(prefix + names.attentionNorm),
        attentionInput: projection(prefix + names.attentionInput[0], model.width, model.attentionInputWidth),
        headNorms: query.flatMap { query in key.map { (query, $0) } },
        attentionOutput: projection(prefix + names.attentionOutput, model.queryWidth, model.width),
        attentionPostNorm: model.block.hasPostNorms ? names.attentionPostNorm.map { norm(prefix + $0) } : nil,
        feedForwardNorm: norm(prefix + names.feedForwardNorm),
        feedForwardInput: projection(prefix + names.feedForwardInput[0], model.width, model.feedForwardInputWidth),
        feedForwardOutput: projection(prefix + names.feedForwardOutput, model.feedForwardWidth, model.width),
        feedForwardPostNorm: model.block.hasPostNorms ? names.feedForwardPostNorm.map { norm(prefix + $0) } : nil)
    }
    embedding = offsets[names.embedding + ".weight", default: -1]
    if case .learned(let offset) = model.block.positions {
      positionEmbedding = names.positionEmbedding.flatMap { offsets[$0 + ".weight"] }.map { $0 + offset * model.width }
    } else {
      positionEmbedding = nil
    }
    finalNorm = model.block.hasFinalNorm ? norm(names.finalNorm) : nil
    let (width, outer) = (model.width, model.block.embeddingWidth)
    inputProjection = outer.flatMap { outer in names.inputProjection.map { projection($0, outer, width) } }
    outputProjection = outer.flatMap { outer in names.outputProjection.map { projection($0, width, outer) } }
    head = offsets[names.head + ".weight"] ?? embedding
  }
}
