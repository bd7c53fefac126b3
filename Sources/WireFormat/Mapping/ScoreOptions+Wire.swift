public import Sequences

extension WireScoreOptions {
  /// The options as a message.
  public init(_ options: ScoreOptions) {
    self.init(
      tokenLogprobs: options.tokenLogprobs, topCount: UInt32(clamping: options.topCount),
      fullLogprobs: options.fullLogprobs, entropy: options.entropy, hiddenState: options.hiddenState,
      gatherTokenIDs: options.gatherTokenIDs, gatherCount: UInt32(clamping: options.gatherCount))
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
      gatherCount: Int(wire.gatherCount))
  }

  /// Bytes of the answer about one position, framing left out.
  ///
  /// - Parameters:
  ///   - vocabSize: V.
  ///   - hiddenWidth: D.
  public func replyBytesPerPosition(vocabSize: Int, hiddenWidth: Int) -> Int {
    let top = topCount > 0 ? 2 * min(topCount, vocabSize) + 1 : 0
    let numbers =
      (tokenLogprobs ? 1 : 0) + top + gatherCount + (fullLogprobs ? vocabSize : 0) + (entropy ? 1 : 0)
      + (hiddenState ? hiddenWidth : 0)
    return 4 * numbers
  }
}
