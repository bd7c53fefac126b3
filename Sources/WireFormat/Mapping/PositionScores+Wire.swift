public import Sequences

extension WireScoreChunk {
  /// The positions from `firstPosition` on of a request's reply. Float32 columns share the storage of `scores`.
  ///
  /// - Parameters:
  ///   - precision: How the numbers are coded.
  ///   - vocabSize: V, which says how many bits an id takes.
  public init(
    _ scores: PositionScores, firstPosition: Int, last: Bool, precision: Precision = .float32, vocabSize: Int
  ) {
    self.init(firstPosition: UInt64(firstPosition), positionCount: UInt32(scores.positionCount), last: last)
    drawnTokenIDs = scores.drawnTokenIDs
    switch precision {
    case .float32: setFloats(scores)
    case .float16: setHalves(scores, vocabSize: vocabSize)
    }
  }

  private mutating func setFloats(_ scores: PositionScores) {
    tokenLogprobs = scores.tokenLogprobs
    topTokenIDs = scores.topTokenIDs
    topLogprobs = scores.topLogprobs
    tailLogprobs = scores.tailLogprobs
    gatheredLogprobs = scores.gatheredLogprobs
    fullLogprobs = scores.fullLogprobs
    entropies = scores.entropies
    hiddenStates = scores.hiddenStates
  }

  private mutating func setHalves(_ scores: PositionScores, vocabSize: Int) {
    tokenLogprobsF16 = HalfColumn.encode(scores.tokenLogprobs)
    if !scores.topTokenIDs.isEmpty {
      let bits = BitColumn.idBits(vocabSize: vocabSize)
      topTokenIDBits = UInt32(bits)
      packedTopTokenIDs = BitColumn.encode(scores.topTokenIDs, bits: bits)
      packedTopLogprobs = LogprobColumn.encode(scores.topLogprobs)
      packedTailLogprobs = LogprobColumn.encode(scores.tailLogprobs)
    }
    gatheredLogprobsF16 = HalfColumn.encode(scores.gatheredLogprobs)
    fullLogprobsF16 = HalfColumn.encode(scores.fullLogprobs)
    entropiesF16 = HalfColumn.encode(scores.entropies)
    hiddenStatesF16 = HalfColumn.encode(scores.hiddenStates)
  }
}
