internal import Recipes
internal import Sequences
internal import WireBytes
internal import WireFormat

/// What one teacher is asked of a work item.
struct TeacherItem: Sendable {
  /// The teacher's name; empty: the one.
  let teacher: String
  /// Places in the item of the prompts that are the teacher's.
  let places: [Int]
  /// The samples at these places.
  let samples: [Int]
  /// The question.
  let request: TeacherServiceGenerateRequest
}

extension RunMaterial {
  /// What to ask of which teacher for an item: each is asked once, about its own prompts in its own tokens.
  func teacherItems(of key: WorkItemKey) -> [TeacherItem] {
    let isEvaluation = key.stage == .teacherEvaluation
    let source = isEvaluation ? evalSamples : samples
    let whole = request(for: key)
    let indices = plan.samples(of: key)
    let names = indices.map { source[$0].teacher ?? "" }
    return Set(names).sorted().map { name in
      let places = names.indices.filter { names[$0] == name }
      let own = places.map { indices[$0] }
      let language = languages[name]
      let prompts = own.map { sample in
        TokenSequence(
          prompt: language.map { isEvaluation ? $0.evalPrompts[sample] : $0.prompts[sample] } ?? source[sample].prompt,
          completion: [])
      }
      return TeacherItem(
        teacher: name, places: places, samples: own,
        request: TeacherServiceGenerateRequest(
          prompts: WireSequenceBatch(SequenceBatch(prompts)), sampling: whole.sampling,
          seeds: places.map { whole.seeds[$0] }))
    }
  }

  /// What a teacher wrote, in the student's tokens, in the order of its prompts.
  func studentTokens(
    of completions: [Completion], for item: TeacherItem, isEvaluation: Bool
  ) throws(ReplyError) -> [[TokenID]] {
    guard let language = languages[item.teacher] else {
      return try completions.inPromptOrder(count: item.samples.count)
    }
    let limit = isEvaluation ? recipe.evaluation.maxNewTokens : recipe.generation?.maxNewTokens ?? 1
    let source = isEvaluation ? evalSamples : samples
    let translated = completions.map { completion in
      var own = completion
      own.tokenIDs = language.studentTokens(
        of: completion, after: source[item.samples[completion.promptIndex]], student: codec, limit: limit)
      return own
    }
    return try translated.inPromptOrder(count: item.samples.count)
  }

  /// Names the teachers of a batch's sequences, where there are several; the sequences are those of some samples, so many of each.
  func nameTeachers(of owners: [TrainingSample], perSample: Int, in batch: inout WireTrainBatch) {
    guard recipe.teachers.column != nil || !languages.isEmpty else { return }
    let names = Set(owners.map { $0.teacher ?? "" }).sorted()
    batch.teacherNames = names.map { name in
      languages[name] == nil ? name : TranslationShelf.name(run: runID, teacher: name)
    }
    batch.teacherIndices = owners.flatMap { sample in
      [UInt32](repeating: UInt32(names.firstIndex(of: sample.teacher ?? "") ?? 0), count: perSample)
    }
  }

  /// Lets students ask teachers with other tokens in their own.
  func putTranslations(on shelf: TranslationShelf) {
    for (name, language) in languages {
      let pairs =
        Array(zip(samples.map(\.prompt), language.prompts))
        + zip(evalSamples.map(\.prompt), language.evalPrompts)
      let translator = TeacherTranslator(
        teacher: name, translation: TokenTranslation(teacher: language.codec, student: codec),
        prompts: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
      shelf.put(translator, named: TranslationShelf.name(run: runID, teacher: name))
    }
  }
}
