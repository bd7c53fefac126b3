public import Recipes
internal import Sequences

/// What a recipe unfolds to: which samples each optimizer step holds, which work items come before it, and where the run
/// saves and evaluates. A pure function of recipe and sizes.
///
/// Steps count from 1; «position» is the number of steps made, from 0 to `maxSteps`.
public struct RunPlan: Sendable, Hashable {
  /// Rows to train on.
  public let sampleCount: Int
  /// Rows held out.
  public let evalCount: Int
  /// Samples per step.
  public let batchSize: Int
  /// Steps of the whole run.
  public let maxSteps: Int
  /// Times the student writes anew; 1 where it does not write.
  public let rounds: Int
  /// Prompts per work item.
  public let itemSize: Int
  /// The seed of everything.
  public let seed: UInt64
  /// How each sample's text is drawn; nil: each term has a source of its own.
  public let mixture: TextMixture?
  /// Whose text it is where it is not the student's.
  public let fixedSource: TextSource
  /// Probability of the student's text in each round that has begun, where it follows the validation loss. Never changed once there.
  public internal(set) var shares: [Double] = []
  /// Whether the teacher writes what is trained on.
  public let teacherWrites: Bool
  /// Whether the student writes what is trained on.
  public let studentWrites: Bool
  /// Whether log-probs of the student at the beginning of a round are needed: the reference of its pairs.
  public let keepsReference: Bool
  /// Whether the journal keeps log-probs beside the student's texts.
  public let keepsLogprobs: Bool
  /// Probability that a token of the student's texts is the teacher's.
  public let teacherMix: Double
  /// Whether the teacher writes answers to held-out prompts.
  public let teacherWritesEvaluation: Bool
  /// Whether anything at all is evaluated.
  public let evaluates: Bool
  /// What the run asks of its teacher.
  public let needs: TeacherNeeds
  /// Name of the method, for messages.
  public let method: Method
  /// Longest sequence that either model will see.
  public let longestSequence: Int
  /// Teachers whose tokenizer is not the student's, by name.
  public let foreignTeachers: [String: ForeignTokenizer]
  /// Rows of the corpus; 0 without one.
  public let corpusCount: Int
  /// Rows of the corpus in a step.
  let corpusBatchSize: Int
  let saveSteps: Int
  let saveTotalLimit: Int
  let evalSteps: Int?
  let orders = UnfoldedOrders()
  let corpusOrders = UnfoldedOrders()

  /// Unfolds a recipe.
  ///
  /// - Parameters:
  ///   - recipe: The recipe.
  ///   - sampleCount: Rows to train on.
  ///   - evalCount: Rows held out.
  ///   - longestSequence: Longest sequence that either model will see.
  ///   - foreignTeachers: Teachers whose tokenizer is not the student's, by name.
  ///   - corpusCount: Rows of the corpus.
  public init(
    recipe: Recipe, sampleCount: Int, evalCount: Int, longestSequence: Int,
    foreignTeachers: [String: ForeignTokenizer] = [:], corpusCount: Int = 0
  ) {
    precondition(sampleCount > 0, "a run without rows")
    let training = recipe.training
    let stepsPerEpoch = (sampleCount + training.batchSize - 1) / training.batchSize
    let maxSteps =
      training.maxSteps > 0
      ? training.maxSteps : max(1, Int((training.numTrainEpochs * Double(stepsPerEpoch)).rounded(.up)))
    self.sampleCount = sampleCount
    self.evalCount = evalCount
    self.longestSequence = longestSequence
    self.foreignTeachers = foreignTeachers
    self.corpusCount = corpusCount
    corpusBatchSize = recipe.objective.corpus?.batchSize ?? 0
    self.maxSteps = maxSteps
    batchSize = training.batchSize
    teacherWrites = recipe.generation != nil && recipe.usesTeacherText
    studentWrites = recipe.generation != nil && recipe.usesStudentText
    mixture = recipe.objective.mixture
    fixedSource = recipe.objective.terms.first?.source ?? .data
    keepsLogprobs = recipe.hasPolicyGradient
    teacherMix = recipe.generation?.teacherMix ?? 0
    keepsReference = recipe.objective.pair?.reference == .student
    rounds = min(recipe.generation.map { recipe.usesStudentText ? $0.rounds : 1 } ?? 1, maxSteps)
    itemSize = recipe.generation?.batchSize ?? 64
    seed = recipe.seed
    method = recipe.method
    saveSteps = training.saveSteps
    saveTotalLimit = training.saveTotalLimit
    evalSteps = recipe.evaluation.evalSteps
    let adapts = recipe.objective.mixture?.adaptation != nil
    evaluates = evalCount > 0 && (adapts || !recipe.evaluation.metrics.isEmpty)
    let hasTeacher = recipe.teacher != nil || recipe.asksTeacher
    let measured = evaluates && hasTeacher ? Set(recipe.evaluation.metrics) : []
    let comparesTeacher = !measured.isDisjoint(with: ["kl", "next_token_agreement"])
    let judges = measured.contains("judge")
    teacherWritesEvaluation =
      comparesTeacher || judges && recipe.evaluation.judgeOpponent == .teacher || adapts && teacherWrites
    let isAdaptive = recipe.objective.terms.contains(where: \.isAdaptive)
    let givenTokens =
      recipe.objective.pair?.reference == .teacher || recipe.hasPolicyGradient || recipe.objective.ranking != nil
    let draws = recipe.objective.drawCount > 0
    let needsLogprobs = recipe.usesTeacherDistributions && !draws || comparesTeacher
    needs = TeacherNeeds(
      generate: teacherWrites || teacherWritesEvaluation || judges && recipe.evaluation.judge == nil,
      topCount: needsLogprobs ? recipe.objective.topCount : nil,
      hiddenState: needsLogprobs && recipe.objective.teacherForm == .hiddenState,
      tokenLogprobs: givenTokens || isAdaptive && recipe.objective.teacherForm == .hiddenState,
      float16: (needsLogprobs || givenTokens) && recipe.objective.teacherPrecision == .float16,
      learnsFromLogprobs: recipe.usesTeacherLogprobs || !comparesTeacher, draws: draws,
      comparesHiddenStates: recipe.objective.hiddenWeight > 0, mixes: teacherMix > 0)
  }
}

/// The tokenizer of a teacher that is not the student's.
public struct ForeignTokenizer: Sendable, Hashable, Codable {
  /// SHA-256 of the vocabulary.
  public var vocabularyDigest: String
  /// Longest sequence in its tokens.
  public var longestSequence: Int

  /// Names it.
  public init(vocabularyDigest: String, longestSequence: Int) {
    (self.vocabularyDigest, self.longestSequence) = (vocabularyDigest, longestSequence)
  }
}

/// What a run asks of its teacher.
public struct TeacherNeeds: Sendable, Hashable, Codable {
  /// `Generate` must work.
  public var generate: Bool
  /// Log-probs per position: K and a tail, 0 for all V; nil: none.
  public var topCount: Int?
  /// Hidden states and the output head stand for the log-probs.
  public var hiddenState: Bool
  /// Log-probs of the actual tokens of given text.
  public var tokenLogprobs: Bool
  /// Numbers travel as float16.
  public var float16: Bool
  /// Log-probs enter the loss; false: they are for evaluation, if they are needed at all.
  public var learnsFromLogprobs: Bool
  /// Ids drawn with replacement stand for the log-probs.
  public var draws: Bool
  /// Last hidden states travel beside the log-probs, and enter the loss.
  public var comparesHiddenStates: Bool
  /// The teacher draws some tokens of the student's texts.
  public var mixes: Bool

  /// Names the needs.
  public init(
    generate: Bool, topCount: Int?, hiddenState: Bool = false, tokenLogprobs: Bool = false, float16: Bool = false,
    learnsFromLogprobs: Bool = true, draws: Bool = false, comparesHiddenStates: Bool = false, mixes: Bool = false
  ) {
    (self.learnsFromLogprobs, self.mixes) = (learnsFromLogprobs, mixes)
    (self.generate, self.topCount) = (generate, topCount)
    (self.hiddenState, self.tokenLogprobs, self.float16) = (hiddenState, tokenLogprobs, float16)
    (self.draws, self.comparesHiddenStates) = (draws, comparesHiddenStates)
  }

  /// True where the run asks anything.
  public var any: Bool { generate || scores || mixes }

  /// True where the teacher is asked about given text.
  public var scores: Bool { topCount != nil || tokenLogprobs || draws }
}

extension RunPlan {
  /// Steps that go once through the data; the last may hold fewer samples.
  public var stepsPerEpoch: Int { (sampleCount + batchSize - 1) / batchSize }

  /// Samples of a step, in order.
  public func samples(ofStep step: Int) -> [Int] {
    let epoch = (step - 1) / stepsPerEpoch
    let first = (step - 1) % stepsPerEpoch * batchSize
    return Array(order(ofEpoch: epoch)[first..<min(first + batchSize, sampleCount)])
  }

  /// All samples in the order of an epoch: a Fisher–Yates shuffle of (seed, epoch).
  func order(ofEpoch epoch: Int) -> [Int] {
    orders.samples(.epoch(epoch)) { shuffled(forEpoch: epoch) }
  }

  func shuffled(forEpoch epoch: Int) -> [Int] { shuffled(sampleCount, .order, epoch) }

  /// So many numbers from 0, in the order of an epoch of a stream.
  func shuffled(_ count: Int, _ stream: SeedStream, _ epoch: Int) -> [Int] {
    var order = Array(0..<count)
    var generator = SeededGenerator(seed: seed, path: stream.rawValue, UInt64(epoch))
    for last in stride(from: count - 1, to: 0, by: -1) {
      // A bias below 2⁻⁴⁰ for any data that fits on a disk.
      order.swapAt(last, Int(generator.next() % UInt64(last + 1)))
    }
    return order
  }

  /// The position at which a round begins; `round` counts from 0, and `rounds` gives the end of the run.
  public func start(ofRound round: Int) -> Int { round * maxSteps / rounds }

  /// Steps before a skew adapts to each sequence: those of the first round; where there is one alone, those of the first epoch.
  public var firstSteps: Int { rounds > 1 ? start(ofRound: 1) : min(stepsPerEpoch, maxSteps) }

  /// The round to which the step after a position belongs.
  public func round(at position: Int) -> Int {
    (0..<rounds).last { start(ofRound: $0) <= position } ?? 0
  }

  /// Whether a checkpoint is written at a position: round starts, every `save_steps`, the end.
  public func saves(at position: Int) -> Bool {
    guard position > 0 else { return false }
    return position == maxSteps || position % saveSteps == 0 || isRoundStart(position)
  }

  /// Whether the student is evaluated at a position: start, every `eval_steps`, end; and at rounds' starts where the share of its
  /// text depends on it.
  public func evaluates(at position: Int) -> Bool {
    evaluates
      && (position == 0 || position == maxSteps || evalSteps.map { position % $0 == 0 } ?? false
        || replays && isRoundStart(position))
  }

  /// Whether a round, in which the student writes anew, begins at a position.
  public func isRoundStart(_ position: Int) -> Bool {
    studentWrites && (0..<rounds).contains { start(ofRound: $0) == position }
  }

  /// The first position after `position` at which training stops for something else.
  public func barrier(after position: Int) -> Int {
    (position + 1..<maxSteps).first { saves(at: $0) || evaluates(at: $0) || isRoundStart($0) } ?? maxSteps
  }
}

/// Independent streams of random numbers below the run's seed.
public enum SeedStream: UInt64, Sendable {
  case order = 1
  case teacherText = 2
  case studentText = 3
  case teacherEvaluation = 4
  case evaluation = 5
  case lion = 6
  case curation = 7
  case mixture = 8
  case trajectories = 9
  case demonstrations = 10
  case teacherMix = 11
  case corpus = 12
}

extension SeedStream {
  /// The seed of a sample of a held-out prompt: the same whenever, and by whatever command, a model is evaluated.
  public static func evaluationSeed(of seed: UInt64, prompt: Int, sample: Int) -> UInt64 {
    var generator = SeededGenerator(seed: seed, path: SeedStream.evaluation.rawValue, UInt64(prompt), UInt64(sample))
    return generator.next()
  }
}
