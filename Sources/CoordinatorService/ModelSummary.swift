public import WireFormat

/// A teacher of a run with several.
public struct NamedSummary: Sendable, Hashable, Codable {
  /// Its name in the recipe; empty: it is the only one.
  public var name: String
  /// What it is.
  public var model: ModelSummary

  /// Names a teacher.
  public init(name: String, model: ModelSummary) { (self.name, self.model) = (name, model) }
}

/// What the handshake compares of a model; the journal keeps it.
public struct ModelSummary: Sendable, Hashable, Codable {
  /// A name for people.
  public var name: String
  /// SHA-256 of configuration and parameters; empty: unknown.
  public var modelDigest: String
  /// SHA-256 of the vocabulary; empty: unknown.
  public var vocabularyDigest: String
  /// Ids that may occur.
  public var vocabSize: Int
  /// Longest sequence.
  public var contextLength: Int
  /// Ids that begin a sequence.
  public var bosTokenIDs: [UInt32]
  /// Ids that end a completion.
  public var eosTokenIDs: [UInt32]
  /// `Generate` works.
  public var generates: Bool
  /// Most tokens of `top_count`; 0: none.
  public var maxTopCount: Int
  /// All V log-probs can be had.
  public var givesFullLogprobs: Bool
  /// Hidden states and the output head can be had; nil, in a journal of an earlier version: unknown.
  public var givesHiddenStates: Bool?
  /// Log-probs of the actual tokens of given text can be had; nil, in a journal of an earlier version: unknown.
  public var givesTokenLogprobs: Bool?
  /// Numbers can travel as float16; nil, in a journal of an earlier version: unknown.
  public var givesFloat16: Bool?
  /// Width of the last hidden states that `Score` gives; 0: it gives none, or nobody knows. nil, in a journal of an earlier version: unknown.
  public var hiddenSize: Int?
  /// Ids can be drawn; nil, in a journal of an earlier version: unknown.
  public var givesDraws: Bool?
  /// `Generate` goes on from given ids by the distribution that `Score` tells of; nil, in a journal of an earlier version: unknown.
  public var continuesTokens: Bool?

  /// Takes what a service says of its model.
  public init(_ wire: WireModelDescription) {
    name = wire.name
    modelDigest = wire.modelDigest
    vocabularyDigest = wire.vocabularyDigest
    vocabSize = Int(wire.vocabSize)
    contextLength = Int(wire.contextLength)
    bosTokenIDs = wire.bosTokenIDs
    eosTokenIDs = wire.eosTokenIDs
    generates = wire.abilities?.generate ?? false
    maxTopCount = Int(wire.abilities?.maxTopCount ?? 0)
    givesFullLogprobs = wire.abilities?.fullLogprobs ?? false
    givesHiddenStates = wire.abilities.map { $0.hiddenState && $0.outputHead } ?? false
    givesTokenLogprobs = wire.abilities?.tokenLogprobs ?? false
    givesFloat16 = wire.abilities?.float16 ?? false
    hiddenSize = wire.abilities?.hiddenState == true ? Int(wire.hiddenSize) : 0
    givesDraws = wire.abilities?.draws ?? false
    continuesTokens = wire.abilities?.continuesTokens ?? false
  }
}
