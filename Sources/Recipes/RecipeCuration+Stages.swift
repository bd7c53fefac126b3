extension Recipe {
  /// Answers that are sampled from the teacher, judged by critics, and learnt where all of them agree (InfoSumm).
  public struct Critics: Sendable, Hashable {
    /// Answers that are asked for a row.
    public var samplesPerPrompt: Int
    /// `first`, `all` or `shortest`.
    public var keep: String
    /// The largest share of the answer's tokens in the prompt's; nil: any.
    public var brevityLimit: Double?
    /// The least that the prompt adds to the log-prob of a token of the answer, in nats; nil: any, and the teacher scores nothing.
    public var leastFaithfulness: Double?
    /// The largest ROUGE-L with an answer kept before it; 1: any.
    public var rougeLimit: Double
    /// The least score of a judge, from 1 to 10; nil: nobody judges.
    public var leastScore: Double?
    /// Who judges; nil: the teacher.
    public var referee: TeacherSource?
    /// Limit of a judgement's new tokens.
    public var refereeMaxNewTokens: Int
    /// A template that stands for that of Retort; nil: none does.
    public var judgePrompt: String?

    init(_ values: ResolvedValues) throws(RecipeError) {
      samplesPerPrompt = values.whole("critics.samples_per_prompt")
      keep = values.word("critics.keep")
      brevityLimit = values.optionalNumber("critics.brevity_limit")
      leastFaithfulness = values.optionalNumber("critics.least_faithfulness")
      rougeLimit = values.number("critics.rouge_limit")
      leastScore = values.optionalNumber("critics.least_score")
      referee = try TeacherSource(values, at: "critics.referee")
      refereeMaxNewTokens = values.whole("critics.referee_max_new_tokens")
      judgePrompt = values.text("critics.judge_prompt")
      if brevityLimit == nil, leastFaithfulness == nil, leastScore == nil, rougeLimit == 1 {
        throw .missingKey(
          key: "critics",
          expected: "at least one of critics.least_faithfulness, brevity_limit, rouge_limit and least_score")
      }
    }
  }

  /// Explanations that are asked for under system prompts, and learnt stage by stage (Orca).
  public struct Orca: Sendable, Hashable {
    /// A file of system prompts, of which each row gets one.
    public var systemPrompts: String
    /// The files of the stages, in their order; empty: one stage, of the data.
    public var data: [String]
    /// Names of the stages' teachers, in their order; empty: rows say whose they are, or there is one teacher.
    public var teachers: [String]
    /// Answers that may be asked for a row until one is not cut off.
    public var samplesPerPrompt: Int

    init(_ values: ResolvedValues) throws(RecipeError) {
      systemPrompts = try values.required("orca.system_prompts", "a file with a system prompt on each line")
      data = values.list("orca.data")
      teachers = values.list("orca.teachers")
      samplesPerPrompt = values.whole("orca.samples_per_prompt")
    }
  }
  /// Refuses stages whose teachers are not those of the recipe.
  func checkStages() throws(RecipeError) {
    guard let orca, !orca.teachers.isEmpty else { return }
    let (names, stages) = (teachers.all.map(\.name), max(orca.data.count, 1))
    guard orca.teachers.count == stages else {
      throw .conflict("orca.teachers names \(orca.teachers.count) and there are \(stages) stages: name one for each")
    }
    if let stranger = orca.teachers.first(where: { $0.isEmpty || !names.contains($0) }) {
      let known = teachers.column == nil ? "which is empty" : names.sorted().joined(separator: ", ")
      throw .conflict("orca.teachers: '\(stranger)' is not one of teacher.teachers: \(known)")
    }
  }
}
