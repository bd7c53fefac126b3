import CoordinatorService
import Recipes
import WireFormat

/// A run's recipe, and what an undisturbed run of it makes.
struct Job: Sendable {
  let name: String
  let plan: RunPlan
  /// Bits of the student after each step, the start included.
  fileprivate(set) var bits: [UInt64] = []

  /// All kinds of runs: with and without teacher, rounds, references, drawn texts, and few or many checkpoints.
  static let all: [Job] = {
    let recipes = [
      ["method=sft", "evaluation.metrics=perplexity"],
      ["method=distillm2"],
      ["method=seqkd", "training.save_steps=1", "training.save_total_limit=1"],
      ["method=dpo", "training.save_total_limit=3", "training.save_steps=2"],
      [
        "method=distillm", "objective.seq_kd=true", "objective.lmbda=0.3", "generation.rounds=3",
        "training.max_steps=12",
      ],
      ["method=gkd", "objective.seq_kd=true", "training.save_total_limit=1"],
    ]
    do {
      return try recipes.map(undisturbed)
    } catch {
      preconditionFailure("a job cannot be made: \(error)")
    }
  }()

  private static func undisturbed(_ overrides: [String]) throws -> Job {
    let base = """
      teacher: host:1
      student: student
      data: {train: train.jsonl, eval: eval.jsonl}
      output_dir: out
      generation: {batch_size: 4, rounds: 2}
      training: {per_device_train_batch_size: 3, max_steps: 9, save_steps: 4}
      evaluation: {eval_steps: 3}
      """
    let recipe = try Recipe(yaml: "method: distillm2\n" + base, overrides: overrides)
    var job = Job(
      name: overrides[0], plan: RunPlan(recipe: recipe, sampleCount: 10, evalCount: 5, longestSequence: 100))
    var world = World(undisturbed: job)
    try world.finish()
    job.bits = world.undisturbedBits
    precondition(job.bits.count == job.plan.maxSteps + 1, "\(job.name): \(job.bits.count) states")
    return job
  }

  /// Any model, teacher or student: they fit.
  static let model = ModelSummary(
    WireModelDescription(
      name: "model", modelDigest: "digest", vocabularyDigest: "vocabulary", vocabSize: 300, headSize: 300,
      contextLength: 128, bosTokenIDs: [1], eosTokenIDs: [2],
      abilities: WireAbilities(
        generate: true, tokenLogprobs: true, maxTopCount: 300, fullLogprobs: true, hiddenState: true, draws: true),
      hiddenSize: 16))
}

extension WorkItemKey {
  /// True where the student does the work.
  var isOfStudent: Bool {
    switch stage {
    case .student, .reference: true
    case .teacher, .teacherEvaluation: false
    }
  }

  /// A number for each item.
  var number: UInt64 {
    let (kind, round): (UInt64, Int) =
      switch stage {
      case .teacher: (1, 0)
      case .teacherEvaluation: (2, 0)
      case .student(let round): (3, round)
      case .reference(let round): (4, round)
      }
    return kind << 32 | UInt64(round) << 16 | UInt64(index)
  }
}
