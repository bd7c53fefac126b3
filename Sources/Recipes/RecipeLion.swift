extension Recipe {
  /// The loop of Lion: what it invents, whom it asks, when it ends.
  public struct Lion: Sendable, Hashable {
    /// Rounds of discrimination and generation; imitation runs once more.
    public var rounds: Int
    /// Instructions to invent in a round from those that the student finds hard.
    public var hardInstructions: Int
    /// Instructions to invent in a round from those that it masters.
    public var easyInstructions: Int
    /// The gap of scores from which on an instruction is hard.
    public var threshold: Double
    /// The largest ROUGE-L of a new instruction with one of the pool.
    public var rougeLimit: Double
    /// `unicode` or `rouge`: which words ROUGE-L compares.
    public var words: String
    /// Instructions that are scored in a round; nil: all of the pool.
    public var refereeSampleSize: Int?
    /// Verdicts in each order of the answers.
    public var samplesPerOrder: Int
    /// Requests for a verdict until it can be read.
    public var attemptsPerVerdict: Int
    /// Limit of a verdict's new tokens.
    public var refereeMaxNewTokens: Int
    /// Requests to the generator per instruction that is wanted.
    public var requestsPerInstruction: Int
    /// The run ends where the share of hard instructions is below this.
    public var leastHardShare: Double
    /// What teacher, referee and generator may read and write in all, in tokens; nil: no limit.
    public var budgetTokens: Int?
    /// Folder of templates that stand for those of Retort; nil: none do.
    public var prompts: String?
    /// Who judges; nil: the teacher.
    public var referee: TeacherSource?
    /// Who invents; nil: the teacher.
    public var generator: TeacherSource?

    init(_ values: ResolvedValues) throws(RecipeError) {
      rounds = values.whole("lion.rounds")
      hardInstructions = values.whole("lion.hard_instructions")
      easyInstructions = values.whole("lion.easy_instructions")
      threshold = values.number("lion.threshold")
      rougeLimit = values.number("lion.rouge_limit")
      words = values.word("lion.words")
      refereeSampleSize = values.whole("lion.referee_sample_size")
      samplesPerOrder = values.whole("lion.samples_per_order")
      attemptsPerVerdict = values.whole("lion.attempts_per_verdict")
      refereeMaxNewTokens = values.whole("lion.referee_max_new_tokens")
      requestsPerInstruction = values.whole("lion.requests_per_instruction")
      leastHardShare = values.number("lion.least_hard_share")
      budgetTokens = values.whole("lion.budget_tokens")
      prompts = values.text("lion.prompts")
      referee = try TeacherSource(values, at: "lion.referee")
      generator = try TeacherSource(values, at: "lion.generator")
    }
  }
}
