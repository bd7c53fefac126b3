import CoordinatorService
import Foundation
import Recipes
import Sequences
import Synchronization
import Testing
import WireFormat

@Suite("Runs with a corpus", .timeLimit(.minutes(2)))
struct CorpusRunTests {
  private static let texts = ["ab", "cdefghijkl", "m"]
  /// One id per letter, 1 before and 2 behind the whole; six ids are all that a sequence may have.
  private static let cut: [[TokenID]] = [[1, 97, 98, 2], [1, 99, 100, 101, 102, 103], [1, 109, 2]]

  private static func plan(_ overrides: [String], rows: Int) throws -> RunPlan {
    RunPlan(
      recipe: try makeRecipe(["method=dpkd", "data.corpus=text.jsonl"] + overrides), sampleCount: 10, evalCount: 5,
      longestSequence: 100, corpusCount: rows)
  }

  @Test(
    "each row of the corpus is learnt once in each of its epochs, whatever a step holds",
    arguments: [(5, 3), (4, 4), (2, 5), (1, 3), (7, 1)])
  func epochs(rows: Int, batch: Int) throws {
    let plan = try Self.plan(["data.corpus_batch_size=\(batch)"], rows: rows)
    let steps = (1...3 * rows).map { plan.corpusRows(ofStep: $0) }
    #expect(steps.allSatisfy { $0.count == batch })
    let all = Array(steps.joined())
    for epoch in 0..<all.count / rows { #expect(all[epoch * rows..<(epoch + 1) * rows].sorted() == Array(0..<rows)) }
    if rows == 7 { #expect(all[0..<7] != all[7..<14]) }
  }

  @Test("which rows a step has follows from seed and step alone, and not from the order of the samples")
  func pure() throws {
    let keys = ["data.corpus_batch_size=3"]
    let (one, other) = (try Self.plan(keys, rows: 10), try Self.plan(keys + ["seed=7"], rows: 10))
    let wide = try Self.plan(keys + ["training.per_device_train_batch_size=5"], rows: 10)
    let rows = (1...20).map { one.corpusRows(ofStep: $0) }
    // Asked for from behind, as by one who takes the run up, and by a plan of other batches.
    #expect((1...20).reversed().map { wide.corpusRows(ofStep: $0) } == rows.reversed())
    #expect((1...20).map { other.corpusRows(ofStep: $0) } != rows)
    #expect((1...4).flatMap { one.samples(ofStep: $0) } != Array(rows.joined().prefix(10)))
    #expect(try makePlan(["method=dpkd"]).corpusRows(ofStep: 1).isEmpty)
  }

  private static let pair = #"{"prompt":"q","chosen":"r","rejected":"st"}"#
  private static let corpus = texts.map { #"{"text":"\#($0)"}"# }

  /// A coordinator in a folder, and the recipe of a run with a corpus.
  private static func prepare(
    _ folder: URL, _ rows: [String], _ overrides: [String], texts: [String] = corpus, teacher: String = "teacher:7001"
  ) throws -> (bench: RunBench, recipe: String) {
    let model = try RunBench.writeModel(in: folder, contextLength: 64)
    try RunBench.write(rows, to: "train.jsonl", in: folder)
    try RunBench.write([#"{"prompt":"h","completion":"i"}"#], to: "eval.jsonl", in: folder)
    try RunBench.write(texts, to: "text.jsonl", in: folder)
    let bench = RunBench(
      folder: folder, teacher: WritingTeacher(),
      adjust: { dependencies in
        for name in ["a", "b"] { dependencies.namedTeachers[name] = dependencies.facade }
      })
    let yaml = """
      teacher: \(teacher)
      student: \(model)
      data: {train: \(folder.path)/train.jsonl, eval: \(folder.path)/eval.jsonl, corpus: \(folder.path)/text.jsonl}
      output_dir: \(folder.path)/out
      training: {per_device_train_batch_size: 1, max_steps: 3, max_length: 6}
      evaluation: {metrics: []}
      """
    return (bench, try Recipe(yaml: yaml, overrides: ["data.corpus_batch_size=2"] + overrides).resolvedYAML)
  }

  /// Runs a recipe with a corpus; returns how it ended, what was trained on, its objective, and the rows of metrics.
  private func run(
    _ rows: [String], _ overrides: [String], texts: [String] = Self.corpus, teacher: String = "teacher:7001"
  ) async throws -> (status: RunStatus, batches: [WireTrainBatch], terms: [WireLossTerm], metrics: [[String: Any]]) {
    try await withFolder { folder in
      let (bench, recipe) = try Self.prepare(folder, rows, overrides, texts: texts, teacher: teacher)
      let status = try await bench.finish(recipe)
      let metrics = (try? bench.lines("metrics.jsonl")) ?? []
      let (batches, terms) = bench.students.state.withLock { ($0.batches, $0.objective?.terms ?? []) }
      return (status, batches, terms, metrics)
    }
  }

  @Test("rows of the corpus stand behind the pairs, whole or cut, as those of a term of their own", arguments: 0..<3)
  func pairs(seed: Int) async throws {
    let (status, batches, terms, metrics) = try await run(
      [Self.pair], ["method=dpkd", "generation=none", "objective.corpus_weight=0.5", "seed=\(seed)"])
    #expect(status.state == .finished, "\(status.message)")
    #expect(terms.map(\.kind) == [.crossEntropy, .crossEntropy, .crossEntropy])
    #expect(terms.map(\.weight) == [1, 0, 0.5] && terms.map(\.besidePairs) == [false, false, true])
    var learnt: [[TokenID]] = []
    #expect(batches.count == 3)
    for batch in batches {
      let sequences = try SequenceBatch(#require(batch.sequences)).sequences
      #expect(sequences.prefix(2).map(\.tokenIDs) == [[1, 113, 114, 2], [1, 113, 115, 116, 2]])
      #expect(sequences.map(\.promptLength) == [2, 2, 1, 1] && batch.termIndices == [0, 1, 2, 2])
      #expect(batch.microBatchSize == 2 && batch.pairWeights.isEmpty && batch.teacherIndices.isEmpty)
      learnt += sequences.dropFirst(2).map(\.tokenIDs)
    }
    for epoch in [learnt[..<3], learnt[3...]] { #expect(Set(epoch) == Set(Self.cut)) }
    #expect(metrics.compactMap { $0["train/loss_on_corpus_text"] as? Double } == [3, 3, 3])
    #expect(metrics.compactMap { $0["train/loss_on_student_text"] as? Double } == [2, 2, 2])
  }

  @Test("stand beside weights of turns, with weights of 1, and beside whatever text is drawn")
  func mixture() async throws {
    let row = #"{"prompt":"q","turns":[{"text":"r","weight":0.5},{"text":"s","weight":2}]}"#
    let (status, batches, terms, metrics) = try await run([row], ["method=distillm", "objective.loss_eps=1000"])
    #expect(status.state == .finished, "\(status.message)")
    #expect(terms.map(\.kind) == [.skewReverseKLFull, .crossEntropy] && terms.map(\.besidePairs) == [false, false])
    #expect(batches.count == 3)
    for batch in batches {
      let sequences = try SequenceBatch(#require(batch.sequences))
      #expect(batch.termIndices == [0, 1, 1] && sequences.sequences[0].tokenIDs == [1, 113, 114, 115, 2])
      let positions = sequences.scoredPositions.count
      #expect(batch.tokenWeights.count == positions && batch.tokenWeights.prefix(2) == [0.5, 2])
      #expect(batch.tokenWeights.dropFirst(3).allSatisfy { $0 == 1 })
    }
    #expect(metrics.compactMap { $0["train/loss_on_corpus_text"] as? Double } == [2, 2, 2])
  }

  @Test("have a teacher where those of the samples are named, though none is asked")
  func namedTeachers() async throws {
    let (status, batches, _, _) = try await run(
      ["a", "b"].map { #"{"prompt":"q","chosen":"r","rejected":"st","teacher":"\#($0)"}"# },
      ["method=dpkd", "generation=none", "training.per_device_train_batch_size=2"],
      teacher: "{default: a, teachers: {a: \"teacher:7001\", b: \"teacher:7001\"}}")
    #expect(status.state == .finished, "\(status.message)")
    #expect(batches.count == 3 && batches.allSatisfy { $0.teacherNames == ["a", "b"] })
    for batch in batches {
      #expect(batch.termIndices == [0, 1, 0, 1, 2, 2])
      #expect([[0, 0, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]].contains(batch.teacherIndices))
    }
  }

  @Test(
    "a corpus that cannot be read ends the run with a line",
    arguments: [
      (#"{"prompt":"p","completion":"c"}"#, "text.jsonl:1: a corpus has rows of 'text' alone"),
      (#"{"text":""}"#, "text.jsonl:1: 'text' has fewer than two tokens"), (#"{"text":3}"#, "text.jsonl:1"),
      ("", "text.jsonl: cannot be read: no rows"),
    ])
  func refused(row: String, message: String) async throws {
    let status = try await run([Self.pair], ["method=dpkd", "generation=none"], texts: [row]).status
    #expect(status.state == .failed && status.message.contains(message), "\(status.message)")
    #expect(!status.message.contains("\n"))
  }

  @Test("a run whose corpus changed does not go on, and does with the first one")
  func changed() async throws {
    try await withFolder { folder in
      let (bench, recipe) = try Self.prepare(folder, [Self.pair], ["method=dpkd", "generation=none"])
      bench.students.state.withLock { $0.lossAt[2] = .nan }
      try await bench.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "key")
        #expect(try await coordinator.end(of: run.runID).state == .failed)
        bench.students.state.withLock { $0.lossAt = [:] }
        try RunBench.write(Self.corpus.reversed(), to: "text.jsonl", in: folder)
        _ = try await coordinator.resume(run.runID)
        let refused = try await coordinator.end(of: run.runID)
        #expect(refused.state == .failed && refused.message.contains("the data changed since the run began"))
        try RunBench.write(Self.corpus, to: "text.jsonl", in: folder)
        _ = try await coordinator.resume(run.runID)
        #expect(try await coordinator.end(of: run.runID).state == .finished)
      }
    }
  }
}
