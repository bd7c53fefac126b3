import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite("Generation of many sequences")
struct GenerationBatchTests {
  /// A random model with grouped heads, over several pages of positions, and an uneven head width.
  private struct Model {
    let transformer: Transformer
    let parameters: ParameterBuffer

    init(family: ModelConfiguration.Family = .llama, vocabSize: Int = 67) throws {
      transformer = Transformer(
        try ModelConfiguration(
          family: family, vocabSize: vocabSize, width: 48, layerCount: 2, headCount: 4,
          keyValueHeadCount: family == .llama ? 2 : 4, feedForwardWidth: 64, contextLength: 128))
      parameters = ParameterBuffer(count: transformer.layout.count)
      var generator = SeededGenerator(seed: 11)
      transformer.initialize(parameters, using: &generator)
      // Larger than a fresh model's, so that completions differ.
      for entry in transformer.layout.entries where entry.isMatrix {
        let view = parameters.view(entry)
        for index in 0..<view.count { view[index] *= 12 }
      }
    }

    func batch(
      _ format: WeightFormat = .float32, limits: GenerationLimits = GenerationLimits(), eos: [TokenID] = [],
      prefixes: KeptPrefixes? = nil
    ) -> GenerationBatch {
      let weights = GenerationWeights(transformer, format: format)
      weights.update(from: parameters)
      return GenerationBatch(
        transformer: transformer, parameters: parameters, weights: weights,
        vocabSize: transformer.configuration.vocabSize, eosTokenIDs: eos, limits: limits,
        prefixes: prefixes)
    }
  }

  /// What compares: ids and the bits of log-probs.
  private struct Text: Equatable {
    let tokenIDs: [TokenID]
    let logprobs: [Float]
  }

  /// Requests whose prompts have 1 to 40 tokens; every third prompt is the same.
  private static func request(_ index: Int) -> GenerationRequest {
    let length = index % 3 == 0 ? 21 : 1 + (index * 7) % 40
    let seed = index % 3 == 0 ? 5 : index
    return GenerationRequest(
      prompt: (0..<length).map { TokenID(($0 * $0 + 3 * seed + $0) % 67) },
      sampling: SamplingOptions(
        samplingTemperature: index % 4 == 0 ? 0 : 0.9, topP: index % 2 == 0 ? 1 : 0.95,
        repetitionPenalty: index % 5 == 0 ? 1.1 : 1, maxNewTokens: 3 + (index * 5) % 30),
      seed: UInt64(index))
  }

  /// Adds the requests at the given steps and runs until all have ended.
  private static func texts(
    _ batch: GenerationBatch, _ indices: [Int], joiningAt step: (Int) -> Int = { _ in 0 },
    watching: (GenerationBatch) -> Void = { _ in }
  ) throws -> [Int: Text] {
    var (texts, owner, now) = ([Int: Text](), [Int: Int](), 0)
    var left = indices
    while !left.isEmpty || !batch.isEmpty {
      for index in left where step(index) <= now { owner[try batch.add(request(index))] = index }
      left.removeAll { step($0) <= now }
      for finished in batch.step() {
        texts[owner[finished.id] ?? -1] = Text(tokenIDs: finished.tokenIDs, logprobs: finished.logprobs)
      }
      watching(batch)
      now += 1
    }
    return texts
  }

  @Test("tokens and log-prob bits are those of each sequence alone, in any batch", arguments: WeightFormat.allCases)
  func batchMixes(format: WeightFormat) throws {
    let model = try Model()
    var alone: [Int: Text] = [:]
    for index in 0..<20 { alone.merge(try GenerationBatchTests.texts(model.batch(format), [index])) { $1 } }
    #expect(Set(alone.values.map(\.tokenIDs)).count > 12)
    #expect(try GenerationBatchTests.texts(model.batch(format), Array(0..<20)) == alone)
    #expect(try GenerationBatchTests.texts(model.batch(format), Array((0..<20).reversed())) == alone)
    // Some join while others run, and few have room at once.
    let late = try GenerationBatchTests.texts(model.batch(format), Array(0..<20), joiningAt: { ($0 * 3) % 17 })
    #expect(late == alone)
    let narrow = model.batch(format, limits: GenerationLimits(sequences: 3, logitBytes: 1, promptRows: 5))
    #expect(try GenerationBatchTests.texts(narrow, Array(0..<20)) == alone)
  }

  @Test("in gpt2 too", arguments: WeightFormat.allCases)
  func gpt2(format: WeightFormat) throws {
    let model = try Model(family: .gpt2)
    var alone: [Int: Text] = [:]
    for index in 0..<9 { alone.merge(try GenerationBatchTests.texts(model.batch(format), [index])) { $1 } }
    #expect(try GenerationBatchTests.texts(model.batch(format), Array(0..<9)) == alone)
  }

  @Test("samples of one prompt hold the prompt's full pages once, and get the bits of samples apart")
  func sharedPrompt() throws {
    let model = try Model()
    let prompt = (0..<40).map { TokenID(($0 * 5 + 1) % 67) }
    func sample(_ seed: UInt64) -> GenerationRequest {
      GenerationRequest(prompt: prompt, sampling: SamplingOptions(maxNewTokens: 8), seed: seed)
    }
    func run(_ seeds: [UInt64], _ most: inout Int) throws -> [[Float]] {
      let batch = model.batch()
      for seed in seeds { try batch.add(sample(seed)) }
      var logprobs: [Int: [Float]] = [:]
      while !batch.isEmpty {
        for finished in batch.step() { logprobs[finished.id] = finished.logprobs }
        most = max(most, batch.cacheBytes)
      }
      return logprobs.sorted { $0.key < $1.key }.map(\.value)
    }
    var (one, ten) = (0, 0)
    let apart = try (0..<10).map { try run([$0], &one)[0] }
    #expect(try run(Array(0..<10), &ten) == apart)
    // 48 positions alone are 3 pages; together 2 full ones of the prompt, and one of each sample's own.
    #expect(ten == one / 3 * 12)
  }

  @Test("prompts that begin alike read that once, together or one after another, and get the bits that they get alone")
  func sharedPrefixes() throws {
    let model = try Model()
    func request(_ index: Int) -> GenerationRequest {
      let prompt = (0..<36).map { TokenID(($0 * 5 + 1) % 67) } + (0..<1 + index).map { TokenID(($0 * 7 + index) % 67) }
      return GenerationRequest(prompt: prompt, sampling: SamplingOptions(maxNewTokens: 6), seed: UInt64(index))
    }
    func run(_ batch: GenerationBatch, _ indices: [Int]) throws -> [Text] {
      for index in indices { try batch.add(request(index)) }
      var texts: [Int: Text] = [:]
      while !batch.isEmpty {
        for finished in batch.step() {
          texts[finished.id] = Text(tokenIDs: finished.tokenIDs, logprobs: finished.logprobs)
        }
      }
      return texts.sorted { $0.key < $1.key }.map(\.value)
    }
    let apart = try (0..<7).flatMap { try run(model.batch(), [$0]) }
    let together = model.batch()
    let texts = try run(together, Array(0..<7))
    #expect(texts == apart)
    // Each but the last of six tokens is read; the prompts have 36 tokens in common, and few more.
    let own = (0..<7).reduce(0) { $0 + 1 + $1 + 5 }
    #expect(together.readPositions <= 36 + own && together.readPositions > 30 + own)
    #expect(together.cacheBytes == 0)
    let kept = KeptPrefixes(model.transformer, byteLimit: 1 << 20)
    for index in 0..<7 {
      let batch = model.batch(prefixes: kept)
      let text = try run(batch, [index])
      #expect(text == [apart[index]])
      #expect(batch.readPositions == 37 + index + 5 - (index == 0 ? 0 : 32))
    }
  }

  @Test("keys and values stay within their limit, and all of them are given back")
  func memory() throws {
    let model = try Model()
    let page = 4 * 2 * PageAttention(headCount: 4, keyValueHeadCount: 2, headWidth: 12).layerFloats
    let batch = model.batch(limits: GenerationLimits(cacheBytes: 12 * page))
    var most = 0
    let texts = try GenerationBatchTests.texts(batch, Array(0..<30), watching: { most = max(most, $0.cacheBytes) })
    #expect(texts.count == 30 && most <= 12 * page && most > 6 * page)
    #expect(batch.cacheBytes == 0)
    // What alone needs more than the limit is answered by itself.
    let tiny = model.batch(limits: GenerationLimits(cacheBytes: 1))
    var mostLive = 0
    #expect(
      try GenerationBatchTests.texts(tiny, Array(0..<6), watching: { mostLive = max(mostLive, $0.liveCount) }).count
        == 6)
    #expect(mostLive == 1 && tiny.cacheBytes == 0)
  }

  @Test("a lane that has few in the batch joins before one that has many, and texts stay what they are alone")
  func lanes() throws {
    let model = try Model()
    func texts(later lane: Int) throws -> (texts: [Int: Text], order: [Int]) {
      let batch = model.batch(limits: GenerationLimits(sequences: 4))
      for index in 0..<20 { try batch.add(GenerationBatchTests.request(index), lane: 0) }
      var (texts, order, most) = ([Int: Text](), [Int](), 0)
      for step in 0..<2000 where !batch.isEmpty {
        if step == 1 { for index in 20..<23 { try batch.add(GenerationBatchTests.request(index), lane: lane) } }
        for finished in batch.step() {
          texts[finished.id] = Text(tokenIDs: finished.tokenIDs, logprobs: finished.logprobs)
          order.append(finished.id)
        }
        most = max(most, batch.liveCount)
      }
      // A seat beyond the limit for a lane that has none.
      #expect(most == (lane == 0 ? 4 : 5) && batch.isEmpty && batch.cacheBytes == 0)
      return (texts, order)
    }
    let (together, apart) = (try texts(later: 0), try texts(later: 7))
    #expect(together.texts == apart.texts && apart.texts.count == 23)
    func before(_ order: [Int]) -> Int { (order.lastIndex { $0 >= 20 } ?? 0) + 1 }
    #expect(before(together.order) > 20 && before(apart.order) < 18, "\(together.order) \(apart.order)")
  }

  @Test("a lane that is held does not join; tokens are counted for each lane, prompts once; few prompts join at once")
  func heldLanes() throws {
    let model = try Model()
    let batch = model.batch()
    let (held, free) = (GenerationBatchTests.request(4), GenerationBatchTests.request(5))
    batch.heldLanes = [1]
    for _ in 0..<2 { try batch.add(held, lane: 1) }
    for _ in 0..<3 { try batch.add(free, lane: 2) }
    #expect(batch.step().isEmpty && batch.liveCount == 3)
    #expect(batch.takeSpent() == [2: free.prompt.count + 3] && batch.takeSpent().isEmpty)
    batch.heldLanes = []
    _ = batch.step()
    #expect(batch.liveCount == 5 && batch.takeSpent()[1] == held.prompt.count + 2)

    let many = model.batch(limits: GenerationLimits(joiningTokens: 30))
    let lengths = (0..<9).map { GenerationBatchTests.request($0).prompt.count }
    for index in 0..<9 { try many.add(GenerationBatchTests.request(index)) }
    _ = many.step()
    #expect(many.liveCount < 9 && many.liveCount > 1, "\(lengths)")
  }

  @Test("removed requests leave, and the others' texts stay")
  func removal() throws {
    let model = try Model()
    let batch = model.batch(limits: GenerationLimits(sequences: 4))
    let ids = try (0..<8).map { try batch.add(GenerationBatchTests.request($0)) }
    var texts: [Int: Text] = [:]
    for step in 0..<1000 {
      if step == 2 { batch.remove([ids[0], ids[1], ids[6]]) }
      for finished in batch.step() {
        texts[finished.id] = Text(tokenIDs: finished.tokenIDs, logprobs: finished.logprobs)
      }
      if batch.isEmpty { break }
    }
    for index in [2, 3, 4, 5, 7] {
      #expect(texts[ids[index]] == (try GenerationBatchTests.texts(model.batch(), [index])[index]))
    }
    #expect(batch.cacheBytes == 0)
  }

  @Test("a stop text ends a completion with the token that completes it")
  func stopTexts() throws {
    let model = try Model()
    var request = GenerationBatchTests.request(4)
    request.sampling.maxNewTokens = 12
    let batch = model.batch()
    try batch.add(request)
    var whole: [TokenID] = []
    while !batch.isEmpty { whole += batch.step().flatMap(\.tokenIDs) }
    let stop = whole[5]
    request.endsText = { $0.count >= 4 && $0.last == stop }
    try batch.add(request)
    var ended: [GenerationBatch.Finished] = []
    while !batch.isEmpty { ended += batch.step() }
    #expect(ended[0].tokenIDs == Array(whole[...5]) && ended[0].reason == .stop)
  }

  @Test("rounded weights give log-probs near float32's", arguments: [WeightFormat.bfloat16, .int8])
  func roundedWeights(format: WeightFormat) throws {
    let model = try Model()
    var request = GenerationBatchTests.request(7)
    request.sampling = SamplingOptions(samplingTemperature: 0, maxNewTokens: 1)
    func first(_ format: WeightFormat) throws -> Float {
      let batch = model.batch(format)
      try batch.add(request)
      return batch.step()[0].logprobs[0]
    }
    let (exact, rounded) = (try first(.float32), try first(format))
    #expect(abs(exact - rounded) < 0.15 && exact != rounded)
  }

  @Test("packed weights follow the parameters when they are updated")
  func refresh() throws {
    let model = try Model()
    let weights = GenerationWeights(model.transformer)
    weights.update(from: model.parameters)
    func logprobs() throws -> [Float] {
      let batch = GenerationBatch(
        transformer: model.transformer, parameters: model.parameters, weights: weights, vocabSize: 67, eosTokenIDs: [])
      try batch.add(GenerationBatchTests.request(2))
      var logprobs: [Float] = []
      while !batch.isEmpty { logprobs += batch.step().flatMap(\.logprobs) }
      return logprobs
    }
    let before = try logprobs()
    for index in 0..<model.parameters.count { model.parameters.view[index] *= 0.9 }
    weights.update(from: model.parameters)
    let after = try logprobs()
    #expect(after != before)
    let fresh = model.batch()
    try fresh.add(GenerationBatchTests.request(2))
    var expected: [Float] = []
    while !fresh.isEmpty { expected += fresh.step().flatMap(\.logprobs) }
    #expect(after == expected)
  }
}
