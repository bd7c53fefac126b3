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
  /// Where the tensors of each block begin: a backward pass is done with all from there on once it is done with the block, but for those
  /// of adapters.
  public private(set) var blockStarts: [Int] = []

  /// Lays out the tensors of a model.
  public init(_ model: ModelConfiguration) {
    let (names, width) = (model.family.names, model.width)
    add(names.embedding + ".weight", [model.vocabSize, model.embeddingWidth])
    if case .learned(let offset) = model.block.positions, let name = names.positionEmbedding {
      add(name + ".weight", [model.contextLength + offset, width])
    }
    if let input = model.block.embeddingWidth, let name = names.inputProjection {
      add(name + ".weight", [width, input])
    }
    for layer in 0..<model.layerCount {
      blockStarts.append(count)
      addBlock("\(names.blocks)\(layer).", model)
    }
    if model.block.hasFinalNorm { addNorm(names.finalNorm, model) }
    if let output = model.block.embeddingWidth, let name = names.outputProjection {
      add(name + ".weight", [output, width])
    }
    if !model.tiesWordEmbeddings { add(names.head + ".weight", [model.vocabSize, model.embeddingWidth]) }
  }

  /// The tensor of a name.
  public subscript(name: String) -> ParameterEntry? { entries.first { $0.name == name } }

  /// Lays out tensors side by side, in their order.
  public init(_ tensors: [(name: String, shape: [Int])]) {
    for tensor in tensors { add(tensor.name, tensor.shape) }
  }

  /// A layout without tensors.
  init() {}

  /// Adds a tensor at the end; returns its offset.
  @discardableResult
  mutating func add(_ name: String, _ shape: [Int]) -> Int {
    defer { count += shape.reduce(1, *) }
    entries.append(ParameterEntry(name: name, shape: shape, offset: count, isMatrix: shape.count > 1))
    return count
  }

  private mutating func addBlock(_ prefix: String, _ model: ModelConfiguration) {
    let (names, attention, feedForward) = (model.family.names, model.block.attention, model.block.feedForward)
    let width = model.width
    addNorm(prefix + names.attentionNorm, model)
    addProjection(
      names.attentionInput, [model.queryWidth, model.keyValueWidth, model.keyValueWidth], prefix, input: width,
      names.isInputMajor, bias: attention.hasInputBias)
    if attention.normalizesHeads, let query = names.queryNorm, let key = names.keyNorm {
      add("\(prefix)\(query).weight", [model.headWidth])
      add("\(prefix)\(key).weight", [model.headWidth])
    }
    addProjection(
      [names.attentionOutput], [width], prefix, input: model.queryWidth, names.isInputMajor,
      bias: attention.hasOutputBias)
    if model.block.hasPostNorms, let name = names.attentionPostNorm { addNorm(prefix + name, model) }
    addNorm(prefix + names.feedForwardNorm, model)
    addProjection(
      names.feedForwardInput, Array(repeating: feedForward.width, count: feedForward.isGated ? 2 : 1), prefix,
      input: width, names.isInputMajor, bias: feedForward.hasBias)
    addProjection(
      [names.feedForwardOutput], [width], prefix, input: feedForward.width, names.isInputMajor,
      bias: feedForward.hasBias)
    if model.block.hasPostNorms, let name = names.feedForwardPostNorm { addNorm(prefix + name, model) }
  }

  private mutating func addNorm(_ name: String, _ model: ModelConfiguration) {
    add(name + ".weight", [model.width])
    if model.block.norm == .layer { add(name + ".bias", [model.width]) }
  }

  /// All matrices, then all biases; `outputs` are the widths of the parts, which stand in one tensor where one is named.
  private mutating func addProjection(
    _ names: [String], _ outputs: [Int], _ prefix: String, input: Int, _ isInputMajor: Bool, bias: Bool
  ) {
    let outputs = names.count == 1 ? [outputs.reduce(0, +)] : outputs
    for (name, output) in zip(names, outputs) {
      add("\(prefix)\(name).weight", isInputMajor ? [input, output] : [output, input])
    }
    if bias { for (name, output) in zip(names, outputs) { add("\(prefix)\(name).bias", [output]) } }
  }
}
