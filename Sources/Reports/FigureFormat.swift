import Foundation

/// Writes numbers for people, the same way in the terminal and in the report.
public enum FigureFormat {
  /// Four significant digits, without an exponent between 1e-4 and 1e6: `0.8123`, `12.35`, `1.2e-05`.
  public static func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "—" : value < 0 ? "−∞" : "∞" }
    let size = abs(value)
    if value == value.rounded(), size < 1e6 { return String(Int(value)) }
    if size < 1e-4 || size >= 1e6 { return String(format: "%.2e", value) }
    let digits = max(0, 3 - Int(log10(size).rounded(.down)))
    return String(format: "%.\(min(digits, 6))f", value)
  }

  /// A count with a suffix: `512`, `3.4k`, `1.2M`.
  public static func count(_ value: Double) -> String {
    guard value.isFinite, value >= 0 else { return "—" }
    for (limit, suffix) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= limit * 0.9995 {
      let scaled = value / limit
      return String(format: scaled < 9.995 ? "%.2f" : scaled < 99.95 ? "%.1f" : "%.0f", scaled) + suffix
    }
    return value < 10 && value != value.rounded() ? String(format: "%.1f", value) : String(format: "%.0f", value)
  }

  /// A number of bytes: `512 B`, `3.40 kB`.
  public static func bytes(_ value: Double) -> String {
    let text = count(value)
    guard let suffix = text.last, suffix.isLetter else { return text + " B" }
    return "\(text.dropLast()) \(suffix)B"
  }

  /// A share: `24%`.
  public static func percent(_ share: Double) -> String { String(format: "%.0f%%", share * 100) }

  /// A duration in its two largest units: `0.3s`, `12s`, `3m05s`, `2h07m`, `3d04h`.
  public static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "—" }
    if seconds < 9.95 { return String(format: "%.1fs", seconds) }
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<60: return "\(whole)s"
    case ..<3600: return String(format: "%dm%02ds", whole / 60, whole % 60)
    case ..<86_400: return String(format: "%dh%02dm", whole / 3600, whole / 60 % 60)
    default: return String(format: "%dd%02dh", whole / 86_400, whole / 3600 % 24)
    }
  }

  /// The time of one step, which may be short: `48ms`, `1.5s`.
  public static func stepTime(seconds: Double) -> String {
    seconds < 0.9995 && seconds >= 0 ? String(format: "%.0fms", seconds * 1000) : duration(seconds: seconds)
  }
}
