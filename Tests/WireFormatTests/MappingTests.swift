import Sequences
import Testing
import WireBytes
import WireFormat

@Suite("Messages and our own values")
struct MappingTests {
  let batch = SequenceBatch([
    TokenSequence(prompt: [1, 2], completion: [3, 4, 5]), TokenSequence(prompt: [6], completion: []),
  ])

  @Test("a batch comes back as it was")
  func batches() throws {
    let wire = WireSequenceBatch(batch)
    #expect(wire.sequenceLengths == [5, 1])
    #expect(try SequenceBatch(wire) == batch)
    #expect(throws: WireFormatError.missing(field: "sequences")) { try SequenceBatch(nil, field: "sequences") }
  }

  @Test(
    "a batch whose columns disagree is refused with the reason",
    arguments: [
      (WireSequenceBatch(tokenIDs: [1], sequenceLengths: [1], promptLengths: []), "1 sequence_lengths but 0"),
      (WireSequenceBatch(tokenIDs: [1], sequenceLengths: [1, 0], promptLengths: [1, 0]), "sequence 1 is empty"),
      (WireSequenceBatch(tokenIDs: [1], sequenceLengths: [1], promptLengths: [0]), "prompt_lengths[0] is 0"),
      (WireSequenceBatch(tokenIDs: [1], sequenceLengths: [1], promptLengths: [2]), "prompt_lengths[0] is 2"),
      (WireSequenceBatch(tokenIDs: [1], sequenceLengths: [2], promptLengths: [1]), "add up to 2"),
      (
        WireSequenceBatch(tokenIDs: [1], sequenceLengths: [.max, .max], promptLengths: [1, 1]), "add up to 8589934590"
      ),
    ])
  func disagreeingColumns(wire: WireSequenceBatch, reason: String) throws {
    let error = #expect(throws: WireFormatError.self) { try SequenceBatch(wire) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  @Test("sampling options come back, and an unset top_p is 1")
  func sampling() throws {
    let options = SamplingOptions(
      samplingTemperature: 0.5, topK: 7, topP: 0.9, minP: 0.1, repetitionPenalty: 1.2, noRepeatNgramSize: 3,
      minNewTokens: 4, maxNewTokens: 12, stopTokenIDs: [2], stopStrings: ["\n\n", "Ende"])
    #expect(try SamplingOptions(WireSamplingOptions(options)) == options)
    #expect(WireSamplingOptions(SamplingOptions()).repetitionPenalty == 0)
    #expect(try SamplingOptions(WireSamplingOptions(maxNewTokens: 1)).repetitionPenalty == 1)
    #expect(try SamplingOptions(WireSamplingOptions(maxNewTokens: 1)).topP == 1)
  }

  @Test(
    "sampling options outside their range are refused",
    arguments: [
      WireSamplingOptions(temperature: -1, maxNewTokens: 1), WireSamplingOptions(temperature: .nan, maxNewTokens: 1),
      WireSamplingOptions(temperature: .infinity, maxNewTokens: 1), WireSamplingOptions(topP: 1.5, maxNewTokens: 1),
      WireSamplingOptions(topP: .nan, maxNewTokens: 1), WireSamplingOptions(maxNewTokens: 0),
      WireSamplingOptions(maxNewTokens: 1, minP: -0.5), WireSamplingOptions(maxNewTokens: 1, minP: 1.5),
      WireSamplingOptions(maxNewTokens: 1, minP: .nan), WireSamplingOptions(maxNewTokens: 1, repetitionPenalty: -1),
      WireSamplingOptions(maxNewTokens: 1, repetitionPenalty: .infinity),
      WireSamplingOptions(maxNewTokens: 1, minNewTokens: 2), WireSamplingOptions(maxNewTokens: 1, stopStrings: [""]),
      WireSamplingOptions(maxNewTokens: 1, stopStrings: Array(repeating: "a", count: 17)),
    ])
  func badSampling(wire: WireSamplingOptions) {
    #expect(throws: WireFormatError.self) { try SamplingOptions(wire) }
  }

  @Test("score options name ids for each position or for none")
  func scoreOptions() throws {
    let options = ScoreOptions(
      tokenLogprobs: true, topCount: 5, entropy: true, gatherTokenIDs: [1, 2, 3, 4, 5, 6], gatherCount: 2)
    #expect(try ScoreOptions(WireScoreOptions(options), positionCount: 3) == options)
    #expect(throws: WireFormatError.self) { try ScoreOptions(WireScoreOptions(options), positionCount: 2) }
    #expect(try ScoreOptions(nil, positionCount: 9) == ScoreOptions())
    #expect(options.replyBytesPerPosition(vocabSize: 100, hiddenWidth: 8) == 4 * (1 + 11 + 2 + 1))
    #expect(ScoreOptions(topCount: 50).replyBytesPerPosition(vocabSize: 10, hiddenWidth: 8) == 4 * 21)
    #expect(
      ScoreOptions(fullLogprobs: true, hiddenState: true).replyBytesPerPosition(vocabSize: 10, hiddenWidth: 8) == 72)
  }

  private func scores(_ count: Int, topCount: Int) -> PositionScores {
    var scores = PositionScores()
    scores.positionCount = count
    scores.tokenLogprobs = (0..<count).map { -Float($0) }
    scores.topTokenIDs = (0..<count * topCount).map { TokenID($0 % 4) }
    scores.topLogprobs = (0..<count * topCount).map { -Float($0) }
    scores.tailLogprobs = Array(repeating: -.infinity, count: count)
    return scores
  }

  @Test("chunks of a reply add up to the whole")
  func reply() throws {
    let options = ScoreOptions(tokenLogprobs: true, topCount: 2)
    var reply = ScoreReply(positionCount: 5, options: options, vocabSize: 4)
    try reply.append(WireScoreChunk(scores(3, topCount: 2), firstPosition: 0, last: false, vocabSize: 4))
    #expect(!reply.isComplete)
    try reply.append(WireScoreChunk(scores(2, topCount: 2), firstPosition: 3, last: true, vocabSize: 4))
    #expect(reply.isComplete)
    var whole = scores(3, topCount: 2)
    whole.append(scores(2, topCount: 2))
    #expect(reply.scores == whole)
  }

  @Test("a chunk out of place, too long, too short, or not what was asked is refused")
  func badChunks() {
    let options = ScoreOptions(tokenLogprobs: true, topCount: 2)
    let good = scores(3, topCount: 2)
    var strange = good
    strange.topTokenIDs[0] = 4
    let chunks: [WireScoreChunk?] = [
      nil,
      WireScoreChunk(good, firstPosition: 1, last: false, vocabSize: 4),
      WireScoreChunk(good, firstPosition: 0, last: true, vocabSize: 4),
      WireScoreChunk(scores(6, topCount: 2), firstPosition: 0, last: false, vocabSize: 4),
      WireScoreChunk(scores(3, topCount: 1), firstPosition: 0, last: false, vocabSize: 4),
      WireScoreChunk(PositionScores(), firstPosition: 0, last: true, vocabSize: 4),
      WireScoreChunk(strange, firstPosition: 0, last: false, vocabSize: 4),
    ]
    for chunk in chunks {
      var reply = ScoreReply(positionCount: 5, options: options, vocabSize: 4)
      #expect(throws: WireFormatError.self, "\(String(describing: chunk))") { try reply.append(chunk) }
    }
  }

  @Test("bits of ids that no id has are refused, though no ids were asked for", arguments: [33, UInt32.max])
  func absurdBits(bits: UInt32) {
    let options = ScoreOptions(tokenLogprobs: true, precision: .float16)
    var reply = ScoreReply(positionCount: 1, options: options, vocabSize: 4)
    var chunk = WireScoreChunk(positionCount: 1, last: true)
    (chunk.tokenLogprobsF16, chunk.topTokenIDBits) = ([0, 0], bits)
    #expect(throws: WireFormatError.self) { try reply.append(chunk) }
  }

  @Test("a width that a peer announces gets no memory for positions that it has not sent")
  func announcedWidth() throws {
    let options = ScoreOptions(hiddenState: true)
    var reply = ScoreReply(positionCount: 1 << 44, options: options, vocabSize: 4)
    try reply.append(WireScoreChunk(positionCount: 1, hiddenStates: Array(repeating: 0, count: 1000)))
    #expect(reply.scores.hiddenStates.count == 1000)
  }

  /// Scores with every column, of 2 ids named per position and a width of 3.
  private func everything(_ count: Int) -> (scores: PositionScores, options: ScoreOptions) {
    var all = scores(count, topCount: 2)
    func column(_ width: Int) -> [Float] { (0..<count * width).map { -Float($0) / 8 } }
    all.gatheredLogprobs = column(2)
    all.fullLogprobs = column(4)
    all.entropies = column(1)
    all.hiddenStates = column(3)
    all.drawnTokenIDs = (0..<count * 3).map { TokenID($0 % 4) }
    let options = ScoreOptions(
      tokenLogprobs: true, topCount: 2, fullLogprobs: true, entropy: true, hiddenState: true,
      gatherTokenIDs: Array(repeating: 1, count: 2 * count), gatherCount: 2, drawCount: 3, precision: .float16)
    return (all, options)
  }

  @Test("numbers that float16 can hold come back as they were, chunk by chunk, from values and from bytes")
  func halfReply() throws {
    let (first, options) = everything(5)
    let (second, _) = everything(3)
    var whole = first
    whole.append(second)
    let chunks = [
      WireScoreChunk(first, firstPosition: 0, last: false, precision: .float16, vocabSize: 4),
      WireScoreChunk(second, firstPosition: 5, last: true, precision: .float16, vocabSize: 4),
    ]
    #expect(chunks[0].fullLogprobs.isEmpty && chunks[0].fullLogprobsF16.count == 2 * 5 * 4)
    #expect(chunks[0].topTokenIDBits == 2 && chunks[0].packedTopTokenIDs.count == 3)
    var fromValues = ScoreReply(positionCount: 8, options: options, vocabSize: 4)
    var fromBytes = fromValues
    for chunk in chunks {
      try fromValues.append(chunk)
      try fromBytes.append(responseBytes: WireBytes(TeacherServiceScoreResponse(chunk: chunk).encoded()))
    }
    #expect(fromValues.scores == whole && fromValues.isComplete)
    #expect(fromBytes.scores == whole && fromBytes.isComplete)
  }

  @Test("a service that answers in float32 what was asked in float16 is understood; the other way round is refused")
  func otherPrecision() throws {
    let (scores, options) = everything(4)
    var reply = ScoreReply(positionCount: 4, options: options, vocabSize: 4)
    try reply.append(WireScoreChunk(scores, firstPosition: 0, last: true, vocabSize: 4))
    #expect(reply.scores == scores)
    var exact = options
    exact.precision = .float32
    var strict = ScoreReply(positionCount: 4, options: exact, vocabSize: 4)
    #expect(throws: WireFormatError.self) {
      try strict.append(WireScoreChunk(scores, firstPosition: 0, last: true, precision: .float16, vocabSize: 4))
    }
  }

  @Test("float16 columns of another extent than was asked are refused", arguments: 0..<11)
  func badHalfColumns(column: Int) throws {
    let (scores, options) = everything(5)
    var chunk = WireScoreChunk(scores, firstPosition: 0, last: true, precision: .float16, vocabSize: 4)
    switch column {
    case 0: chunk.tokenLogprobsF16.removeLast()
    case 1: chunk.packedTopTokenIDs.append(0)
    case 2: chunk.packedTopLogprobs.removeLast()
    case 3: chunk.packedTailLogprobs = []
    case 4: chunk.gatheredLogprobsF16.append(0)
    case 5: chunk.fullLogprobsF16.removeLast(2)
    case 6: chunk.entropiesF16 = []
    case 7: chunk.hiddenStatesF16.removeLast(2)
    case 8: chunk.topTokenIDBits = 33
    case 9: chunk.drawnTokenIDs.removeLast()
    default: chunk.entropies = [1, 2, 3, 4, 5]
    }
    var reply = ScoreReply(positionCount: 5, options: options, vocabSize: 4)
    #expect(throws: WireFormatError.self) { try reply.append(chunk) }
    var beyond = ScoreReply(positionCount: 5, options: options, vocabSize: 3)
    #expect(throws: WireFormatError.self) {
      try beyond.append(WireScoreChunk(scores, firstPosition: 0, last: true, precision: .float16, vocabSize: 4))
    }
  }

  @Test("a response without a chunk, or that is none, is refused")
  func badResponses() {
    var reply = ScoreReply(positionCount: 1, options: ScoreOptions(tokenLogprobs: true), vocabSize: 4)
    #expect(throws: WireFormatError.missing(field: "chunk")) { try reply.append(responseBytes: WireBytes([])) }
    #expect(throws: WireFormatError.self) { try reply.append(responseBytes: WireBytes([0xFF])) }
  }

  @Test(
    "a candidate takes at most 4.5 bytes with its share of everything else",
    arguments: [(8, 1 << 18), (64, 1 << 18), (8, 151_936), (20, 2048)])
  func candidateBytes(topCount: Int, vocabSize: Int) throws {
    let positions = 256
    var scores = PositionScores()
    scores.positionCount = positions
    scores.tokenLogprobs = (0..<positions).map { -Float($0) }
    scores.topTokenIDs = (0..<positions * topCount).map { TokenID(vocabSize - 1 - $0 % vocabSize) }
    scores.topLogprobs = (0..<positions * topCount).map { -Float($0 % 17) }
    scores.tailLogprobs = Array(repeating: -3, count: positions)
    let chunk = WireScoreChunk(scores, firstPosition: 0, last: true, precision: .float16, vocabSize: vocabSize)
    let bytes = try TeacherServiceScoreResponse(chunk: chunk).encoded().count + WireBytes.prefixLength
    #expect(Double(bytes) / Double(positions * topCount) <= 4.5)
    let options = ScoreOptions(tokenLogprobs: true, topCount: topCount, precision: .float16)
    #expect(bytes <= positions * options.replyBytesPerPosition(vocabSize: vocabSize, hiddenWidth: 0) + 64)
  }

  @Test("completions come back as they were, with and without log-probs")
  func completions() throws {
    let some = [
      Completion(promptIndex: 1, tokenIDs: [4, 5], tokenLogprobs: [-0.5, -1], finishReason: .stop),
      Completion(promptIndex: 0, tokenIDs: [], tokenLogprobs: [], finishReason: .length),
    ]
    #expect(try WireCompletionBatch(some).completions(promptCount: 2) == some)
    let silent = some.map {
      Completion(promptIndex: $0.promptIndex, tokenIDs: $0.tokenIDs, tokenLogprobs: [], finishReason: $0.finishReason)
    }
    #expect(try WireCompletionBatch(silent).completions(promptCount: 2) == silent)
  }

  @Test(
    "completions whose columns disagree are refused",
    arguments: [
      WireCompletionBatch(promptIndices: [0], tokenIDs: [1], completionLengths: [1]),
      WireCompletionBatch(promptIndices: [0], tokenIDs: [1], completionLengths: [2], finishReasons: [.stop]),
      WireCompletionBatch(promptIndices: [2], tokenIDs: [1], completionLengths: [1], finishReasons: [.stop]),
      WireCompletionBatch(promptIndices: [0], tokenIDs: [1], completionLengths: [1], finishReasons: [.unspecified]),
      WireCompletionBatch(
        promptIndices: [0], tokenIDs: [1], completionLengths: [1], tokenLogprobs: [0, 0], finishReasons: [.stop]),
    ])
  func badCompletions(wire: WireCompletionBatch) {
    #expect(throws: WireFormatError.self) { try wire.completions(promptCount: 2) }
  }
}
