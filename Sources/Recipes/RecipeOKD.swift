extension Recipe {
  /// A teacher's module that learns beside the student, in the student's process (OKD).
  public struct OnlineModule: Sendable, Hashable {
    /// Folder of the model that the module is on, which stays as it is.
    public var teacher: String
    /// Peak learning rate of the module; all else is as in ``Recipe/training``.
    public var learningRate: Double
    /// The module.
    public var adapters: Adapters
    /// Factor of the divergence from the student in the module's loss; 0: the module learns the data alone.
    public var beta: Double

    init(_ values: ResolvedValues) throws(RecipeError) {
      teacher = try values.required("okd.teacher", "the folder of the model whose module learns beside the student")
      learningRate = values.number("okd.learning_rate")
      adapters = Adapters(values, of: "okd")
      beta = values.number("objective.beta")
    }

    /// The least factor above 0 of a divergence: below it, cross-entropy is all that is left.
    static let leastFactor = 0.001
  }
}
