import Curation
import Lion
import Testing

/// What a trajectory comes to when «right» is right and the teacher's replies come one after the other.
private func course(
  _ text: String, isTruncated: Bool = false, edits: [String] = [], updateLimit: Int = 5
) -> (trajectory: Trajectory?, edited: Int) {
  var machine = TrajectoryMachine(
    settings: TrajectorySettings(rowCount: 1, iterations: 1, samplingRounds: 1, updateLimit: updateLimit))
  let attempt = TrajectoryAttempt(iteration: 0, round: 0, row: 0)
  var effects = machine.step(.attempted(attempt, text: text, isTruncated: isTruncated))
  var edited = 0
  while let effect = effects.popLast() {
    switch effect {
    case .verify(let question, let answer):
      effects += machine.step(
        .verified(question, AnswerJudgement(rejection: answer.contains("right") ? nil : "wrong")))
    case .edit(let question, _):
      guard edited < edits.count else { return (machine.iterations[0][attempt], edited) }
      effects += machine.step(.edited(question, text: edits[edited], isTruncated: false, ModelUsage(requests: 1)))
      edited += 1
    case .attempt, .imitate: break
    }
  }
  return (machine.iterations[0][attempt], edited)
}

/// A text of turns.
private func turns(_ answer: String, _ steps: (String, String?)...) -> String {
  ([answer] + steps.flatMap { ["Feedback: \($0.0)"] + ($0.1.map { ["Update: \($0)"] } ?? []) }).joined(separator: "\n")
}

private func edit(_ feedback: String, _ update: String) -> String { "Feedback: \(feedback)\nUpdate: \(update)" }

@Suite("Edited trajectories") struct TrajectoryTests {
  private let approval = TrajectoryText.approval

  @Test("a right attempt is learnt with the approval, whatever the student says of it")
  func right() throws {
    for text in ["right", turns("right", ("I doubt this very much", "wrong")), turns("right", (approval, nil))] {
      let (trajectory, edited) = course(text)
      #expect(trajectory?.outcome == .right && edited == 0)
      #expect(trajectory?.samples == [TrajectorySample(answer: "right", feedback: approval, update: nil)])
    }
  }

  @Test("a wrong attempt is edited until it is right; each improvement is learnt by itself, then the approval")
  func improved() throws {
    let (trajectory, edited) = course(
      "a", edits: [edit("the first step is off", "b"), edit("the second one is off", "right")])
    #expect(trajectory?.outcome == .improved && edited == 2)
    #expect(
      trajectory?.samples == [
        TrajectorySample(answer: "a", feedback: "the first step is off", update: "b"),
        TrajectorySample(answer: "b", feedback: "the second one is off", update: "right"),
        TrajectorySample(answer: "right", feedback: approval, update: nil),
      ])
    let texts = trajectory?.samples.map { $0.turns.joined() }
    #expect(texts?[0] == "a\nFeedback: the first step is off\nUpdate: b")
    #expect(texts?[2] == "right\nFeedback: \(approval)")
  }

  @Test("turns of the student that criticise and lead on are kept, and no teacher is asked")
  func ownTurns() {
    let (trajectory, edited) = course(
      turns("a", ("the sum is off", "b"), ("still the sum is off", "right"), ("x", nil)))
    #expect(trajectory?.outcome == .improved && edited == 0)
    #expect(trajectory?.feedback.map(\.isEdited) == [false, false, false])
    #expect(trajectory?.feedback.map(\.text) == ["the sum is off", "still the sum is off", approval])
  }

  @Test(
    "the teacher goes on from the first turn that has no content, approves what is wrong, is missing, or makes no progress",
    arguments: [
      turns("a", ("the sum is off", "b"), ("no", "right")),
      turns("a", ("the sum is off", "b"), ("the answer IS correct", "right")),
      turns("a", ("the sum is off", "b"), ("still the sum is off", nil)), turns("a", ("the sum is off", "b")),
      turns("a", ("the sum is off", "b"), ("still the sum is off", "")),
      turns("a", ("the sum is off", "b"), ("still the sum is off", "a"), ("now it is fine", "right")),
    ])
  func edited(text: String) {
    let (trajectory, edited) = course(text, edits: [edit("carry the one here", "right")])
    #expect(trajectory?.outcome == .improved && edited == 1)
    #expect(trajectory?.answers == ["a", "b", "right"])
    #expect(trajectory?.feedback.map(\.isEdited) == [false, true, false])
    #expect(trajectory?.feedback.map(\.text) == ["the sum is off", "carry the one here", approval])
  }

  @Test("an update of the teacher without progress leaves the attempt and what was first said of it")
  func stalled() {
    let edits = [edit("the first step is off", "b"), edit("the second one is off", "a")]
    let (trajectory, edited) = course("a", edits: edits)
    #expect(trajectory?.outcome == .stalled && edited == 2)
    #expect(trajectory?.samples == [TrajectorySample(answer: "a", feedback: "the first step is off", update: nil)])
  }

  @Test("an attempt that never becomes right is given up after N updates, of the student and the teacher together")
  func limit() {
    let edits = (0..<9).map { edit("step \($0) is off", "try \($0)") }
    let (trajectory, edited) = course("a", edits: edits, updateLimit: 3)
    #expect(trajectory?.outcome == .discarded("never_right") && edited == 3)
    #expect(trajectory?.samples == [])
    let own = course(turns("a", ("the sum is off", "b")), edits: edits, updateLimit: 3)
    #expect(own.trajectory?.outcome == .discarded("never_right") && own.edited == 2)
    // The last update allowed may be the right one.
    let last = course("a", edits: edits.prefix(2) + [edit("step 2 is off", "right")], updateLimit: 3)
    #expect(last.trajectory?.outcome == .improved)
  }

  @Test(
    "an edit of another form, without content, or that approves is not used",
    arguments: [
      "right", "Feedback: the sum is off", "Update: right", edit("no", "right"), edit("the sum is off", ""),
      edit(TrajectoryText.approval, "right"),
      edit("the sum is off", "b") + "\n" + edit("still the sum is off", "right"),
    ])
  func unusable(reply: String) {
    let (trajectory, _) = course("a", edits: [reply])
    #expect(trajectory?.outcome == .discarded("unusable_edit") && trajectory?.samples == [])
  }

  @Test("what was cut off is no turn")
  func truncated() {
    #expect(course("a", isTruncated: true).trajectory?.outcome == .discarded("truncated"))
    #expect(course(" \n").trajectory?.outcome == .discarded("empty"))
    let cut = course(
      turns("a", ("the sum is off", "righ")), isTruncated: true, edits: [edit("carry the one here", "right")])
    #expect(cut.edited == 1 && cut.trajectory?.answers == ["a", "right"])
  }

  @Test("answers keep the space before them, in updates that are learnt as attempts as well")
  func lead() {
    let samples = course("  a", edits: [edit("the sum is off", "b"), edit("the sum is off", "right")]).trajectory?
      .samples
    #expect(samples?.map(\.answer) == ["  a", "  b", "  right"])
  }
}

@Suite("Runs of edited trajectories") struct TrajectoryMachineTests {
  /// Plays student, verifier and teacher; takes effects from either end, so that replies come in different orders.
  private func play(
    _ settings: TrajectorySettings, fromFront: Bool = false, replay: Bool = false,
    attempt text: @escaping (TrajectoryAttempt) -> String
  ) -> (machine: TrajectoryMachine, asked: Int) {
    var machine = TrajectoryMachine(settings: settings)
    var events: [TrajectoryEvent] = []
    var effects = machine.step(.restarted)
    var asked = 0
    while !effects.isEmpty {
      let effect = fromFront ? effects.removeFirst() : effects.removeLast()
      let replies: [TrajectoryEvent]
      switch effect {
      case .attempt(let iteration, let round, let rows):
        replies = rows.map { row in
          let attempt = TrajectoryAttempt(iteration: iteration, round: round, row: row)
          return .attempted(attempt, text: text(attempt), isTruncated: false)
        }
      case .verify(let question, let answer):
        replies = [.verified(question, AnswerJudgement(rejection: answer.contains("right") ? nil : "wrong"))]
      case .edit(let question, let answer):
        asked += 1
        replies = [
          .edited(
            question, text: edit("the sum is off", answer.contains("hopeless") ? answer : "right, not \(answer)"),
            isTruncated: false, ModelUsage(requests: 1))
        ]
      case .imitate(let iteration): replies = [.imitated(iteration: iteration)]
      }
      for reply in replies {
        events.append(reply)
        effects += machine.step(reply)
        #expect(machine.step(reply) == [], "a reply that came before")
        guard replay else { continue }
        // The journal gives the state back; the same is asked for.
        var again = TrajectoryMachine(settings: settings)
        for event in events { _ = again.step(event) }
        machine = again
        effects = again.step(.restarted)
      }
    }
    return (machine, asked)
  }

  private func text(_ attempt: TrajectoryAttempt) -> String {
    switch attempt.row % 4 {
    case 0: "right \(attempt.round)"
    case 1, 2: "off by \(attempt.round % 2)"
    default: "hopeless"
    }
  }

  @Test("ends the same in any order of replies, and from its journal after each of them")
  func orders() {
    let settings = TrajectorySettings(
      rowCount: 8, givenRows: [0, 2, 5, 7], iterations: 2, samplingRounds: 2, enoughImprovements: 6, seed: 3)
    let runs = [(false, false), (true, false), (false, true)].map {
      play(settings, fromFront: $0.0, replay: $0.1, attempt: text)
    }
    for run in runs {
      #expect(run.machine.phase == .finished(.learnt))
      #expect(run.machine.iterations.map(\.lessons) == runs[0].machine.iterations.map(\.lessons))
      #expect(run.asked == runs[0].asked)
    }
    let iteration = runs[0].machine.iterations[0]
    // Four improvements a round, of texts that differ between the rounds: the second round is needed.
    #expect(iteration.rounds.count == 2 && iteration.attemptCount == 16)
    #expect(iteration.outcomes == ["right": 4, "improved": 8, "stalled": 4])
    // 8 improvements; 4 + 8 approvals and 2 hopeless attempts that stand there twice; 4 given: 6 : 4 : 4.
    #expect(iteration.sampleCounts == (8, 14))
    let kinds = iteration.lessons.map { lesson -> String in
      switch lesson {
      case .written(let sample, _): sample.isImprovement ? "better" : "other"
      case .given: "given"
      }
    }
    let counts = Dictionary(grouping: kinds) { $0 }.mapValues(\.count)
    #expect(counts == ["better": 6, "other": 4, "given": 4])
  }

  @Test("one round is enough where it holds enough; samples of one text count once")
  func enough() {
    let settings = TrajectorySettings(rowCount: 8, iterations: 1, samplingRounds: 5, enoughImprovements: 4)
    let enough = play(settings, attempt: text).machine.iterations[0]
    #expect(enough.rounds.count == 1)
    let more = TrajectorySettings(rowCount: 8, iterations: 1, samplingRounds: 5, enoughImprovements: 100)
    let iteration = play(more, attempt: text).machine.iterations[0]
    #expect(iteration.rounds.count == 5)
    // Rounds 0, 2, 4 and rounds 1, 3 hold the same improvements; right attempts differ.
    // 10 right attempts, 8 that became right, 2 hopeless.
    #expect(iteration.sampleCounts == (8, 20))
    // Without given answers the others share: 8 improvements need 5 1/3 others.
    #expect(iteration.lessons.count == 8 + 5)
  }

  @Test("what does not become better ends the run")
  func nothing() {
    let settings = TrajectorySettings(rowCount: 3, givenRows: [0], iterations: 2, samplingRounds: 2)
    let machine = play(settings) { _ in "right" }.machine
    #expect(machine.phase == .finished(.nothingImproved(iteration: 0)))
    #expect(machine.line == "iteration 1 of 2: no attempt became better (6 right): there is nothing to learn")
  }

  @Test("the template of edits has its places, and one of another form is refused")
  func template() throws {
    let prompt = try TrajectoryEditor.template().filled(["instruction": "add", "answer": "{{answer}} 3"])
    #expect(prompt.user.contains("[Task]\nadd\n") && prompt.user.contains("{{answer}} 3"))
    #expect(throws: PromptTemplateError.self) { try TrajectoryEditor.template("tripost/editor 2\n[user]\n{{answer}}") }
  }
}
