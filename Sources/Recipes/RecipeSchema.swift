internal import Sequences

/// A key of a recipe: where it stands, what it takes, what holds when it is left out.
struct RecipeKey: Sendable {
  let path: String
  let kind: ValueKind
  /// The value of a recipe that leaves the key out; nil: there is none.
  let fallback: @Sendable (Method) -> RecipeValue?

  init(_ path: String, _ kind: ValueKind, _ fallback: RecipeValue?) {
    self.init(path, kind) { _ in fallback }
  }

  init(_ path: String, _ kind: ValueKind, by fallback: @escaping @Sendable (Method) -> RecipeValue?) {
    (self.path, self.kind, self.fallback) = (path, kind, fallback)
  }
}

/// All keys. Names and meanings are TRL's where TRL has the key.
///
/// Sources of the defaults: `transformers.TrainingArguments` (batch of 8, 3 epochs, AdamW 0.9/0.999/1e-8, clipping at 1,
/// linear schedule, save every 500), TRL's `SFTConfig` (learning rate 2e-5, max_length 1024) and `GKDConfig` (beta 0.5,
/// max_new_tokens 128, lmbda 0.5, seq_kd false, temperature 0.9), DistiLLM's code (an initial share of 0, loss_eps 0.1), DistiLLM-2's paper and released configuration (alpha 0.1, learning rate 5e-5, cosine with a warm-up
/// of 0.1, sampling at 0.8 with top-p 0.95, three rounds, sequence mean), TRL's `DPOConfig` and `CPOConfig` (beta 0.1, learning
/// rate 1e-6, cpo_alpha 1), SimPO's paper (beta 2, gamma half of it).
enum RecipeSchema {
  static let keys: [RecipeKey] =
    top + student + data + objective + generation + lion + rejection + critics + orca + tripost + bialign + training
    + evaluation + okd

  /// Keys that hold other keys.
  private static let blocks: Set<String> = Set(
    keys.compactMap { key in key.path.lastIndex(of: ".").map { String(key.path[..<$0]) } })

  /// The key of a path, such as `training.max_steps`, or `teacher.teachers.NAME.url` with any name; nil: there is none.
  static func key(_ path: String) -> RecipeKey? {
    if let key = keys.first(where: { $0.path == path }) { return key }
    guard let (_, rest) = TeacherOptions.named(path) else { return nil }
    if rest.isEmpty { return RecipeKey(path, .place, nil) }
    return TeacherOptions.keys.first { $0.path == rest }.map { RecipeKey(path, $0.kind, nil) }
  }

  /// Whether other keys may stand below a path.
  static func isBlock(_ path: String) -> Bool {
    blocks.contains(path) || path == TeacherOptions.block || TeacherOptions.named(path)?.option == ""
  }

  private static let positive = ValueKind.whole(1...Int.max)
  private static let natural = ValueKind.whole(0...Int.max)
  private static let share = ValueKind.number(0...1)

  private static let top =
    [
      RecipeKey("method", .text, nil),
      RecipeKey("teacher", .place, nil),
      RecipeKey("teacher.column", .text, nil),
      RecipeKey("teacher.default", .text, nil),
    ] + TeacherOptions.keys.map { RecipeKey("teacher.\($0.path)", $0.kind, nil) } + [
      RecipeKey("teacher_weights", .choice(TeacherWeights.allCases.map(\.rawValue)), .text("float32")),
      RecipeKey("output_dir", .text, nil),
      RecipeKey("seed", natural, .whole(42)),
    ]

  /// `student: FOLDER`, or an architecture to start from, with `config.json`'s names.
  private static let student = [
    RecipeKey("student", .text, nil),
    RecipeKey("student.from", .text, nil),
    RecipeKey("student.hidden_size", positive, nil),
    RecipeKey("student.intermediate_size", positive, nil),
    RecipeKey("student.num_hidden_layers", positive, nil),
    RecipeKey("student.num_attention_heads", positive, nil),
    RecipeKey("student.num_key_value_heads", positive, nil),
    RecipeKey("student.max_position_embeddings", positive, nil),
    RecipeKey("student.tie_word_embeddings", .flag, nil),
  ]

  /// `data: FILE`, or a file to train on and one held out.
  private static let data = [
    RecipeKey("data", .text, nil),
    RecipeKey("data.train", .text, nil),
    RecipeKey("data.eval", .text, nil),
    RecipeKey("data.corpus", .text, nil),
    RecipeKey("data.corpus_batch_size", .whole(1...1_048_576), nil),
    RecipeKey("data.max_samples", positive, nil),
    RecipeKey("data.max_eval_samples", positive, nil),
  ]

  private static let objective = [
    RecipeKey("objective.alpha", .number(0...1, open: true)) {
      .number($0 == .abkd ? 0.2 : $0 == .okd ? 0.5 : 0.1)
    },
    RecipeKey("objective.beta", .number(0...Double.infinity)) { .number($0.defaultBeta) },
    RecipeKey("objective.alpha_schedule", .choice(["fixed", "adaptive"]), nil),
    RecipeKey("objective.beta_schedule", .choice(["constant", "gradual"]), nil),
    RecipeKey("objective.mu", .number(0...1, open: true)) { $0 == .akl ? .number(0.5) : nil },
    RecipeKey("objective.draws", .whole(1...4096)) { $0 == .rskd ? .whole(50) : nil },
    RecipeKey("objective.loss_type", .choice(Set(Method.allCases.flatMap(\.lossNames)).sorted())) {
      $0.lossNames.first.map { .text($0) }
    },
    RecipeKey("objective.lmbda", share) { $0.mixesTexts ? .number($0 == .distillm ? 0 : 0.5) : nil },
    RecipeKey("objective.seq_kd", .flag) { $0.choosesText ? .flag(false) : nil },
    RecipeKey("objective.loss_eps", .number(-1000...1000)) { $0 == .distillm ? .number(0.1) : nil },
    RecipeKey("objective.gamma", share) { policy($0, .number($0 == .minillm ? 1 : 0)) },
    RecipeKey("objective.epsilon", .number(0...0.99)) { policy($0, .number($0 == .minillm ? 0.2 : 0)) },
    RecipeKey("objective.length_normalization", .flag) { policy($0, .flag($0 == .minillm)) },
    RecipeKey("objective.single_step_decomposition", .flag) { policy($0, .flag($0 == .minillm)) },
    RecipeKey("objective.cliprange_reward", .number(0...Double.infinity)) {
      policy($0, .number($0 == .minillm ? 100 : 0))
    },
    RecipeKey("objective.length_normalized", .flag) { pairs($0, .flag($0.normalizesLength)) },
    RecipeKey("objective.lm_weight", .number(0...Double.infinity)) {
      $0 == .llavadi ? .number($0.defaultLMWeight) : pairs($0, .number($0.defaultLMWeight))
    },
    RecipeKey("objective.corpus_weight", .number(0...Double.infinity), nil),
    RecipeKey("objective.standardize_logits", .flag) { $0.alignsHiddenStates ? .flag($0 == .llavadi) : nil },
    RecipeKey("objective.hidden_weight", .number(0...Double.infinity)) {
      $0.alignsHiddenStates ? .number($0 == .llavadi ? 1 : 0) : nil
    },
    RecipeKey("objective.label_smoothing", .number(0...0.49)) { pairs($0, .number(0)) },
    RecipeKey("objective.simpo_gamma", .number(0...Double.infinity)) {
      pairs($0, .number($0 == .simpo ? 1 : 0.5))
    },
    RecipeKey("objective.margin", .number(0...Double.infinity)) { pairs($0, .number(1)) },
    RecipeKey("objective.doubtful_rouge_l", .number(0...1)) { $0 == .plad ? .number(1) : nil },
    RecipeKey("objective.uld_weight", .number(0...Double.infinity)) { $0 == .uld ? .number(1.5) : nil },
    RecipeKey("objective.loss_top_k", natural, .whole(0)),
    RecipeKey("objective.loss_add_tail", .flag, .flag(true)),
    RecipeKey("objective.teacher_logprobs", .choice(TeacherForm.allCases.map(\.rawValue)), nil),
    RecipeKey("objective.teacher_precision", .choice(Precision.allCases.map(\.rawValue)), .text("float32")),
    RecipeKey("objective.reduction", .choice(LossReduction.allCases.map(\.rawValue))) {
      .text($0.defaultReduction.rawValue)
    },
  ]

  /// A default of the methods that learn from pairs; others leave the key out.
  private static func pairs(_ method: Method, _ value: RecipeValue) -> RecipeValue? {
    method.pairLosses.isEmpty ? nil : value
  }

  /// A default of the methods that have a policy gradient; others leave the key out.
  private static func policy(_ method: Method, _ value: RecipeValue) -> RecipeValue? {
    method.hasPolicyGradient ? value : nil
  }

  /// `generation: none`, or how teacher and student write.
  private static let generation = [
    RecipeKey("generation", .choice(["none"]), nil),
    RecipeKey("generation.temperature", .number(0...100)) {
      .number($0 == .distillm2 ? 0.8 : $0 == .gkd ? 0.9 : 1)
    },
    RecipeKey("generation.top_p", .number(0...1)) { .number($0 == .distillm2 ? 0.95 : 1) },
    RecipeKey("generation.top_k", natural, .whole(0)),
    RecipeKey("generation.min_p", .number(0...1), .number(0)),
    RecipeKey("generation.repetition_penalty", .number(0...1000, open: true), .number(1)),
    RecipeKey("generation.no_repeat_ngram_size", natural, .whole(0)),
    RecipeKey("generation.min_new_tokens", natural, .whole(0)),
    RecipeKey("generation.max_new_tokens", positive, .whole(128)),
    // As many as a request takes.
    RecipeKey("generation.stop_strings", .texts(limit: 16), .list([])),
    RecipeKey("generation.student_weights", .choice(StudentWeights.allCases.map(\.rawValue)), .text("float32")),
    RecipeKey("generation.teacher_mix", .number(0...0.99)) { policy($0, .number(0)) },
    RecipeKey("generation.rounds", positive) { .whole($0.defaultRounds) },
    RecipeKey("generation.batch_size", .whole(1...4096), .whole(64)),
  ]

  /// Defaults are those of Lion's code.
  private static let lion: [RecipeKey] =
    [
      RecipeKey("lion.rounds", .whole(1...1000), .whole(3)),
      RecipeKey("lion.hard_instructions", natural, .whole(3000)),
      RecipeKey("lion.easy_instructions", natural, .whole(3000)),
      RecipeKey("lion.threshold", .number(-9...9), .number(1)),
      RecipeKey("lion.rouge_limit", share, .number(0.7)),
      RecipeKey("lion.words", .choice(["unicode", "rouge"]), .text("unicode")),
      RecipeKey("lion.referee_sample_size", positive, nil),
      RecipeKey("lion.samples_per_order", .whole(1...16), .whole(1)),
      RecipeKey("lion.attempts_per_verdict", .whole(1...16), .whole(3)),
      RecipeKey("lion.referee_max_new_tokens", positive, .whole(512)),
      RecipeKey("lion.requests_per_instruction", .whole(1...1000), .whole(5)),
      RecipeKey("lion.least_hard_share", share, .number(0)),
      RecipeKey("lion.budget_tokens", positive, nil),
      RecipeKey("lion.prompts", .text, nil),
    ] + model("lion.referee") + model("lion.generator")

  private static let rejection = [
    RecipeKey("rejection.samples_per_prompt", .whole(1...10_000)) { of(.rejection, $0, .whole(4)) },
    RecipeKey("rejection.keep", .choice(["first", "all", "shortest"])) { of(.rejection, $0, .text("first")) },
    RecipeKey("rejection.checker", .choice(Recipe.CheckerName.allCases.map(\.rawValue)), nil),
    RecipeKey("rejection.examples", .text, nil),
    RecipeKey("rejection.command", .texts(limit: 64)) { checked($0, .list([])) },
    RecipeKey("rejection.command_reads", .texts(limit: 64)) { checked($0, .list([])) },
    RecipeKey("rejection.isolation", .choice(["bubblewrap", "none"])) { checked($0, .text("bubblewrap")) },
    RecipeKey("rejection.command_seconds", .number(0...3600, open: true)) { checked($0, .number(5)) },
    RecipeKey("rejection.command_memory_mib", .whole(1...1_048_576)) { checked($0, .whole(512)) },
    RecipeKey("rejection.command_output_kib", .whole(1...1_048_576)) { checked($0, .whole(64)) },
  ]

  /// A default of the methods that have a checker's program; others leave the key out.
  private static func checked(_ method: Method, _ value: RecipeValue) -> RecipeValue? {
    method.hasChecker ? value : nil
  }

  private static let critics: [RecipeKey] =
    [
      RecipeKey("critics.samples_per_prompt", .whole(1...10_000)) { of(.critics, $0, .whole(4)) },
      RecipeKey("critics.keep", .choice(["first", "all", "shortest"])) { of(.critics, $0, .text("all")) },
      RecipeKey("critics.brevity_limit", .number(0...Double.infinity, open: true), nil),
      RecipeKey("critics.least_faithfulness", .number(-1000...1000), nil),
      RecipeKey("critics.rouge_limit", share) { of(.critics, $0, .number(1)) },
      RecipeKey("critics.least_score", .number(1...10), nil),
    ] + model("critics.referee") + [
      RecipeKey("critics.referee_max_new_tokens", positive) { of(.critics, $0, .whole(256)) },
      RecipeKey("critics.judge_prompt", .text, nil),
    ]

  private static let orca = [
    RecipeKey("orca.system_prompts", .text, nil),
    RecipeKey("orca.data", .texts(limit: 64)) { of(.orca, $0, .list([])) },
    RecipeKey("orca.teachers", .texts(limit: 64)) { of(.orca, $0, .list([])) },
    RecipeKey("orca.samples_per_prompt", .whole(1...100)) { of(.orca, $0, .whole(1)) },
  ]

  private static let tripost = [
    RecipeKey("tripost.iterations", .whole(1...1000)) { of(.tripost, $0, .whole(3)) },
    RecipeKey("tripost.sampling_rounds", .whole(1...1000)) { of(.tripost, $0, .whole(5)) },
    RecipeKey("tripost.enough_improvements", positive, nil),
    RecipeKey("tripost.max_updates", .whole(1...100)) { of(.tripost, $0, .whole(5)) },
    RecipeKey("tripost.improvement_ratio", .number(0...1000, open: true)) { of(.tripost, $0, .number(1.5)) },
    RecipeKey("tripost.feedback_weight", .number(0...1000)) { of(.tripost, $0, .number(1.5)) },
    RecipeKey("tripost.attempt_weight", .number(0...1000)) { of(.tripost, $0, .number(1)) },
    RecipeKey("tripost.editor_temperature", .number(0...100)) { of(.tripost, $0, .number(0.7)) },
    RecipeKey("tripost.editor_max_new_tokens", positive) { of(.tripost, $0, .whole(512)) },
    RecipeKey("tripost.editor_prompt", .text, nil),
  ]

  private static let bialign = [
    RecipeKey("bialign.subsets", .whole(2...64)) { of(.bialign, $0, .whole(4)) },
    RecipeKey("bialign.demonstrations", .whole(1...60), nil),
    RecipeKey("bialign.separator", .text) { of(.bialign, $0, .text(DemonstratedRow.usualSeparator)) },
    RecipeKey("bialign.rank_weight", .number(0...Double.infinity)) { of(.bialign, $0, .number(1)) },
    RecipeKey("bialign.rank_epsilon", .number(0...Double.infinity, open: true)) { of(.bialign, $0, .number(0.01)) },
  ]

  /// Defaults are those of `training`, but for the learning rate, which is usual for adapters.
  private static let okd = [
    RecipeKey("okd.teacher", .text, nil),
    RecipeKey("okd.learning_rate", .number(0...Double.infinity, open: true)) { of(.okd, $0, .number(1e-4)) },
    RecipeKey("okd.lora_r", .whole(1...4096)) { of(.okd, $0, .whole(16)) },
    RecipeKey("okd.lora_alpha", .number(0...Double.infinity, open: true)) { of(.okd, $0, .number(32)) },
    RecipeKey("okd.lora_dropout", .number(0...0.99)) { of(.okd, $0, .number(0.05)) },
    RecipeKey("okd.lora_target_modules", .names) { of(.okd, $0, .list(["all-linear"])) },
    RecipeKey("okd.use_rslora", .flag) { of(.okd, $0, .flag(false)) },
  ]

  /// A default of one method; others leave the key out.
  private static func of(_ owner: Method, _ method: Method, _ value: RecipeValue) -> RecipeValue? {
    owner == method ? value : nil
  }

  private static let training = [
    RecipeKey("training.learning_rate", .number(0...Double.infinity, open: true)) {
      .number(
        $0 == .distillm2 ? 5e-5 : [.bialign, .tripost, .dpo, .ipo, .simpo, .cpo, .slic].contains($0) ? 1e-6 : 2e-5)
    },
    RecipeKey("training.per_device_train_batch_size", .whole(1...65_536), .whole(8)),
    RecipeKey("training.gradient_accumulation_steps", .whole(1...65_536), .whole(1)),
    RecipeKey("training.max_steps", .whole(-1...Int(Int32.max)), .whole(-1)),
    RecipeKey("training.num_train_epochs", .number(0...100_000, open: true)) {
      .number($0 == .tripost ? 4 : $0 == .bialign ? 10 : 3)
    },
    RecipeKey("training.warmup_ratio", share) { .number($0 == .distillm2 ? 0.1 : 0) },
    RecipeKey("training.warmup_steps", natural, .whole(0)),
    RecipeKey("training.lr_scheduler_type", .choice(["linear", "cosine", "constant"])) {
      .text([.distillm2, .tripost].contains($0) ? "cosine" : "linear")
    },
    RecipeKey("training.weight_decay", .number(0...Double.infinity), .number(0)),
    RecipeKey("training.adam_beta1", .number(0...1), .number(0.9)),
    RecipeKey("training.adam_beta2", .number(0...1), .number(0.999)),
    RecipeKey("training.adam_epsilon", .number(0...Double.infinity, open: true), .number(1e-8)),
    RecipeKey("training.max_grad_norm", .number(0...Double.infinity), .number(1)),
    RecipeKey("training.precision", .choice(TrainingPrecision.allCases.map(\.rawValue)), .text("float32")),
    RecipeKey("training.gradient_checkpointing", .flag, .flag(false)),
    RecipeKey("training.use_peft", .flag, .flag(false)),
    RecipeKey("training.lora_r", .whole(1...4096), .whole(16)),
    RecipeKey("training.lora_alpha", .number(0...Double.infinity, open: true), .number(32)),
    RecipeKey("training.lora_dropout", .number(0...0.99), .number(0.05)),
    RecipeKey("training.lora_target_modules", .names, .list(["all-linear"])),
    RecipeKey("training.use_rslora", .flag, .flag(false)),
    RecipeKey("training.replicas", .whole(1...256), .whole(1)),
    RecipeKey("training.shard_optimizer", .flag, .flag(false)),
    RecipeKey("training.share", .whole(1...1000), .whole(1)),
    RecipeKey("training.save_steps", positive, .whole(500)),
    RecipeKey("training.save_total_limit", positive, .whole(2)),
    RecipeKey("training.logging_steps", positive, .whole(1)),
    RecipeKey("training.max_length", .whole(2...Int.max), .whole(1024)),
    RecipeKey("training.max_prompt_length", positive, nil),
    RecipeKey("training.max_completion_length", positive, nil),
  ]

  private static let evaluation: [RecipeKey] =
    [
      RecipeKey("evaluation.eval_steps", positive, nil),
      RecipeKey("evaluation.metrics", .list(Recipe.Evaluation.metricNames)) { .list($0.defaultMetrics) },
      RecipeKey("evaluation.num_samples", .whole(1...1024), .whole(4)),
      RecipeKey("evaluation.temperature", .number(0...100, open: true), .number(1)),
      RecipeKey("evaluation.max_new_tokens", positive, nil),
      RecipeKey("evaluation.checker", .text, nil),
    ] + model("evaluation.judge") + [
      RecipeKey("evaluation.judge_against", .choice(JudgeOpponent.allCases.map(\.rawValue)), .text("reference")),
      RecipeKey("evaluation.judge_max_new_tokens", positive, .whole(512)),
    ]

  /// A model beside the teacher: a folder, HOST:PORT, or an endpoint as a teacher is one.
  private static func model(_ path: String) -> [RecipeKey] {
    [RecipeKey(path, .place, nil)] + TeacherOptions.endpoint.map { RecipeKey("\(path).\($0.path)", $0.kind, nil) }
  }
}
