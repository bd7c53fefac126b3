import CoordinatorService
import Foundation
import Logging
import Recipes
import Sequences
import Testing
import WireFormat

/// A recipe over small numbers: 10 rows, batches of 3, two rounds.
func makeRecipe(_ overrides: [String] = [], teacher: Bool = true) throws -> Recipe {
  let base = """
    method: distillm2
    student: student
    data: {train: train.jsonl, eval: eval.jsonl}
    output_dir: out
    generation: {batch_size: 4, rounds: 2}
    training: {per_device_train_batch_size: 3, max_steps: 9, save_steps: 4}
    evaluation: {eval_steps: 3}
    """
  let needed = overrides.contains("method=okd") ? ["okd.teacher=large"] : []
  return try Recipe(yaml: base, overrides: (teacher ? ["teacher=host:1"] : []) + needed + overrides)
}

func makePlan(_ overrides: [String] = [], samples: Int = 10, evals: Int = 5) throws -> RunPlan {
  RunPlan(recipe: try makeRecipe(overrides), sampleCount: samples, evalCount: evals, longestSequence: 100)
}

/// A model's description that fits every method.
func makeDescription(_ change: (inout WireModelDescription) -> Void = { _ in }) -> WireModelDescription {
  var description = WireModelDescription(
    name: "model", modelDigest: "digest", vocabularyDigest: "vocabulary", vocabSize: 300, headSize: 300,
    contextLength: 128, bosTokenIDs: [1], eosTokenIDs: [2],
    abilities: WireAbilities(
      generate: true, tokenLogprobs: true, maxTopCount: 300, fullLogprobs: true, hiddenState: true, draws: true,
      continuesTokens: true),
    hiddenSize: 16)
  change(&description)
  return description
}

let summary = ModelSummary(makeDescription())

/// A folder that is deleted at the end of the body.
func withFolder<T>(_ body: (URL) async throws -> T) async throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("retort-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}

/// A coordinator with models of this process and one student at hand; its files, and those of its run in `out`, are in a folder.
struct RunBench: Sendable {
  let folder: URL
  /// Whom the coordinator has for a teacher; nil: nobody.
  let teacher: (any TeacherUpstream)?
  /// Who judges; nil: the teacher.
  var referee: (any TeacherUpstream)?
  var students = FakeStudents()
  var codec: any TextCodec = LetterCodec()
  /// Changes what runs need besides.
  var adjust: @Sendable (inout RunDependencies) -> Void = { _ in }

  /// Writes the folder of a student, `model`, and says where it is.
  static func writeModel(in folder: URL, contextLength: Int = 4096) throws -> String {
    let model = folder.appendingPathComponent("model")
    try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
    let config =
      #"{"model_type":"llama","max_position_embeddings":\#(contextLength),"hidden_size":8,"num_attention_heads":2}"#
    try Data(config.utf8).write(to: model.appendingPathComponent("config.json"))
    return model.path
  }

  /// Writes a file of lines into a folder.
  static func write(_ lines: [String], to name: String, in folder: URL) throws {
    try Data(lines.joined(separator: "\n").utf8).write(to: folder.appendingPathComponent(name))
  }

  func makeCoordinator(registry: TrainerRegistry) throws -> Coordinator {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let cache = try ReplyCache(folder: folder.appendingPathComponent("cache"))
    func facade(_ upstream: any TeacherUpstream) -> TeacherFacade {
      TeacherFacade(upstream: upstream, cache: cache, logger: logger)
    }
    var dependencies = RunDependencies(
      journal: try Journal(path: folder.path + "/journal.sqlite"), facade: teacher.map(facade),
      facadeAddress: "here:7000", registry: registry, students: students, codec: { [codec] _ in codec },
      textMetrics: .standard, logger: logger)
    dependencies.referee = referee.map(facade)
    dependencies.pauses = Backoff(first: .microseconds(1), limit: .microseconds(10))
    adjust(&dependencies)
    return Coordinator(dependencies)
  }

  /// Runs a coordinator with one student at hand until the body returns.
  func withCoordinator<T: Sendable>(_ body: @Sendable (Coordinator) async throws -> T) async throws -> T {
    let registry = TrainerRegistry(term: .seconds(1000))
    _ = registry.register(trainerID: "a", address: "student:7002")
    let coordinator = try makeCoordinator(registry: registry)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await coordinator.run() }
      let result = try await body(coordinator)
      group.cancelAll()
      return result
    }
  }

  /// Runs a recipe to its end.
  func finish(_ yaml: String) async throws -> RunStatus {
    let recipe = try Recipe(yaml: yaml).resolvedYAML
    return try await withCoordinator { try await $0.finish(recipe) }
  }

  /// The lines of a JSONL file of the run.
  func lines(_ name: String) throws -> [[String: Any]] {
    try String(contentsOfFile: "\(folder.path)/out/\(name)", encoding: .utf8).split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }
}

extension Coordinator {
  /// Waits for a run's end; returns how it stands.
  func end(of runID: String) async throws -> RunStatus {
    try await watch(runID, afterStep: -1) { _, _ in }
    return try await run(runID).status
  }

  /// Runs a recipe to its end.
  func finish(_ recipe: String) async throws -> RunStatus {
    try await end(of: try await submit(recipeYAML: recipe, idempotencyKey: "key").runID)
  }
}
