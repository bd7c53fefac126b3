public import Recipes

/// Why teacher and student cannot work together. Each is one line that says which method would do, or what to change.
public enum HandshakeRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// They speak other vocabularies, and the teacher's tokenizer was not named.
  case vocabulary(teacher: String, student: String)
  /// They speak other vocabularies, and the method sends its teacher ids of the student's.
  case studentTokens(method: Method, teacher: Int, student: Int)
  /// The teacher's tokenizer is not the one that the recipe names for it.
  case otherTokenizer(named: String, teacher: String)
  /// They have different tokenizers, and the run compares log-probs of the whole vocabulary.
  case foreignLogprobs(method: Method, isForEvaluation: Bool)
  /// They know another number of tokens.
  case vocabSize(teacher: Int, student: Int)
  /// They end or begin sequences with other ids.
  case specialTokens(kind: String, teacher: [UInt32], student: [UInt32])
  /// One of them is too short-sighted for the run's sequences.
  case contextLength(model: String, limit: Int, longest: Int)
  /// The teacher cannot give what the method needs.
  case ability(method: Method, missing: String, remedy: String)
  /// The teacher is another model than at the run's start.
  case teacherChanged(before: String, now: String)
  /// Two replicas of a teacher, by their addresses, are not the same.
  case replicasDiffer(String, String, difference: String)

  /// Methods that learn from a teacher's text alone.
  private static let textMethods = "such as seqkd, plad, dpo or simpo"

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .vocabulary(let teacher, let student):
      "teacher and student have different vocabularies (\(teacher.prefix(12)) and \(student.prefix(12))): "
        + "use a student with the teacher's tokenizer, or name the teacher's by teacher.tokenizer: DIR for a method that "
        + "needs only its text, \(Self.textMethods)"
    case .studentTokens(let method, let teacher, let student):
      "method \(method.rawValue) speaks to its teacher in the student's tokens, and their vocabularies differ "
        + "(\(teacher) and \(student) tokens): use a student with the teacher's tokenizer, name the teacher as an endpoint, "
        + "{url, model} without tokenizer, whose text is read with the student's, or take a method that reads other "
        + "tokenizers' text, \(Self.textMethods)"
    case .otherTokenizer(let named, let teacher):
      "the teacher's vocabulary (\(teacher.prefix(12))) is not that of teacher.tokenizer (\(named.prefix(12))): "
        + "name the folder of its own tokenizer"
    case .foreignLogprobs(_, isForEvaluation: true):
      "a metric (kl, next_token_agreement) compares log-probs of the whole vocabulary, and teacher and student have different tokenizers: "
        + "set objective.loss_top_k, whose log-probs are aligned by bytes, or leave kl and next_token_agreement out of evaluation.metrics"
    case .foreignLogprobs(let method, isForEvaluation: false):
      "method \(method.rawValue) compares log-probs of the whole vocabulary, and teacher and student have different "
        + "tokenizers: set objective.loss_top_k, whose log-probs are aligned by bytes, or take a method that needs only "
        + "text, \(Self.textMethods)"
    case .vocabSize(let teacher, let student):
      "the teacher's vocabulary has \(teacher) tokens, the student's \(student): "
        + "use a student with the teacher's tokenizer, or name the teacher's by teacher.tokenizer: DIR for a method that "
        + "needs only its text, \(Self.textMethods)"
    case .specialTokens(let kind, let teacher, let student):
      "teacher and student \(kind) with different ids (\(teacher) and \(student)): "
        + "make config.json and generation_config.json of both name the same"
    case .contextLength(let model, let limit, let longest):
      "the run's sequences have up to \(longest) tokens, the \(model)'s context \(limit): set training.max_length to at most \(limit)"
    case .ability(let method, let missing, let remedy):
      "method \(method.rawValue) needs \(missing), which the teacher does not give: \(remedy)"
    case .teacherChanged(let before, let now):
      "the teacher is another model (\(now.prefix(12))) than when the run began (\(before.prefix(12))): "
        + "bring the first one back, or start a new run"
    case .replicasDiffer(let first, let other, let difference):
      "the teacher at \(other) is not the same as at \(first), but has \(difference): replicas must not differ"
    }
  }
}

/// The comparison before the first step.
public enum Handshake {
  /// Returns why the two cannot do the method; nil where they can.
  ///
  /// An empty vocabulary digest, as a foreign teacher may send, leaves the comparison of sizes and special ids.
  public static func refusal(
    method: Method, needs: TeacherNeeds, longestSequence: Int = 0, teacher: ModelSummary, student: ModelSummary,
    foreign: ForeignTokenizer? = nil
  ) -> HandshakeRefusal? {
    if let foreign, teacher.vocabularyDigest != student.vocabularyDigest || teacher.vocabularyDigest.isEmpty {
      return refusal(of: foreign, method, needs, longestSequence, teacher, student)
    }
    let digests = (teacher.vocabularyDigest, student.vocabularyDigest)
    let differs = !digests.0.isEmpty && !digests.1.isEmpty && digests.0 != digests.1
    if method == .lion || method.collectsAnswers, differs || teacher.vocabSize != student.vocabSize {
      return .studentTokens(method: method, teacher: teacher.vocabSize, student: student.vocabSize)
    }
    if teacher.vocabSize != student.vocabSize {
      return .vocabSize(teacher: teacher.vocabSize, student: student.vocabSize)
    }
    if differs { return .vocabulary(teacher: digests.0, student: digests.1) }
    if Set(teacher.eosTokenIDs) != Set(student.eosTokenIDs) {
      return .specialTokens(kind: "end completions", teacher: teacher.eosTokenIDs, student: student.eosTokenIDs)
    }
    if !teacher.bosTokenIDs.isEmpty, !student.bosTokenIDs.isEmpty, teacher.bosTokenIDs != student.bosTokenIDs {
      return .specialTokens(kind: "begin sequences", teacher: teacher.bosTokenIDs, student: student.bosTokenIDs)
    }
    for (model, summary) in [("teacher", teacher), ("student", student)] where summary.contextLength < longestSequence {
      return .contextLength(model: model, limit: summary.contextLength, longest: longestSequence)
    }
    return missingAbility(method: method, needs: needs, teacher: teacher)
  }

  /// The comparison where the teacher's text passes from its tokenizer to the student's: ids are not compared.
  private static func refusal(
    of foreign: ForeignTokenizer, _ method: Method, _ needs: TeacherNeeds, _ longestSequence: Int,
    _ teacher: ModelSummary, _ student: ModelSummary
  ) -> HandshakeRefusal? {
    if !teacher.vocabularyDigest.isEmpty, teacher.vocabularyDigest != foreign.vocabularyDigest {
      return .otherTokenizer(named: foreign.vocabularyDigest, teacher: teacher.vocabularyDigest)
    }
    if method == .bialign {
      return .ability(
        method: method, missing: "log-probs of whole rows in the student's tokens",
        remedy: "use a student with the teacher's tokenizer, or method: kd with objective.loss_top_k")
    }
    if needs.topCount == 0 || needs.hiddenState {
      return .foreignLogprobs(method: method, isForEvaluation: !needs.learnsFromLogprobs)
    }
    if needs.comparesHiddenStates {
      return .ability(
        method: method, missing: "hidden states of the student's tokens", remedy: "set objective.hidden_weight to 0")
    }
    if needs.mixes {
      return .ability(method: method, missing: "tokens of the student's vocabulary", remedy: unmixed)
    }
    if needs.draws {
      return .ability(
        method: method, missing: "ids of the student's vocabulary",
        remedy: "method: kd with objective.loss_top_k has log-probs that are aligned by bytes")
    }
    // What a text is worth in other tokens is summed up from its own.
    var needs = needs
    needs.tokenLogprobs = needs.scores
    needs.float16 = false
    let limits = [("teacher", teacher, foreign.longestSequence), ("student", student, longestSequence)]
    for (model, summary, longest) in limits where summary.contextLength < longest {
      return .contextLength(model: model, limit: summary.contextLength, longest: longest)
    }
    return missingAbility(method: method, needs: needs, teacher: teacher)
  }

  /// What a teacher without top log-probs can be used for.
  private static func methodsOf(_ teacher: ModelSummary) -> String {
    let opd = teacher.givesTokenLogprobs == true ? "method: opd needs only log-probs of the actual tokens" : nil
    guard teacher.generates else { return opd ?? "method: sft needs only the data" }
    return opd.map { "\($0), as does dpkd with its text" }
      ?? "method: seqkd needs only its text, as do plad, dpo and simpo"
  }

  /// What to do without a teacher that draws tokens among the student's.
  private static let unmixed = "set generation.teacher_mix to 0, with which the student writes alone"

  private static func missingAbility(
    method: Method, needs: TeacherNeeds, teacher: ModelSummary
  ) -> HandshakeRefusal? {
    let textOnly = methodsOf(teacher)
    if needs.generate, !teacher.generates {
      return .ability(
        method: method, missing: "generated text", remedy: "give the answers in the data with generation: none")
    }
    if needs.tokenLogprobs, teacher.givesTokenLogprobs != true {
      return .ability(
        method: method, missing: "log-probs of given text",
        remedy: "methods plad, simpo and dpo need only its text")
    }
    if needs.mixes, !teacher.generates || teacher.continuesTokens != true {
      return .ability(
        method: method, missing: "single tokens after given ids, drawn as its scores tell,",
        remedy:
          "\(unmixed), or take a teacher that retort serves from a model folder, with the same weights for text and scores"
      )
    }
    if needs.comparesHiddenStates, teacher.hiddenSize ?? 0 == 0 {
      return .ability(
        method: method, missing: "last hidden states of a known width",
        remedy: "set objective.hidden_weight to 0, or take a teacher that retort serves from a model folder")
    }
    if needs.draws, teacher.givesDraws != true {
      return .ability(
        method: method, missing: "ids drawn from its distribution",
        remedy: teacher.maxTopCount > 0 || teacher.givesFullLogprobs ? "method: kd needs its log-probs" : textOnly)
    }
    if needs.scores, needs.float16, teacher.givesFloat16 != true {
      return .ability(
        method: method, missing: "float16 log-probs", remedy: "set objective.teacher_precision to float32")
    }
    guard let topCount = needs.topCount else { return nil }
    if needs.hiddenState {
      guard teacher.givesHiddenStates != true else { return nil }
      let remedy =
        teacher.givesFullLogprobs
        ? "set objective.teacher_logprobs to full"
        : teacher.maxTopCount > 0
          ? "set objective.teacher_logprobs to top_k and objective.loss_top_k to at most \(teacher.maxTopCount)"
          : textOnly
      return .ability(method: method, missing: "hidden states with the output head", remedy: remedy)
    }
    if topCount == 0, !teacher.givesFullLogprobs {
      let remedy =
        teacher.maxTopCount > 0
        ? "set objective.loss_top_k to at most \(teacher.maxTopCount) (top-k and a tail bucket)" : textOnly
      return .ability(method: method, missing: "log-probs of the whole vocabulary", remedy: remedy)
    }
    if topCount > teacher.maxTopCount, !(topCount >= teacher.vocabSize && teacher.givesFullLogprobs) {
      let remedy =
        teacher.maxTopCount > 0 ? "set objective.loss_top_k to at most \(teacher.maxTopCount)" : textOnly
      return .ability(method: method, missing: "\(topCount) log-probs per position", remedy: remedy)
    }
    return nil
  }
}
