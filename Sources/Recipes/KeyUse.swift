/// Who reads some keys. What nobody would read is refused: a setting without effect misleads whoever wrote it.
///
/// Keys that the table does not name are every method's: whoever writes or is evaluated reads `generation`, whoever learns `training`.
/// So is `generation.rounds`: methods that are compared share a recipe, and not all of their students write.
struct KeyUse: Sendable {
  /// The keys; one that ends with a dot stands for all below it.
  private let keys: [String]
  /// Whose they are, in words.
  let owners: String
  /// Whether anything of a recipe reads them.
  let isUsed: @Sendable (Recipe) -> Bool

  /// Keys of some methods.
  private init(_ keys: String..., of methods: [Method], which: String = "") {
    self.keys = keys
    let names = methods.map(\.rawValue)
    let list = names.count == 1 ? names[0] : "\(names.dropLast().joined(separator: ", ")) and \(names[names.count - 1])"
    owners = "method\(names.count == 1 ? "" : "s") \(list)\(which)"
    isUsed = { methods.contains($0.method) }
  }

  /// Keys of whatever is true of a recipe.
  private init(_ keys: String..., for owners: String, where isUsed: @escaping @Sendable (Recipe) -> Bool) {
    (self.keys, self.owners, self.isUsed) = (keys, owners, isUsed)
  }

  /// Who reads a key; nil: every method does.
  static func of(_ key: String) -> KeyUse? {
    table.first { $0.keys.contains { $0 == key || $0.hasSuffix(".") && key.hasPrefix($0) } }
  }

  private static let pairMethods = methods(where: { !$0.pairLosses.isEmpty })

  private static func methods(where holds: (Method) -> Bool) -> [Method] { Method.allCases.filter(holds) }

  /// The narrow before the wide: the first entry that names a key counts.
  private static let table: [KeyUse] = [
    // The loss.
    KeyUse("objective.loss_type", for: "methods that have several losses") { !$0.method.lossNames.isEmpty },
    KeyUse("objective.alpha", of: [.abkd, .distillm, .distillm2, .okd]),
    KeyUse("objective.beta", of: [.jsd, .gkd, .abkd, .okd] + pairMethods),
    KeyUse("objective.alpha_schedule", "objective.beta_schedule", of: [.distillm2]),
    KeyUse("objective.mu", of: [.akl]),
    KeyUse("objective.draws", of: [.rskd]),
    KeyUse("objective.uld_weight", of: [.uld]),
    // Whose text.
    KeyUse("objective.lmbda", of: methods(where: \.mixesTexts), which: ", which mix texts"),
    KeyUse("objective.seq_kd", of: methods(where: \.choosesText)),
    KeyUse("objective.standardize_logits", "objective.hidden_weight", of: methods(where: \.alignsHiddenStates)),
    KeyUse("objective.loss_eps", of: [.distillm]),
    // A policy gradient.
    KeyUse(
      "objective.gamma", "objective.epsilon", "objective.length_normalization", "objective.single_step_decomposition",
      "objective.cliprange_reward", "generation.teacher_mix", of: methods(where: \.hasPolicyGradient),
      which: ", which have a policy gradient"),
    // Pairs.
    KeyUse("objective.lm_weight", of: pairMethods + [.llavadi]),
    KeyUse("objective.length_normalized", for: "losses of pairs") { $0.objective.pair != nil },
    KeyUse("objective.label_smoothing", for: "losses dpkd, sigmoid, simpo and cpo (objective.loss_type)") {
      $0.objective.pair?.form == .logistic
    },
    KeyUse("objective.simpo_gamma", for: "the loss simpo (objective.loss_type)") { $0.lossType == .simpo },
    KeyUse("objective.margin", for: "losses margin, score_margin, slic and hinge (objective.loss_type)") {
      $0.objective.pair?.form == .hinge
    },
    KeyUse("objective.doubtful_rouge_l", of: [.plad]),
    // A corpus.
    KeyUse("data.corpus", of: methods(where: \.readsCorpus)),
    KeyUse("data.corpus_batch_size", "objective.corpus_weight", for: "recipes with data.corpus") {
      $0.objective.corpus != nil
    },
    // What the teacher sends.
    KeyUse(
      "objective.loss_top_k", "objective.teacher_logprobs",
      for: "losses, and metrics kl and next_token_agreement, that compare the teacher's distributions"
    ) { $0.usesTeacherDistributions || $0.measuresTeacherDistributions },
    KeyUse(
      "objective.teacher_precision", for: "losses, and metrics kl and next_token_agreement, that have its log-probs"
    ) { $0.usesTeacherLogprobs || $0.measuresTeacherDistributions },
    // Loops and data.
    KeyUse("lion.", of: [.lion]),
    KeyUse(
      "rejection.command", "rejection.command_reads", "rejection.isolation", "rejection.command_seconds",
      "rejection.command_memory_mib", "rejection.command_output_kib", for: "rejection.checker: command"
    ) { $0.rejection?.checker == .command },
    KeyUse("rejection.samples_per_prompt", "rejection.keep", "rejection.examples", of: [.rejection]),
    KeyUse("rejection.", of: methods(where: \.hasChecker)),
    KeyUse("tripost.", of: [.tripost]),
    KeyUse("bialign.", of: [.bialign]),
    KeyUse("okd.", of: [.okd]),
    KeyUse(
      "critics.referee", "critics.referee.", "critics.referee_max_new_tokens", "critics.judge_prompt",
      for: "critics.least_score"
    ) { $0.critics?.leastScore != nil },
    KeyUse("critics.", of: [.critics]),
    KeyUse("orca.", of: [.orca]),
    KeyUse("data", "data.train", for: "recipes without orca.data, which names the files of all stages") { recipe in
      recipe.orca.map { $0.data.isEmpty || $0.data.first == recipe.trainData } ?? true
    },
    // What learns.
    KeyUse(
      "training.lora_r", "training.lora_alpha", "training.lora_dropout", "training.lora_target_modules",
      "training.use_rslora", for: "adapters (training.use_peft: true)"
    ) { $0.training.adapters != nil },
    // What is measured.
    KeyUse(
      "evaluation.judge", "evaluation.judge.", "evaluation.judge_against", "evaluation.judge_max_new_tokens",
      for: "the metric judge (evaluation.metrics)"
    ) { $0.measures("judge") },
    KeyUse("evaluation.checker", for: "metrics valid and pass@k (evaluation.metrics)") {
      $0.measures("valid", "pass@k")
    },
  ]
}

/// What holds of the table, for its test.
package enum RecipeKeyTable {
  /// Keys that some methods alone have a default of, and that the table does not name: a new key belongs there.
  package static var unnamed: [String] {
    RecipeSchema.keys.filter { key in
      let count = Method.allCases.count { key.fallback($0) != nil }
      return count > 0 && count < Method.allCases.count && KeyUse.of(key.path) == nil
    }.map(\.path)
  }
}

extension Recipe {
  /// Whether a metric compares distributions of teacher and student on held-out rows.
  fileprivate var measuresTeacherDistributions: Bool {
    evalData != nil && (teacher != nil || asksTeacher)
      && !Set(evaluation.metrics).isDisjoint(with: ["kl", "next_token_agreement"])
  }

  /// Whether the recipe has one of some metrics, or none at all: `evaluation.metrics=[]` turns evaluation off, and what
  /// else the recipe says of it may stay.
  fileprivate func measures(_ names: String...) -> Bool {
    evaluation.metrics.isEmpty || !Set(evaluation.metrics).isDisjoint(with: names)
  }

  /// Refuses keys that nothing of the recipe reads. One that says its default is let be, as resolved recipes have all of them.
  func checkUse(_ reader: RecipeReader) throws(RecipeError) {
    for (key, value) in reader.values.sorted(by: { $0.key < $1.key }) {
      guard let use = KeyUse.of(key), !use.isUsed(self), RecipeSchema.key(key)?.fallback(method) != value else {
        continue
      }
      let block = key.prefix { $0 != "." }
      let taken = RecipeSchema.keys.map(\.path).filter { path in
        path.hasPrefix("\(block).") && !path.dropFirst(block.count + 1).contains(".")
          && KeyUse.of(path)?.isUsed(self) ?? true
      }
      throw .unusedKey(
        place: reader.places[key] ?? "recipe", key: key, method: method, owners: use.owners,
        taken: taken.map { String($0.dropFirst(block.count + 1)) })
    }
  }
}
