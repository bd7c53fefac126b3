import Recipes
import Sequences
import Testing

let minimal = """
  method: distillm2
  teacher: models/teacher
  student: models/student
  data: prompts.jsonl
  output_dir: out
  """

@Suite("Recipe")
struct RecipeTests {
  @Test("takes the defaults of DistiLLM-2's paper and released configuration")
  func defaults() throws {
    let recipe = try Recipe(yaml: minimal)
    #expect(recipe.method == .distillm2)
    #expect(recipe.teacher == .folder("models/teacher"))
    #expect(recipe.student == .folder("models/student"))
    #expect(recipe.training.learningRate == 5e-5)
    #expect(recipe.training.lrSchedulerType == "cosine")
    #expect(recipe.training.warmup(ofSteps: 95) == 10)
    #expect(recipe.generation?.temperature == 0.8)
    #expect(recipe.generation?.topP == 0.95)
    #expect(recipe.objective.reduction == .sequenceMean)
    #expect(recipe.objective.terms.map(\.kind) == [.skewForwardKL, .skewReverseKL])
    #expect(recipe.objective.terms.map(\.source) == [.teacher, .student])
    #expect(recipe.objective.terms.allSatisfy { $0.alpha == 0.1 && $0.weight == 0.5 })
  }

  @Test("keeps the weights of a teacher of its own as it says, and says nothing about another's")
  func teacherWeights() throws {
    #expect(try Recipe(yaml: minimal).teacherWeights == .float32)
    #expect(try Recipe(yaml: minimal, overrides: ["teacher_weights=int8"]).teacherWeights == .int8)
    for other in ["teacher=localhost:7001", "teacher=unix:/tmp/teacher"] {
      let error = #expect(throws: RecipeError.self) {
        try Recipe(yaml: minimal, overrides: [other, "teacher_weights=bfloat16"])
      }
      #expect(
        "\(try #require(error))".contains("teacher_weights: bfloat16 is for a teacher that the run starts itself"))
    }
  }

  @Test("knows who judges, and that pass@k needs somebody who says what is right")
  func judge() throws {
    let plain = try Recipe(yaml: minimal).evaluation
    #expect(plain.judge == nil && plain.judgeOpponent == .reference && plain.judgeMaxNewTokens == 512)
    let recipe = try Recipe(
      yaml: minimal,
      overrides: [
        "evaluation.metrics=[judge, rouge_l_unstemmed]", "evaluation.judge=models/judge",
        "evaluation.judge_against=teacher", "evaluation.judge_max_new_tokens=64",
      ])
    #expect(recipe.evaluation.judge == .folder("models/judge") && recipe.evaluation.judgeOpponent == .teacher)
    #expect(recipe.evaluation.judgeMaxNewTokens == 64)
    let error = #expect(throws: RecipeError.self) {
      try Recipe(yaml: minimal, overrides: ["evaluation.metrics=[pass@k]"])
    }
    #expect("\(try #require(error))".contains("pass@k needs evaluation.checker"))
  }

  @Test("reads TRL's option names, and numbers as people write them")
  func training() throws {
    let yaml =
      minimal + """

        seed: 7
        training:
          learning_rate: 1e-3
          per_device_train_batch_size: 4
          gradient_accumulation_steps: 2
          max_steps: 30
        evaluation: {eval_steps: 5, metrics: [kl, valid], checker: puzzles}
        """
    let recipe = try Recipe(yaml: yaml)
    #expect(recipe.seed == 7)
    #expect(recipe.training.learningRate == 1e-3)
    #expect(recipe.training.batchSize == 8)
    #expect(recipe.training.maxSteps == 30)
    #expect(recipe.evaluation.evalSteps == 5)
    #expect(recipe.evaluation.metrics == ["kl", "valid"])
    #expect(recipe.evaluation.checker == "puzzles")
  }

  @Test("reads adapters by TRL's names; without use_peft there are none")
  func adapters() throws {
    #expect(try Recipe(yaml: minimal).training.adapters == nil)
    let all = try #require(try Recipe(yaml: minimal, overrides: ["training.use_peft=true"]).training.adapters)
    #expect(all.rank == 16 && all.alpha == 32 && all.dropout == 0.05 && all.targetModules.isEmpty)
    let overrides = [
      "training.use_peft=true", "training.lora_r=4", "training.lora_target_modules=[q_proj, v_proj]",
      "training.use_rslora=true",
    ]
    let some = try Recipe(yaml: minimal, overrides: overrides)
    #expect(some.training.adapters?.targetModules == ["q_proj", "v_proj"])
    #expect(some.training.adapters?.rank == 4 && some.training.adapters?.usesRankStabilizedScale == true)
    #expect(try Recipe(yaml: some.resolvedYAML) == some)
    #expect(throws: RecipeError.self) {
      try Recipe(yaml: minimal, overrides: ["training.use_peft=true", "training.lora_target_modules=[]"])
    }
  }

  @Test("the optimizer's state is shared out among replicas, where there are some")
  func shards() throws {
    #expect(try !Recipe(yaml: minimal, overrides: ["training.replicas=4"]).training.shardsOptimizer)
    let some = try Recipe(yaml: minimal, overrides: ["training.replicas=4", "training.shard_optimizer=true"])
    #expect(some.training.shardsOptimizer && some.training.replicas == 4)
    #expect(try Recipe(yaml: some.resolvedYAML) == some)
    let error = #expect(throws: RecipeError.self) {
      try Recipe(yaml: minimal, overrides: ["training.shard_optimizer=true"])
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("set training.replicas"))
  }

  @Test("stop strings are a list of at most 16 texts, none empty")
  func stopStrings() throws {
    #expect(try Recipe(yaml: minimal).generation?.stopStrings == [])
    let some = try Recipe(yaml: minimal + "\ngeneration:\n  stop_strings: [\"\\n\\n\", \"User:\"]\n")
    #expect(some.generation?.stopStrings == ["\n\n", "User:"])
    #expect(try Recipe(yaml: some.resolvedYAML) == some)
    let many = (0...16).map { "s\($0)" }.joined(separator: ",")
    #expect(throws: RecipeError.self) { try Recipe(yaml: minimal, overrides: ["generation.stop_strings=[\(many)]"]) }
    #expect(throws: RecipeError.self) { try Recipe(yaml: minimal + "\ngeneration:\n  stop_strings: [a, \"\"]\n") }
  }

  @Test("a resolved recipe reads back as itself", arguments: Method.allCases)
  func resolved(method: Method) throws {
    let given = try Recipe(
      yaml: minimal,
      overrides: ["method=\(method.rawValue)", "data.train=a b: c.jsonl", "generation.top_k=3", "teacher=host:7001"]
        + needed(by: method))
    let again = try Recipe(yaml: given.resolvedYAML)
    #expect(again == given)
    #expect(again.trainData == "a b: c.jsonl")
    #expect(again.teacher == .address("host:7001"))
  }

  /// What a method cannot do without.
  private func needed(by method: Method) -> [String] {
    switch method {
    case .distillm: ["data.eval=heldout.jsonl"]
    case .rejection: ["rejection.checker=command", #"rejection.command=["sh", "-c", "a, 'b'"]"#]
    case .critics: ["critics.brevity_limit=0.5", "critics.least_faithfulness=-1"]
    case .okd: ["okd.teacher=a b", "okd.lora_target_modules=[q_proj, v_proj]"]
    case .tripost: ["rejection.checker=puzzles", "student=folder", "tripost.editor_prompt=editor.txt"]
    case .orca: ["orca.system_prompts=systems.txt", "orca.data=[a b: c.jsonl, b.jsonl]"]
    default: []
    }
  }

  @Test("critics need one at least, stages system prompts")
  func stages() throws {
    #expect(throws: RecipeError.self) { try Recipe(yaml: minimal, overrides: ["method=critics"]) }
    let critics = try Recipe(yaml: minimal, overrides: ["method=critics", "critics.least_score=7"]).critics
    #expect(critics?.leastScore == 7 && critics?.keep == "all" && critics?.brevityLimit == nil)
    let orca = ["method=orca", "orca.system_prompts=s.txt"]
    #expect(throws: RecipeError.self) { try Recipe(yaml: minimal, overrides: ["method=orca"]) }
    #expect(try Recipe(yaml: minimal, overrides: orca).orca?.data == [])
  }

  @Test("edited trajectories need a checker and a student that can write; what else rejection has is of no use")
  func tripost() throws {
    let given = ["method=tripost", "rejection.checker=puzzles", "student=folder"]
    let recipe = try Recipe(yaml: minimal, overrides: given)
    #expect(recipe.tripost?.iterations == 3 && recipe.tripost?.feedbackWeight == 1.5)
    #expect(recipe.training.learningRate == 1e-6 && recipe.training.lrSchedulerType == "cosine")
    #expect(recipe.asksTeacher && !recipe.usesTeacherLogprobs && recipe.rejection?.checker == .puzzles)
    for other in [
      [given[0], given[2]], given + ["rejection.keep=all"], given + ["generation=none"],
      Array(given.prefix(2)) + ["student.from=folder"],
    ] {
      #expect(throws: RecipeError.self) { try Recipe(yaml: minimal, overrides: other) }
    }
  }

  @Test("a rejection needs a checker, and a checker that is a program its command")
  func rejection() throws {
    let method = "method=rejection"
    #expect(throws: RecipeError.self) { try Recipe(yaml: minimal, overrides: [method]) }
    #expect(throws: RecipeError.self) {
      try Recipe(yaml: minimal, overrides: [method, "rejection.checker=command"])
    }
    let recipe = try Recipe(
      yaml: minimal,
      overrides: [method, "rejection.checker=command", #"rejection.command=["sh", "-c", "exit 0, 1"]"#])
    #expect(recipe.rejection?.program?.command == ["sh", "-c", "exit 0, 1"])
    #expect(recipe.rejection?.program?.isolation == "bubblewrap" && recipe.rejection?.samplesPerPrompt == 4)
    #expect(recipe.asksTeacher && !recipe.usesTeacherLogprobs)
    // Other methods know nothing of it.
    #expect(!(try Recipe(yaml: minimal).resolvedYAML.contains("rejection")))
  }

  @Test("an override wins over the file")
  func overrides() throws {
    let recipe = try Recipe(
      yaml: minimal,
      overrides: [
        "training.max_steps=9", "generation=none", "student.from=base",
        "student.hidden_size=64",
      ])
    #expect(recipe.training.maxSteps == 9)
    #expect(recipe.generation == nil)
    let lists = ["evaluation.metrics=kl,valid", "evaluation.metrics=[kl, valid]"]
    for list in lists { #expect(try Recipe(yaml: minimal, overrides: [list]).evaluation.metrics == ["kl", "valid"]) }
    #expect(recipe.student == .architecture(from: "base", numbers: ["hidden_size": 64], tiesWordEmbeddings: nil))
  }

  @Test("says what the teacher sends: by loss_top_k unless it is named")
  func teacherForm() throws {
    func form(_ overrides: [String]) throws -> Recipe.Objective {
      let recipe = try Recipe(yaml: minimal, overrides: overrides)
      #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
      return recipe.objective
    }
    #expect(try form([]).teacherForm == .full && form([]).teacherPrecision == .float32)
    #expect(try form(["objective.loss_top_k=8"]).teacherForm == .topK)
    #expect(try form(["objective.teacher_logprobs=top_k", "objective.loss_top_k=8"]).teacherForm == .topK)
    #expect(try form(["objective.teacher_logprobs=hidden_state"]).teacherForm == .hiddenState)
    #expect(try form(["objective.teacher_precision=float16"]).teacherPrecision == .float16)
  }

  @Test(
    "tells a teacher's address from a folder",
    arguments: [
      ("127.0.0.1:7001", Recipe.TeacherSource.address("127.0.0.1:7001")),
      ("one:7001, two:7001", .address("one:7001,two:7001")),
      ("models/a:b", .folder("models/a:b")),
      ("teacher", .folder("teacher")),
    ])
  func teacher(text: String, expected: Recipe.TeacherSource) throws {
    #expect(try Recipe(yaml: minimal, overrides: ["teacher=\(text)"]).teacher == expected)
  }

  @Test(
    "refuses with one line that says where and what is expected",
    arguments: [
      ("trainig:\n  max_steps: 3", "recipe:6: unknown key 'trainig'"),
      (
        "training:\n  learning_rat: 3",
        "recipe:7: unknown key 'training.learning_rat'; did you mean 'training.learning_rate'?"
      ),
      ("learning_rate: 3", "recipe:6: unknown key 'learning_rate'; did you mean 'training.learning_rate'?"),
      (
        "training:\n  max_steps: many",
        "recipe:7: training.max_steps: 'many': expected a whole number from -1 to 2147483647"
      ),
      ("training:\n  learning_rate: -1", "recipe:7: training.learning_rate: '-1': expected a number, greater than 0.0"),
      ("objective: {alpha: 1}", "recipe:6: objective.alpha: '1': expected a number between 0.0 and 1.0"),
      (
        "training: {lr_scheduler_type: polynomial}",
        "recipe:6: training.lr_scheduler_type: 'polynomial': expected one of linear, cosine, constant"
      ),
      ("evaluation: {metrics: [kl, bleu]}", "recipe:6: evaluation.metrics: [kl, bleu]: expected a list of some of"),
      ("training: 7", "recipe:6: training: 7: expected indented keys below it"),
      ("seed: {a: 1}", "recipe:6: seed: a mapping: expected a whole number, at least 0"),
      ("objective: {loss_add_tail: false}", "recipe:6: objective.loss_add_tail: 'false': expected true"),
      ("training: {max_steps: 0}", "training.max_steps: 0"),
      (
        "objective: {teacher_logprobs: hidden}",
        "recipe:6: objective.teacher_logprobs: 'hidden': expected one of full, top_k, hidden_state"
      ),
      (
        "objective: {teacher_precision: float8}",
        "recipe:6: objective.teacher_precision: 'float8': expected one of float32, float16"
      ),
      ("objective: {teacher_logprobs: top_k}", "objective.teacher_logprobs: top_k needs objective.loss_top_k"),
      (
        "objective: {teacher_logprobs: hidden_state, loss_top_k: 8}",
        "objective.teacher_logprobs: hidden_state leaves no use for objective.loss_top_k 8"
      ),
      ("a: [", "recipe: not a recipe:"),
    ])
  func refusals(added: String, message: String) throws {
    let error = try #require(throws: RecipeError.self) { try Recipe(yaml: minimal + "\n" + added) }
    #expect(error.description.hasPrefix(message) || error.description.hasPrefix("recipe: \(message)"), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test("a method that there is not is refused with the nearest that there is")
  func unknown() throws {
    let unknown = try #require(throws: RecipeError.self) { try Recipe(yaml: minimal, overrides: ["method=distilm2"]) }
    #expect(unknown.description.contains("did you mean distillm2?"))
  }

  @Test("a teacher is needed unless the data has the answers")
  func teacherNeeded() throws {
    let withoutTeacher = minimal.replacing("teacher: models/teacher\n", with: "")
    for needed in [[], ["method=seqkd"]] {
      let recipe = try Recipe(yaml: withoutTeacher, overrides: needed)
      #expect(throws: RecipeError.self) { try recipe.checkTeacherIsNamed() }
    }
    for answered in [["method=sft"], ["method=seqkd", "generation=none"]] {
      try Recipe(yaml: withoutTeacher, overrides: answered).checkTeacherIsNamed()
    }
  }

  @Test("malformed overrides are refused", arguments: ["seed", "=3", "seed=x", "sed=3"])
  func badOverride(text: String) {
    #expect(throws: RecipeError.self) { try Recipe(yaml: minimal, overrides: [text]) }
  }
}
