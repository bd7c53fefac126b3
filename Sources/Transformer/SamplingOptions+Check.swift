import Sequences

/// Whether logits can be divided by a number.
private func isDivisor(_ number: Float) -> Bool { number > 0 && number.isFinite && (1 / number).isFinite }

extension SamplingOptions {
  /// Checks every option.
  ///
  /// - Throws: ``ModelError/invalidOption(name:value:requirement:)`` for the first that is out of range.
  func check() throws(ModelError) {
    func require(_ holds: Bool, _ name: String, _ value: some Any, _ requirement: String) throws(ModelError) {
      if !holds { throw .invalidOption(name: name, value: "\(value)", requirement: requirement) }
    }
    try require(
      samplingTemperature == 0 || isDivisor(samplingTemperature), "samplingTemperature", samplingTemperature,
      "0, or a number greater than 1e-38")
    try require(topK >= 0, "topK", topK, "0 or greater")
    try require(topP > 0 && topP <= 1, "topP", topP, "in (0, 1]")
    try require((0...1).contains(minP), "minP", minP, "in [0, 1]")
    try require(
      isDivisor(repetitionPenalty), "repetitionPenalty", repetitionPenalty, "a number greater than 1e-38")
    try require(noRepeatNgramSize >= 0, "noRepeatNgramSize", noRepeatNgramSize, "0 or greater")
    try require(maxNewTokens >= 1, "maxNewTokens", maxNewTokens, "1 or greater")
    try require(
      minNewTokens >= 0 && minNewTokens <= maxNewTokens, "minNewTokens", minNewTokens,
      "in 0...maxNewTokens (\(maxNewTokens))")
    try require(!stopStrings.contains(""), "stopStrings", "an empty text", "texts of at least one character")
  }
}
