public import Sequences

extension WireScoreOptions {
  /// The options as a message.
  public init(_ options: ScoreOptions) {
    self.init(
      tokenLogprobs: options.tokenLogprobs, topCount: UInt32(clamping: options.topCount),
      fullLogprobs: options.fullLogprobs, entropy: options.entropy, hiddenState: options.hiddenState,
      gatherTokenIDs: options.gatherTokenIDs, gatherCount: UInt32(clamping: options.gatherCount),
      precision: WirePrecision(options.precision), drawCount: UInt32(clamping: options.drawCount),
      drawSeed: options.drawSeed)
  }
}

extension ScoreOptions {
  /// Reads options about `positionCount` positions; nil asks for nothing.
  ///
  /// - Throws: ``WireFormatError/columns(message:problem:)`` unless `gather_count` ids are named per position.
  public init(_ wire: WireScoreOptions?, positionCount: Int) throws(WireFormatError) {
    let wire = wire ?? WireScoreOptions()
    let (wanted, overflow) = positionCount.multipliedReportingOverflow(by: Int(wire.gatherCount))
    guard !overflow, wanted == wire.gatherTokenIDs.count else {
      throw .columns(
        message: WireScoreOptions.protoName,
        problem: "\(positionCount) positions of gather_count \(wire.gatherCount), but "
          + "\(wire.gatherTokenIDs.count) gather_token_ids")
    }
    self.init(
      tokenLogprobs: wire.tokenLogprobs, topCount: Int(wire.topCount), fullLogprobs: wire.fullLogprobs,
      entropy: wire.entropy, hiddenState: wire.hiddenState, gatherTokenIDs: wire.gatherTokenIDs,
      gatherCount: Int(wire.gatherCount), drawCount: Int(wire.drawCount), drawSeed: wire.drawSeed,
      precision: Precision(wire.precision))
  }

  /// Bytes of the answer about one position, framing left out.
  ///
  /// - Parameters:
  ///   - vocabSize: V.
  ///   - hiddenWidth: D.
  public func replyBytesPerPosition(vocabSize: Int, hiddenWidth: Int) -> Int {
    let top = min(topCount, vocabSize)
    let numbers =
      (tokenLogprobs ? 1 : 0) + gatherCount + (fullLogprobs ? vocabSize : 0) + (entropy ? 1 : 0)
      + (hiddenState ? hiddenWidth : 0)
    let drawn = 4 * drawCount
    switch precision {
    case .float32: return drawn + 4 * (numbers + (top > 0 ? 2 * top + 1 : 0))
    case .float16:
      let topBits = top * (BitColumn.idBits(vocabSize: vocabSize) + LogprobColumn.bits) + LogprobColumn.bits
      return drawn + 2 * numbers + (top > 0 ? (topBits + 7) / 8 : 0)
    }
  }
}

extension WirePrecision {
  /// The precision as a message's value; float32 is what unset means.
  public init(_ precision: Precision) {
    switch precision {
    case .float32: self = .unspecified
    case .float16: self = .float16
    }
  }
}

extension Precision {
  /// Reads a precision; unset is float32.
  public init(_ wire: WirePrecision) {
    switch wire {
    case .unspecified, .float32: self = .float32
    case .float16: self = .float16
    }
  }
}
