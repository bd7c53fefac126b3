/// One tensor within the flat parameter array.
public struct ParameterEntry: Sendable, Hashable {
  /// Hugging Face's name, such as `model.layers.0.self_attn.q_proj.weight`.
  public let name: String
  /// Hugging Face's shape; row-major.
  public let shape: [Int]
  /// Index of the first element.
  public let offset: Int
  /// True for matrices, embeddings included: weight decay applies to these.
  public let isMatrix: Bool

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// The elements' indices.
  public var range: Range<Int> { offset..<offset + count }
}

/// Where each tensor stands in the flat parameter array. Tensors keep their storage order of Hugging Face: `Linear` is
/// `[out, in]`, GPT-2's `Conv1D` is `[in, out]`. A tied head has no entry of its own.
///
/// Projections that read the same input stand side by side, so that one product computes them.
public struct ParameterLayout: Sendable, Hashable {
  /// All tensors, in the order of their offsets, without gaps.
  public private(set) var entries: [ParameterEntry] = []
  /// Number of parameters.
  public private(set) var count = 0

  /// Lays out the tensors of a model.
  public init(_ configuration: ModelConfiguration) {
    switch configuration.family {
    case .llama: addLlama(configuration)
    case .gpt2: addGPT2(configuration)
    }
  }

  /// The tensor of a name.
  public subscript(name: String) -> ParameterEntry? { entries.first { $0.name == name } }

  private mutating func add(_ name: String, _ shape: [Int]) {
    entries.append(ParameterEntry(name: name, shape: shape, offset: count, isMatrix: shape.count > 1))
    count += shape.reduce(1, *)
  }

  private mutating func addLlama(_ model: ModelConfiguration) {
    let (width, queries, keys) = (model.width, model.queryWidth, model.keyValueWidth)
    add("model.embed_tokens.weight", [model.vocabSize, width])
    for layer in 0..<model.layerCount {
      let prefix = "model.layers.\(layer)."
      let projections = [("q_proj", queries), ("k_proj", keys), ("v_proj", keys)]
      let inner = [("gate_proj", model.feedForwardWidth), ("up_proj", model.feedForwardWidth)]
      add(prefix + "input_layernorm.weight", [width])
      for (name, rows) in projections { add("\(prefix)self_attn.\(name).weight", [rows, width]) }
      if model.attentionBias { for (name, rows) in projections { add("\(prefix)self_attn.\(name).bias", [rows]) } }
      add(prefix + "self_attn.o_proj.weight", [width, queries])
      if model.attentionBias { add(prefix + "self_attn.o_proj.bias", [width]) }
      add(prefix + "post_attention_layernorm.weight", [width])
      for (name, rows) in inner { add("\(prefix)mlp.\(name).weight", [rows, width]) }
      if model.mlpBias { for (name, rows) in inner { add("\(prefix)mlp.\(name).bias", [rows]) } }
      add(prefix + "mlp.down_proj.weight", [width, model.feedForwardWidth])
      if model.mlpBias { add(prefix + "mlp.down_proj.bias", [width]) }
    }
    add("model.norm.weight", [width])
    if !model.tiesWordEmbeddings { add("lm_head.weight", [model.vocabSize, width]) }
  }

  private mutating func addGPT2(_ model: ModelConfiguration) {
    let (width, inner) = (model.width, model.feedForwardWidth)
    add("transformer.wte.weight", [model.vocabSize, width])
    add("transformer.wpe.weight", [model.contextLength, width])
    for layer in 0..<model.layerCount {
      let prefix = "transformer.h.\(layer)."
      add(prefix + "ln_1.weight", [width])
      add(prefix + "ln_1.bias", [width])
      add(prefix + "attn.c_attn.weight", [width, 3 * width])
      add(prefix + "attn.c_attn.bias", [3 * width])
      add(prefix + "attn.c_proj.weight", [width, width])
      add(prefix + "attn.c_proj.bias", [width])
      add(prefix + "ln_2.weight", [width])
      add(prefix + "ln_2.bias", [width])
      add(prefix + "mlp.c_fc.weight", [width, inner])
      add(prefix + "mlp.c_fc.bias", [inner])
      add(prefix + "mlp.c_proj.weight", [inner, width])
      add(prefix + "mlp.c_proj.bias", [width])
    }
    add("transformer.ln_f.weight", [width])
    add("transformer.ln_f.bias", [width])
    if !model.tiesWordEmbeddings { add("lm_head.weight", [model.vocabSize, width]) }
  }
}
