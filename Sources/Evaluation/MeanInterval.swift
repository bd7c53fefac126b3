import Foundation

/// The mean of independent measurements, such as one per seed, with its 95 % confidence interval.
public struct MeanInterval: Sendable, Hashable, Codable {
  /// The mean.
  public let mean: Double
  /// Half the width of the interval, `t · s / √n`, Student's t with n − 1 degrees of freedom; nil of one measurement.
  public let halfWidth: Double?
  /// n.
  public let count: Int

  /// Measures values; nil where there are none.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      halfWidth = nil
      return
    }
    let freedom = values.count - 1
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(freedom)
    halfWidth = Self.quantile(freedom: freedom) * (variance / Double(values.count)).squareRoot()
  }

  /// The 0.975 quantile of Student's t distribution, by its degrees of freedom; within 5·10⁻⁴.
  static func quantile(freedom: Int) -> Double {
    let first: [Double] = [
      12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
      2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    ]
    if freedom <= first.count { return first[freedom - 1] }
    // The normal quantile and the first terms of the expansion in 1/n.
    let (z, n) = (1.959_963_985, Double(freedom))
    let (z3, z5) = (z * z * z, z * z * z * z * z)
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
  }

  /// The interval to a number of decimals, such as "0.731 ± 0.012".
  public func formatted(decimals: Int = 3) -> String {
    let mean = mean.formatted(decimals: decimals)
    return halfWidth.map { "\(mean) ± \($0.formatted(decimals: decimals))" } ?? mean
  }
}

extension Double {
  /// The number to so many decimals; what is zero by then has no sign.
  public func formatted(decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", self)
    return text.hasPrefix("-") && text.allSatisfy { "-0.".contains($0) } ? String(text.dropFirst()) : text
  }
}
