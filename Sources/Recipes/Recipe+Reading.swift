internal import Sequences

extension Recipe {
  /// Reads a recipe.
  ///
  /// - Parameters:
  ///   - yaml: The text.
  ///   - file: Its name in messages.
  ///   - overrides: `key.sub=value` texts that win over the file.
  ///   - isKnown: Whether the text is that of a run, which was checked when it was taken: keys that nothing reads are let be.
  public init(
    yaml: String, file: String = "recipe", overrides: [String] = [], isKnown: Bool = false
  ) throws(RecipeError) {
    let reader = try RecipeReader(yaml: yaml, file: file, overrides: overrides)
    let method = try Self.method(reader)
    let values = ResolvedValues(reader.values, method: method)
    self.method = method
    teachers = try Teachers(values)
    teacherWeights = TeacherWeights(rawValue: values.word("teacher_weights")) ?? .float32
    student = try Self.student(values)
    let stages = method == .orca ? values.list("orca.data") : []
    if let file = values.text("data.train") ?? values.text("data") ?? stages.first {
      trainData = file
    } else {
      throw .missingKey(key: "data", expected: "a JSONL file")
    }
    evalData = values.text("data.eval")
    corpusData = method.readsCorpus ? values.text("data.corpus") : nil
    maxSamples = values.whole("data.max_samples")
    maxEvalSamples = values.whole("data.max_eval_samples")
    outputDir = try values.required("output_dir", "a folder for the results")
    seed = UInt64(values.whole("seed"))
    lossType = values.text("objective.loss_type").flatMap(LossName.init)
    // One that the method has not is refused below.
    let pairLoss = lossType.flatMap { [method] in method.pairLosses.contains($0) ? $0 : nil }
    let topCount: Int = values.whole("objective.loss_top_k")
    training = Training(values)
    objective = Objective(
      terms: method.terms(values, pairLoss: pairLoss), pair: PairObjective(pairLoss, method, values),
      mixture: TextMixture(method, values),
      reduction: LossReduction(rawValue: values.word("objective.reduction")) ?? .tokenMean,
      topCount: topCount,
      teacherForm: values.text("objective.teacher_logprobs").flatMap(TeacherForm.init)
        ?? (topCount > 0 ? .topK : .full),
      teacherPrecision: Precision(rawValue: values.word("objective.teacher_precision")) ?? .float32,
      drawCount: method == .rskd ? values.whole("objective.draws") : 0,
      hiddenWeight: method.alignsHiddenStates ? values.number("objective.hidden_weight") : 0,
      ranking: RankingObjective(method, values),
      corpus: CorpusObjective(method, pairLoss, values, batchSize: training.batchSize))
    generation = values.text("generation") == "none" || !method.mayWrite ? nil : Generation(values)
    lion = method == .lion ? try Lion(values) : nil
    rejection = method.hasChecker ? try Rejection(values) : nil
    critics = method == .critics ? try Critics(values) : nil
    orca = method == .orca ? try Orca(values) : nil
    tripost = method == .tripost ? TriPosT(values) : nil
    biAlign = method == .bialign ? BiAlign(values) : nil
    okd = method == .okd ? try OnlineModule(values) : nil
    evaluation = try Evaluation(values)
    resolvedYAML = values.yaml
    if !isKnown { try checkUse(reader) }
    try check(
      addsTail: values.flag("objective.loss_add_tail"), lossName: values.text("objective.loss_type"),
      place: reader.places)
  }

  private static func method(_ reader: RecipeReader) throws(RecipeError) -> Method {
    let names = Method.allCases.map(\.rawValue)
    guard case .text(let name)? = reader.values["method"] else {
      throw .missingKey(key: "method", expected: "one of \(names.joined(separator: ", "))")
    }
    if let method = Method(rawValue: name) { return method }
    let nearest = EditDistance.nearest(to: name, among: names).map { " (did you mean \($0)?)" } ?? ""
    throw .badValue(
      place: reader.places["method"] ?? "recipe", key: "method", value: "'\(name)'",
      expected: "one of \(names.joined(separator: ", "))\(nearest)")
  }

  private static func student(_ values: ResolvedValues) throws(RecipeError) -> StudentSource {
    if let from = values.text("student.from") {
      let names = RecipeSchema.keys.map(\.path).filter { $0.hasPrefix("student.") }
      var numbers: [String: Int] = [:]
      for name in names {
        if let number: Int = values.whole(name) { numbers[String(name.dropFirst("student.".count))] = number }
      }
      return .architecture(from: from, numbers: numbers, tiesWordEmbeddings: values.flag("student.tie_word_embeddings"))
    }
    return .folder(
      try values.required("student", "a model folder, or 'student: {from: FOLDER, hidden_size: …}' for a new model"))
  }

  /// True where the method needs a teacher's text or log-probs, and the data does not hold all of it.
  public var asksTeacher: Bool { !method.needsNoTeacher && (usesTeacherLogprobs || generation != nil) }

  /// True where the method collects, judges and keeps the teacher's answers before they are learnt.
  public var collectsAnswers: Bool { method.collectsAnswers }

  /// True where the student writes text to learn from, or the data has such text.
  public var usesStudentText: Bool { textSources.contains(.student) }

  /// True where the teacher writes text to learn from, or the data has such text.
  public var usesTeacherText: Bool { textSources.contains(.teacher) }

  /// Whose texts are learnt from.
  public var textSources: Set<TextSource> {
    let terms = Set(objective.terms.map(\.source))
    guard let mixture = objective.mixture else { return terms }
    return (mixture.usesOtherText ? terms : []).union(mixture.usesStudentText ? [.student] : [])
  }

  /// True where the teacher's log-probs enter the loss.
  public var usesTeacherLogprobs: Bool {
    guard !method.needsNoTeacher else { return false }
    return objective.pair?.reference == .teacher || objective.terms.contains { $0.kind.needsTeacherLogprobs }
  }

  /// Refuses a recipe that names no teacher although its method asks one: for a run whose coordinator has none of its own.
  public func checkTeacherIsNamed() throws(RecipeError) {
    guard asksTeacher, teacher == nil else { return }
    throw .missingKey(key: "teacher", expected: "a model folder, HOST:PORT or an endpoint, or use method: sft")
  }

  private func check(addsTail: Bool, lossName: String?, place: [String: String]) throws(RecipeError) {
    if !addsTail {
      throw .badValue(
        place: place["objective.loss_add_tail"] ?? "recipe", key: "objective.loss_add_tail", value: "'false'",
        expected: "true (top-k without a tail bucket is not built)")
    }
    try checkLoss(place, lossName: lossName)
    try checkTexts()
    try checkTeacherMix()
    try checkCorpus()
    try checkTriPosT()
    if method == .rskd, objective.topCount > 0 || objective.teacherForm != .full {
      throw .conflict("method rskd has the teacher draw ids: leave out objective.loss_top_k and teacher_logprobs")
    }
    try checkAlignment()
    try checkModels()
    if (objective.teacherForm == .topK) != (objective.topCount > 0) {
      throw .conflict(
        objective.topCount > 0
          ? "objective.teacher_logprobs: \(objective.teacherForm.rawValue) leaves no use for objective.loss_top_k "
            + "\(objective.topCount): set it to 0, or teacher_logprobs to top_k"
          : "objective.teacher_logprobs: top_k needs objective.loss_top_k, the teacher's tokens per position")
    }
    if teacherWeights != .float32 {
      guard case .folder = teacher else {
        throw .conflict(
          "teacher_weights: \(teacherWeights.rawValue) is for a teacher that the run starts itself: name its model folder, "
            + "or start retort teacher with --precision and --generation-weights")
      }
    }
    if evaluation.metrics.contains("pass@k"), evaluation.checker == nil {
      throw .conflict("evaluation.metrics: pass@k needs evaluation.checker, which says what is right")
    }
    try checkStages()
    if method == .lion || method == .tripost, teachers.all.count > 1 {
      throw .conflict("teacher.teachers: method \(method.rawValue) has one teacher: leave one of them")
    }
    if teachers.all.count > 1, usesTeacherLogprobs, objective.teacherForm == .hiddenState {
      throw .conflict(
        "objective.teacher_logprobs: hidden_state needs the output head of one teacher: set it to full or top_k, "
          + "or leave one of teacher.teachers")
    }
    if method == .lion || method.collectsAnswers, generation == nil {
      throw .conflict("generation: none leaves method \(method.rawValue) without answers: say how the teacher writes")
    }
    if let lion, lion.hardInstructions + lion.easyInstructions == 0 {
      throw .conflict("lion.hard_instructions and lion.easy_instructions are both 0: nothing would be invented")
    }
    if training.maxSteps == 0 { throw .conflict("training.max_steps: 0: expected -1 or at least 1") }
    let prompt = training.maxPromptLength ?? 1
    guard prompt < training.maxLength else {
      throw .conflict(
        "training.max_prompt_length \(prompt) leaves no room for a completion in training.max_length \(training.maxLength)"
      )
    }
  }
}

extension Recipe {
  /// Refuses a loss that the method has not, and a β outside the range of its loss.
  private func checkLoss(_ place: [String: String], lossName: String?) throws(RecipeError) {
    guard method.lossNames.isEmpty || lossName.map(method.lossNames.contains) ?? false else {
      throw .badValue(
        place: place["objective.loss_type"] ?? "recipe", key: "objective.loss_type", value: "'\(lossName ?? "")'",
        expected: "one of \(method.lossNames.joined(separator: ", "))")
    }
    try checkNumbers(place)
  }

  /// Refuses numbers outside the range of the method's loss.
  private func checkNumbers(_ place: [String: String]) throws(RecipeError) {
    func refuse(_ key: String, _ value: String, _ expected: String) -> RecipeError {
      .badValue(place: place[key] ?? "recipe", key: key, value: "'\(value)'", expected: expected)
    }
    guard let term = objective.terms.first else { return }
    if method == .abkd {
      for (name, value) in [("alpha", term.alpha), ("beta", term.beta)] where !(0.05...10).contains(value) {
        throw refuse("objective.\(name)", "\(value)", ValueKind.number(0.05...10).expected)
      }
    }
    let beta = objective.pair?.beta ?? term.beta
    let least = OnlineModule.leastFactor
    if method == .okd, term.alpha < least {
      throw refuse("objective.alpha", "\(term.alpha)", "a number from \(least) to 1, 1 left out")
    }
    if method == .okd, beta != 0, !(least...1000).contains(beta) {
      throw refuse("objective.beta", "\(beta)", "0, or a number from \(least) to 1000")
    }
    let range: ValueKind? =
      switch method {
      case .okd: nil
      case .gkd: beta <= 1 ? nil : .number(0...1)
      case .jsd: beta > 0 && beta < 1 ? nil : .number(0...1, open: true)
      default: beta > 0 ? nil : .number(0...Double.infinity, open: true)
      }
    if let range { throw refuse("objective.beta", "\(beta)", range.expected) }
  }

  /// Refuses z-scores and hidden states where the method or the teacher's form has none.
  private func checkAlignment() throws(RecipeError) {
    if objective.topCount > 0, objective.terms.contains(where: \.standardizesLogits) {
      throw .conflict(
        "objective.standardize_logits needs the log-probs of the whole vocabulary: leave out objective.loss_top_k, "
          + "or set standardize_logits to false")
    }
    if training.replicas > 1, objective.hiddenWeight > 0 || okd != nil {
      throw .conflict(
        "training.replicas \(training.replicas): what \(method.rawValue) learns beside the student is not shared by replicas; "
          + "set it to 1" + (okd == nil ? ", or objective.hidden_weight to 0" : ""))
    }
    if training.shardsOptimizer, training.replicas == 1 {
      throw .conflict(
        "training.shard_optimizer shares the optimizer's state out among replicas, of which there is one: set training.replicas, "
          + "or leave shard_optimizer out")
    }
    if objective.hiddenWeight > 0, teachers.all.count > 1 {
      throw .conflict(
        "objective.hidden_weight brings the student's hidden states to those of one teacher: set it to 0, "
          + "or leave one of teacher.teachers")
    }
  }

  /// Refuses texts without what the method needs to know of them.
  private func checkTexts() throws(RecipeError) {
    if method.hasPolicyGradient, generation == nil {
      throw .conflict(
        "generation: none leaves method \(method.rawValue) without log-probs from when the text was written: "
          + "method rkl takes 'rejected'")
    }
    guard objective.mixture?.adaptation != nil else { return }
    if evalData == nil {
      throw .missingKey(
        key: "data.eval",
        expected: "rows held out: method distillm lets the student write once their loss rises; gkd has a fixed share")
    }
    if generation == nil {
      throw .conflict(
        "generation: none leaves method distillm without text of the student as it learns: method gkd takes 'rejected'")
    }
  }
}

extension Recipe.Generation {
  init(_ values: ResolvedValues) {
    temperature = values.number("generation.temperature")
    topP = values.number("generation.top_p")
    topK = values.whole("generation.top_k")
    minP = values.number("generation.min_p")
    repetitionPenalty = values.number("generation.repetition_penalty")
    noRepeatNgramSize = values.whole("generation.no_repeat_ngram_size")
    minNewTokens = values.whole("generation.min_new_tokens")
    maxNewTokens = values.whole("generation.max_new_tokens")
    stopStrings = values.list("generation.stop_strings")
    studentWeights = StudentWeights(rawValue: values.word("generation.student_weights")) ?? .float32
    teacherMix = values.optionalNumber("generation.teacher_mix") ?? 0
    rounds = values.whole("generation.rounds")
    batchSize = values.whole("generation.batch_size")
  }
}

extension Recipe.Training {
  init(_ values: ResolvedValues) {
    learningRate = values.number("training.learning_rate")
    perDeviceTrainBatchSize = values.whole("training.per_device_train_batch_size")
    gradientAccumulationSteps = values.whole("training.gradient_accumulation_steps")
    maxSteps = values.whole("training.max_steps")
    numTrainEpochs = values.number("training.num_train_epochs")
    warmupRatio = values.number("training.warmup_ratio")
    warmupSteps = values.whole("training.warmup_steps")
    lrSchedulerType = values.word("training.lr_scheduler_type")
    weightDecay = values.number("training.weight_decay")
    adamBeta1 = values.number("training.adam_beta1")
    adamBeta2 = values.number("training.adam_beta2")
    adamEpsilon = values.number("training.adam_epsilon")
    maxGradNorm = values.number("training.max_grad_norm")
    precision = TrainingPrecision(rawValue: values.word("training.precision")) ?? .float32
    gradientCheckpointing = values.flag("training.gradient_checkpointing")
    adapters = values.flag("training.use_peft") ? Recipe.Adapters(values) : nil
    replicas = values.whole("training.replicas")
    shardsOptimizer = values.flag("training.shard_optimizer")
    share = values.whole("training.share")
    saveSteps = values.whole("training.save_steps")
    saveTotalLimit = values.whole("training.save_total_limit")
    loggingSteps = values.whole("training.logging_steps")
    maxLength = values.whole("training.max_length")
    maxPromptLength = values.whole("training.max_prompt_length")
    maxCompletionLength = values.whole("training.max_completion_length")
  }
}

extension Recipe.Evaluation {
  init(_ values: ResolvedValues) throws(RecipeError) {
    evalSteps = values.whole("evaluation.eval_steps")
    metrics = values.list("evaluation.metrics")
    numSamples = values.whole("evaluation.num_samples")
    temperature = values.number("evaluation.temperature")
    maxNewTokens = values.whole("evaluation.max_new_tokens") ?? values.whole("generation.max_new_tokens") ?? 128
    checker = values.text("evaluation.checker")
    judge = try Recipe.TeacherSource(values, at: "evaluation.judge")
    judgeOpponent = JudgeOpponent(rawValue: values.word("evaluation.judge_against")) ?? .reference
    judgeMaxNewTokens = values.whole("evaluation.judge_max_new_tokens")
  }
}
