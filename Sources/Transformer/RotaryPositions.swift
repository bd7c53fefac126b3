import Foundation

/// Rotary positions: which part of a head turns, and how fast.
public struct RotaryPositions: Sendable, Hashable {
  /// How frequencies are stretched for contexts longer than those of pretraining.
  public enum Scaling: Sendable, Hashable {
    /// All frequencies are divided by a factor.
    case linear(factor: Double)
    /// As Llama 3.1 does.
    case llama3(Llama3Scaling)
    /// As YaRN does.
    case yarn(YarnScaling)
    /// A factor for each pair.
    case longRope(LongRopeScaling)
  }

  /// θ: pair i of r turned columns turns by `θ^(−2i / r)` radians per position.
  public var base: Double
  /// Part of each head that turns.
  public var fraction: Double
  /// Stretched frequencies.
  public var scaling: Scaling?

  /// Makes positions that turn whole heads.
  public init(base: Double = 10_000, fraction: Double = 1, scaling: Scaling? = nil) {
    self.base = base
    self.fraction = fraction
    self.scaling = scaling
  }

  /// Columns of a head that turn.
  public func turnedWidth(headWidth: Int) -> Int { Int(Double(headWidth) * fraction) }

  /// Radians per position of each pair, as transformers rounds them. Shape: `[turnedWidth / 2]`.
  func frequencies(headWidth: Int) -> [Float] {
    let width = turnedWidth(headWidth: headWidth)
    let waves = (0..<width / 2).map { Float(pow(base, Double(Float(2 * $0) / Float(width)))) }
    switch scaling {
    case nil: return waves.map { 1 / $0 }
    case .linear(let factor): return waves.map { 1 / $0 / Float(factor) }
    case .llama3(let values): return waves.map { Float(values.stretch(Double(1 / $0))) }
    case .yarn(let values):
      let ramp = values.ramp(width: width, base: base)
      return zip(waves, ramp).map { Float((1 - $1) / Double($0) + $1 / (values.factor * Double($0))) }
    case .longRope(let values): return zip(waves, values.shortFactors).map { 1 / ($0 * Float($1)) }
    }
  }

  /// Factor of cosines and sines.
  var scale: Double {
    switch scaling {
    case .yarn(let values): values.resolvedAttentionFactor
    case .longRope(let values): values.resolvedAttentionFactor
    case nil, .linear, .llama3: 1
    }
  }
}

/// Frequencies stretched as Llama 3.1 does.
public struct Llama3Scaling: Sendable, Hashable {
  /// Frequencies of long waves are divided by this.
  public var factor: Double
  /// Waves longer than `originalContextLength / lowFrequencyFactor` are stretched in full.
  public var lowFrequencyFactor: Double
  /// Waves shorter than `originalContextLength / highFrequencyFactor` stay as they are.
  public var highFrequencyFactor: Double
  /// Context length before stretching.
  public var originalContextLength: Int

  /// Makes Llama 3.1's values.
  public init(
    factor: Double = 8, lowFrequencyFactor: Double = 1, highFrequencyFactor: Double = 4,
    originalContextLength: Int = 8192
  ) {
    self.factor = factor
    self.lowFrequencyFactor = lowFrequencyFactor
    self.highFrequencyFactor = highFrequencyFactor
    self.originalContextLength = originalContextLength
  }

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

/// Frequencies stretched as YaRN does.
///
/// - SeeAlso: <https://arxiv.org/abs/2309.00071>, `_compute_yarn_parameters` of transformers.
public struct YarnScaling: Sendable, Hashable {
  /// Frequencies of long waves are divided by this.
  public var factor: Double
  /// Context length before stretching.
  public var originalContextLength: Int
  /// Waves that turn more often within the original context stay as they are.
  public var betaFast = 32.0
  /// Waves that turn less often are stretched in full.
  public var betaSlow = 1.0
  /// Factor of cosines and sines; where unset, it follows from `factor`, and from the two below where both are set.
  public var attentionFactor: Double?
  /// Numerator's share of the attention factor.
  public var mscale: Double?
  /// Denominator's share of the attention factor.
  public var mscaleAllDimensions: Double?
  /// Whether the bounds of the blend are whole pairs.
  public var truncates = true

  /// Makes YaRN's values.
  public init(factor: Double, originalContextLength: Int) {
    self.factor = factor
    self.originalContextLength = originalContextLength
  }

  var resolvedAttentionFactor: Double {
    func spread(_ share: Double) -> Double { factor <= 1 ? 1 : 0.1 * share * log(factor) + 1 }
    if let attentionFactor { return attentionFactor }
    guard let mscale, let mscaleAllDimensions, mscale != 0, mscaleAllDimensions != 0 else { return spread(1) }
    return spread(mscale) / spread(mscaleAllDimensions)
  }

  /// For each pair, how much of its wave is stretched: 0 for fast ones, 1 for slow ones.
  func ramp(width: Int, base: Double) -> [Double] {
    func pair(turns: Double) -> Double {
      Double(width) * log(Double(originalContextLength) / (turns * 2 * .pi)) / (2 * log(base))
    }
    var (low, high) = (pair(turns: betaFast), pair(turns: betaSlow))
    if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, Double(width - 1)))
    if low == high { high += 0.001 }
    return (0..<width / 2).map { min(max((Double($0) - low) / (high - low), 0), 1) }
  }
}

/// Frequencies with a factor for each pair, as Phi-3 has them.
///
/// transformers takes other factors, the long ones, for all positions of a sequence once it passes the original context;
/// here a model of this kind reads sequences up to the original context.
public struct LongRopeScaling: Sendable, Hashable {
  /// Divisors of the frequencies. Shape: `[pairs]`.
  public var shortFactors: [Double]
  /// Divisors for longer sequences, kept for the folder that is written. Shape: `[pairs]`.
  public var longFactors: [Double]
  /// Context length before stretching.
  public var originalContextLength: Int
  /// Context length with long factors.
  public var stretchedContextLength: Int
  /// Factor of cosines and sines; where unset, it follows from the two lengths.
  public var attentionFactor: Double?
  /// The ratio of the lengths, where it is given.
  public var factor: Double?

  var resolvedAttentionFactor: Double {
    if let attentionFactor { return attentionFactor }
    let factor = factor ?? Double(stretchedContextLength) / Double(originalContextLength)
    return factor <= 1 ? 1 : (1 + log(factor) / log(Double(originalContextLength))).squareRoot()
  }
}
