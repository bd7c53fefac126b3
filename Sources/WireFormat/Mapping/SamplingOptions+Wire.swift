public import Sequences

extension WireSamplingOptions {
  /// The options as a message.
  public init(_ options: SamplingOptions) {
    self.init(
      temperature: options.samplingTemperature, topK: UInt32(clamping: options.topK), topP: options.topP,
      maxNewTokens: UInt32(clamping: options.maxNewTokens), stopTokenIDs: options.stopTokenIDs, minP: options.minP,
      repetitionPenalty: options.repetitionPenalty == 1 ? 0 : options.repetitionPenalty,
      noRepeatNgramSize: UInt32(clamping: options.noRepeatNgramSize),
      minNewTokens: UInt32(clamping: options.minNewTokens), stopStrings: options.stopStrings)
  }
}

extension SamplingOptions {
  /// Stop strings of one request.
  public static let mostStopStrings = 16

  /// Reads options; `top_p` and `repetition_penalty` 0 mean unset, which is 1.
  ///
  /// - Throws: ``WireFormatError/outOfRange(field:value:allowed:)`` for an option outside its range;
  ///   ``WireFormatError/missing(field:)`` for nil.
  public init(_ wire: WireSamplingOptions?) throws(WireFormatError) {
    guard let wire else { throw .missing(field: "sampling") }
    guard wire.temperature >= 0, wire.temperature.isFinite else {
      throw .outOfRange(field: "sampling.temperature", value: "\(wire.temperature)", allowed: "a number from 0")
    }
    guard wire.topP >= 0, wire.topP <= 1 else {
      throw .outOfRange(field: "sampling.top_p", value: "\(wire.topP)", allowed: "in (0, 1], or 0 for unset")
    }
    guard wire.maxNewTokens >= 1 else {
      throw .outOfRange(field: "sampling.max_new_tokens", value: "0", allowed: "at least 1")
    }
    try Self.checkRules(wire)
    self.init(
      samplingTemperature: wire.temperature, topK: Int(wire.topK), topP: wire.topP == 0 ? 1 : wire.topP,
      minP: wire.minP, repetitionPenalty: wire.repetitionPenalty == 0 ? 1 : wire.repetitionPenalty,
      noRepeatNgramSize: Int(wire.noRepeatNgramSize), minNewTokens: Int(wire.minNewTokens),
      maxNewTokens: Int(wire.maxNewTokens), stopTokenIDs: wire.stopTokenIDs, stopStrings: wire.stopStrings)
  }

  private static func checkRules(_ wire: WireSamplingOptions) throws(WireFormatError) {
    guard wire.minP >= 0, wire.minP <= 1 else {
      throw .outOfRange(field: "sampling.min_p", value: "\(wire.minP)", allowed: "in [0, 1]")
    }
    guard wire.repetitionPenalty >= 0, wire.repetitionPenalty.isFinite else {
      throw .outOfRange(
        field: "sampling.repetition_penalty", value: "\(wire.repetitionPenalty)",
        allowed: "a number over 0, or 0 for unset")
    }
    guard wire.minNewTokens <= wire.maxNewTokens else {
      throw .outOfRange(
        field: "sampling.min_new_tokens", value: "\(wire.minNewTokens)",
        allowed: "at most max_new_tokens (\(wire.maxNewTokens))")
    }
    guard wire.stopStrings.count <= mostStopStrings, !wire.stopStrings.contains("") else {
      throw .outOfRange(
        field: "sampling.stop_strings", value: "\(wire.stopStrings.count) texts",
        allowed: "at most \(mostStopStrings), none of them empty")
    }
  }
}
