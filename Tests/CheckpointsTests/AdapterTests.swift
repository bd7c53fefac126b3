import Checkpoints
import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

/// One file of Golden: a tiny model with adapters, and what PEFT says about them in float64.
private struct GoldenAdapters: Decodable {
  struct Tensor: Decodable {
    let shape: [Int]
    let values: [Double]
    let gradient: [Double]?
  }

  let sequences: [[TokenID]]
  let loss: Double
  let tensors, adapters, merged: [String: Tensor]

  /// A tensor of the model; newer folders of GPT-NeoX have another name of the head.
  func tensor(_ name: String) -> Tensor? {
    tensors[name] ?? (name == "embed_out.weight" ? tensors["lm_head.weight"] : nil)
  }

  static let names = [
    "llama", "llama-all", "gpt2", "gpt-neox", "phi3", "mistral", "qwen2", "qwen3", "gemma2", "gpt-neo", "opt",
    "opt-projected",
  ]

  static func url(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/adapters-\(name).json")
  }
}

/// A golden model with its adapters in memory.
private struct AdaptedModel {
  let golden: GoldenAdapters
  let transformer: Transformer
  let base: ParameterBuffer
  let adapters: Adapters
  let folder: TemporaryFolder

  init(_ name: String) throws {
    let data = try Data(contentsOf: GoldenAdapters.url(name))
    golden = try JSONDecoder().decode(GoldenAdapters.self, from: data)
    folder = try TemporaryFolder()
    let content = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    for (key, file) in [("config", "config.json"), ("adapterConfig", "adapter_config.json")] {
      try JSONSerialization.data(withJSONObject: try #require(content[key]))
        .write(to: folder.url.appending(path: file))
    }
    transformer = Transformer(try ModelFolder.architecture(of: folder.url).configuration)
    base = ParameterBuffer(count: transformer.layout.count)
    for entry in transformer.layout.entries { try Self.fill(base.view(entry), golden.tensor(entry.name)) }
    adapters = Adapters(zeros: try AdapterLayout(transformer, AdapterFolder.options(of: folder.url)))
    for entry in adapters.layout.parameters.entries {
      let tensor = golden.adapters["base_model.model." + entry.name]
      #expect(tensor?.shape == entry.shape, "\(entry.name)")
      try Self.fill(adapters.values.view(entry), tensor)
    }
  }

  private static func fill(_ view: FloatView, _ tensor: GoldenAdapters.Tensor?) throws {
    let values = try #require(tensor).values
    #expect(values.count == view.count)
    for (index, value) in values.enumerated() { view[index] = Float(value) }
  }

  var batch: SequenceBatch { SequenceBatch(golden.sequences.map { TokenSequence(tokenIDs: $0, promptLength: 1) }) }

  /// Mean cross-entropy of parameters, with gradients where a buffer is given.
  func loss(
    _ parameters: ParameterBuffer, gradients: ParameterBuffer? = nil, dropout: AdapterDropout? = nil
  ) -> Double {
    let (tape, scored, size) = (Tape(transformer), batch.scoredPositions, transformer.configuration.vocabSize)
    tape.dropout = dropout
    transformer.forward(batch, parameters: parameters, tape: tape)
    let logits = FloatStorage(count: scored.count * size).view
    transformer.logits(rows: scored.predictingRows[...], tape: tape, parameters: parameters, into: logits)
    var loss = 0.0
    for (index, target) in scored.targets.enumerated() {
      let row = logits.window(index * size, size)
      let total = Softmax.logSumExp(row)
      loss += (total - Double(row[Int(target)])) / Double(scored.count)
      for column in 0..<size {
        let probability = exp(Double(row[column]) - total)
        row[column] = Float((probability - (column == Int(target) ? 1 : 0)) / Double(scored.count))
      }
    }
    if let gradients {
      transformer.backwardLogits(
        rows: scored.predictingRows[...], logitGradients: .float32(logits), tape: tape, parameters: parameters,
        gradients: gradients)
      transformer.backward(batch, tape: tape, parameters: parameters, gradients: gradients)
    }
    return loss
  }
}

@Suite("low-rank adapters")
struct AdapterTests {
  /// float32 against float64 over a dozen products; AVX2's order of sums needs twice what AVX-512's does.
  private static let tolerance = 5e-5

  @Test("loss and gradients of adapters are PEFT's", arguments: GoldenAdapters.names)
  func gradients(name: String) throws {
    let model = try AdaptedModel(name)
    let gradients = ParameterBuffer.gradients(of: model.adapters.layout, count: model.base.count)
    let loss = model.loss(model.base.adapted(by: model.adapters), gradients: gradients)
    #expect(abs(loss - model.golden.loss) < Self.tolerance)
    #expect(model.adapters.layout.parameters.entries.count == model.golden.adapters.count)
    for entry in model.adapters.layout.parameters.entries {
      let expected = try #require(model.golden.adapters["base_model.model." + entry.name]?.gradient)
      let found = gradients.learning.view(entry)
      for (index, value) in expected.enumerated() {
        #expect(abs(Double(found[index]) - value) < Self.tolerance * (1 + abs(value)), "\(entry.name)[\(index)]")
      }
    }
  }

  @Test("merged matrices are PEFT's, and give the loss that adapters give", arguments: GoldenAdapters.names)
  func merged(name: String) throws {
    let model = try AdaptedModel(name)
    let merged = model.base.copy()
    model.adapters.merge(model.base, of: model.transformer, into: merged)
    for entry in model.transformer.layout.entries {
      let expected = try #require(model.golden.merged[entry.name] ?? model.golden.tensor(entry.name)).values
      for (index, value) in expected.enumerated() {
        #expect(abs(Double(merged.view(entry)[index]) - value) < 1e-6 * (1 + abs(value)), "\(entry.name)[\(index)]")
      }
    }
    #expect(abs(model.loss(merged) - model.golden.loss) < Self.tolerance)
  }

  @Test(
    "gradients with dropout are those of differences, and dropout is the same each time", arguments: ["llama", "gpt2"])
  func dropout(name: String) throws {
    let model = try AdaptedModel(name)
    let options = model.adapters.layout.options
    let layout = try AdapterLayout(
      model.transformer,
      AdapterOptions(rank: options.rank, alpha: options.alpha, dropout: 0.3, targets: options.targets))
    let adapters = Adapters(layout, values: model.adapters.values)
    let parameters = model.base.adapted(by: adapters)
    let dropout = AdapterDropout(seed: 3, firstSequence: 0)
    let gradients = ParameterBuffer.gradients(of: layout, count: model.base.count)
    let loss = model.loss(parameters, gradients: gradients, dropout: dropout)
    #expect(loss == model.loss(parameters, dropout: dropout))
    #expect(loss != model.loss(parameters, dropout: AdapterDropout(seed: 4, firstSequence: 0)))
    #expect(abs(model.loss(parameters) - model.golden.loss) < Self.tolerance)
    for index in stride(from: 0, to: adapters.values.count, by: 7) {
      let value = adapters.values.view[index]
      func slope(_ step: Float) -> Double {
        adapters.values.view[index] = value + step
        let above = model.loss(parameters, dropout: dropout)
        adapters.values.view[index] = value - step
        defer { adapters.values.view[index] = value }
        return (above - model.loss(parameters, dropout: dropout)) / Double(2 * step)
      }
      // Richardson's: the third derivative's part falls out; what is left is float32's rounding over the step.
      let expected = (4 * slope(0x1p-9) - slope(0x1p-8)) / 3
      #expect(abs(Double(gradients.learning.view[index]) - expected) < 1e-2 * (1 + abs(expected)), "\(index)")
    }
  }

  @Test("a folder is read as it was written, and names its tensors as PEFT does", arguments: GoldenAdapters.names)
  func folder(name: String) throws {
    let model = try AdaptedModel(name)
    let place = model.folder.url.appending(path: "adapter", directoryHint: .isDirectory)
    try AdapterFolder.write(model.adapters, of: model.transformer, baseModel: "base", to: place)
    let read = try AdapterFolder.load(place, for: model.transformer)
    #expect(read.values.view.array == model.adapters.values.view.array)
    #expect(read.layout.options.scale == model.adapters.layout.options.scale)
    let file = try SafetensorsFile(place.appending(path: "adapter_model.safetensors"))
    #expect(Set(file.header.tensors.map(\.name)) == Set(model.golden.adapters.keys))
  }

  @Test("a model folder that has adapters is read as the merged model", arguments: ["llama", "gpt2"])
  func mergedFolder(name: String) throws {
    let model = try AdaptedModel(name)
    let place = model.folder.url.appending(path: "model", directoryHint: .isDirectory)
    try ModelFolder(
      configuration: model.transformer.configuration, parameters: model.base, special: SpecialTokens()
    ).write(to: place)
    let apart = model.folder.url.appending(path: "adapter", directoryHint: .isDirectory)
    try AdapterFolder.write(model.adapters, of: model.transformer, baseModel: "model", to: apart)
    let merged = try ModelFolder.load(place, adapters: apart).parameters
    #expect(abs(model.loss(merged) - model.golden.loss) < Self.tolerance)
    #expect(abs(model.loss(try ModelFolder.load(place).parameters) - model.golden.loss) > Self.tolerance)
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
      try FileManager.default.copyItem(at: apart.appending(path: file), to: place.appending(path: file))
    }
    #expect(try ModelFolder.load(place).parameters.view.array == merged.view.array)
  }

  @Test(
    "what is more than LoRA of projections is refused with its key",
    arguments: [
      ("peft_type", "\"IA3\"", "is IA3"), ("use_dora", "true", "is true; supported: false"),
      ("bias", "\"all\"", "is all; supported: none"), ("modules_to_save", "[\"lm_head\"]", "is not empty"),
      ("rank_pattern", "{\"q_proj\": 2}", "is not empty"), ("target_modules", "\".*q_proj\"", "is a pattern"),
      ("target_modules", "[]", "is []; it must be at least one name"), ("r", "0", "is 0; it must be in 1...4096"),
      ("lora_dropout", "1", "is 1.0; it must be in [0, 1)"),
      ("lora_alpha", "-1", "is -1.0; it must be a number over 0"),
    ])
  func refusals(key: String, value: String, says: String) throws {
    let model = try AdaptedModel("llama")
    let url = model.folder.url.appending(path: "adapter_config.json")
    var keys = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    keys[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
    try JSONSerialization.data(withJSONObject: keys).write(to: url)
    let error = #expect(throws: CheckpointError.self) { try AdapterFolder.options(of: model.folder.url) }
    let text = "\(try #require(error))"
    #expect(text.contains("adapter_config.json: \(key) \(says)"), "\(text)")
  }

  @Test("a folder whose files do not belong together is refused with both")
  func otherFiles() throws {
    let model = try AdaptedModel("llama")
    let place = model.folder.url.appending(path: "adapter", directoryHint: .isDirectory)
    func load() -> String {
      do { _ = try AdapterFolder.load(place, for: model.transformer) } catch { return error.description }
      return "loaded"
    }
    try AdapterFolder.write(model.adapters, of: model.transformer, baseModel: "base", to: place)
    #expect(load() == "loaded")
    let (config, tensors) = ("adapter_config.json", "adapter_model.safetensors")
    let good = try String(contentsOf: place.appending(path: config), encoding: .utf8)
    func rewrite(_ keys: String) throws {
      var object = try #require(JSONSerialization.jsonObject(with: Data(good.utf8)) as? [String: Any])
      object["target_modules"] = [keys]
      try JSONSerialization.data(withJSONObject: object).write(to: place.appending(path: config))
    }
    try rewrite("k_proj")
    #expect(load().contains(config) && load().contains(tensors), "\(load())")
    try rewrite("nothing")
    #expect(load().contains("\(config): target_modules is nothing; it must be all-linear, or of down_proj"))
    try good.write(to: place.appending(path: config), atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(at: place.appending(path: tensors))
    #expect(
      load().contains("\(tensors) does not exist, though") && load().contains("\(config) names it"), "\(load())")
  }

  @Test("adapters that make a parameter infinite are refused by the tensor's name")
  func infinite() throws {
    let model = try AdaptedModel("llama")
    let (base, apart) = (model.folder.url.appending(path: "base"), model.folder.url.appending(path: "adapter"))
    try ModelFolder(
      configuration: model.transformer.configuration, parameters: model.base, special: SpecialTokens()
    ).write(to: base)
    model.adapters.values.view.fill(1e30)
    try AdapterFolder.write(model.adapters, of: model.transformer, baseModel: "base", to: apart)
    let error = try #require(#expect(throws: CheckpointError.self) { try ModelFolder.load(base, adapters: apart) })
    guard case .notFiniteMerged(let place, let name, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(place.contains("adapter") && name.contains("proj"), "\(error)")
  }

  @Test("a name that no projection has is refused with those that there are")
  func unknownTarget() throws {
    let model = try AdaptedModel("llama")
    let options = try AdapterOptions(targets: .names(["c_attn"]))
    let error = #expect(throws: ModelError.self) { try AdapterLayout(model.transformer, options) }
    #expect("\(try #require(error))".contains("down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj"))
  }

  @Test("a fresh adapter changes nothing, and its A is within Kaiming's bound")
  func initialization() throws {
    let model = try AdaptedModel("llama-all")
    let fresh = Adapters(zeros: model.adapters.layout)
    var generator = SeededGenerator(seed: 1)
    fresh.layout.initialize(fresh.values, using: &generator)
    #expect(model.loss(model.base.adapted(by: fresh)) == model.loss(model.base))
    for entry in fresh.layout.parameters.entries where entry.name.hasSuffix("lora_A.weight") {
      let (values, bound) = (fresh.values.view(entry).array, 1 / Float(entry.shape[1]).squareRoot())
      #expect(values.allSatisfy { abs($0) <= bound } && values.contains { abs($0) > bound / 2 })
    }
  }

  @Test("steps teach the adapters alone; a checkpoint goes on with the same bits, whatever the micro-batches")
  func training() throws {
    let model = try AdaptedModel("phi3")
    let layout = try AdapterLayout(model.transformer, AdapterOptions(rank: 2, dropout: 0.2, targets: .allLinear))
    let schedule = try LearningRateSchedule(shape: .constant, peak: 1e-2, maxSteps: 9)
    let objective = try Objective(terms: [LossTerm(.crossEntropy)], reduction: .tokenMean)
    func start() throws -> (Adapters, AdamW) {
      let adapters = Adapters(zeros: layout)
      var generator = SeededGenerator(seed: 1)
      layout.initialize(adapters.values, using: &generator)
      return (adapters, AdamW(layout: layout.parameters, options: try AdamWOptions(), schedule: schedule))
    }
    func steps(_ count: Int, _ adapters: Adapters, _ optimizer: AdamW, microBatch: Int) throws -> [Double] {
      let trainer = try StudentTrainer(
        transformer: model.transformer, parameters: model.base.adapted(by: adapters), vocabSize: 13,
        optimizer: optimizer, objective: objective, dropoutSeed: 5)
      let batch = try TrainingBatch(
        sequences: model.batch, termIndices: model.golden.sequences.map { _ in 0 }, microBatchSize: microBatch)
      return try (0..<count).map { _ in try trainer.step(batch).loss }
    }
    let before = model.base.view.array
    let (whole, wholeOptimizer) = try start()
    let losses = try steps(4, whole, wholeOptimizer, microBatch: 3)
    #expect(losses[3] < losses[0])
    #expect(model.base.view.array == before)

    let (half, halfOptimizer) = try start()
    #expect(try steps(2, half, halfOptimizer, microBatch: 1) == Array(losses[..<2]))
    let state = TrainerState(
      optimizerStep: 2, seed: 5, optimizer: halfOptimizer.options, schedule: schedule,
      arithmetic: Arithmetic(coreType: "x", library: "y"), version: "1")
    let saved = try Checkpoint(
      model: ModelFolder(
        configuration: model.transformer.configuration, parameters: model.base, special: SpecialTokens()),
      adapters: half, firstMoments: halfOptimizer.firstMoments, secondMoments: halfOptimizer.secondMoments,
      state: state
    ).save(in: model.folder.url)
    let loaded = try Checkpoint.load(saved, arithmetic: state.arithmetic)
    let adapters = try #require(loaded.adapters)
    #expect(try steps(2, adapters, loaded.optimizer(), microBatch: 2) == Array(losses[2...]))
    #expect(adapters.values.view.array == whole.values.view.array)
  }
}
