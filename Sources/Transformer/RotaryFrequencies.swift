import Foundation

extension ModelConfiguration {
  /// Radians per position of each rotary pair: `θ^(−2i / headWidth)`, stretched where the configuration says so.
  /// Shape: `[headWidth / 2]`; empty in gpt2.
  var rotaryFrequencies: [Float] {
    guard family == .llama else { return [] }
    return (0..<headWidth / 2).map { pair in
      let frequency = pow(ropeTheta, -2 * Double(pair) / Double(headWidth))
      return Float(ropeScaling?.stretch(frequency) ?? frequency)
    }
  }
}

extension ModelConfiguration.RopeScaling {
  /// Long waves are stretched by `factor`, short ones stay, those between are blended.
  ///
  /// - SeeAlso: `_compute_llama3_parameters` of transformers.
  func stretch(_ frequency: Double) -> Double {
    let turns = Double(originalContextLength) * frequency / (2 * .pi)
    if turns < lowFrequencyFactor { return frequency / factor }
    if turns > highFrequencyFactor { return frequency }
    let blend = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
    return (1 - blend) * frequency / factor + blend * frequency
  }
}
