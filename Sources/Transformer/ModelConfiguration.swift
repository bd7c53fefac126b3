import Kernels

/// The architecture of a decoder-only transformer: everything about a model but its parameters.
public struct ModelConfiguration: Sendable, Hashable {
  /// Whose names tensors and keys of `config.json` have.
  public let family: Family
  /// Rows of the embedding and of the head; at least the tokenizer's vocabulary.
  public let vocabSize: Int
  /// D.
  public let width: Int
  /// L.
  public let layerCount: Int
  /// Longest sequence, in tokens.
  public let contextLength: Int
  /// ε of the norms.
  public let normEpsilon: Double
  /// The head is the embedding.
  public let tiesWordEmbeddings: Bool
  /// How the blocks are built.
  public let block: BlockDescription

  /// Makes a configuration.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(field:value:requirement:)`` where no model has these values.
  public init(
    family: Family, vocabSize: Int, width: Int, layerCount: Int, contextLength: Int, normEpsilon: Double,
    tiesWordEmbeddings: Bool, block: BlockDescription
  ) throws(ModelError) {
    self.family = family
    self.vocabSize = vocabSize
    self.width = width
    self.layerCount = layerCount
    self.contextLength = contextLength
    self.normEpsilon = normEpsilon
    self.tiesWordEmbeddings = tiesWordEmbeddings
    self.block = block
    try check()
  }

  /// Makes a Llama or a GPT-2. Unset: as many key-value heads as heads, `headWidth = width / headCount`.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(field:value:requirement:)`` where no model has these values.
  public init(
    family: Family, vocabSize: Int, width: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int? = nil,
    headWidth: Int? = nil, feedForwardWidth: Int, contextLength: Int, ropeTheta: Double = 10_000,
    ropeScaling: Llama3Scaling? = nil, normEpsilon: Double = 1e-5, tiesWordEmbeddings: Bool = true,
    attentionBias: Bool = false, mlpBias: Bool = false
  ) throws(ModelError) {
    guard family == .llama || family == .gpt2 else {
      throw .invalidConfiguration(
        field: "family", value: family.rawValue, requirement: "llama or gpt2, or described in full")
    }
    guard headWidth != nil || (headCount > 0 && width % headCount == 0) else {
      throw .invalidConfiguration(
        field: "headCount", value: "\(headCount)", requirement: "a divisor of width \(width), or headWidth be given")
    }
    let isLlama = family == .llama
    var attention = AttentionDescription(
      headCount: headCount, keyValueHeadCount: keyValueHeadCount ?? headCount,
      headWidth: headWidth ?? width / headCount)
    attention.hasInputBias = attentionBias || !isLlama
    attention.hasOutputBias = attentionBias || !isLlama
    let block = BlockDescription(
      norm: isLlama ? .rms(shift: 0) : .layer,
      positions: isLlama
        ? .rotary(RotaryPositions(base: ropeTheta, scaling: ropeScaling.map { .llama3($0) })) : .learned(offset: 0),
      attention: attention,
      feedForward: FeedForwardDescription(
        width: feedForwardWidth, activation: isLlama ? .silu : .tanhGELU, isGated: isLlama,
        hasBias: mlpBias || !isLlama))
    try self.init(
      family: family, vocabSize: vocabSize, width: width, layerCount: layerCount, contextLength: contextLength,
      normEpsilon: normEpsilon, tiesWordEmbeddings: tiesWordEmbeddings, block: block)
  }
}

extension ModelConfiguration {
  /// H: query heads.
  public var headCount: Int { block.attention.headCount }
  /// Key and value heads.
  public var keyValueHeadCount: Int { block.attention.keyValueHeadCount }
  /// Width of one head.
  public var headWidth: Int { block.attention.headWidth }
  /// Width inside the feed-forward part.
  public var feedForwardWidth: Int { block.feedForward.width }
  /// Width of embeddings and of the hidden states that the head reads: D but for a few models.
  public var embeddingWidth: Int { block.embeddingWidth ?? width }
  /// Width of all query heads.
  var queryWidth: Int { headCount * headWidth }
  /// Width of all key heads, or of all value heads.
  var keyValueWidth: Int { keyValueHeadCount * headWidth }
  /// Width of queries, keys and values side by side.
  var attentionInputWidth: Int { queryWidth + 2 * keyValueWidth }
  /// Columns of the first feed-forward projection: gate and up side by side where there is a gate.
  var feedForwardInputWidth: Int { block.feedForward.isGated ? 2 * feedForwardWidth : feedForwardWidth }
  /// Rotary positions, where there are.
  var rotary: RotaryPositions? { if case .rotary(let rotary) = block.positions { rotary } else { nil } }
}
