import CoordinatorService
import Recipes
import Testing

@Suite("Run plan")
struct RunPlanTests {
  @Test("each sample is in one step of each epoch", arguments: [(10, 3), (9, 3), (1, 4), (64, 8)])
  func epochs(samples: Int, batch: Int) throws {
    let plan = try makePlan(
      ["training.per_device_train_batch_size=\(batch)", "training.max_steps=-1", "training.num_train_epochs=3"],
      samples: samples)
    for epoch in 0..<3 {
      let steps = epoch * plan.stepsPerEpoch + 1...(epoch + 1) * plan.stepsPerEpoch
      #expect(steps.flatMap { plan.samples(ofStep: $0) }.sorted() == Array(0..<samples))
    }
    #expect(plan.maxSteps == 3 * plan.stepsPerEpoch)
  }

  @Test("the order depends on seed and epoch alone")
  func order() throws {
    let (one, same, other) = (try makePlan(), try makePlan(), try makePlan(["seed=7"]))
    #expect(one.samples(ofStep: 2) == same.samples(ofStep: 2))
    #expect((1...4).map { one.samples(ofStep: $0) } != (1...4).map { other.samples(ofStep: $0) })
    #expect((1...4).map { one.samples(ofStep: $0) } != (5...8).map { one.samples(ofStep: $0) })
  }

  @Test("what was unfolded of late is not unfolded again, and makes no difference between plans")
  func unfoldedOnce() throws {
    let orders = UnfoldedOrders()
    var made = 0
    func ask(_ epoch: Int) -> [Int] {
      orders.samples(.epoch(epoch)) {
        made += 1
        return [epoch]
      }
    }
    for epoch in [0, 0, 1, 1, 0, 2, 3, 3] { #expect(ask(epoch) == [epoch]) }
    #expect(made == 4)
    #expect(ask(4) == [4] && ask(0) == [0] && made == 6)
    let (one, other) = (try makePlan(), try makePlan())
    _ = one.samples(ofStep: 3)
    #expect(one == other && Set([one, other]).count == 1)
  }

  @Test("rounds share out the steps without gaps")
  func rounds() throws {
    let plan = try makePlan(["generation.rounds=4", "training.max_steps=10"])
    #expect((0...4).map { plan.start(ofRound: $0) } == [0, 2, 5, 7, 10])
    #expect((0..<10).map { plan.round(at: $0) } == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3])
  }

  @Test("the items of a stage hold the samples that it trains on, in the order of their first use")
  func items() throws {
    let plan = try makePlan()
    for stage in [WorkItemKey.Stage.teacher, .student(round: 0), .student(round: 1)] {
      let keys = (0..<plan.itemCount(of: stage)).map { WorkItemKey(stage: stage, index: $0) }
      #expect(keys.flatMap { plan.samples(of: $0) } == plan.samples(of: stage))
    }
    let round = (plan.start(ofRound: 1) + 1...plan.maxSteps).flatMap { plan.samples(ofStep: $0) }
    #expect(Set(plan.samples(of: .student(round: 1))) == Set(round))
    #expect(Array(plan.samples(of: .teacher).prefix(3)) == plan.samples(ofStep: 1))
  }

  @Test(
    "a method asks its teacher for what it needs and no more",
    arguments: [
      ("distillm2", true, 0), ("kd", true, 0), ("rkl", false, 0), ("seqkd", true, nil), ("sft", false, nil),
      ("okd", false, nil),
    ] as [(String, Bool, Int?)])
  func needs(method: String, generate: Bool, topCount: Int?) throws {
    let plan = try makePlan(["method=\(method)", "evaluation.metrics=perplexity"])
    #expect(plan.needs == TeacherNeeds(generate: generate, topCount: topCount))
  }

  @Test("what travels follows the recipe, and only where log-probs are asked")
  func travel() throws {
    let keys = ["objective.teacher_logprobs=hidden_state", "objective.teacher_precision=float16"]
    #expect(
      try makePlan(keys).needs
        == TeacherNeeds(generate: true, topCount: 0, hiddenState: true, tokenLogprobs: true, float16: true))
    // What adapts looks at the actual tokens, which hidden states alone do not tell.
    #expect(
      try makePlan(keys + ["objective.loss_type=as_released"]).needs
        == TeacherNeeds(generate: true, topCount: 0, hiddenState: true, float16: true))
    let text = try makePlan(["method=seqkd", "evaluation.metrics=perplexity"]).needs
    #expect(text == TeacherNeeds(generate: true, topCount: nil))
  }
}

@Suite("A plan of draws")
struct DrawPlanTests {
  @Test("asks for draws in place of log-probs, which only the KL of an evaluation needs")
  func needs() throws {
    let plan = try makePlan(["method=rskd", "evaluation.metrics=perplexity"])
    #expect(plan.needs == TeacherNeeds(generate: true, topCount: nil, draws: true) && plan.needs.scores)
    let measured = try makePlan(["method=rskd", "evaluation.metrics=kl"])
    #expect(measured.needs == TeacherNeeds(generate: true, topCount: 0, draws: true))
  }
}

@Suite("A plan of skews")
struct SkewPlanTests {
  @Test("skews adapt after the first round, or after the first epoch where there is one round")
  func firstSteps() throws {
    let rounds = try makePlan(["generation.rounds=2"])
    #expect(rounds.firstSteps == rounds.start(ofRound: 1) && rounds.firstSteps > 0)
    let once = try makePlan(["generation.rounds=1"])
    #expect(once.firstSteps == min(once.stepsPerEpoch, once.maxSteps))
  }
}

@Suite("A plan of pairs")
struct PairPlanTests {
  @Test(
    "asks the teacher for what the loss of pairs needs, and no more",
    arguments: ["dpkd", "plad", "dpo", "ipo", "simpo", "slic", "cpo"])
  func needs(method: String) throws {
    let plan = try makePlan(["method=\(method)", "evaluation.metrics=perplexity"])
    #expect(plan.needs == TeacherNeeds(generate: true, topCount: nil, tokenLogprobs: method == "dpkd"))
    #expect(plan.keepsReference == ["dpo", "ipo"].contains(method))
    #expect(plan.teacherWrites && plan.studentWrites)
    let own = try makePlan(["method=\(method)", "evaluation.metrics=perplexity", "generation=none"])
    #expect(own.needs == TeacherNeeds(generate: false, topCount: nil, tokenLogprobs: method == "dpkd"))
    #expect(own.samples(of: .reference(round: 0)).count == (plan.keepsReference ? 10 : 0))
  }
}
