import CoordinatorService
import Foundation
import GRPCCore
import Logging
import Recipes
import Sequences
import ServiceTestSupport
import Synchronization
import Testing
import WireBytes
import WireFormat

@Suite("Texts that student and teacher write together")
struct MixedWriterTests {
  private let (student, teacher): (EngineStudent, EngineTeacher)

  init() throws {
    student = EngineStudent(try EngineModel(seed: 1))
    teacher = EngineTeacher(try EngineModel(seed: 2))
  }

  private func plan(_ share: Double, seed: Int = 5) throws -> RunPlan {
    try makePlan(["method=minillm", "generation.teacher_mix=\(share)", "seed=\(seed)"])
  }

  private func write(
    _ prompts: [[TokenID]], of samples: Range<Int>, share: Double, limit: Int, seed: Int = 5,
    student other: (any StudentConnection)? = nil
  ) async throws -> [[TokenID]] {
    let plan = try plan(share, seed: seed)
    let texts = MixedTexts(
      prompts: prompts, coins: samples.map { plan.coins(of: $0, round: 1) }, limits: prompts.map { _ in limit })
    return try await withFolder { folder in
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let facade = TeacherFacade(upstream: teacher, cache: try ReplyCache(folder: folder), logger: logger)
      let writer = MixedWriter(student: other ?? student, sampling: SamplingOptions()) { _ in facade }
      return try await writer.write(texts, teachers: prompts.map { _ in "" })
    }
  }

  /// χ² of counts against probabilities, with its degrees of freedom; what is expected less than five times is one category.
  private func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> (value: Double, freedom: Int) {
    let total = Double(counts.reduce(0, +))
    let common = probabilities.indices.filter { total * probabilities[$0] >= 5 }
    var (value, rest, expectedRest) = (0.0, total, total)
    for id in common {
      let expected = total * probabilities[id]
      value += (Double(counts[id]) - expected) * (Double(counts[id]) - expected) / expected
      (rest, expectedRest) = (rest - Double(counts[id]), expectedRest - expected)
    }
    if expectedRest > 0.5 { value += (rest - expectedRest) * (rest - expectedRest) / expectedRest }
    return (value, common.count - (expectedRest > 0.5 ? 0 : 1))
  }

  /// Whether counts are within four standard deviations of what χ² is expected to be: wrong once in some thousand seeds, of which this
  /// is one that holds.
  private func fits(_ counts: [Int], _ probabilities: [Double]) -> Bool {
    let (value, freedom) = chiSquare(counts, probabilities)
    return value < Double(freedom) + 4 * (2 * Double(freedom)).squareRoot()
  }

  @Test("each token is drawn from α p + (1 − α) q, given all before it", arguments: [0.2, 0.6])
  func distribution(share: Double) async throws {
    let (prompt, count) = ([TokenID]([1, 7, 12]), 6000)
    let written = try await write(Array(repeating: prompt, count: count), of: 0..<count, share: share, limit: 3)
    func mixture(_ share: Double, after prompt: [TokenID]) async throws -> [Double] {
      let p = try await teacher.engine.distribution(after: prompt)
      let q = try await student.engine.distribution(after: prompt)
      return zip(p, q).map { share * $0 + (1 - share) * $1 }
    }
    // The first token; then those after the two most frequent beginnings of one and of two tokens.
    var beginnings: [[TokenID]] = [[]]
    for length in 1...2 {
      let counts = Dictionary(
        grouping: written.filter { $0.count > length && !$0.prefix(length).contains(2) }
      ) { Array($0.prefix(length)) }
      let frequent = counts.sorted { ($0.value.count, "\($0.key)") > ($1.value.count, "\($1.key)") }.prefix(2)
      beginnings += frequent.map(\.key)
    }
    for beginning in beginnings {
      let next = written.filter { $0.count > beginning.count && Array($0.prefix(beginning.count)) == beginning }
      var counts = [Int](repeating: 0, count: TinyModel.vocabSize)
      for text in next { counts[Int(text[beginning.count])] += 1 }
      #expect(next.count > 60, "\(beginning): \(next.count)")
      #expect(fits(counts, try await mixture(share, after: prompt + beginning)), "\(beginning)")
      // The test can tell: neither model alone, nor another share, has drawn them.
      for other in beginning.isEmpty ? [0, share - 0.2, share + 0.2, 1] : [] {
        #expect(!fits(counts, try await mixture(other, after: prompt + beginning)), "\(other)")
      }
    }
    // The teacher is asked for its own tokens and no others, about all texts that wait at once.
    let plan = try plan(share)
    let teachers = written.enumerated().map { sample, text in
      text.indices.count(where: plan.coins(of: sample, round: 1).isTeachers)
    }
    #expect(teacher.requests.allSatisfy { $0.sampling?.maxNewTokens == 1 })
    #expect(teacher.requests.reduce(0) { $0 + $1.seeds.count } == teachers.reduce(0, +))
    #expect(teacher.requests.count == 3)
    let found = Double(teachers.reduce(0, +)) / Double(written.reduce(0) { $0 + $1.count })
    #expect(abs(found - share) < 0.02)
  }

  @Test("a text depends on its prompt, its sample and the seed alone, and ends with an end token or its limit")
  func pure() async throws {
    let prompts = (0..<20).map { [TokenID(1), TokenID(3 + $0), TokenID(29 - $0)] }
    let together = try await write(prompts, of: 0..<20, share: 0.3, limit: 12)
    for sample in [0, 7, 19] {
      let alone = try await write([prompts[sample]], of: sample..<sample + 1, share: 0.3, limit: 12)
      #expect(alone == [together[sample]])
    }
    #expect(try await write(prompts, of: 0..<20, share: 0.3, limit: 12, seed: 6) != together)
    #expect(try await write(prompts, of: 20..<40, share: 0.3, limit: 12) != together)
    for text in together {
      #expect(text.count == 12 || text.last == 2)
      #expect(!text.dropLast().contains(2) && !text.isEmpty)
    }
    #expect(together.contains { $0.count < 12 } && together.contains { $0.count == 12 })
    // The student is asked for what comes before the teacher's next token, and no more.
    #expect(student.requests.contains { Set($0.maxNewTokens).count > 1 })
  }

  @Test("a student that does not keep to its limits, or a teacher without a token, ends the work with a line")
  func refuses() async throws {
    struct Careless: StudentConnection {
      let count: Int
      func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
        request.seeds.indices.map {
          Completion(
            promptIndex: $0, tokenIDs: Array(repeating: 5, count: count), tokenLogprobs: [], finishReason: .length)
        }
      }
      func score(_ sequences: SequenceBatch) async throws -> [Float] { [] }
      func load(_ request: LoadRequest) async throws -> LoadResponse { LoadResponse() }
      func save(_ request: SaveRequest) async throws -> SaveResponse { SaveResponse() }
      func export(_ request: ExportRequest) async throws -> ExportResponse { ExportResponse() }
      func train(
        requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
        onReply: @escaping @Sendable (TrainResponse) async throws -> Void
      ) async throws {}
    }
    for count in [0, 20] {
      let error = await #expect(throws: (any Error).self) {
        try await write([[1, 4]], of: 0..<1, share: 0.01, limit: 8, student: Careless(count: count))
      }
      #expect("\(try #require(error))".contains("has \(count) tokens, where 1 to"))
    }
  }
}

@Suite("A run whose teacher draws among the student's tokens", .timeLimit(.minutes(1)))
struct MixedRunTests {
  private func recipe(_ folder: URL) throws -> Recipe {
    _ = try RunBench.writeModel(in: folder)
    try RunBench.write((1...6).map { "{\"prompt\":\"say \($0)\"}" }, to: "train.jsonl", in: folder)
    return try Recipe(
      yaml: """
        method: minillm
        teacher: teacher:7001
        student: \(folder.path)/model
        data: \(folder.path)/train.jsonl
        output_dir: \(folder.path)/out
        generation: {teacher_mix: 0.4, rounds: 2, batch_size: 4, max_new_tokens: 6}
        training: {per_device_train_batch_size: 3, max_steps: 4}
        evaluation: {metrics: []}
        """)
  }

  @Test("learns with the student's log-probs of all tokens, and its rows tell the teacher's share of them")
  func learns() async throws {
    try await withFolder { folder in
      let (recipe, teacher) = (try recipe(folder), WritingTeacher())
      let bench = RunBench(folder: folder, teacher: teacher)
      let status = try await bench.finish(recipe.resolvedYAML)
      #expect(status.state == .finished, "\(status.message)")
      let plan = RunPlan(recipe: recipe, sampleCount: 6, evalCount: 0, longestSequence: 100)
      let (batches, rows) = (bench.students.state.withLock { $0.batches }, try bench.lines("metrics.jsonl"))
      #expect(batches.count == 4 && rows.count == 4 && teacher.calls > 2)
      for (place, batch) in batches.enumerated() {
        let sequences = try SequenceBatch(#require(batch.sequences)).sequences
        #expect(batch.behaviorLogprobs == sequences.flatMap { $0.completion.map { -1 - Float($0 % 7) } })
        let round = plan.round(at: place)
        let shares = zip(plan.samples(ofStep: place + 1), sequences).map { sample, sequence in
          sequence.completion.indices.count {
            plan.coins(of: sample, round: round).isTeachers($0 - sequence.completion.startIndex)
          }
        }
        let share = Double(shares.reduce(0, +)) / Double(batch.behaviorLogprobs.count)
        #expect(rows[place]["train/teacher_token_share"] as? Double == share && share < 1)
      }
      #expect(rows.contains { $0["train/teacher_token_share"] as? Double ?? 0 > 0 })
    }
  }

  @Test("a teacher that refuses is named where the run ends")
  func teacherRefuses() async throws {
    struct Refusing: TeacherUpstream {
      let address = "teacher:7001"
      func describe() async throws -> WireModelDescription { makeDescription() }
      func reply(
        to request: WireBytes, of method: TeacherMethod,
        receive: @escaping @Sendable (WireBytes) async throws -> Void
      ) async throws {
        throw RPCError(code: .invalidArgument, message: "id 300 is outside the vocabulary")
      }
    }
    try await withFolder { folder in
      let status = try await RunBench(folder: folder, teacher: Refusing()).finish(recipe(folder).resolvedYAML)
      #expect(status.state == .failed)
      #expect(status.message == "the teacher at teacher:7001 cannot answer: id 300 is outside the vocabulary")
    }
  }
}
