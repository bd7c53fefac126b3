public import Sequences

extension WireSamplingOptions {
  /// The options as a message.
  public init(_ options: SamplingOptions) {
    self.init(
      temperature: options.samplingTemperature, topK: UInt32(clamping: options.topK), topP: options.topP,
      maxNewTokens: UInt32(clamping: options.maxNewTokens), stopTokenIDs: options.stopTokenIDs)
  }
}

extension SamplingOptions {
  /// Reads options; `top_p` 0 means unset, which is 1.
  ///
  /// - Throws: ``WireFormatError/outOfRange(field:value:allowed:)`` for a negative or non-finite temperature, `top_p`
  ///   outside 0...1 or no new tokens; ``WireFormatError/missing(field:)`` for nil.
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
    self.init(
      samplingTemperature: wire.temperature, topK: Int(wire.topK), topP: wire.topP == 0 ? 1 : wire.topP,
      maxNewTokens: Int(wire.maxNewTokens), stopTokenIDs: wire.stopTokenIDs)
  }
}
