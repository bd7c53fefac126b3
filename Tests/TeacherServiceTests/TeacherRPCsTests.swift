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

typealias TeacherClient = TeacherServiceRPC.Client<InProcessTransport.Client>

@Suite("Teacher service")
struct TeacherRPCsTests {
  @Test("describes its model")
  func describe() async throws {
    let model = try TinyModel.served(seed: 1)
    try await withTeacher(model) { client in
      let answer = try await client.describe(TeacherServiceDescribeRequest())
      var expected = model.description
      expected.outputHeadDigest = model.outputHeadDigest()
      expected.abilities?.outputHead = true
      #expect(answer.model == expected)
    }
  }

  @Test("scores what it is asked, in chunks that add up to the engine's own answer")
  func score() async throws {
    let model = try TinyModel.served(seed: 1)
    let batch = TinyModel.sequences(20, seed: 5)
    let count = batch.scoredPositions.count
    let options = ScoreOptions(
      tokenLogprobs: true, topCount: 4, fullLogprobs: true, entropy: true, hiddenState: true,
      gatherTokenIDs: (0..<count * 2).map { TokenID($0 % 30) }, gatherCount: 2)
    var expected = PositionScores()
    let scorer = Scorer(transformer: model.transformer, parameters: model.parameters, vocabSize: model.vocabSize)
    try scorer.score(batch, options: options, maximumChunkPositions: 1000) { expected.append($0) }

    // 7 positions of 59 numbers: several chunks, the last one shorter.
    try await withTeacher(model, limits: ServingLimits(chunkBytes: 7 * 4 * 59)) { client in
      let (scores, chunks) = try await Self.score(client, batch, options)
      #expect(scores == expected)
      #expect(chunks == (count + 6) / 7)
    }
  }

  @Test("answers each request of a stream in order, and one without positions with an empty last chunk")
  func scoreStream() async throws {
    let batches = [
      TinyModel.sequences(3, seed: 1), SequenceBatch([TokenSequence(tokenIDs: [5, 6], promptLength: 2)]),
      TinyModel.sequences(4, seed: 2),
    ]
    try await withTeacher(TinyModel.served(seed: 1)) { client in
      let counts = try await client.score { writer in
        for batch in batches {
          try await writer.write(
            TeacherServiceScoreRequest(
              sequences: WireSequenceBatch(batch), options: WireScoreOptions(tokenLogprobs: true)))
        }
      } onResponse: { response in
        var counts: [UInt32] = []
        for try await message in response.messages where message.chunk?.last == true {
          counts.append(message.chunk?.positionCount ?? .max)
        }
        return counts
      }
      #expect(counts == batches.map { UInt32($0.scoredPositions.count) })
    }
  }

  @Test("completes prompts as the engine does, each once; a repeat is the same")
  func generate() async throws {
    let model = try TinyModel.served(seed: 3)
    let prompts = SequenceBatch((0..<70).map { TokenSequence(tokenIDs: [1, TokenID(3 + $0 % 20)], promptLength: 2) })
    let sampling = SamplingOptions(maxNewTokens: 9)
    let seeds = (0..<70).map { UInt64($0) }
    try await withTeacher(model) { client in
      let first = try await Self.generate(client, prompts, sampling, seeds)
      let second = try await Self.generate(client, prompts, sampling, seeds)
      var expected: [Completion] = []
      let generator = TextGenerator(
        transformer: model.transformer, parameters: model.parameters, vocabSize: model.vocabSize, eosTokenIDs: [2])
      try generator.generate(prompts: prompts, sampling: sampling, seeds: seeds) { expected.append($0) }
      #expect(first.sorted { $0.promptIndex < $1.promptIndex } == expected)
      #expect(first == second)
      #expect(first.contains { $0.finishReason == .stop } && first.contains { $0.finishReason == .length })
    }
  }

  @Test("requests that come together are continued together, and each gets the bits that it gets alone")
  func concurrentGenerate() async throws {
    let model = try TinyModel.served(seed: 3)
    let sampling = SamplingOptions(samplingTemperature: 0.9, topP: 0.95, maxNewTokens: 14)
    func prompts(_ request: Int) -> SequenceBatch {
      SequenceBatch(
        (0..<5 + request).map { TokenSequence(tokenIDs: [1, TokenID(3 + ($0 * request) % 20)], promptLength: 2) })
    }
    func seeds(_ request: Int) -> [UInt64] { (0..<5 + request).map { UInt64($0 * 31 + request) } }
    try await withTeacher(model) { client in
      var alone: [[Completion]] = []
      for request in 0..<8 { alone.append(try await Self.generate(client, prompts(request), sampling, seeds(request))) }
      let together = try await withThrowingTaskGroup(of: (Int, [Completion]).self) { group in
        for request in 0..<8 {
          group.addTask { (request, try await Self.generate(client, prompts(request), sampling, seeds(request))) }
        }
        return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      for request in 0..<8 { #expect(together[request] == alone[request]) }
    }
  }

  @Test("a model whose parameters change answers with those of the moment")
  func changingParameters() async throws {
    let model = try TinyModel.served(seed: 3, generation: GenerationSettings())
    let prompts = SequenceBatch([TokenSequence(tokenIDs: [1, 5], promptLength: 2)])
    try await withTeacher(model) { client in
      let before = try await Self.generate(client, prompts, SamplingOptions(maxNewTokens: 5), [1])
      var source = SeededGenerator(seed: 9)
      model.transformer.initialize(model.parameters, using: &source)
      model.parametersChanged()
      let after = try await Self.generate(client, prompts, SamplingOptions(maxNewTokens: 5), [1])
      #expect(before[0].tokenLogprobs != after[0].tokenLogprobs)
      let generator = TextGenerator(
        transformer: model.transformer, parameters: model.parameters, vocabSize: model.vocabSize, eosTokenIDs: [2])
      try generator.generate(prompts: prompts, sampling: SamplingOptions(maxNewTokens: 5), seeds: [1]) {
        #expect($0 == after[0])
      }
    }
  }

  @Test("stop strings are refused where no tokenizer can find them")
  func stopStringsWithoutTokenizer() async throws {
    let prompts = SequenceBatch([TokenSequence(tokenIDs: [1, 5], promptLength: 2)])
    try await withTeacher(TinyModel.served(seed: 3)) { client in
      let error = await #expect(throws: RPCError.self) {
        try await Self.generate(client, prompts, SamplingOptions(maxNewTokens: 5, stopStrings: ["a"]), [1])
      }
      #expect(error?.code == .unimplemented && error?.message.contains("stop_token_ids") == true)
    }
  }

  @Test(
    "refuses what it cannot score with the right status and one line",
    arguments: [
      (TeacherServiceScoreRequest(), RPCError.Code.invalidArgument, "sequences is not set"),
      (scoreRequest([[1, 30]]), .invalidArgument, "token id 30"),
      (scoreRequest([Array(repeating: 4, count: 25)]), .invalidArgument, "25 tokens"),
      (scoreRequest([[1, 2]], WireScoreOptions(topCount: 31)), .unimplemented, "max_top_count 30"),
      (scoreRequest([[1, 2]], WireScoreOptions(gatherCount: 1)), .invalidArgument, "gather"),
      (
        scoreRequest([[1, 2]], WireScoreOptions(gatherTokenIDs: [30], gatherCount: 1)), .invalidArgument, "token id 30"
      ),
      (scoreRequest([[1, 2, 3]], WireScoreOptions(fullLogprobs: true)), .resourceExhausted, "240 bytes of 200"),
      (scoreRequest([[1, 2, 3]], WireScoreOptions(topCount: 9)), .resourceExhausted, "20 candidates of 19"),
      (
        scoreRequest([[1, 2]], WireScoreOptions(gatherTokenIDs: Array(repeating: 3, count: 31), gatherCount: 31)),
        .unimplemented, "gather_count 31"
      ),
    ])
  func scoreRefusals(request: TeacherServiceScoreRequest, code: RPCError.Code, words: String) async throws {
    try await withTeacher(TinyModel.served(seed: 1), limits: ServingLimits(replyBytes: 200, candidates: 19)) { client in
      let error = await #expect(throws: RPCError.self) {
        try await client.score {
          try await $0.write(request)
        } onResponse: { response in
          for try await _ in response.messages {}
        }
      }
      #expect(error?.code == code)
      #expect(
        error?.message.contains(words) == true && error?.message.contains("\n") == false, "\(error?.message ?? "")")
    }
  }

  @Test(
    "refuses what it cannot complete with the right status and one line",
    arguments: [
      (TeacherServiceGenerateRequest(), "prompts is not set"),
      (generateRequest([1], maxNewTokens: 0), "max_new_tokens"),
      (generateRequest([1, 30]), "token id 30"),
      (generateRequest(Array(repeating: 3, count: 24)), "fill the context of 24"),
      (generateRequest([1], seeds: [1, 2]), "2 seeds for 1 prompts"),
      (
        TeacherServiceGenerateRequest(
          prompts: WireSequenceBatch(tokenIDs: [1, 2], sequenceLengths: [2], promptLengths: [1]),
          sampling: WireSamplingOptions(maxNewTokens: 1)), "prompt 0 has a completion"
      ),
      (
        TeacherServiceGenerateRequest(
          prompts: WireSequenceBatch(tokenIDs: [1], sequenceLengths: [1], promptLengths: [0]),
          sampling: WireSamplingOptions(maxNewTokens: 1)), "prompt_lengths[0] is 0"
      ),
    ])
  func generateRefusals(request: TeacherServiceGenerateRequest, words: String) async throws {
    try await withTeacher(TinyModel.served(seed: 1)) { client in
      let error = await #expect(throws: RPCError.self) {
        try await client.generate(request) { response in
          for try await _ in response.messages {}
        }
      }
      #expect(error?.code == .invalidArgument)
      #expect(
        error?.message.contains(words) == true && error?.message.contains("\n") == false, "\(error?.message ?? "")")
    }
  }

  @Test("a computation whose reader stalls gives its turn back")
  func stalledReader() async throws {
    let (model, queue) = (try TinyModel.served(seed: 1), ComputeQueue())
    let impatient = ModelAnswers(
      model: model, queue: queue,
      limits: ServingLimits(chunkBytes: 4, waitingChunks: 1, readerPatience: .milliseconds(20)))
    let batch = WireSequenceBatch(TinyModel.sequences(20, seed: 5))
    await #expect(throws: ServingError.readerStalled(patience: .milliseconds(20))) {
      // The reader reads on once somebody else has had a turn, so only after the computation gave its own back.
      try await impatient.score(
        batch, options: WireScoreOptions(tokenLogprobs: true), isCancelled: { false },
        write: { _ in try await queue.run {} })
    }
  }

  @Test("a slow reader holds the computation back: what is computed ahead of it is bounded, whatever the reply's size")
  func slowReader() async throws {
    let answers = ModelAnswers(
      model: try TinyModel.served(seed: 1), queue: ComputeQueue(),
      limits: ServingLimits(chunkBytes: 4, waitingChunks: 3))
    let batch = TinyModel.sequences(600, seed: 5)
    let (pieces, read) = (Counter(), Counter())
    try await answers.score(
      WireSequenceBatch(batch), options: WireScoreOptions(tokenLogprobs: true),
      isCancelled: { pieces.increment() < 0 },
      write: { _ in
        // A chunk is one position here. Beside those read, three may wait and one be in hand; blocks have 64 positions, and
        // before them goes one forward pass.
        let ahead = read.increment() + 4
        for _ in 0..<(ahead < 8 ? 2000 : 1) { await Task.yield() }
        #expect(pieces.value <= 2 + 2 * (ahead / 64 + 1))
      })
    #expect(read.value == batch.scoredPositions.count && pieces.value > 12)
  }

  @Test("a caller that leaves stops the computation within the piece of work in hand")
  func cancellationStopsWork() async throws {
    let model = try TinyModel.served(seed: 1)
    let batch = TinyModel.sequences(4000, seed: 5)
    func pieces(cancelledAfter limit: Int) async -> Int {
      let asked = Counter()
      let answers = ModelAnswers(model: model, queue: ComputeQueue())
      // One chunk holds the whole reply: only the question before each piece of work can stop it.
      _ = try? await answers.score(
        WireSequenceBatch(batch), options: WireScoreOptions(tokenLogprobs: true),
        isCancelled: { asked.increment() > limit }, write: { _ in })
      return asked.value
    }
    let all = await pieces(cancelledAfter: .max)
    #expect(all > 20)
    for limit in [0, 1, 7] { #expect(await pieces(cancelledAfter: limit) == limit + 1) }
  }

  @Test("hundreds of calls at once wait for their turns, and each gets its answer")
  func manyCalls() async throws {
    let answers = ModelAnswers(model: try TinyModel.served(seed: 1), queue: ComputeQueue())
    let batch = TinyModel.sequences(2, seed: 5)
    let replies = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<300 {
        group.addTask {
          let positions = Counter()
          try await answers.score(
            WireSequenceBatch(batch), options: WireScoreOptions(tokenLogprobs: true), isCancelled: { false },
            write: { chunk in for _ in 0..<chunk.positionCount { positions.increment() } })
          return positions.value
        }
      }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(replies == Array(repeating: batch.scoredPositions.count, count: 300))
  }

  @Test("a model that keeps its packed weights alone gives the same answers and the same output head")
  func packedOnly() async throws {
    let (model, batch) = (try TinyModel.served(seed: 4), TinyModel.sequences(9, seed: 2))
    let packed = model.packedOnly()
    #expect(packed.outputHeadDigest() == model.outputHeadDigest())
    func logprobs(_ model: ServedModel) throws -> [Float] {
      var scores = PositionScores()
      try model.scorer().score(
        batch, options: ScoreOptions(tokenLogprobs: true, hiddenState: true), maximumChunkPositions: .max
      ) { scores.append($0) }
      return scores.tokenLogprobs + scores.hiddenStates
    }
    #expect(try logprobs(packed) == logprobs(model))
    var texts: [[Completion]] = [[], []]
    let prompts = SequenceBatch(batch.sequences.map { TokenSequence(prompt: Array($0.prompt), completion: []) })
    for (index, model) in [model, packed].enumerated() {
      try model.generator().generate(
        prompts: prompts, sampling: SamplingOptions(maxNewTokens: 6), seeds: (0..<9).map { $0 }
      ) { texts[index].append($0) }
    }
    #expect(texts[0] == texts[1] && texts[0].count == 9)
  }

  @Test("a cancelled call stops computing")
  func cancellation() async throws {
    let answers = ModelAnswers(model: try TinyModel.served(seed: 1), queue: ComputeQueue())
    let batch = WireSequenceBatch(TinyModel.sequences(20, seed: 5))
    await #expect(throws: CancellationError.self) {
      try await answers.score(
        batch, options: WireScoreOptions(tokenLogprobs: true), isCancelled: { true }, write: { _ in })
    }
  }

  static func score(
    _ client: TeacherClient, _ batch: SequenceBatch, _ options: ScoreOptions
  ) async throws -> (PositionScores, chunks: Int) {
    let request = TeacherServiceScoreRequest(sequences: WireSequenceBatch(batch), options: WireScoreOptions(options))
    return try await client.score {
      try await $0.write(request)
    } onResponse: { response in
      var reply = ScoreReply(
        positionCount: batch.scoredPositions.count, options: options, vocabSize: TinyModel.vocabSize)
      var chunks = 0
      for try await message in response.messages {
        try reply.append(message.chunk)
        chunks += 1
      }
      #expect(reply.isComplete)
      return (reply.scores, chunks)
    }
  }

  private static func generate(
    _ client: TeacherClient, _ prompts: SequenceBatch, _ sampling: SamplingOptions, _ seeds: [UInt64]
  ) async throws -> [Completion] {
    let request = TeacherServiceGenerateRequest(
      prompts: WireSequenceBatch(prompts), sampling: WireSamplingOptions(sampling), seeds: seeds)
    return try await client.generate(request) { response in
      var completions: [Completion] = []
      for try await message in response.messages {
        completions += try message.completions?.completions(promptCount: prompts.count) ?? []
      }
      return completions
    }
  }
}

/// Calls `body` with a client of a teacher in this process.
func withTeacher(
  _ model: ServedModel, limits: ServingLimits = ServingLimits(), _ body: (TeacherClient) async throws -> Void
) async throws {
  let transport = InProcessTransport()
  try await withGRPCServer(
    transport: transport.server, services: [TeacherRPCs(model: model, limits: limits)]
  ) { _ in
    try await withGRPCClient(transport: transport.client) { try await body(TeacherClient(wrapping: $0)) }
  }
}

/// Counts from any thread.
final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }

  /// Adds one and returns the new count.
  @discardableResult
  func increment() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

private func scoreRequest(
  _ sequences: [[TokenID]], _ options: WireScoreOptions = WireScoreOptions(tokenLogprobs: true)
) -> TeacherServiceScoreRequest {
  let batch = SequenceBatch(sequences.map { TokenSequence(tokenIDs: $0, promptLength: 1) })
  return TeacherServiceScoreRequest(sequences: WireSequenceBatch(batch), options: options)
}

private func generateRequest(
  _ prompt: [TokenID], maxNewTokens: UInt32 = 4, seeds: [UInt64] = []
) -> TeacherServiceGenerateRequest {
  TeacherServiceGenerateRequest(
    prompts: WireSequenceBatch(SequenceBatch([TokenSequence(tokenIDs: prompt, promptLength: prompt.count)])),
    sampling: WireSamplingOptions(temperature: 1, maxNewTokens: maxNewTokens), seeds: seeds)
}
