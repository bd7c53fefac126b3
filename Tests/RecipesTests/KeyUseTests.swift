import Recipes
import Testing

private func recipe(_ method: String, _ overrides: [String] = [], isKnown: Bool = false) throws -> Recipe {
  let needed =
    switch method {
    case "rejection": ["rejection.checker=exact_match"]
    case "critics": ["critics.brevity_limit=1"]
    case "okd": ["okd.teacher=models/large"]
    case "orca": ["orca.system_prompts=systems.txt", "orca.data=[rows.jsonl, more.jsonl]"]
    default: [String]()
    }
  return try Recipe(
    yaml: """
      method: \(method)
      teacher: host:1
      student: models/student
      data: {train: rows.jsonl, eval: heldout.jsonl}
      output_dir: out
      evaluation: {metrics: [perplexity]}
      """, overrides: needed + overrides, isKnown: isKnown)
}

@Suite("A key of a recipe that its method does not read") struct KeyUseTests {
  @Test(
    "is refused, with those whose it is",
    arguments: [
      ("kd", "objective.mu=0.3", "it is for method akl"), ("fdistill", "objective.alpha=0.3", "distillm2 and okd"),
      ("kd", "objective.alpha=0.3", "abkd, distillm, distillm2 and okd"), ("kd", "okd.lora_r=4", "method okd"),
      ("sft", "okd.teacher=folder", "method okd"),
      ("okd", "objective.loss_top_k=8", "compare the teacher's distributions"),
      ("imitkd", "objective.beta=0.3", "jsd, gkd, abkd"),
      ("distillm2", "objective.beta=0.3", "jsd, gkd, abkd"), ("kd", "objective.uld_weight=1", "method uld"),
      ("kd", "objective.alpha_schedule=adaptive", "method distillm2"), ("dpo", "objective.mu=0.5", "method akl"),
      ("opd", "objective.loss_top_k=8", "compare the teacher's distributions"),
      ("seqkd", "objective.loss_top_k=8", "compare the teacher's distributions"),
      ("dpo", "objective.teacher_logprobs=full", "compare the teacher's distributions"),
      ("seqkd", "objective.teacher_precision=float16", "that have its log-probs"),
      ("dpo", "objective.margin=2", "losses margin, score_margin, slic and hinge"),
      ("slic", "objective.label_smoothing=0.1", "losses dpkd, sigmoid, simpo and cpo"),
      ("dpo", "objective.simpo_gamma=1", "the loss simpo"), ("kd", "objective.lm_weight=1", "cpo and llavadi"),
      ("dpo", "objective.doubtful_rouge_l=0.5", "method plad"), ("sft", "lion.rounds=2", "method lion"),
      ("critics", "rejection.samples_per_prompt=3", "method rejection"),
      ("rejection", "rejection.command=[true]", "rejection.checker: command"),
      ("rejection", "rejection.isolation=none", "rejection.checker: command"),
      ("critics", "critics.judge_prompt=p.txt", "critics.least_score"),
      ("rejection", "critics.rouge_limit=0.5", "method critics"), ("lion", "orca.data=[a]", "method orca"),
      ("kd", "bialign.subsets=3", "method bialign"),
      ("orca", "data.train=other.jsonl", "orca.data, which names the files of all stages"),
      ("kd", "training.lora_r=4", "adapters (training.use_peft: true)"),
      ("sft", "training.lora_alpha=8", "adapters (training.use_peft: true)"),
      ("dpo", "training.lora_dropout=0", "adapters (training.use_peft: true)"),
      ("okd", "training.lora_target_modules=[q_proj]", "adapters (training.use_peft: true)"),
      ("lion", "training.use_rslora=true", "adapters (training.use_peft: true)"),
      ("kd", "evaluation.judge=models/judge", "the metric judge"),
      ("lion", "evaluation.judge_against=teacher", "the metric judge"),
      ("sft", "evaluation.judge_max_new_tokens=64", "the metric judge"),
      ("kd", "evaluation.checker=puzzles", "metrics valid and pass@k"),
    ])
  func refused(method: String, override: String, owners: String) throws {
    let error = try #require(throws: RecipeError.self) { try recipe(method, [override]) }
    let key = override.prefix { $0 != "=" }
    #expect(error.description.contains("\(key) has no use in this recipe of method \(method): it is for"))
    #expect(error.description.contains(owners), "\(error)")
    // A run that was taken before is not asked for it.
    _ = try recipe(method, [override], isKnown: true)
  }

  @Test("is refused with its place and with what the method takes")
  func line() throws {
    let error = try #require(throws: RecipeError.self) {
      try Recipe(yaml: "method: kd\nteacher: t\nstudent: s\ndata: d\noutput_dir: o\nobjective: {mu: 0.3}\n")
    }
    #expect(
      error.description
        == "recipe:6: objective.mu has no use in this recipe of method kd: it is for method akl; of 'objective' it takes "
        + "standardize_logits, hidden_weight, loss_top_k, loss_add_tail, teacher_logprobs, teacher_precision, reduction"
    )
  }

  @Test(
    "is let be where it says the default, which a resolved recipe does, and where something reads it",
    arguments: [
      ("kd", ["objective.alpha=0.1", "lion.rounds=3"]), ("dpo", ["objective.margin=1"]),
      ("opd", ["objective.loss_top_k=8", "evaluation.metrics=[kl]"]),
      ("opd", ["objective.loss_top_k=8", "objective.single_step_decomposition=true"]),
      ("opd", ["objective.teacher_precision=float16"]), ("dpo", ["objective.loss_type=hinge", "objective.margin=2"]),
      ("rejection", ["rejection.checker=command", "rejection.command=[a]", "rejection.isolation=none"]),
      ("critics", ["critics.least_score=5", "critics.judge_prompt=p.txt"]), ("akl", ["objective.mu=0.3"]),
      ("orca", ["orca.system_prompts=systems.txt"]), ("imitkd", ["objective.lmbda=0.3"]),
      ("kd", ["training.lora_r=16", "training.use_rslora=false", "evaluation.judge_against=reference"]),
      ("kd", ["training.use_peft=true", "training.lora_r=4", "training.lora_target_modules=[q_proj]"]),
      ("kd", ["evaluation.metrics=[judge]", "evaluation.judge=judge:1", "evaluation.judge_against=teacher"]),
      ("kd", ["evaluation.metrics=[valid]", "evaluation.checker=puzzles"]),
      ("kd", ["evaluation.metrics=[pass@k]", "evaluation.checker=puzzles"]),
      ("kd", ["evaluation.metrics=[]", "evaluation.checker=puzzles", "evaluation.judge=models/judge"]),
      ("kd", ["generation.rounds=5"]), ("sft", ["generation.rounds=5"]),
    ])
  func letBe(method: String, overrides: [String]) throws {
    let given = try recipe(method, overrides)
    #expect(try Recipe(yaml: given.resolvedYAML) == given)
  }

  @Test("no key that some methods alone have a default of is missing in the table of who reads it")
  func table() { #expect(RecipeKeyTable.unnamed.isEmpty, "\(RecipeKeyTable.unnamed): see KeyUse.swift") }
}
