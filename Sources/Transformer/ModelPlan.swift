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
  let attentionOutput: Projection
  let feedForwardNorm: NormPlan
  /// Gate and up in one product, in llama.
  let feedForwardInput: Projection
  let feedForwardOutput: Projection
}

/// The layout's offsets, found once by name.
struct ModelPlan: Sendable {
  let embedding: Int
  let positionEmbedding: Int?
  let blocks: [BlockPlan]
  let finalNorm: NormPlan
  let head: Int

  init(_ model: ModelConfiguration, _ layout: ParameterLayout) {
    let offsets = Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, $0.offset) })
    func norm(_ name: String) -> NormPlan {
      NormPlan(weightOffset: offsets[name + ".weight", default: -1], biasOffset: offsets[name + ".bias"])
    }
    func projection(_ name: String, _ input: Int, _ output: Int) -> Projection {
      Projection(
        weightOffset: offsets[name + ".weight", default: -1], biasOffset: offsets[name + ".bias"],
        inputWidth: input, outputWidth: output, isOutputMajor: model.family == .llama)
    }
    let names = model.family == .llama ? TensorNames.llama : TensorNames.gpt2
    blocks = (0..<model.layerCount).map { layer in
      let prefix = "\(names.blocks)\(layer)."
      return BlockPlan(
        attentionNorm: norm(prefix + names.attentionNorm),
        attentionInput: projection(prefix + names.attentionInput, model.width, model.attentionInputWidth),
        attentionOutput: projection(prefix + names.attentionOutput, model.queryWidth, model.width),
        feedForwardNorm: norm(prefix + names.feedForwardNorm),
        feedForwardInput: projection(prefix + names.feedForwardInput, model.width, model.feedForwardInputWidth),
        feedForwardOutput: projection(prefix + names.feedForwardOutput, model.feedForwardWidth, model.width))
    }
    embedding = offsets[names.embedding, default: -1]
    positionEmbedding = offsets["transformer.wpe.weight"]
    finalNorm = norm(names.finalNorm)
    head = offsets["lm_head.weight"] ?? embedding
  }
}

/// Names of a family's tensors; of projections that stand side by side, the first.
private struct TensorNames {
  let embedding, blocks, attentionNorm, attentionInput, attentionOutput: String
  let feedForwardNorm, feedForwardInput, feedForwardOutput, finalNorm: String

  static let llama = TensorNames(
    embedding: "model.embed_tokens.weight", blocks: "model.layers.", attentionNorm: "input_layernorm",
    attentionInput: "self_attn.q_proj", attentionOutput: "self_attn.o_proj",
    feedForwardNorm: "post_attention_layernorm", feedForwardInput: "mlp.gate_proj",
    feedForwardOutput: "mlp.down_proj", finalNorm: "model.norm")
  static let gpt2 = TensorNames(
    embedding: "transformer.wte.weight", blocks: "transformer.h.", attentionNorm: "ln_1",
    attentionInput: "attn.c_attn", attentionOutput: "attn.c_proj", feedForwardNorm: "ln_2",
    feedForwardInput: "mlp.c_fc", feedForwardOutput: "mlp.c_proj", finalNorm: "transformer.ln_f")
}
