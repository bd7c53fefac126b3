public import Kernels

/// How the blocks of a model are built: all that the passes ask. A family of models is a mapping from the keys of
/// `config.json` to one of these.
public struct BlockDescription: Sendable, Hashable {
  /// Normalisation of the residual stream.
  public enum Norm: Sendable, Hashable {
    /// `x / √(mean(x²) + ε) · (weight + shift)`; the shift is 1 where weights are stored as differences from 1.
    case rms(shift: Float)
    /// `(x − mean) / √(var + ε) · weight + bias`.
    case layer
  }

  /// How a block knows where a token stands.
  public enum Positions: Sendable, Hashable {
    /// Queries and keys are turned by their position.
    case rotary(RotaryPositions)
    /// A learned row for each position is added to the embedding; the table begins with `offset` rows that are never read.
    case learned(offset: Int)
  }

  /// How attention A and feed-forward part F come together.
  public enum Residual: Sendable, Hashable {
    /// `y = x + A(x)`, then `y + F(y)`.
    case sequential
    /// `x + A(x) + F(x)`.
    case parallel
  }

  /// Normalisation before attention, before the feed-forward part and at the end, unless said otherwise below.
  public var norm: Norm
  /// How a block knows where a token stands.
  public var positions: Positions
  /// Attention.
  public var attention: AttentionDescription
  /// The feed-forward part.
  public var feedForward: FeedForwardDescription
  /// How the two come together.
  public var residual = Residual.sequential
  /// Whether what attention and the feed-forward part give is normalised too, before it is added.
  public var hasPostNorms = false
  /// Whether the two read the residual stream as it is, and the sums are normalised: `y = n₁(x + A(x))`, then `n₂(y + F(y))`.
  /// For a sequential model without ``hasPostNorms``.
  public var normalizesSums = false
  /// Whether what the last block leaves is normalised.
  public var hasFinalNorm = true
  /// Width of embeddings and of what the head reads, where two projections without biases lead to and from the residual
  /// stream; nil: they have its width.
  public var embeddingWidth: Int?
  /// Factor of embeddings.
  public var embeddingScale: Float = 1
  /// Logits z become `cap · tanh(z / cap)`.
  public var logitSoftCap: Float?

  /// Describes blocks without extras.
  public init(
    norm: Norm, positions: Positions, attention: AttentionDescription, feedForward: FeedForwardDescription
  ) {
    self.norm = norm
    self.positions = positions
    self.attention = attention
    self.feedForward = feedForward
  }
}

extension BlockDescription {
  /// Whether what attention and the feed-forward part give is normalised, before or after it is added.
  var normalizesResults: Bool { hasPostNorms || normalizesSums }
}

/// Attention of a block.
public struct AttentionDescription: Sendable, Hashable {
  /// H: query heads.
  public var headCount: Int
  /// Key and value heads; divides `headCount`.
  public var keyValueHeadCount: Int
  /// Width of one head.
  public var headWidth: Int
  /// Factor of `q · k`.
  public var scoreScale: Double
  /// Whether layer l, from 0, divides its scores by l + 1 too.
  public var dividesScoresByLayer = false
  /// Scores s become `cap · tanh(s / cap)`.
  public var softCap: Double?
  /// For each layer, how many positions a position sees, itself the last of them; nil for all. Empty: all, everywhere.
  public var windows: [Int?] = []
  /// Biases of queries, keys and values.
  public var hasInputBias = false
  /// Bias of the projection back onto the residual stream.
  public var hasOutputBias = false
  /// Whether each query and key head is normalised (RMS, with weights) before it is turned.
  public var normalizesHeads = false
  /// Whether a projected row holds query, key and value of one head, then of the next; else all queries, all keys, all values.
  public var isInterleaved = false

  /// Describes attention without extras. Unset: `scoreScale = 1 / √headWidth`.
  public init(headCount: Int, keyValueHeadCount: Int, headWidth: Int, scoreScale: Double? = nil) {
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headWidth = headWidth
    self.scoreScale = scoreScale ?? 1 / Double(max(headWidth, 1)).squareRoot()
  }

  /// How many positions a position of a layer sees; nil for all.
  public func window(ofLayer layer: Int) -> Int? { windows.isEmpty ? nil : windows[layer] }
}

/// The feed-forward part of a block.
public struct FeedForwardDescription: Sendable, Hashable {
  /// Width inside.
  public var width: Int
  /// The nonlinearity f.
  public var activation: Activation
  /// `(f(x G) · x U) W` where true, `f(x U) W` where false.
  public var isGated: Bool
  /// Biases of all its projections.
  public var hasBias: Bool

  /// Describes a feed-forward part.
  public init(width: Int, activation: Activation, isGated: Bool, hasBias: Bool) {
    self.width = width
    self.activation = activation
    self.isGated = isGated
    self.hasBias = hasBias
  }
}
