import Checkpoints
public import Foundation
public import Kernels
import ModelServing
public import Sequences
public import Tokenization
public import Transformer
import WireFormat

/// A model folder, read into this process.
public struct LocalModel: Sendable {
  /// The arithmetic.
  public let transformer: Transformer
  /// The parameters.
  public let parameters: ParameterBuffer
  /// The tokenizer; nil where the folder has none.
  public let tokenizer: Tokenizer?
  /// What a service would say of the model.
  let description: WireModelDescription
  let path: String
  private let served: ServedModel

  /// Reads a folder.
  ///
  /// - Parameter generationWeights: How weights are kept for generation.
  /// - Throws: `CheckpointError`, `TokenizerError`, `ServingError` or ``CommandError``, each one line that names the file.
  public init(folder url: URL, generationWeights: WeightFormat = .float32) throws {
    if let failure = BLAS.failure { throw CommandError.noArithmetic(reason: failure) }
    path = url.relativePath
    let folder = try ModelFolder.load(url)
    tokenizer = try Tokenizer.ifPresent(in: url)
    served = try ServedModel(
      folder, name: url.standardizedFileURL.lastPathComponent, tokenizer: tokenizer,
      generation: GenerationSettings(weights: generationWeights, parametersAreFixed: true))
    (transformer, parameters, description) = (served.transformer, served.parameters, served.description)
  }

  /// Ids that may occur: the tokenizer's, or all rows of the head where there is no tokenizer.
  public var vocabSize: Int { Int(description.vocabSize) }

  /// Ids that end a completion.
  var eosTokenIDs: [TokenID] { description.eosTokenIDs }

  /// The tokenizer, where text has to be read or written.
  public func requiredTokenizer() throws(CommandError) -> Tokenizer {
    guard let tokenizer else { throw .noTokenizer(folder: path) }
    return tokenizer
  }

  /// Scores of the completions of some sequences, one answer each.
  public func score(_ sequences: [TokenSequence], options: ScoreOptions) throws -> [PositionScores] {
    let scorer = served.scorer()
    return try sequences.map { sequence in
      var scores = PositionScores()
      try scorer.score(SequenceBatch([sequence]), options: options, maximumChunkPositions: 4096) { scores.append($0) }
      return scores
    }
  }

  /// Completions of some prompts, in their order.
  public func generate(_ prompts: [[TokenID]], sampling: SamplingOptions, seeds: [UInt64]) throws -> [Completion] {
    var completions: [Completion] = []
    let stops = try served.stopStrings(sampling)
    try served.generator().generate(
      prompts: SequenceBatch(prompts.map { TokenSequence(prompt: $0, completion: []) }), sampling: sampling,
      seeds: seeds, endsText: stops?.endsText
    ) { completions.append($0) }
    return completions
  }

  /// The weights of scoring in a precision.
  ///
  /// - Throws: ``CommandError/badOption(name:value:expected:)``, ``CommandError/noPrecision(setting:reason:)``.
  public static func scoringFormat(_ precision: String) throws(CommandError) -> WeightFormat {
    switch ProductPrecision(rawValue: precision) {
    case .float32: return .float32
    case .bfloat16:
      try checkBFloat16(setting: "--precision bfloat16")
      return .bfloat16
    case nil:
      throw .badOption(
        name: "--precision", value: precision,
        expected: ProductPrecision.allCases.map(\.rawValue).joined(separator: ", "))
    }
  }

  /// Refuses products of bfloat16 on a machine that would compute them in float32 after rounding, slower than without.
  ///
  /// - Parameters:
  ///   - setting: What asks for them, in words.
  ///   - form: The vector loops in use.
  package static func checkBFloat16(setting: String, form: String = decodeForm) throws(CommandError) {
    guard form == "avx512bf16" else {
      throw .noPrecision(
        setting: setting,
        reason: "the \(form) loops in use here do not multiply bfloat16, which takes AVX512-BF16 or AMX; take float32")
    }
  }

  /// The format of a name.
  ///
  /// - Throws: ``CommandError/badOption(name:value:expected:)``.
  public static func weightFormat(_ name: String) throws(CommandError) -> WeightFormat {
    guard let format = WeightFormat(rawValue: name) else {
      throw .badOption(
        name: "--generation-weights", value: name,
        expected: WeightFormat.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return format
  }
}
