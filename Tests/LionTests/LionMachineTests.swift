import Lion
import Sequences
import Testing

/// A world whose replies are a table: who is asked what gives what.
private struct ScriptedWorld {
  /// Instructions of the round whose gap is at least τ; all others have a gap just below it.
  var hard: [Int: Set<Int>] = [0: [0, 1], 1: [2, 6], 2: [6, 8]]
  /// (round, instruction) whose referee never says a number.
  var unreadable: Set<[Int]> = []
  var cost = ModelUsage(requests: 1, promptTokens: 2, completionTokens: 3, cost: 1)

  /// Texts of the generator by round, kind and number; what is not here is a text like no other.
  private static let texts: [String: String] = [
    "0 hard 0": "sort the five numbers by size",  // as seed 0
    "0 hard 2": "too short text", "1 easy 0": "Name an instruction that a cook would follow",
    "1 hard 1": "compose compose0hard1 with with0hard1 about about0hard1 for me",  // as what round 0 accepted
  ]

  func reply(to effect: LionEffect) -> LionEvent {
    switch effect {
    case .imitate(let round, _): return .imitated(round: round)
    case .askTeacher(let instruction):
      return .teacherAnswered(instruction: instruction, answer: "t\(instruction)", isTruncated: false, cost)
    case .askStudent(let round, let instruction):
      return .studentAnswered(round: round, instruction: instruction, answer: "s\(round) \(instruction)")
    case .judge(let request): return .judged(request, reply: scores(request), cost)
    case .invent(let request):
      let key = "\(request.round) \(request.origin) \(request.number)"
      let own = ["compose", "with", "about", "for"].map { "\($0) \($0)\(key.filter { $0 != " " })" }.joined(
        separator: " ")
      return .invented(request, text: Self.texts[key] ?? own, isTruncated: key == "2 easy 0", cost)
    }
  }

  private func scores(_ request: VerdictRequest) -> String {
    if unreadable.contains([request.round, request.instruction]) { return "I cannot say." }
    // Each order is unfair to the second place by 2; gaps are 1 (= τ) and 0.5.
    let isHard = hard[request.round]?.contains(request.instruction) == true
    let (teacher, student) = (isHard ? 7.0 : 6.5, 6.0)
    return request.order == .teacherFirst
      ? "Assistant 1: \(teacher + 1)\nAssistant 2: \(student - 1)"
      : "Assistant 1: \(student + 1)\nAssistant 2: \(teacher - 1)"
  }
}

@Suite("The loop of Lion")
struct LionMachineTests {
  private static let seeds = [
    "sort the five numbers by size", "write a poem about heavy rain", "explain why leaves turn red",
    "name three prime numbers now",
  ]

  private static func settings(_ change: (inout LionSettings) -> Void = { _ in }) -> LionSettings {
    var settings = LionSettings()
    (settings.hardCount, settings.easyCount, settings.requestsPerInstruction) = (2, 1, 3)
    settings.seed = 5
    change(&settings)
    return settings
  }

  /// Runs to the end; the next reply is chosen by `choose` among what is under way.
  private func run(
    _ settings: LionSettings, world: ScriptedWorld = ScriptedWorld(), restartEvery: Int? = nil,
    choose: (Int) -> Int = { _ in 0 }
  ) -> (machine: LionMachine, journal: [LionEvent], asked: [LionEffect]) {
    var machine = LionMachine(seeds: Self.seeds, settings: settings)
    var journal: [LionEvent] = []
    var asked: [LionEffect] = []
    var underWay = machine.step(.restarted)
    while !underWay.isEmpty, journal.count < 2000 {
      let effect = underWay.remove(at: choose(underWay.count))
      asked.append(effect)
      let event = world.reply(to: effect)
      journal.append(event)
      underWay += machine.step(event)
      if machine.isBudgetSpent { underWay.removeAll { $0.role != nil } }
      // A crash: what was under way is lost, and asked for again.
      if let restartEvery, journal.count % restartEvery == 0 { underWay = machine.step(.restarted) }
    }
    return (machine, journal, asked)
  }

  @Test("reaches the pools computed by hand over three rounds")
  func pools() {
    let machine = run(Self.settings()).machine
    #expect(machine.stage == .finished(.rounds))
    // Round 0: hard 0 repeats seed 0, hard 1 is taken (4), hard 2 is too short, hard 3 is taken (5); easy 0 is taken (6).
    // Round 1: hard 0 is taken (7), hard 1 repeats 4, hard 2 is taken (8); easy 0 speaks of instructions, easy 1 is taken (9).
    // Round 2: hard 0 and 1 are taken (10, 11); easy 0 is cut off, easy 1 is taken (12).
    #expect(machine.imitatedPools == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]])
    #expect(
      machine.instructions.dropFirst(4).map { "\($0.round ?? -1) \($0.origin)" }
        == ["0 hard", "0 hard", "0 easy", "1 hard", "1 hard", "1 easy", "2 hard", "2 hard", "2 easy"])
    #expect(machine.instructions[4].text.hasPrefix("compose compose0hard1 with"))
    #expect(machine.reports.map(\.hardCount) == [2, 2, 2])
    #expect(machine.reports.map(\.scoredCount) == [4, 7, 10])
    #expect(machine.reports.map { $0.inventions["hard"]?.requested } == [4, 3, 2])
    #expect(machine.reports[0].inventions["hard"]?.rejected == ["duplicate": 1, "too_short": 1])
    #expect(machine.reports[1].inventions["easy"]?.rejected == ["speaks_of_instructions": 1])
    #expect(machine.reports[2].inventions["easy"]?.rejected == ["truncated": 1])
    for (index, instruction) in machine.instructions.enumerated().dropFirst(4) {
      guard let parent = instruction.parent, let round = instruction.round else {
        Issue.record("instruction \(index) has no parent")
        continue
      }
      #expect((ScriptedWorld().hard[round]?.contains(parent) == true) == (instruction.origin == .hard))
    }
  }

  @Test("an instruction at the threshold is hard; the place's favour is in the bias alone")
  func threshold() {
    let report = run(Self.settings()).machine.reports[0]
    #expect(report.hardShare == 0.5 && report.meanGap == 0.75 && report.medianGap == 0.75)
    #expect(report.positionBias == 2)
    let above = run(Self.settings { $0.threshold = 1.25 }).machine.reports[0]
    #expect(above.hardCount == 0)
    #expect(above.inventions["hard"]?.requested == 0 && above.inventions["easy"]?.accepted == 1)
  }

  @Test("pools and costs do not depend on when replies come", arguments: 1...8)
  func order(seed: UInt64) {
    let (machine, _, asked) = run(Self.settings())
    var generator = SeededGenerator(seed: seed)
    let (other, _, otherAsked) = run(Self.settings()) { Int(generator.next() % UInt64($0)) }
    #expect(other.instructions == machine.instructions && other.imitatedPools == machine.imitatedPools)
    #expect(other.reports == machine.reports)
    #expect(Set(otherAsked) == Set(asked) && otherAsked.count == asked.count)
  }

  @Test("a run that is cut off anywhere ends with the same pools", arguments: [1, 2, 3, 7, 31])
  func restart(every count: Int) {
    let (machine, journal, _) = run(Self.settings())
    let other = run(Self.settings(), restartEvery: count).machine
    #expect(other.instructions == machine.instructions && other.reports.map(\.hardCount) == [2, 2, 2])
    #expect(other.stage == .finished(.rounds) && other.usage == machine.usage)
    // The journal alone gives the state back.
    var replayed = LionMachine(seeds: Self.seeds, settings: Self.settings())
    for event in [.restarted] + journal { _ = replayed.step(event) }
    #expect(replayed.instructions == machine.instructions && replayed.reports == machine.reports)
  }

  @Test("a verdict that cannot be read is asked for again, then excluded and counted")
  func unreadable() {
    var world = ScriptedWorld()
    world.unreadable = [[0, 1]]
    let (machine, _, asked) = run(Self.settings(), world: world)
    let report = machine.reports[0]
    #expect((report.scoredCount, report.unscoredCount, report.hardCount) == (3, 1, 1))
    #expect(report.meanGap.map { abs($0 - 2.0 / 3) < 1e-12 } == true)
    let tries = asked.filter {
      if case .judge(let request) = $0 { request.instruction == 1 && request.round == 0 } else { false }
    }
    #expect(tries.count == 2 * 3)
    #expect(machine.instructions.filter { $0.round == 0 && $0.parent == 1 }.isEmpty)
  }

  @Test("without any verdict, and below the least share of hard ones, the run ends")
  func convergence() {
    var world = ScriptedWorld()
    world.unreadable = [[0, 0], [0, 1], [0, 2], [0, 3]]
    #expect(run(Self.settings(), world: world).machine.stage == .finished(.converged))
    let machine = run(Self.settings { $0.leastHardShare = 0.4 }).machine
    // 2 of 7 are hard in round 1.
    #expect(machine.stage == .finished(.converged) && machine.imitatedPools.count == 2)
  }

  @Test("a spent budget trains on what was paid for, and asks for no more", arguments: [1, 3, 4, 9, 20, 33])
  func budget(limit: Int) {
    let (machine, _, _) = run(Self.settings { $0.budget = Double(limit) })
    #expect(machine.stage == .finished(.budget) && machine.spent == Double(limit))
    #expect(machine.imitatedPools.first?.count == min(limit, 4))
  }

  @Test("a sample holds all new instructions and draws the others")
  func sample() {
    let machine = run(Self.settings { $0.refereeSampleSize = 5 }).machine
    #expect(machine.reports.map(\.scoredCount) == [4, 5, 5])
    let (_, _, asked) = run(Self.settings { $0.refereeSampleSize = 5 })
    let second = asked.compactMap { if case .askStudent(1, let instruction) = $0 { instruction } else { nil } }
    #expect(Set(second).isSuperset(of: [4, 5, 6]) && second.count == 5)
  }
}
