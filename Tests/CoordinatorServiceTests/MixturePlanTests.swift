import CoordinatorService
import Foundation
import Recipes
import Testing

@Suite("A plan that draws whose text is learnt from") struct MixturePlanTests {
  private func plan(_ overrides: String..., samples: Int = 400) throws -> RunPlan {
    try makePlan(
      ["training.per_device_train_batch_size=8", "training.max_steps=150", "generation.rounds=3"] + overrides,
      samples: samples)
  }

  private func drawn(_ plan: RunPlan, _ step: Int) -> [TextSource] {
    plan.samples(ofStep: step).map { plan.source(of: $0, inStep: step) }
  }

  @Test("draws the student's text with the probability that the recipe has", arguments: [0, 0.25, 0.5, 1])
  func share(lambda: Double) throws {
    let plan = try plan("method=gkd", "objective.lmbda=\(lambda)")
    let all = (1...150).flatMap { drawn(plan, $0) }
    let share = Double(all.count { $0 == .student }) / Double(all.count)
    // Four standard deviations of 1,200 draws.
    #expect(abs(share - lambda) <= 4 * (lambda * (1 - lambda) / 1200).squareRoot())
    #expect(Set(all).isSubset(of: [.student, .data]))
    #expect(plan.studentWrites == (lambda > 0) && !plan.teacherWrites)
  }

  @Test("draws by seed, epoch and sample alone")
  func pure() throws {
    let (one, same) = (try plan("method=gkd"), try plan("method=gkd"))
    let other = try plan("method=gkd", "seed=7")
    func all(_ plan: RunPlan, epoch: Int) -> [TextSource] {
      let steps = epoch * plan.stepsPerEpoch + 1...(epoch + 1) * plan.stepsPerEpoch
      let pairs = steps.flatMap { step in
        plan.samples(ofStep: step).map { ($0, plan.source(of: $0, inStep: step)) }
      }
      return pairs.sorted { $0.0 < $1.0 }.map(\.1)
    }
    #expect(all(one, epoch: 1) == all(same, epoch: 1))
    #expect(all(one, epoch: 1) != all(one, epoch: 0) && all(one, epoch: 1) != all(other, epoch: 1))
  }

  @Test("nobody writes what is not learnt from")
  func written() throws {
    let plan = try plan("method=gkd", "objective.seq_kd=true", "objective.lmbda=0.8")
    let uses = (1...150).map { step in
      plan.samples(ofStep: step).map { (sample: $0, source: plan.source(of: $0, inStep: step)) }
    }
    let teachers = uses.joined().filter { $0.source == .teacher }.map(\.sample)
    #expect(Set(plan.samples(of: .teacher)) == Set(teachers) && Set(teachers).count < 400)
    for round in 0..<3 {
      let steps = uses[plan.start(ofRound: round)..<plan.start(ofRound: round + 1)]
      let students = Set(steps.joined().filter { $0.source == .student }.map(\.sample))
      #expect(Set(plan.samples(of: .student(round: round))) == students)
      #expect(plan.samples(of: .student(round: round)).count == students.count)
    }
  }

  @Test("a policy gradient asks for log-probs of the actual tokens, and for distributions where they enter")
  func policyNeeds() throws {
    for (method, topCount) in [("opd", nil), ("minillm", 0)] as [(String, Int?)] {
      let plan = try makePlan(["method=\(method)", "evaluation.metrics=perplexity"])
      #expect(plan.needs == TeacherNeeds(generate: false, topCount: topCount, tokenLogprobs: true))
      #expect(plan.keepsLogprobs && plan.studentWrites && !plan.keepsReference)
      let mixed = try makePlan(["method=\(method)", "evaluation.metrics=perplexity", "generation.teacher_mix=0.2"])
      #expect(mixed.needs == TeacherNeeds(generate: false, topCount: topCount, tokenLogprobs: true, mixes: true))
      #expect(!mixed.teacherWrites && mixed.teacherMix == 0.2 && plan.teacherMix == 0)
    }
  }

  @Test("asks the teacher for log-probs, and for text where it is learnt from")
  func needs() throws {
    let cases: [([String], Bool)] = [
      (["method=gkd"], false), (["method=gkd", "objective.seq_kd=true"], true),
      (["method=gkd", "objective.seq_kd=true", "objective.lmbda=1"], false), (["method=imitkd"], false),
      (["method=fdistill"], true), (["method=fdistill", "objective.loss_type=rkl"], false),
    ]
    for (overrides, generate) in cases {
      let plan = try makePlan(overrides + ["evaluation.metrics=perplexity"])
      #expect(plan.needs == TeacherNeeds(generate: generate, topCount: 0), "\(overrides)")
    }
    // What the share follows is measured on the teacher's held-out answers where it writes the fixed text.
    #expect(
      try makePlan(["method=distillm", "objective.seq_kd=true", "evaluation.metrics=[]"]).teacherWritesEvaluation)
    #expect(try !makePlan(["method=distillm", "evaluation.metrics=[]"]).teacherWritesEvaluation)
  }
}

@Suite("A machine whose share of student text follows the validation loss") struct AdaptiveShareTests {
  /// A machine that makes each round's texts and steps at once, with these validation losses; what was written per round.
  private func run(_ losses: [Double?], _ overrides: [String] = []) throws -> (machine: RunMachine, events: [RunEvent])
  {
    let plan = try makePlan(
      [
        "method=distillm", "evaluation.metrics=[]", "evaluation.eval_steps=1000",
        "generation.rounds=\(losses.count)", "training.max_steps=\(4 * losses.count)",
      ] + overrides, samples: 12)
    var machine = RunMachine(plan: plan)
    var events: [RunEvent] = []
    var pending: [RunEffect] = []
    func take(_ event: RunEvent) {
      events.append(event)
      pending += machine.step(event)
    }
    for event in [
      RunEvent.restarted, .teacherReady(summary), .trainerRegistered(session: 1),
      .loaded(session: 1, position: 0, student: summary),
    ] { take(event) }
    var evaluations = 0
    while !pending.isEmpty {
      switch pending.removeFirst() {
      case .evaluate(_, let position):
        let loss = losses.indices.contains(evaluations) ? losses[evaluations] : nil
        evaluations += 1
        take(.evaluated(session: 1, position: position, validationLoss: loss))
      case .generate(let key, let session): take(.itemCompleted(key, session: session))
      case .train(_, let step): take(.stepCompleted(session: 1, step: step))
      case .save(_, let position): take(.saved(session: 1, position: position))
      case .export: take(.exported(session: 1))
      default: break
      }
    }
    #expect(machine.phase == .finished)
    return (machine, events)
  }

  private func close(_ found: [Double], _ expected: [Double]) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 }
  }

  @Test("rises by a tenth where the loss is ε above that of the last rise, and never falls")
  func rises() throws {
    let losses: [Double?] = [2, 2.05, 2.1, 2.15, nil, 2.25, 1, 2.5]
    let (machine, _) = try run(losses)
    #expect(close(machine.plan.shares, [0, 0, 0.1, 0.1, 0.1, 0.2, 0.2, 0.3]))
    let (eager, _) = try run([2, 1.5, 1], ["objective.loss_eps=-10", "objective.lmbda=0.95"])
    #expect(close(eager.plan.shares, [0.95, 1, 1]))
  }

  @Test("the journal alone gives the same machine, with the same texts to write")
  func replay() throws {
    let losses: [Double?] = [1, 3, 3, 5, 7, 9]
    let (machine, events) = try run(losses, ["objective.lmbda=0.4"])
    var other = RunMachine(
      plan: try makePlan(
        [
          "method=distillm", "evaluation.metrics=[]", "evaluation.eval_steps=1000", "generation.rounds=6",
          "training.max_steps=24", "objective.lmbda=0.4",
        ], samples: 12))
    let text = try JSONEncoder().encode(events)
    for event in try JSONDecoder().decode([RunEvent].self, from: text) { _ = other.step(event) }
    #expect(other == machine)
    for round in 0..<6 {
      #expect(other.plan.samples(of: .student(round: round)) == machine.plan.samples(of: .student(round: round)))
    }
  }

  @Test("writes all at first and ever less anew, but never learns from text that is not there")
  func renewal() throws {
    let (machine, _) = try run([1, 1, 1, 1, 1, 1, 1, 1], ["objective.lmbda=1"])
    let plan = machine.plan
    let written = (0..<8).map { plan.samples(of: .student(round: $0)) }
    #expect(Set(written[0]) == Set(0..<12))
    #expect(written[7].count < 6)
    var answered: Set<Int> = []
    for round in 0..<8 {
      answered.formUnion(written[round])
      for step in plan.start(ofRound: round) + 1...plan.start(ofRound: round + 1) {
        for sample in plan.samples(ofStep: step) { #expect(answered.contains(sample)) }
      }
    }
  }

  @Test("events of journals from before shares followed anything are read")
  func oldEvents() throws {
    let text = #"{"evaluated":{"session":1,"position":3}}"#
    #expect(try JSONDecoder().decode(RunEvent.self, from: Data(text.utf8)) == .evaluated(session: 1, position: 3))
  }
}
