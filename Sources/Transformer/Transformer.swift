/// A decoder-only transformer: the arithmetic of its forward and backward passes over packed sequences.
///
/// N is the number of packed rows of a batch, D the width, V the rows of the head. A pass runs on the calling thread alone;
/// parallelism is over batches, each with a ``Tape`` of its own.
public struct Transformer: Sendable {
  /// The architecture.
  public let configuration: ModelConfiguration
  /// Where each tensor stands in a ``ParameterBuffer``.
  public let layout: ParameterLayout
  let plan: ModelPlan

  /// Makes the arithmetic of a model.
  public init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    layout = ParameterLayout(configuration)
    plan = ModelPlan(configuration, layout)
  }
}
