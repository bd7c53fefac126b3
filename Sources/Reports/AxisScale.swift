import Foundation

/// Where values stand on an axis, and which round values are marked on it.
struct AxisScale: Sendable {
  let lower: Double
  let upper: Double
  let isLogarithmic: Bool
  let ticks: [Double]

  /// An axis that holds all values. It begins at 0 where that wastes little room, and is logarithmic where allowed and
  /// the values span more than two orders of magnitude.
  init(values: [Double], allowsLogarithm: Bool = true, tickCount: Int = 5) {
    let finite = values.filter(\.isFinite)
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    if allowsLogarithm, low > 0, high / low > 100 {
      let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
      (lower, upper, isLogarithmic) = (pow(10, Double(decades.lowerBound)), pow(10, Double(decades.upperBound)), true)
      ticks = decades.map { pow(10, Double($0)) }
      return
    }
    if low > 0, low < 0.4 * high { low = 0 }
    if low == high { (low, high) = low == 0 ? (0, 1) : (low - abs(low) * 0.1, high + abs(high) * 0.1) }
    let step = Self.roundStep((high - low) / Double(tickCount))
    let first = (low / step).rounded(.down)
    let last = (high / step).rounded(.up)
    (lower, upper, isLogarithmic) = (first * step, last * step, false)
    ticks = stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// The axis of whole steps from the first to the last.
  init(steps: ClosedRange<Int>) {
    let width = max(1, steps.upperBound - steps.lowerBound)
    let step = max(1, Self.roundStep(Double(width) / 6))
    (lower, upper, isLogarithmic) = (Double(steps.lowerBound), Double(steps.lowerBound + width), false)
    let first = (Double(steps.lowerBound) / step).rounded(.up) * step
    ticks = Array(stride(from: first, through: upper, by: step))
  }

  /// Where a value stands, 0 at the lower end and 1 at the upper.
  func position(_ value: Double) -> Double {
    guard isLogarithmic else { return (value - lower) / (upper - lower) }
    return (log10(max(value, lower)) - log10(lower)) / (log10(upper) - log10(lower))
  }

  /// The next 1, 2 or 5 times a power of ten.
  private static func roundStep(_ rough: Double) -> Double {
    let power = pow(10, log10(rough).rounded(.down))
    return power * ([1, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10)
  }
}
