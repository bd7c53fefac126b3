internal import Sequences

/// Lion's loop: imitate, discriminate, generate. A pure function of its events, without clock, disk or network.
///
/// `step(event)` changes the state and returns what is to be done; replaying the events of a journal gives the state back, and
/// `restarted` asks for all that is still to be done. No choice depends on the order in which replies arrive, but for where a
/// budget ends a run.
///
/// - SeeAlso: Jiang et al., "Lion: Adversarial Distillation of Proprietary Large Language Models", EMNLP 2023.
public struct LionMachine: Sendable {
  /// What a run is doing.
  public enum Stage: Sendable, Hashable {
    /// The student learns the train pool of a round. Becomes discriminating, or finished after the last.
    case imitating(round: Int)
    /// Teacher and student are compared. Becomes generating or finished.
    case discriminating(round: Int)
    /// New instructions are invented. Becomes imitating or finished.
    case generating(round: Int)
    /// Done. Final.
    case finished(End)
  }

  /// Why a run ended.
  public enum End: String, Sendable, Hashable, Codable {
    /// All rounds were made.
    case rounds
    /// The referee hardly tells the student from the teacher any more, or nothing new could be invented.
    case converged
    /// The budget is spent.
    case budget
  }

  /// What the run is to do.
  public let settings: LionSettings
  /// All instructions, by number. The cache pool is all of them that earlier rounds accepted.
  public private(set) var instructions: [LionInstruction]
  /// What the student learns in the round: A.
  public private(set) var trainPool: [Int]
  /// What the run is doing.
  public private(set) var stage = Stage.imitating(round: 0)
  /// The teacher's answers, by instruction.
  public private(set) var teacherAnswers: [Int: String] = [:]
  /// Instructions whose answer was cut off: it is compared, but not learnt, since it does not show where to end.
  public private(set) var truncatedAnswers: Set<Int> = []
  /// What each round of discrimination and generation came to.
  public private(set) var reports: [LionRoundReport] = []
  /// What each role has cost.
  public private(set) var usage: [LionRole: ModelUsage] = [:]

  /// What each round's student was trained on, by round.
  public private(set) var imitatedPools: [[Int]] = []

  private var round = LionRound(number: 0, sample: [])
  private var filter: InstructionFilter
  /// Instructions of the train pool that the teacher has not answered.
  private var unanswered: Set<Int>

  /// Starts a run; nothing is done before the first event, `restarted`.
  public init(seeds: [String], settings: LionSettings) {
    precondition(!seeds.isEmpty && settings.rounds >= 1, "\(seeds.count) seeds, \(settings.rounds) rounds")
    self.settings = settings
    instructions = seeds.map { LionInstruction(text: $0, origin: .seed, parent: nil, round: nil) }
    trainPool = Array(seeds.indices)
    unanswered = Set(trainPool)
    filter = InstructionFilter(limit: settings.rougeLimit, words: settings.words)
    for seed in seeds { filter.add(seed) }
  }

  /// The answer of the round's student; nil: not yet.
  public func studentAnswer(to instruction: Int) -> String? { round.studentAnswers[instruction] }

  /// Whether nothing is left to do.
  public var isFinished: Bool { if case .finished = stage { true } else { false } }

  /// What the run is doing, in one line.
  public var stageLine: String {
    switch stage {
    case .imitating(let round) where unanswered.isEmpty:
      "round \(round + 1) of \(settings.rounds + 1): the student learns \(trainPool.count) answers"
    case .imitating(let round):
      "round \(round + 1) of \(settings.rounds + 1): the teacher answers (\(trainPool.count - unanswered.count) of \(trainPool.count))"
    case .discriminating(let round):
      "round \(round + 1) of \(settings.rounds + 1): the referee compares (\(self.round.readCount) of \(self.round.sample.count))"
    case .generating(let round):
      "round \(round + 1) of \(settings.rounds + 1): instructions are invented (\(self.round.accepted.count) of at most \(settings.hardCount + settings.easyCount))"
    case .finished(let end):
      switch end {
      case .rounds: "finished after all rounds"
      case .converged: "finished: the referee hardly tells student and teacher apart, or nothing new was invented"
      case .budget: "finished: the budget is spent"
      }
    }
  }

  /// The cost of all roles.
  public var spent: Double { usage.values.reduce(0) { $0 + $1.cost } }

  /// Takes an event. Replies that nobody waits for cost what they cost, and change nothing else.
  public mutating func step(_ event: LionEvent) -> [LionEffect] {
    count(event)
    if case .finished = stage { return [] }
    let effects = react(to: event)
    if case .finished = stage { return [] }
    return isBudgetSpent ? saveMoney() ?? effects : effects
  }

  private mutating func react(to event: LionEvent) -> [LionEffect] {
    switch event {
    case .restarted: return allEffects()
    case .imitated(let number) where stage == .imitating(round: number): return imitated(number)
    case .teacherAnswered(let instruction, let answer, let isTruncated, _):
      guard unanswered.remove(instruction) != nil else { return [] }
      teacherAnswers[instruction] = answer
      if isTruncated { truncatedAnswers.insert(instruction) }
      return unanswered.isEmpty ? allEffects() : []
    case .studentAnswered(let number, let instruction, let answer) where stage == .discriminating(round: number):
      guard round.take(studentAnswer: answer, to: instruction) else { return [] }
      return round.wantedVerdicts(of: instruction, settings).map { .judge($0) }
    case .judged(let request, let reply, _) where stage == .discriminating(round: request.round):
      guard round.take(request, reply: reply, settings) else { return [] }
      if round.isDiscriminated { return discriminated() }
      return round.wantedVerdict(after: request, settings).map { [.judge($0)] } ?? []
    case .invented(let request, let text, let isTruncated, _) where stage == .generating(round: request.round):
      guard round.take(InventedText(request: request, text: text, isTruncated: isTruncated)) else { return [] }
      return generate()
    case .imitated, .studentAnswered, .judged, .invented: return []
    }
  }

  private mutating func count(_ event: LionEvent) {
    switch event {
    case .teacherAnswered(_, _, _, let cost): usage[.teacher, default: ModelUsage()] += cost
    case .judged(_, _, let cost): usage[.referee, default: ModelUsage()] += cost
    case .invented(_, _, _, let cost): usage[.generator, default: ModelUsage()] += cost
    case .restarted, .imitated, .studentAnswered: break
    }
  }

  /// All that the stage still needs, whether it was asked for before or not.
  private mutating func allEffects() -> [LionEffect] {
    switch stage {
    case .imitating(let number):
      return unanswered.isEmpty
        ? [.imitate(round: number, instructions: trainPool)] : unanswered.sorted().map { .askTeacher(instruction: $0) }
    case .discriminating(let number):
      return round.sample.flatMap { instruction -> [LionEffect] in
        round.studentAnswers[instruction] == nil
          ? [.askStudent(round: number, instruction: instruction)]
          : round.wantedVerdicts(of: instruction, settings).map { .judge($0) }
      }
    case .generating:
      round.forgetRequests()
      return generate()
    case .finished: return []
    }
  }

  // MARK: Stages

  private mutating func imitated(_ number: Int) -> [LionEffect] {
    imitatedPools.append(trainPool)
    if number == settings.rounds { return end(.rounds) }
    stage = .discriminating(round: number)
    round = LionRound(number: number, sample: scoredInstructions(ofRound: number))
    return allEffects()
  }

  /// All instructions that the last round invented, and as many others, drawn alike, as the sample has room for. Each has an
  /// answer of the teacher, since a student was trained on it.
  private func scoredInstructions(ofRound number: Int) -> [Int] {
    let answered = instructions.indices.filter { teacherAnswers[$0] != nil }
    guard let size = settings.refereeSampleSize, size < answered.count else { return answered }
    let new = answered.filter { number > 0 && instructions[$0].round == number - 1 }
    let old = answered.filter { number == 0 || instructions[$0].round != number - 1 }
    var generator = SeededGenerator(seed: settings.seed, path: 1, UInt64(number))
    return (draw(size, of: new, using: &generator) + draw(max(0, size - new.count), of: old, using: &generator))
      .sorted()
  }

  private func draw(_ count: Int, of numbers: [Int], using generator: inout SeededGenerator) -> [Int] {
    var numbers = numbers
    for place in 0..<min(count, numbers.count) {
      numbers.swapAt(place, place + Int(generator.next() % UInt64(numbers.count - place)))
    }
    return Array(numbers.prefix(count))
  }

  private mutating func discriminated() -> [LionEffect] {
    round.divide(settings)
    // Without a verdict that could be read there is nothing to go by.
    guard let share = round.hardShare, share >= settings.leastHardShare else { return end(.converged) }
    stage = .generating(round: round.number)
    return generate()
  }

  /// Judges what has come in, in order; asks for more, or merges the pools where nothing more is wanted.
  private mutating func generate() -> [LionEffect] {
    while let candidate = round.nextCandidate(settings) {
      let rejection = filter.rejection(of: candidate.text, isTruncated: candidate.isTruncated)
      if rejection == nil { filter.add(candidate.text) }
      round.judge(candidate, rejection)
    }
    let requests = round.newRequests(settings)
    guard requests.isEmpty, !round.isWaiting else { return requests.map { .invent($0) } }
    let first = instructions.count
    instructions += round.accepted
    guard first < instructions.count else { return end(.converged) }
    reports.append(round.report(usage))
    trainPool = Array(first..<instructions.count)
    unanswered = Set(trainPool)
    stage = .imitating(round: round.number + 1)
    return allEffects()
  }

  private mutating func end(_ end: End) -> [LionEffect] {
    if case .imitating = stage {} else { reports.append(round.report(usage)) }
    stage = .finished(end)
    return []
  }

  // MARK: Budget

  /// Whether nothing more may be paid: whoever carries out effects drops those that have a role.
  public var isBudgetSpent: Bool { settings.budget.map { spent >= $0 } ?? false }

  /// What is done instead once the budget is spent; nil: what is under way costs nothing more and goes on.
  private mutating func saveMoney() -> [LionEffect]? {
    guard case .imitating(let number) = stage else { return end(.budget) }
    guard !unanswered.isEmpty else { return nil }
    // What was paid for is learnt.
    trainPool.removeAll { unanswered.contains($0) }
    unanswered = []
    return trainPool.isEmpty ? end(.budget) : [.imitate(round: number, instructions: trainPool)]
  }
}
