internal import Checkpoints
internal import Distillation
internal import Foundation
internal import ModelServing
internal import Optimization
internal import Sequences
internal import Transformer
internal import WireFormat

/// A teacher's module in memory: a model that stays as it is, adapters on it that learn beside the student, and their optimizer.
struct LoadedModule {
  /// The model without its adapters.
  let model: ServedModel
  /// What learns.
  let adapters: Adapters
  private let optimizer: AdamW
  private let objective: Objective
  private let folder: String

  /// Keeps the numbers of fresh adapters, and what they leave out, apart from the student's of the same seed.
  private static let path: UInt64 = 0x0D17

  /// Reads what a request names; blocks. Goes on from a checkpoint where there is one.
  ///
  /// - Throws: ``StudentError/otherAdapters(saved:asked:)`` where the checkpoint has another module, or none.
  init(
    _ wire: WireOnlineModule, from url: URL, _ options: WireOptimizerOptions, seed: UInt64, _ checkpoint: Checkpoint?
  )
    throws
  {
    guard let objective = try wire.objective.map({ try Objective($0) }) else {
      throw StudentError.notGiven(field: "module.objective")
    }
    let adapterOptions = try AdapterOptions(wire.adapters ?? WireAdapterOptions())
    (folder, self.objective) = (wire.path, objective)
    model = try ServedModel(folder: url)
    let layout = try AdapterLayout(model.transformer, adapterOptions)
    let numbers = try AdamWOptions(options)
    var rates = options
    rates.learningRate = wire.learningRate
    let schedule = try LearningRateSchedule(rates)
    guard let checkpoint else {
      adapters = Adapters(zeros: layout)
      var generator = SeededGenerator(seed: seed, path: Self.path)
      layout.initialize(adapters.values, using: &generator)
      optimizer = AdamW(layout: layout.parameters, options: numbers, schedule: schedule)
      return
    }
    let asked = TrainerState.Module(modelDigest: model.description.modelDigest, adapters: adapterOptions)
    guard let saved = checkpoint.module, checkpoint.state.module == asked, saved.layout == layout.parameters else {
      throw StudentError.otherAdapters(
        saved: checkpoint.state.module.map(Self.name) ?? "no module", asked: Self.name(asked))
    }
    adapters = Adapters(layout, values: saved.values)
    optimizer = AdamW(
      layout: layout.parameters, options: numbers, schedule: schedule, stepCount: checkpoint.state.optimizerStep,
      firstMoments: saved.firstMoments, secondMoments: saved.secondMoments)
  }

  private static func name(_ module: TrainerState.Module) -> String {
    let adapters = module.adapters
    return "a module of rank \(adapters.rank), alpha \(adapters.alpha), dropout \(adapters.dropout) on the model "
      + "\(module.modelDigest.prefix(12))"
  }

  /// A trainer of the adapters.
  ///
  /// - Parameter seed: Of the run.
  func trainer(_ arithmetic: TrainingArithmetic, seed: UInt64) throws(DistillationError) -> StudentTrainer {
    try StudentTrainer(
      transformer: model.transformer, parameters: model.parameters.adapted(by: adapters), vocabSize: model.vocabSize,
      optimizer: optimizer, objective: objective, arithmetic: arithmetic,
      dropoutSeed: SeededGenerator(seed: seed, path: Self.path).state)
  }

  /// What a checkpoint has of it.
  var learned: LearnedModule {
    LearnedModule(adapters, firstMoments: optimizer.firstMoments, secondMoments: optimizer.secondMoments)
  }

  /// What a checkpoint says of it.
  var state: TrainerState.Module {
    TrainerState.Module(modelDigest: model.description.modelDigest, adapters: adapters.layout.options)
  }

  /// Writes the adapters as PEFT has them, in place of a folder that is there.
  func export(to url: URL) throws(CheckpointError) {
    try AdapterFolder.write(adapters, of: model.transformer, baseModel: folder, to: url, replacing: true)
  }
}
