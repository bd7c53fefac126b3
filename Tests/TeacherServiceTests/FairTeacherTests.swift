import GRPCCore
import GRPCInProcessTransport
import ModelServing
import Sequences
import ServiceTestSupport
import Synchronization
import TeacherService
import Testing
import Transformer
import WireFormat

/// Two runs ask one teacher, one of them for a thousand times as much: all that both ask waits before the first of it is computed, the greedy
/// run's first.
@Suite("Two runs at one teacher", .timeLimit(.minutes(3)))
struct FairTeacherTests {
  private let model: ServedModel
  private let queue = ComputeQueue()

  init() throws { model = try TinyModel.served(seed: 1) }

  @Test("one question is answered before the many scores that another run asked first, with the same bits")
  func scores() async throws {
    let (large, small) = (TinyModel.sequences(6000, seed: 5), TinyModel.sequences(3, seed: 6))
    try await withBlockedTeacher { client, letGo in
      let answered = Counter()
      let greedy = (0..<6).map { _ in
        Task {
          let scores = try await Self.score(client, large, of: "greedy")
          answered.increment()
          return scores
        }
      }
      while queue.waitingCount < 6 { await Task.yield() }
      let modest = Task {
        let scores = try await Self.score(client, small, of: "modest")
        return (scores, answered.value)
      }
      while queue.waitingCount < 7 { await Task.yield() }
      letGo()
      let (scores, before) = try await modest.value
      #expect(before == 0, "\(before) of 6 large questions were answered before the small one")
      #expect(scores == (try alone(small)))
      let all = try alone(large)
      for task in greedy { #expect(try await task.value == all) }
      let reports = queue.callers
      let tokens = ["greedy", "modest"].map { run in reports.first { $0.caller?.run == run }?.tokens ?? 0 }
      #expect(tokens[0] > 1000 * tokens[1] && tokens[1] > 0, "\(tokens)")
      #expect(reports.first { $0.caller?.run == "modest" }?.turns == 1)
    }
  }

  @Test(
    "one score is answered in the midst of another run's writing, and one prompt before the other run's are written")
  func texts() async throws {
    let prompts = (0..<6000).map { [TokenID](repeating: TokenID(3 + $0 % 20), count: 1 + $0 % 5) }
    func request(_ prompts: [[TokenID]], seed: UInt64) -> TeacherServiceGenerateRequest {
      TeacherServiceGenerateRequest(
        prompts: WireSequenceBatch(SequenceBatch(prompts.map { TokenSequence(prompt: $0, completion: []) })),
        sampling: WireSamplingOptions(SamplingOptions(minNewTokens: 16, maxNewTokens: 16)),
        seeds: prompts.indices.map { seed + UInt64($0) })
    }
    let (large, small) = (request(prompts, seed: 1), request([[5, 6]], seed: 9))
    let scored = TinyModel.sequences(3, seed: 6)
    var expected: [WireCompletionBatch] = []
    try await withTeacher(model) { client in expected = try await Self.generate(client, small, of: "x") { _ in } }
    let single = expected
    try await withBlockedTeacher { client, letGo in
      let written = Counter()
      let greedy = Task {
        try await Self.generate(client, large, of: "greedy") { count in for _ in 0..<count { written.increment() } }
      }
      while queue.waitingCount < 1 { await Task.yield() }
      let score = Task { (try await Self.score(client, scored, of: "modest"), written.value) }
      while queue.waitingCount < 2 { await Task.yield() }
      let text = Task { (try await Self.generate(client, small, of: "modest") { _ in }, written.value) }
      while queue.waitingCount < 3 { await Task.yield() }
      letGo()
      let (scores, beforeScore) = try await score.value
      let (texts, beforeText) = try await text.value
      #expect(scores == (try alone(scored)) && texts == single)
      #expect(beforeScore < 3000 && beforeText < 3000, "\(beforeScore) and \(beforeText) of 6000 were written before")
      #expect(try await greedy.value.reduce(0) { $0 + $1.promptIndices.count } == 6000 && written.value == 6000)
    }
  }

  // MARK: The teacher and its callers

  /// Calls `body` with a client of a teacher that computes nothing until it is let go.
  private func withBlockedTeacher(
    _ body: (TeacherClient, _ letGo: @escaping @Sendable () -> Void) async throws -> Void
  ) async throws {
    let (held, tellHeld) = AsyncStream<Void>.makeStream()
    let (gate, letGo) = AsyncStream<Void>.makeStream()
    // A reader who takes nothing holds the processor.
    let blocker = Task {
      try await ModelAnswers(model: model, queue: queue, limits: ServingLimits(chunkBytes: 4, waitingChunks: 1)).score(
        WireSequenceBatch(TinyModel.sequences(20, seed: 5)), options: WireScoreOptions(tokenLogprobs: true),
        isCancelled: { false },
        write: { _ in
          tellHeld.yield()
          for await _ in gate { break }
        })
    }
    for await _ in held { break }
    let transport = InProcessTransport()
    try await withGRPCServer(
      transport: transport.server, services: [TeacherRPCs(model: model, queue: queue)]
    ) { _ in
      try await withGRPCClient(transport: transport.client) {
        try await body(TeacherClient(wrapping: $0)) { letGo.finish() }
      }
    }
    letGo.finish()
    try await blocker.value
  }

  private static func score(_ client: TeacherClient, _ batch: SequenceBatch, of run: String) async throws -> [UInt32] {
    try await client.score(metadata: [CallMetadata.run: .string(run)]) { writer in
      try await writer.write(
        TeacherServiceScoreRequest(
          sequences: WireSequenceBatch(batch), options: WireScoreOptions(tokenLogprobs: true)))
    } onResponse: { response in
      var bits: [UInt32] = []
      for try await message in response.messages { bits += message.chunk?.tokenLogprobs.map(\.bitPattern) ?? [] }
      return bits
    }
  }

  private static func generate(
    _ client: TeacherClient, _ request: TeacherServiceGenerateRequest, of run: String,
    wrote: @escaping @Sendable (Int) -> Void
  ) async throws -> [WireCompletionBatch] {
    try await client.generate(request, metadata: [CallMetadata.run: .string(run)]) { response in
      var parts: [WireCompletionBatch] = []
      for try await message in response.messages {
        guard let part = message.completions else { continue }
        parts.append(part)
        wrote(part.promptIndices.count)
      }
      return parts
    }
  }

  /// What the engine says of sequences by itself.
  private func alone(_ batch: SequenceBatch) throws -> [UInt32] {
    var bits: [UInt32] = []
    try model.scorer().score(batch, options: ScoreOptions(tokenLogprobs: true), maximumChunkPositions: .max) {
      bits += $0.tokenLogprobs.map(\.bitPattern)
    }
    return bits
  }
}
