import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite("Scoring")
struct ScorerTests {
  private static let golden = Result { try GoldenModel.read("llama") }

  private static func score(
    _ batch: SequenceBatch, _ options: ScoreOptions, chunk: Int = 1000, vocabSize: Int? = nil,
    sharesPrefixes: Bool = true, chunkSizes: (Int) -> Void = { _ in }
  ) throws -> PositionScores {
    let golden = try golden.get()
    let transformer = try golden.transformer()
    let scorer = try Scorer(
      transformer: transformer, parameters: golden.parameters(transformer),
      vocabSize: vocabSize ?? golden.configuration.vocabSize, sharesPrefixes: sharesPrefixes)
    var scores = PositionScores()
    try scorer.score(batch, options: options, maximumChunkPositions: chunk) {
      chunkSizes($0.positionCount)
      scores.append($0)
    }
    return scores
  }

  private static func everything(_ batch: SequenceBatch) -> ScoreOptions {
    let count = batch.scoredPositions.count
    return ScoreOptions(
      tokenLogprobs: true, topCount: 4, fullLogprobs: true, entropy: true, hiddenState: true,
      gatherTokenIDs: (0..<count).flatMap { [TokenID($0 % 13), 5] }, gatherCount: 2)
  }

  /// Many sequences of several lengths: more than one group, and blocks that do not come out even.
  private static let long = SequenceBatch(
    (0..<150).map { index in
      TokenSequence(
        tokenIDs: (0..<5 + index % 40).map { TokenID(($0 * $0 + index) % 13) }, promptLength: 1 + index % 5)
    })

  /// Tolerance: a share of 20,000 draws is within five of its standard deviations, at most 0.0036 each.
  @Test("draws ids as often as they are probable, the same after the same tokens whatever is beside them")
  func draws() throws {
    let batch = try ScorerTests.golden.get().batch
    let count = 20_000
    let options = ScoreOptions(fullLogprobs: true, drawCount: count, drawSeed: 3)
    let scores = try ScorerTests.score(batch, options, chunk: 2)
    #expect(scores.drawnTokenIDs.count == scores.positionCount * count)
    for position in 0..<scores.positionCount {
      let drawn = scores.drawnTokenIDs[position * count..<(position + 1) * count]
      #expect(zip(drawn, drawn.dropFirst()).allSatisfy { $0 <= $1 })
      for token in 0..<13 {
        let share = Double(drawn.count { $0 == TokenID(token) }) / Double(count)
        #expect(abs(share - exp(Double(scores.fullLogprobs[position * 13 + token]))) < 0.018)
      }
    }
    func few(_ batch: SequenceBatch, seed: UInt64 = 3) throws -> [TokenID] {
      try ScorerTests.score(batch, ScoreOptions(drawCount: 5, drawSeed: seed)).drawnTokenIDs
    }
    let all = try few(ScorerTests.long)
    #expect(try few(ScorerTests.long, seed: 4) != all)
    let alone = try ScorerTests.long.sequences.flatMap { try few(SequenceBatch([$0])) }
    #expect(alone == all)
    #expect(throws: ModelError.self) { try ScorerTests.score(batch, ScoreOptions(drawCount: -1)) }
  }

  @Test("every column agrees with the full log-probs")
  func columns() throws {
    let batch = try ScorerTests.golden.get().batch
    let options = ScorerTests.everything(batch)
    let (scores, vocabSize) = (try ScorerTests.score(batch, options), 13)
    let scored = batch.scoredPositions
    #expect(scores.positionCount == scored.count && scores.hiddenStates.count == scored.count * 8)
    for (position, target) in scored.targets.enumerated() {
      let row = Array(scores.fullLogprobs[position * vocabSize..<(position + 1) * vocabSize])
      #expect(abs(row.reduce(0) { $0 + exp(Double($1)) } - 1) < 1e-6)
      #expect(scores.tokenLogprobs[position] == row[Int(target)])
      for index in 0..<2 {
        let place = position * 2 + index
        #expect(scores.gatheredLogprobs[place] == row[Int(options.gatherTokenIDs[place])])
      }
      let order = row.indices.sorted { row[$0] > row[$1] || (row[$0] == row[$1] && $0 < $1) }.prefix(4)
      #expect(scores.topTokenIDs[position * 4..<position * 4 + 4].map(Int.init) == Array(order))
      #expect(Array(scores.topLogprobs[position * 4..<position * 4 + 4]) == order.map { row[$0] })
      let rest = row.indices.filter { !order.contains($0) }.reduce(0) { $0 + exp(Double(row[$1])) }
      #expect(abs(Double(scores.tailLogprobs[position]) - log(rest)) < 1e-5)
      let entropy = -row.reduce(0) { $0 + exp(Double($1)) * Double($1) }
      #expect(abs(Double(scores.entropies[position]) - entropy) < 1e-5)
    }
  }

  @Test("the size of the chunks changes no bit, and no chunk is larger", arguments: [1, 7, 64, 100, 5000])
  func chunks(size: Int) throws {
    let options = ScorerTests.everything(ScorerTests.long)
    let whole = try ScorerTests.score(ScorerTests.long, options, chunk: .max)
    var sizes: [Int] = []
    let parts = try ScorerTests.score(ScorerTests.long, options, chunk: size) { sizes.append($0) }
    #expect(parts == whole)
    #expect(sizes.dropLast().allSatisfy { $0 == size } && sizes.reduce(0, +) == whole.positionCount)
  }

  @Test("the number of threads at work changes no bit")
  func threads() throws {
    let options = ScorerTests.everything(ScorerTests.long)
    let whole = try ScorerTests.score(ScorerTests.long, options)
    let inside = ComputePool.map(2) { _ in
      try? ScorerTests.score(ScorerTests.long, options)
    }
    #expect(inside == [whole, whole])
  }

  @Test("rows of the head past the vocabulary get no probability")
  func paddedHead() throws {
    let batch = SequenceBatch([TokenSequence(tokenIDs: [3, 1, 4, 1, 5, 9], promptLength: 2)])
    let options = ScoreOptions(topCount: 10, fullLogprobs: true)
    let (all, part) = (try ScorerTests.score(batch, options), try ScorerTests.score(batch, options, vocabSize: 10))
    for position in 0..<4 {
      let row = all.fullLogprobs[position * 13..<position * 13 + 10]
      let kept = log(row.reduce(0) { $0 + exp(Double($1)) })
      for (actual, expected) in zip(part.fullLogprobs[position * 10..<position * 10 + 10], row) {
        #expect(abs(Double(actual) - (Double(expected) - kept)) < 2e-6)
      }
      #expect(part.tailLogprobs[position] == -.infinity)
    }
  }

  @Test("an empty completion has no positions")
  func empty() throws {
    let batch = SequenceBatch([TokenSequence(tokenIDs: [1, 2], promptLength: 2)])
    #expect(try ScorerTests.score(batch, ScoreOptions(tokenLogprobs: true)) == PositionScores())
    #expect(try ScorerTests.score(SequenceBatch(), ScoreOptions(tokenLogprobs: true)) == PositionScores())
  }

  @Test("refuses ids outside the vocabulary, long sequences, missing prompts and wrong gathers")
  func refusals() throws {
    func error(_ tokens: [TokenID], prompt: Int = 1, _ options: ScoreOptions = ScoreOptions()) -> ModelError? {
      #expect(throws: ModelError.self) {
        try ScorerTests.score(SequenceBatch([TokenSequence(tokenIDs: tokens, promptLength: prompt)]), options)
      }
    }
    #expect(error([1, 13]) == .tokenOutOfRange(token: 13, vocabSize: 13))
    #expect(error(Array(repeating: 1, count: 65)) == .sequenceTooLong(length: 65, contextLength: 64))
    #expect(error([1, 2], prompt: 0) == .emptyPrompt(sequence: 0))
    #expect(
      error([1, 2], ScoreOptions(gatherTokenIDs: [13], gatherCount: 1)) == .tokenOutOfRange(token: 13, vocabSize: 13))
    guard
      case .invalidOption("gatherTokenIDs", _, _) = error([1, 2], ScoreOptions(gatherTokenIDs: [], gatherCount: 1)),
      case .invalidOption("topCount", _, _) = error([1, 2], ScoreOptions(topCount: 14))
    else {
      Issue.record("the error names another option")
      return
    }
  }

  /// Scores each sequence of a batch by itself and joins the answers.
  private static func apart(_ batch: SequenceBatch, _ options: ScoreOptions) throws -> PositionScores {
    var all = PositionScores()
    for sequence in batch.sequences {
      let one = SequenceBatch([sequence])
      guard one.scoredPositions.count > 0 else { continue }
      all.append(try ScorerTests.score(one, options))
    }
    return all
  }

  @Test("a sequence's answers are the same bits alone, in a batch, and in another order")
  func neighbours() throws {
    let options = ScoreOptions(tokenLogprobs: true, topCount: 4, fullLogprobs: true, entropy: true, hiddenState: true)
    let together = try ScorerTests.score(ScorerTests.long, options)
    #expect(try ScorerTests.apart(ScorerTests.long, options) == together)
    let reversed = SequenceBatch(ScorerTests.long.sequences.reversed())
    #expect(try ScorerTests.score(reversed, options) == ScorerTests.apart(reversed, options))
  }

  @Test(
    "completions of one prompt get the same bits whether the prompt is read once or each time", arguments: [1, 17, 40])
  func sharedPrompts(promptLength: Int) throws {
    let prompt = (0..<promptLength).map { TokenID(($0 * 5 + 2) % 13) }
    let batch = SequenceBatch(
      (0..<12).map { index in
        let own: [TokenID] = index % 5 == 4 ? [TokenID(index)] : prompt
        let completion = (0..<1 + index % 20).map { TokenID(($0 + index) % 13) }
        return TokenSequence(prompt: own, completion: completion)
      })
    let options = ScoreOptions(tokenLogprobs: true, fullLogprobs: true, hiddenState: true)
    let shared = try ScorerTests.score(batch, options)
    #expect(try ScorerTests.score(batch, options, sharesPrefixes: false) == shared)
    #expect(try ScorerTests.apart(batch, options) == shared)
  }

  /// Beginnings of a batch's sequences: those of several sequences count once.
  private static func distinctPositions(_ batch: SequenceBatch) -> Int {
    // The last token predicts nothing.
    var prefixes: Set<[TokenID]> = []
    for sequence in batch.sequences where sequence.completionLength > 0 {
      for length in 1..<sequence.tokenIDs.count { prefixes.insert(Array(sequence.tokenIDs.prefix(length))) }
    }
    return prefixes.count
  }

  /// Sequences that part at any place of a page, in their prompts and in their completions; some are equal.
  private static let forked = SequenceBatch(
    (0..<24).map { index in
      var tokenIDs = (0..<52).map { TokenID(($0 * 5 + 2) % 13) }
      let fork = [0, 1, 15, 16, 17, 31, 32, 33, 40, 48, 51][index % 11]
      for place in fork..<52 { tokenIDs[place] = TokenID((place * 3 + index % 4) % 13) }
      return TokenSequence(
        tokenIDs: Array(tokenIDs.prefix(52 - index % 3)), promptLength: [1, 16, 17, 33, 47][index % 5])
    })

  @Test("sequences that begin alike get the bits that they get alone, and what they share is read once")
  func forks() throws {
    let batch = ScorerTests.forked
    let options = ScoreOptions(tokenLogprobs: true, topCount: 4, fullLogprobs: true, entropy: true, hiddenState: true)
    let shared = try ScorerTests.score(batch, options)
    #expect(try ScorerTests.score(batch, options, sharesPrefixes: false) == shared)
    #expect(try ScorerTests.apart(batch, options) == shared)
    #expect(try ScorerTests.readPositions(batch) == ScorerTests.distinctPositions(batch))
    let all = batch.sequences.reduce(0) { $0 + $1.tokenIDs.count - 1 }
    #expect(try ScorerTests.readPositions(batch, sharesPrefixes: false) == all)
  }

  private static func readPositions(
    _ batch: SequenceBatch, prefixes: KeptPrefixes? = nil, sharesPrefixes: Bool = true,
    emit: (PositionScores) -> Void = { _ in }
  ) throws -> Int {
    let golden = try golden.get()
    let transformer = try golden.transformer()
    return try Scorer(
      transformer: transformer, parameters: golden.parameters(transformer), vocabSize: 13, prefixes: prefixes,
      sharesPrefixes: sharesPrefixes
    ).score(batch, options: ScoreOptions(tokenLogprobs: true, hiddenState: true), maximumChunkPositions: .max) {
      emit($0)
    }
  }

  @Test("a prompt of several completions is read once, across groups too")
  func promptWork() throws {
    let prompt = (0..<50).map { TokenID($0 % 13) }
    let batch = SequenceBatch(
      (0..<300).map { index in
        TokenSequence(prompt: prompt, completion: (0..<8).map { TokenID((index >> ($0 % 4) * 3 + $0) % 13) })
      })
    let positions = try ScorerTests.readPositions(batch)
    #expect(positions < 50 + 300 * 7 + 3 * 2)
    #expect(try ScorerTests.readPositions(batch, sharesPrefixes: false) == 300 * 57)
  }

  @Test("kept prefixes are read once for all batches, change no bit, and stay within their limit")
  func keptPrefixes() throws {
    let transformer = try ScorerTests.golden.get().transformer()
    func sequence(_ first: TokenID, prompt: Int) -> SequenceBatch {
      let tokenIDs: [TokenID] = (0..<60).map { place in
        if place < 40 { return TokenID(place % 7) + first }
        return TokenID((place * place) % 13)
      }
      return SequenceBatch([TokenSequence(tokenIDs: tokenIDs, promptLength: prompt)])
    }
    let one = KeptPrefixes(transformer, byteLimit: 1 << 30)
    _ = try ScorerTests.readPositions(sequence(0, prompt: 45), prefixes: one)
    let page = one.byteCount / 2
    let kept = KeptPrefixes(transformer, byteLimit: 8 * page)
    func read(_ batch: SequenceBatch) throws -> Int {
      var (shared, alone) = (PositionScores(), PositionScores())
      let count = try ScorerTests.readPositions(batch, prefixes: kept) { shared.append($0) }
      _ = try ScorerTests.readPositions(batch, sharesPrefixes: false) { alone.append($0) }
      #expect(shared == alone)
      #expect(kept.byteCount <= 8 * page)
      return count
    }
    #expect(try read(sequence(0, prompt: 45)) == 59)
    // Two pages of 16 lie before the position that predicts the completion's first token.
    #expect(try read(sequence(0, prompt: 45)) == 59 - 32)
    #expect(try read(sequence(0, prompt: 32)) == 59 - 16)
    #expect(try read(sequence(0, prompt: 33)) == 59 - 32)
    #expect(try read(sequence(0, prompt: 1)) == 59)
    // Others take its room in the end; what is used stays.
    for first in 1...6 {
      _ = try read(sequence(TokenID(first), prompt: 45))
      #expect(try read(sequence(0, prompt: 45)) == 59 - 32)
    }
    #expect(try read(sequence(1, prompt: 45)) == 59)
    kept.removeAll()
    #expect(kept.byteCount == 0)
    #expect(try read(sequence(0, prompt: 45)) == 59)
  }

  @Test("log-probs from bfloat16 weights are near float32's, and as independent of neighbours")
  func bfloat16() throws {
    let golden = try ScorerTests.golden.get()
    let transformer = try golden.transformer()
    let parameters = try golden.parameters(transformer)
    func score(_ batch: SequenceBatch, _ format: WeightFormat) throws -> [Float] {
      let weights = GenerationWeights.packed(from: parameters, of: transformer, format: format)
      var scores = PositionScores()
      try Scorer(transformer: transformer, parameters: parameters, weights: weights, vocabSize: 13).score(
        batch, options: ScoreOptions(tokenLogprobs: true), maximumChunkPositions: 1000
      ) { scores.append($0) }
      return scores.tokenLogprobs
    }
    let (exact, rounded) = (try score(ScorerTests.long, .float32), try score(ScorerTests.long, .bfloat16))
    #expect(exact != rounded)
    // 8 bits of significand, in a tiny model whose log-probs reach -20.
    let differences = zip(exact, rounded).map { abs($0 - $1) }
    #expect(differences.reduce(0, +) / Float(differences.count) < 0.05 && differences.allSatisfy { $0 < 0.5 })
    let apart = try ScorerTests.long.sequences.flatMap { try score(SequenceBatch([$0]), .bfloat16) }
    #expect(apart == rounded)
  }
}
