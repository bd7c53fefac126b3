internal import Checkpoints
internal import Foundation
internal import Optimization
internal import Sequences
internal import Transformer

/// A student's parameters: those that learn, and those that it speaks with, which are others where adapters learn.
struct LearningModel: Sendable {
  /// What checkpoints hold; with adapters, the model that they adapt, which stays as it is.
  let base: ModelFolder
  /// What learns instead of the model; nil: the model itself.
  let adapters: Adapters?
  /// What generates, scores, is described and exported: the base, or with adapters a copy in which they are merged.
  let spoken: ModelFolder

  /// Puts a model and its adapters together, merged as they are now.
  init(_ base: ModelFolder, adapters: Adapters?) {
    (self.base, self.adapters) = (base, adapters)
    spoken =
      adapters == nil
      ? base
      : ModelFolder(
        configuration: base.configuration, parameters: base.parameters.copy(), special: base.special,
        companions: base.companions)
    merge()
  }

  /// Fresh adapters of a model, or none.
  ///
  /// - Parameter seed: Of the run.
  /// - Throws: `ModelError` for modules that the model has not.
  init(_ base: ModelFolder, fresh options: AdapterOptions?, seed: UInt64) throws {
    let adapters = try options.map { options in
      let adapters = Adapters(zeros: try AdapterLayout(Transformer(base.configuration), options))
      var generator = SeededGenerator(seed: seed, path: Self.adapterPath)
      adapters.layout.initialize(adapters.values, using: &generator)
      return adapters
    }
    self.init(base, adapters: adapters)
  }

  /// Keeps the numbers of fresh adapters apart from those of a fresh model of the same seed.
  private static let adapterPath: UInt64 = 0xADA7

  /// Goes on with what a checkpoint holds.
  ///
  /// - Parameter options: The run's; the checkpoint must have the same.
  /// - Throws: ``StudentError/otherAdapters(saved:asked:)``.
  init(_ checkpoint: Checkpoint, _ options: AdapterOptions?) throws(StudentError) {
    guard checkpoint.adapters?.layout.options == options else {
      throw .otherAdapters(saved: Self.name(checkpoint.adapters?.layout.options), asked: Self.name(options))
    }
    self.init(checkpoint.model, adapters: checkpoint.adapters)
  }

  private static func name(_ options: AdapterOptions?) -> String {
    options.map { "adapters of rank \($0.rank), alpha \($0.alpha), dropout \($0.dropout)" } ?? "no adapters"
  }

  /// What a trainer takes.
  var trained: ParameterBuffer { adapters.map { base.parameters.adapted(by: $0) } ?? base.parameters }

  /// Where the moments of what learns stand.
  var learningLayout: ParameterLayout { adapters?.layout.parameters ?? ParameterLayout(base.configuration) }

  /// Makes ``spoken`` what was learned; after each step.
  func merge() {
    adapters?.merge(base.parameters, of: Transformer(base.configuration), into: spoken.parameters)
  }
}
