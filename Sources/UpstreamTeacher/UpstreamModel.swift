internal import Crypto
internal import Foundation
public import Sequences
public import Tokenization
public import WireFormat

/// The model behind an endpoint, in the student's vocabulary.
public struct UpstreamModel: Sendable {
  /// The endpoint's address.
  public let endpoint: EndpointURL
  /// The model's name there.
  public let name: String
  /// What the endpoint gives.
  public let profile: EndpointProfile
  /// Whether it takes `top_k`, `min_p` and `repetition_penalty`, which OpenAI's own does not.
  public let takesExtraSampling: Bool
  /// The student's tokenizer.
  let tokenizer: Tokenizer
  /// Ids that begin a sequence.
  let bosTokenIDs: [TokenID]
  /// Ids that end a completion; the first one is what a completion gets that ended by itself.
  let eosTokenIDs: [TokenID]
  private let givenContextLength: Int?

  /// Context where neither the endpoint nor the user says one: it refuses what is too long by itself.
  static let unknownContextLength = 1 << 20

  /// Puts a model together.
  ///
  /// - Parameters:
  ///   - bosTokenIDs: Ids of the student's folder that begin a sequence; empty: the tokenizer's.
  ///   - eosTokenIDs: Ids of the student's folder that end a completion; empty: the tokenizer's.
  ///   - contextLength: Longest sequence in the student's tokens; nil: what the endpoint says.
  public init(
    endpoint: EndpointURL, name: String, profile: EndpointProfile, tokenizer: Tokenizer, bosTokenIDs: [TokenID] = [],
    eosTokenIDs: [TokenID] = [], contextLength: Int? = nil, takesExtraSampling: Bool = false
  ) {
    (self.endpoint, self.name, self.profile, self.tokenizer) = (endpoint, name, profile, tokenizer)
    self.bosTokenIDs = bosTokenIDs.isEmpty ? tokenizer.bosTokenIDs : bosTokenIDs
    self.eosTokenIDs = eosTokenIDs.isEmpty ? tokenizer.eosTokenIDs : eosTokenIDs
    givenContextLength = contextLength
    self.takesExtraSampling = takesExtraSampling
  }

  /// Longest sequence that is taken.
  var contextLength: Int { givenContextLength ?? profile.contextLength ?? Self.unknownContextLength }

  /// The id that a completion gets which the model ended: the tokenizer's own word for it, where that is one that ends.
  var endTokenID: TokenID? { eosTokenIDs.first { tokenizer.eosTokenIDs.contains($0) } ?? eosTokenIDs.first }

  /// Most probable tokens that Score gives.
  var maxTopCount: Int { profile.sharesVocabulary ? profile.mostGivenTop : 0 }

  /// Whether Score gives log-probs of actual tokens.
  var scoresTokens: Bool { profile.sharesVocabulary && profile.scoring != .none }

  /// Identity and abilities, as Describe answers them. Nobody can hash a model behind an endpoint: its digest is of where it
  /// is, its name, the route and the student's vocabulary.
  public var description: WireModelDescription {
    let identity = ["retort upstream 1", endpoint.base, name, profile.api.rawValue, tokenizer.vocabularyDigest]
    let digest = SHA256.hash(data: Data(identity.joined(separator: "\u{0}").utf8))
    return WireModelDescription(
      name: name, modelDigest: digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(),
      vocabularyDigest: tokenizer.vocabularyDigest, vocabSize: UInt32(tokenizer.vocabSize),
      headSize: UInt32(tokenizer.vocabSize), contextLength: UInt32(clamping: contextLength), bosTokenIDs: bosTokenIDs,
      eosTokenIDs: eosTokenIDs, chatTemplateDigest: tokenizer.chatTemplateDigest,
      abilities: WireAbilities(
        generate: true, tokenLogprobs: scoresTokens, maxTopCount: UInt32(maxTopCount), gather: false, entropy: false,
        fullLogprobs: false, hiddenState: false, float16: true),
      parameterCount: 0,
      determinism: "endpoint \(endpoint), \(profile.takesSeeds ? "seeds are passed on" : "no seeds")",
      mayCharge: true)
  }
}
