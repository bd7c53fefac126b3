/// SplitMix64: a small generator whose whole state is one number, so that a checkpoint can hold it.
///
/// - SeeAlso: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  /// The state: the seed at first, moved on by each number.
  public private(set) var state: UInt64

  /// Starts from a seed.
  public init(seed: UInt64) { state = seed }

  /// Starts from a seed and indices below it, such as (round, sample): any other path gives unrelated numbers.
  public init(seed: UInt64, path: UInt64...) {
    state = seed
    for index in path {
      state = next() ^ (index &* 0xD1B5_4A32_D192_ED03)
    }
    state = next()
  }

  /// The next number; every value is as likely.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number in [0, 1), a multiple of 2⁻⁵³.
  public mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
