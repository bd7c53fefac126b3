internal import Checkpoints
internal import Kernels
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

  /// Puts a model and its description together.
  ///
  /// - Throws: ``ServingError/descriptionMismatch(field:described:actual:)`` where they are not of one model.
  public init(
    transformer: Transformer, parameters: ParameterBuffer, description: WireModelDescription
  ) throws(ServingError) {
    let head = transformer.configuration.vocabSize
    let facts = [
      ("head_size", Int(description.headSize), head),
      ("context_length", Int(description.contextLength), transformer.configuration.contextLength),
      ("vocab_size", min(Int(description.vocabSize), head), max(1, Int(description.vocabSize))),
      ("parameters", parameters.count, transformer.layout.count),
    ]
    for (field, described, actual) in facts where described != actual {
      throw .descriptionMismatch(field: field, described: described, actual: actual)
    }
    self.transformer = transformer
    self.parameters = parameters
    self.description = description
  }

  /// Ids that may occur.
  public var vocabSize: Int { Int(description.vocabSize) }

  /// Rows of the head for the ids that may occur. Shape: `[V, D]`.
  var outputHead: FloatView { transformer.outputHead(parameters, vocabSize: vocabSize) }

  /// The digest of ``outputHead``, as `ModelDescription.output_head_digest` defines it. Reads all of it.
  public func outputHeadDigest() -> String {
    outputHead.withSpan { OutputHeadDigest.of($0, rows: vocabSize, width: transformer.configuration.width) }
  }

  var scorer: Scorer { Scorer(transformer: transformer, parameters: parameters, vocabSize: vocabSize) }

  var generator: TextGenerator {
    TextGenerator(
      transformer: transformer, parameters: parameters, vocabSize: vocabSize, eosTokenIDs: description.eosTokenIDs)
  }
}

extension WireAbilities {
  /// What the engine can answer about a model: everything.
  public static func all(vocabSize: Int) -> WireAbilities {
    WireAbilities(
      generate: true, tokenLogprobs: true, maxTopCount: UInt32(vocabSize), gather: true, entropy: true,
      fullLogprobs: true, hiddenState: true, float16: true)
  }
}
