import Recipes
import Testing

private func recipe(_ method: String, _ overrides: String...) throws -> Recipe {
  try Recipe(
    yaml: """
      method: \(method)
      teacher: host:1
      student: models/student
      data: prompts.jsonl
      output_dir: out
      """, overrides: overrides)
}

@Suite("A recipe's loss") struct LossRecipeTests {
  struct Form: Sendable, CustomTestStringConvertible {
    let name: String
    let kinds: [LossKind]
    let isAdaptive: Bool
    let weights: [Double]
    let finalWeights: [Double?]
    var testDescription: String { name }
  }
  private static let contrast: [LossKind] = [.skewForwardKL, .skewReverseKL]
  static let forms = [
    Form(name: "distillm2", kinds: contrast, isAdaptive: true, weights: [0.5, 0.5], finalWeights: [0.25, 0.75]),
    Form(name: "cald", kinds: contrast, isAdaptive: false, weights: [0.5, 0.5], finalWeights: [nil, nil]),
    Form(name: "as_released", kinds: contrast, isAdaptive: false, weights: [1, 1], finalWeights: [nil, nil]),
    Form(
      name: "distillm_v1", kinds: [.skewReverseKL, .skewReverseKL], isAdaptive: false, weights: [1, 1],
      finalWeights: [nil, nil]),
  ]

  @Test("has DistiLLM-2's forms by name", arguments: forms)
  func contrastive(_ form: Form) throws {
    let recipe = try recipe("distillm2", "objective.loss_type=\(form.name)", "objective.alpha=0.2")
    let terms = recipe.objective.terms
    #expect(terms.map(\.source) == [.teacher, .student] && terms.map(\.kind) == form.kinds)
    #expect(terms.allSatisfy { $0.isAdaptive == form.isAdaptive && $0.alpha == 0.2 })
    #expect(terms.map(\.weight) == form.weights && terms.map(\.finalWeight) == form.finalWeights)
    #expect(recipe.objective.reduction == .sequenceMean && recipe.objective.pair == nil)
    #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
  }

  @Test("takes DistiLLM-2's paper by default, and its schedules one by one")
  func schedules() throws {
    #expect(try recipe("distillm2").lossType == .distillm2)
    let fixed = try recipe("distillm2", "objective.alpha_schedule=fixed", "objective.beta_schedule=constant")
    #expect(try fixed.objective.terms == recipe("distillm2", "objective.loss_type=cald").objective.terms)
    let both = try recipe(
      "distillm2", "objective.loss_type=as_released", "objective.alpha_schedule=adaptive",
      "objective.beta_schedule=gradual")
    #expect(both.objective.terms.map(\.finalWeight) == [0.5, 1.5])
    #expect(both.objective.terms.allSatisfy { $0.isAdaptive })
  }

  @Test(
    "has one term on the teacher's text, with the authors' numbers",
    arguments: [
      ("kd", .forwardKL, 0.1, 0.5), ("tvd", .totalVariation, 0.1, 0.5), ("akl", .adaptiveKL, 0.5, 0.5),
      ("abkd", .alphaBeta, 0.2, 0.7),
    ] as [(String, LossKind, Double, Double)])
  func rivals(method: String, kind: LossKind, alpha: Double, beta: Double) throws {
    let recipe = try recipe(method)
    let term = try #require(recipe.objective.terms.first)
    #expect(recipe.objective.terms.count == 1 && term.source == .teacher && term.kind == kind)
    #expect(term.alpha == alpha && term.beta == beta && term.weight == 1)
    #expect(recipe.usesTeacherLogprobs && recipe.objective.reduction == .tokenMean)
    #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
  }

  @Test("has the teacher draw ids in random-sampling KD, and in no other method")
  func draws() throws {
    let recipe = try recipe("rskd", "objective.draws=12")
    #expect(recipe.objective.drawCount == 12 && recipe.objective.terms.map(\.kind) == [.forwardKL])
    #expect(recipe.evaluation.metrics == ["perplexity"])
    #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
    #expect(try LossRecipeTests.drawCount("rskd") == 50 && LossRecipeTests.drawCount("kd") == 0)
  }

  private static func drawCount(_ method: String) throws -> Int { try recipe(method).objective.drawCount }

  @Test("adds LLAVADI's z-scores and hidden states to kd, rkl and jsd, or takes all of it by name")
  func alignment() throws {
    let whole = try recipe("llavadi")
    let term = try #require(whole.objective.terms.first)
    #expect(whole.objective.terms.count == 1 && term.source == .data && term.kind == .forwardKL)
    #expect(term.standardizesLogits && term.crossEntropyWeight == 1 && whole.objective.hiddenWeight == 1)
    #expect(whole.objective.reduction == .sequenceMean && whole.asksTeacher)
    #expect(try recipe("llavadi", "objective.seq_kd=true").objective.terms.map(\.source) == [.teacher])
    for method in ["kd", "rkl", "jsd"] {
      let plain = try recipe(method)
      #expect(!plain.objective.terms[0].standardizesLogits && plain.objective.hiddenWeight == 0)
      let both = try recipe(method, "objective.standardize_logits=true", "objective.hidden_weight=0.25")
      #expect(both.objective.terms[0].standardizesLogits && both.objective.hiddenWeight == 0.25)
      #expect(both.objective.terms[0].crossEntropyWeight == 0)
      #expect(try Recipe(yaml: both.resolvedYAML) == both)
    }
  }

  @Test("has a module learn beside the student in OKD, and asks no teacher")
  func online() throws {
    let recipe = try recipe("okd", "okd.teacher=models/large")
    let (term, module) = (try #require(recipe.objective.terms.first), try #require(recipe.okd))
    #expect(recipe.objective.terms.count == 1 && term.source == .data && term.kind == .forwardKL)
    #expect(term.weight == 0.5 && term.crossEntropyWeight == 1 && module.beta == 1)
    #expect(module.teacher == "models/large" && module.learningRate == 1e-4 && recipe.training.learningRate == 2e-5)
    #expect(module.adapters.rank == 16 && module.adapters.targetModules.isEmpty && recipe.training.adapters == nil)
    #expect(!recipe.asksTeacher && !recipe.usesTeacherLogprobs && !recipe.usesTeacherDistributions)
    #expect(recipe.generation == nil)
    #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
    let other = try LossRecipeTests.onlineRecipe(
      "objective.loss_type=rkl", "objective.alpha=0.2", "objective.beta=0", "okd.learning_rate=0.01", "okd.lora_r=4",
      "okd.lora_alpha=8", "okd.lora_dropout=0", "okd.lora_target_modules=[q_proj, v_proj]", "okd.use_rslora=true")
    #expect(other.objective.terms.map(\.kind) == [.reverseKL] && other.objective.terms[0].crossEntropyWeight == 4)
    #expect(other.okd?.adapters.targetModules == ["q_proj", "v_proj"] && other.okd?.beta == 0)
    #expect(try Recipe(yaml: other.resolvedYAML) == other)
  }

  private static func onlineRecipe(_ overrides: String...) throws -> Recipe {
    try Recipe(
      yaml: "method: okd\nstudent: s\ndata: d\noutput_dir: o\n", overrides: ["okd.teacher=models/large"] + overrides)
  }

  @Test("says what OKD's module needs, and refuses numbers that leave nothing of a loss")
  func onlineRefusals() throws {
    let error = try #require(throws: RecipeError.self) {
      try Recipe(yaml: "method: okd\nteacher: t\nstudent: s\ndata: d\noutput_dir: o\n")
    }
    #expect(error.description.contains("okd.teacher"), "\(error)")
    try LossRecipeTests.onlineRecipe().checkTeacherIsNamed()
    for override in [
      "objective.alpha=0", "objective.alpha=1", "objective.alpha=0.0001", "objective.beta=-1", "objective.beta=1e-9",
      "objective.beta=1e9", "objective.loss_type=js", "okd.learning_rate=0", "okd.lora_r=0", "okd.rank=3",
      "objective.seq_kd=true", "objective.loss_top_k=4", "objective.teacher_logprobs=hidden_state",
      "objective.hidden_weight=1",
    ] {
      #expect(throws: RecipeError.self, "\(override)") { try LossRecipeTests.onlineRecipe(override) }
    }
  }

  @Test("refuses schedules of what the method has not, and other methods' forms")
  func refuses() throws {
    for (method, override) in [
      ("kd", "objective.alpha_schedule=adaptive"), ("jsd", "objective.beta_schedule=gradual"),
      ("distillm2", "objective.loss_type=dpkd"), ("dpkd", "objective.loss_type=cald"), ("akl", "objective.mu=1"),
      ("abkd", "objective.alpha=0"), ("abkd", "objective.alpha=0.01"), ("abkd", "objective.beta=11"),
      ("tvd", "objective.standardize_logits=true"), ("sft", "objective.hidden_weight=1"),
      ("llavadi", "objective.loss_top_k=5"), ("kd", "objective.hidden_weight=-1"), ("kd", "objective.seq_kd=true"),
      ("kd", "objective.draws=5"), ("rskd", "objective.loss_top_k=5"), ("rskd", "objective.draws=0"),
      ("rskd", "objective.teacher_logprobs=hidden_state"),
    ] {
      #expect(throws: RecipeError.self, "\(method) \(override)") { try recipe(method, override) }
    }
  }
}
