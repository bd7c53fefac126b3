public import Checkpoints
public import Foundation
public import Kernels
public import Tokenization
internal import Transformer
internal import WireFormat

extension ServedModel {
  /// Serves a model read from a folder.
  ///
  /// - Parameters:
  ///   - folder: What was read.
  ///   - name: A name for people, such as the folder's.
  ///   - tokenizer: The folder's; nil where it has none, and then every row of the head counts as a token.
  /// - Throws: ``ServingError/tokenizerTooLarge(tokenizer:ids:model:vocabSize:)``.
  public init(
    _ folder: ModelFolder, name: String, tokenizer: Tokenizer?, generation: GenerationSettings = GenerationSettings()
  ) throws(ServingError) {
    let head = folder.configuration.vocabSize
    let vocabSize = tokenizer?.vocabSize ?? head
    if let tokenizer, tokenizer.vocabSize > head {
      throw .tokenizerTooLarge(tokenizer: tokenizer.file, ids: tokenizer.vocabSize, model: name, vocabSize: head)
    }
    let bos = folder.special.bosTokenID.map { [$0] } ?? tokenizer?.bosTokenIDs ?? []
    let eos = folder.special.eosTokenIDs.isEmpty ? tokenizer?.eosTokenIDs ?? [] : folder.special.eosTokenIDs
    let arithmetic = Arithmetic.present()
    var abilities = WireAbilities.all(vocabSize: vocabSize)
    // Hidden states and the head alone do not tell where logits are capped.
    if folder.configuration.block.logitSoftCap != nil { abilities.hiddenState = false }
    // Text by rounded weights is drawn from another distribution than exact scores tell of.
    abilities.continuesTokens = generation.weights == generation.scoringWeights
    try self.init(
      transformer: Transformer(folder.configuration), parameters: folder.parameters,
      description: WireModelDescription(
        name: name, modelDigest: folder.digest(rounding: generation.rounding),
        vocabularyDigest: tokenizer?.vocabularyDigest ?? "",
        vocabSize: UInt32(vocabSize), headSize: UInt32(head), contextLength: UInt32(folder.configuration.contextLength),
        bosTokenIDs: bos, eosTokenIDs: eos, chatTemplateDigest: tokenizer?.chatTemplateDigest ?? "",
        abilities: abilities, parameterCount: UInt64(folder.parameters.count),
        determinism: "\(arithmetic), \(generation), \(ComputePool.threadCount) threads",
        hiddenSize: UInt32(folder.configuration.embeddingWidth)),
      generation: generation, tokenizer: tokenizer)
  }

  /// Reads a folder and its tokenizer, and serves the model.
  ///
  /// - Throws: `CheckpointError`, `TokenizerError` or ``ServingError``, each one line that names the file.
  public init(folder url: URL, generation: GenerationSettings = GenerationSettings()) throws {
    let folder = try ModelFolder.load(url)
    try self.init(
      folder, name: url.lastPathComponent, tokenizer: try Tokenizer.ifPresent(in: url), generation: generation)
  }
}

extension Tokenizer {
  /// The tokenizer of a model folder, or nil where the folder has no tokenizer files.
  public static func ifPresent(in folder: URL) throws(TokenizerError) -> Tokenizer? {
    let names = ["tokenizer.json", "vocab.json", "tokenizer.model"]
    let hasFiles = names.contains {
      FileManager.default.fileExists(atPath: folder.appending(path: $0).path(percentEncoded: false))
    }
    return hasFiles ? try Tokenizer(folder: folder) : nil
  }
}

extension Arithmetic {
  /// That of this process, for products in a precision.
  public static func present(_ precision: ProductPrecision = .float32) -> Arithmetic {
    switch precision {
    case .float32: Arithmetic(coreType: "\(BLAS.coreType) \(kernelForm) \(decodeForm)", library: BLAS.version)
    case .bfloat16:
      Arithmetic(
        coreType: "\(BLAS.coreType) \(kernelForm) \(decodeForm) \(OneDNN.instructions)",
        library: "\(BLAS.version), oneDNN \(OneDNN.version)")
    }
  }
}
