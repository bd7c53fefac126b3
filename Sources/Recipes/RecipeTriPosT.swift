extension Recipe {
  /// Attempts of the student that a teacher edits until a checker accepts them (TriPosT). The checker is that of ``Rejection``.
  public struct TriPosT: Sendable, Hashable {
    /// Times the student writes, is edited and learns.
    public var iterations: Int
    /// Times it may attempt every row within one.
    public var samplingRounds: Int
    /// Improvements that end the attempts of an iteration; nil: as many as there are rows.
    public var enoughImprovements: Int?
    /// Updates after which an attempt is given up.
    public var maxUpdates: Int
    /// Improvements for each other sample and each given answer.
    public var improvementRatio: Double
    /// Factor of the losses of feedback and update, in improvements.
    public var feedbackWeight: Double
    /// Factor of the losses of the attempt before them; 0: it is read and not learnt.
    public var attemptWeight: Double
    /// Temperature of the teacher.
    public var editorTemperature: Double
    /// Limit of the teacher's new tokens.
    public var editorMaxNewTokens: Int
    /// A template that stands for that of Retort; nil: none does.
    public var editorPrompt: String?

    init(_ values: ResolvedValues) {
      iterations = values.whole("tripost.iterations")
      samplingRounds = values.whole("tripost.sampling_rounds")
      enoughImprovements = values.whole("tripost.enough_improvements")
      maxUpdates = values.whole("tripost.max_updates")
      improvementRatio = values.number("tripost.improvement_ratio")
      feedbackWeight = values.number("tripost.feedback_weight")
      attemptWeight = values.number("tripost.attempt_weight")
      editorTemperature = values.number("tripost.editor_temperature")
      editorMaxNewTokens = values.whole("tripost.editor_max_new_tokens")
      editorPrompt = values.text("tripost.editor_prompt")
    }
  }

  /// Refuses what TriPosT cannot begin with.
  func checkTriPosT() throws(RecipeError) {
    guard method == .tripost else { return }
    guard case .folder = student else {
      throw .conflict(
        "method tripost begins with what the student writes: train one with method sft first, and name its folder")
    }
  }
}
