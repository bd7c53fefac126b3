/// The architecture of a decoder-only transformer: everything about a model but its parameters.
public struct ModelConfiguration: Sendable, Hashable {
  /// How the blocks are built.
  public enum Family: String, Sendable, Hashable {
    /// RMSNorm, rotary positions, grouped-query attention, SwiGLU.
    case llama
    /// LayerNorm, learned positions, multi-head attention, GELU (tanh form); biases everywhere.
    case gpt2
  }

  /// Rotary frequencies stretched as Llama 3.1 does.
  public struct RopeScaling: Sendable, Hashable {
    /// Frequencies of long waves are divided by this.
    public var factor: Double
    /// Waves longer than `originalContextLength / lowFrequencyFactor` are stretched in full.
    public var lowFrequencyFactor: Double
    /// Waves shorter than `originalContextLength / highFrequencyFactor` stay as they are.
    public var highFrequencyFactor: Double
    /// Context length before stretching.
    public var originalContextLength: Int

    /// Makes Llama 3.1's values.
    public init(
      factor: Double = 8, lowFrequencyFactor: Double = 1, highFrequencyFactor: Double = 4,
      originalContextLength: Int = 8192
    ) {
      self.factor = factor
      self.lowFrequencyFactor = lowFrequencyFactor
      self.highFrequencyFactor = highFrequencyFactor
      self.originalContextLength = originalContextLength
    }
  }

  /// How the blocks are built.
  public let family: Family
  /// Rows of the embedding and of the head; at least the tokenizer's vocabulary.
  public let vocabSize: Int
  /// D.
  public let width: Int
  /// L.
  public let layerCount: Int
  /// H: query heads.
  public let headCount: Int
  /// Key and value heads; divides `headCount`.
  public let keyValueHeadCount: Int
  /// Width of one head.
  public let headWidth: Int
  /// Width inside the feed-forward part.
  public let feedForwardWidth: Int
  /// Longest sequence, in tokens.
  public let contextLength: Int
  /// Base of the rotary frequencies; llama alone.
  public let ropeTheta: Double
  /// Stretched rotary frequencies; llama alone.
  public let ropeScaling: RopeScaling?
  /// ε of the norms.
  public let normEpsilon: Double
  /// The head is the embedding.
  public let tiesWordEmbeddings: Bool
  /// Biases of the four attention projections; always true for gpt2.
  public let attentionBias: Bool
  /// Biases of the feed-forward projections; always true for gpt2.
  public let mlpBias: Bool

  /// Makes a configuration. Unset: as many key-value heads as heads, `headWidth = width / headCount`.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(field:value:requirement:)`` where no model has these values.
  public init(
    family: Family, vocabSize: Int, width: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int? = nil,
    headWidth: Int? = nil, feedForwardWidth: Int, contextLength: Int, ropeTheta: Double = 10_000,
    ropeScaling: RopeScaling? = nil, normEpsilon: Double = 1e-5, tiesWordEmbeddings: Bool = true,
    attentionBias: Bool = false, mlpBias: Bool = false
  ) throws(ModelError) {
    let headWidth = headWidth ?? (width.isMultiple(of: max(1, headCount)) ? width / max(1, headCount) : nil)
    try ModelConfiguration.checkSizes([
      ("vocabSize", vocabSize, 1 << 24), ("contextLength", contextLength, 1 << 24), ("width", width, 1 << 20),
      ("layerCount", layerCount, 1 << 12), ("headCount", headCount, 1 << 12),
      ("keyValueHeadCount", keyValueHeadCount ?? headCount, 1 << 12), ("headWidth", headWidth ?? 1, 1 << 12),
      ("feedForwardWidth", feedForwardWidth, 1 << 22),
    ])
    guard let headWidth else {
      throw .invalidConfiguration(
        field: "headCount", value: "\(headCount)", requirement: "a divisor of width \(width), or headWidth be given")
    }
    self.family = family
    self.vocabSize = vocabSize
    self.width = width
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount ?? headCount
    self.headWidth = headWidth
    self.feedForwardWidth = feedForwardWidth
    self.contextLength = contextLength
    self.ropeTheta = ropeTheta
    self.ropeScaling = ropeScaling
    self.normEpsilon = normEpsilon
    self.tiesWordEmbeddings = tiesWordEmbeddings
    self.attentionBias = attentionBias || family == .gpt2
    self.mlpBias = mlpBias || family == .gpt2
    try checkHeads()
    try checkNumbers()
  }

  private static func checkSizes(_ sizes: [(String, Int, limit: Int)]) throws(ModelError) {
    for (field, value, limit) in sizes where value < 1 || value > limit {
      throw .invalidConfiguration(field: field, value: "\(value)", requirement: "in 1...\(limit)")
    }
  }

  private func checkHeads() throws(ModelError) {
    func refuse(_ field: String, _ value: Int, _ requirement: String) -> ModelError {
      .invalidConfiguration(field: field, value: "\(value)", requirement: requirement)
    }
    guard headCount % keyValueHeadCount == 0 else {
      throw refuse("keyValueHeadCount", keyValueHeadCount, "a divisor of headCount \(headCount)")
    }
    guard family == .gpt2 || headWidth % 2 == 0 else {
      throw refuse("headWidth", headWidth, "even, since rotary positions turn pairs")
    }
    guard family == .llama || (keyValueHeadCount == headCount && headWidth * headCount == width) else {
      throw refuse(
        "keyValueHeadCount", keyValueHeadCount, "headCount \(headCount), with heads that fill the width, in gpt2")
    }
  }

  private func checkNumbers() throws(ModelError) {
    guard normEpsilon > 0, normEpsilon < 1 else {
      throw .invalidConfiguration(field: "normEpsilon", value: "\(normEpsilon)", requirement: "in 0..<1, not 0")
    }
    guard ropeTheta > 1, ropeTheta.isFinite else {
      throw .invalidConfiguration(field: "ropeTheta", value: "\(ropeTheta)", requirement: "a number over 1")
    }
    if let scaling = ropeScaling {
      guard scaling.factor >= 1, scaling.lowFrequencyFactor > 0,
        scaling.highFrequencyFactor > scaling.lowFrequencyFactor, scaling.originalContextLength > 0
      else {
        throw .invalidConfiguration(
          field: "ropeScaling", value: "\(scaling)", requirement: "factor >= 1 and 0 < low < high frequency factor")
      }
    }
  }
}

extension ModelConfiguration {
  /// Width of all query heads.
  var queryWidth: Int { headCount * headWidth }
  /// Width of all key heads, or of all value heads.
  var keyValueWidth: Int { keyValueHeadCount * headWidth }
  /// Width of queries, keys and values side by side.
  var attentionInputWidth: Int { queryWidth + 2 * keyValueWidth }
  /// Columns of the first feed-forward projection: gate and up side by side in llama.
  var feedForwardInputWidth: Int { family == .llama ? 2 * feedForwardWidth : feedForwardWidth }
}
