internal import Checkpoints
internal import Kernels
public import Sequences
public import Tokenization
public import Transformer
public import WireFormat

/// A model together with what the wire says about it.
public struct ServedModel: Sendable {
  /// The arithmetic.
  public let transformer: Transformer
  /// The parameters. They may change between calls, never during one.
  public let parameters: ParameterBuffer
  /// Identity and abilities, as Describe answers them.
  public let description: WireModelDescription
  let generation: GenerationSettings
  let tokenizer: Tokenizer?
  private let packed: PackedModel
  /// Generate requests that are continued together.
  let shared: SharedGeneration

  /// Puts a model and its description together.
  ///
  /// - Throws: ``ServingError/descriptionMismatch(field:described:actual:)`` where they are not of one model.
  public init(
    transformer: Transformer, parameters: ParameterBuffer, description: WireModelDescription,
    generation: GenerationSettings = GenerationSettings(), tokenizer: Tokenizer? = nil
  ) throws(ServingError) {
    let head = transformer.configuration.vocabSize
    let facts = [
      ("head_size", Int(description.headSize), head),
      ("context_length", Int(description.contextLength), transformer.configuration.contextLength),
      ("parameters", parameters.count, transformer.layout.count),
    ]
    guard (1...head).contains(Int(description.vocabSize)) else {
      throw .descriptionMismatch(field: "vocab_size", described: Int(description.vocabSize), actual: head)
    }
    for (field, described, actual) in facts where described != actual {
      throw .descriptionMismatch(field: field, described: described, actual: actual)
    }
    self.transformer = transformer
    self.parameters = parameters
    self.description = description
    self.generation = generation
    self.tokenizer = tokenizer
    packed = PackedModel()
    shared = SharedGeneration()
  }

  private init(_ other: ServedModel, parameters: ParameterBuffer) {
    (transformer, description, generation, tokenizer) = (
      other.transformer, other.description, other.generation, other.tokenizer
    )
    (packed, shared, self.parameters) = (other.packed, SharedGeneration(), parameters)
  }

  /// The same model, packed now, with those of its parameters alone that packed weights do not stand for: embeddings, head,
  /// norms and biases. Once the model itself is let go, its matrices are held once, not twice.
  public func packedOnly() -> ServedModel {
    precondition(generation.parametersAreFixed, "a model whose parameters change needs all of them")
    let weights = packed(generation.weights).weights
    _ = packed(generation.scoringWeights)
    return ServedModel(self, parameters: weights.unpacked(of: parameters))
  }

  /// Ids that may occur.
  public var vocabSize: Int { Int(description.vocabSize) }

  /// Rows of the head for the ids that may occur. Shape: `[V, D]`.
  var outputHead: FloatView { transformer.outputHead(parameters, vocabSize: vocabSize) }

  /// The digest of ``outputHead``, as `ModelDescription.output_head_digest` defines it. Reads all of it.
  public func outputHeadDigest() -> String {
    outputHead.withSpan { OutputHeadDigest.of($0, rows: vocabSize, width: transformer.configuration.embeddingWidth) }
  }

  /// Says that the parameters are others now, after each change: what was made of them is made anew.
  public func parametersChanged() { packed.parametersChanged() }

  /// Scores with the present parameters. No other work of this model may run meanwhile.
  public func scorer() -> Scorer {
    let packed = packed(generation.scoringWeights)
    return Scorer(
      transformer: transformer, parameters: parameters, weights: packed.weights, vocabSize: vocabSize,
      prefixes: packed.scored)
  }

  /// Continues prompts with the present parameters. No other work of this model may run meanwhile.
  public func generator() -> TextGenerator {
    TextGenerator(
      transformer: transformer, parameters: parameters, weights: packed(generation.weights).weights,
      vocabSize: vocabSize, eosTokenIDs: description.eosTokenIDs)
  }

  /// An empty batch of sequences with the present parameters.
  func generationBatch() -> GenerationBatch {
    let packed = packed(generation.weights)
    return GenerationBatch(
      transformer: transformer, parameters: parameters, weights: packed.weights, vocabSize: vocabSize,
      eosTokenIDs: description.eosTokenIDs, limits: GenerationLimits(joiningTokens: 1024), prefixes: packed.continued)
  }

  /// The parameters, packed as they are now.
  private func packed(_ format: WeightFormat) -> PackedModel.Packed {
    packed.packed(format, of: transformer, parameters, generation)
  }

  /// The stop strings of a request; nil where it has none.
  ///
  /// - Throws: ``ServingError/stopStringsWithoutTokenizer``.
  public func stopStrings(_ sampling: SamplingOptions) throws(ServingError) -> StopStrings? {
    guard !sampling.stopStrings.isEmpty else { return nil }
    guard let tokenizer else { throw .stopStringsWithoutTokenizer }
    return StopStrings(sampling.stopStrings, tokenizer: tokenizer)
  }
}

extension WireAbilities {
  /// What the engine can answer about a model: everything.
  public static func all(vocabSize: Int) -> WireAbilities {
    WireAbilities(
      generate: true, tokenLogprobs: true, maxTopCount: UInt32(vocabSize), gather: true, entropy: true,
      fullLogprobs: true, hiddenState: true, float16: true, draws: true, continuesTokens: true)
  }
}
