import Curation
import Lion
import Testing

/// A world whose replies are a table: answers by row, each a text with its number of tokens; those that begin with + are right.
private struct ScriptedWorld {
  var answers: [[String]]
  var truncated: Set<AnswerRequest> = []

  func reply(to effect: CurationEffect) -> CurationEvent {
    switch effect {
    case .ask(let request):
      let text = answers[request.row][request.sample]
      let usage = ModelUsage(requests: 1, promptTokens: 2, completionTokens: text.count, cost: 1)
      return .answered(request, text: text, isTruncated: truncated.contains(request), usage)
    case .judge(let request, let text):
      return .judged(
        request,
        AnswerJudgement(rejection: text.hasPrefix("+") ? nil : "wrong", figures: ["length": Double(text.count)]))
    case .imitate(let stage): return .imitated(stage: stage)
    }
  }
}

@Suite("Answers that are collected, judged and kept")
struct CurationMachineTests {
  private static let answers = [
    ["no", "+seven", "+7", "+7"], ["", "no", "+x", "+yy"], ["no", "no", "no ", "\n"], ["+cut", "+zzz", "+zz", "no"],
  ]
  private static let truncated: Set = [AnswerRequest(stage: 0, row: 3, sample: 0)]

  /// Runs to the end; the next reply is chosen by `choose` among what is under way.
  private func run(
    _ settings: CurationSettings, answers: [[String]] = answers, restartEvery: Int? = nil,
    choose: (Int) -> Int = { _ in 0 }
  ) -> (machine: CurationMachine, journal: [CurationEvent], asked: [AnswerRequest]) {
    let world = ScriptedWorld(answers: answers, truncated: Self.truncated)
    var machine = CurationMachine(settings: settings)
    var (journal, asked): ([CurationEvent], [AnswerRequest]) = ([], [])
    var underWay = machine.step(.restarted)
    while !underWay.isEmpty, journal.count < 1000 {
      let effect = underWay.remove(at: choose(underWay.count))
      if case .ask(let request) = effect { asked.append(request) }
      let event = world.reply(to: effect)
      journal.append(event)
      underWay += machine.step(event)
      // A crash: what was under way is lost, and asked for again.
      if let restartEvery, journal.count % restartEvery == 0 { underWay = machine.step(.restarted) }
    }
    return (machine, journal, asked)
  }

  private static func settings(_ keep: KeepPolicy) -> CurationSettings {
    CurationSettings(rowCounts: [4], samplesPerRow: 4, keep: keep)
  }

  private static func kept(_ machine: CurationMachine) -> [[Int]] {
    machine.stages[0].kept.map { [$0.row, $0.sample] }
  }

  @Test("the first right answer is kept, and no more are asked for then")
  func first() {
    let (machine, _, asked) = run(Self.settings(.first))
    #expect(machine.phase == .finished(.learnt))
    #expect(Self.kept(machine) == [[0, 1], [1, 2], [3, 1]])
    // Two, three, four and two of a row.
    #expect(asked.count == 11)
    #expect(machine.stages[0].rejections == ["wrong": 5, "empty": 2, "truncated": 1])
    #expect(machine.stages[0].answerCount == 11 && machine.stages[0].acceptedCount == 3)
  }

  @Test("all that differ are kept")
  func all() {
    let (machine, _, asked) = run(Self.settings(.all))
    #expect(asked.count == 16)
    #expect(Self.kept(machine) == [[0, 1], [0, 2], [1, 2], [1, 3], [3, 1], [3, 2]])
    #expect(machine.stages[0].rejections == ["wrong": 6, "empty": 2, "truncated": 1, "duplicate": 1])
    #expect(machine.stages[0].keptRowCount == 3)
    // White space at the end is no part of an answer.
    #expect(machine.stages[0].rows[2][2]?.text == "no")
    #expect(machine.stages[0].usage.answers.requests == 16)
    // 13 answers were judged: no empty ones, and not the one that was cut off. Lengths 2 6 2 2, 2 2 3, 2 2 2, 4 3 2.
    #expect(machine.stages[0].meanFigures == ["length": 34.0 / 13])
  }

  @Test("the shortest is kept; of equals the first")
  func shortest() {
    #expect(Self.kept(run(Self.settings(.shortest)).machine) == [[0, 2], [1, 2], [3, 2]])
  }

  @Test("an answer too much like one kept before it is not kept")
  func overlap() {
    var settings = CurationSettings(rowCounts: [3], samplesPerRow: 2, keep: .all)
    settings.overlapLimit = 0.7
    let answers = [
      ["+ the cat sat on the mat", "+ dogs bark"], ["+ the cat sat on a mat", "+ birds sing"], ["+ dogs sing", "no"],
    ]
    let machine = run(settings, answers: answers).machine
    // F of the two cats is 5/6; of «dogs sing» and «dogs bark» 1/2.
    #expect(Self.kept(machine) == [[0, 0], [0, 1], [1, 1], [2, 0]])
    #expect(machine.stages[0].rejections == ["overlap": 1, "wrong": 1])
  }

  @Test("ends the same in whatever order replies come, and after any crash", arguments: KeepPolicy.allCases)
  func order(keep: KeepPolicy) {
    let expected = run(Self.settings(keep))
    let others = [
      run(Self.settings(keep)) { $0 - 1 }, run(Self.settings(keep)) { $0 / 2 },
      run(Self.settings(keep), restartEvery: 1), run(Self.settings(keep), restartEvery: 3) { $0 - 1 },
    ]
    for other in others {
      #expect(Self.kept(other.machine) == Self.kept(expected.machine))
      #expect(other.machine.stages[0].rejections == expected.machine.stages[0].rejections)
      #expect(Set(other.asked) == Set(expected.asked))
    }
    var replayed = CurationMachine(settings: Self.settings(keep))
    for event in expected.journal { _ = replayed.step(event) }
    #expect(replayed.isFinished && Self.kept(replayed) == Self.kept(expected.machine))
    #expect(replayed.step(.restarted).isEmpty)
  }

  @Test("stages are learnt one after the other")
  func stages() {
    let settings = CurationSettings(rowCounts: [1, 2], samplesPerRow: 1, keep: .first)
    let (machine, journal, _) = run(settings, answers: [["+a"], ["no"]])
    #expect(machine.phase == .finished(.learnt) && machine.learntStages == 2)
    #expect(machine.stages.map { $0.kept.count } == [1, 1])
    let first = journal.firstIndex(of: .imitated(stage: 0))
    let second = journal.firstIndex {
      if case .answered(let request, _, _, _) = $0 { request.stage == 1 } else { false }
    }
    #expect(first == 2 && second == 3)
  }

  @Test("a stage of which nothing is kept ends the run, and says why")
  func nothing() {
    let machine = run(CurationSettings(rowCounts: [1, 1], samplesPerRow: 3), answers: [["no", "", "nay"]]).machine
    #expect(machine.phase == .finished(.nothingKept(stage: 0)))
    #expect(
      machine.line
        == "stage 1 of 2: none of 3 answers was kept (2 wrong, 1 empty): there is nothing to learn")
  }

  @Test("a second reply changes nothing")
  func twice() {
    var machine = CurationMachine(settings: Self.settings(.all))
    let request = AnswerRequest(stage: 0, row: 0, sample: 0)
    _ = machine.step(.restarted)
    #expect(
      machine.step(.answered(request, text: "a", isTruncated: false, ModelUsage())) == [.judge(request, text: "a")])
    #expect(machine.step(.answered(request, text: "b", isTruncated: false, ModelUsage())).isEmpty)
    _ = machine.step(.judged(request, AnswerJudgement()))
    _ = machine.step(.judged(request, AnswerJudgement(rejection: "wrong")))
    #expect(machine.stages[0].rows[0][0]?.text == "a" && machine.stages[0].acceptedCount == 1)
  }
}
