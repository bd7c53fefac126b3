/// How the number of an answer is found, as `lm-eval`'s task `gsm8k` does it.
public enum NumericAnswer: String, Sendable, Hashable, CaseIterable {
  /// Behind the first `#### `: it punishes another form.
  case strict
  /// The last run of digits: it flatters, since any last number will do.
  case flexible

  /// The number that a text answers, without `,`, `$` and a full stop at its end; nil: it answers none.
  public func number(in text: String) -> String? {
    let found: Substring? =
      switch self {
      case .strict: text.firstMatch(of: /\#\#\#\# (-?[0-9.,]+)/)?.output.1
      case .flexible: text.matches(of: /-?[$0-9.,]{2,}|-?[0-9]+/).last?.output
      }
    return found.map(Self.plain)
  }

  /// The number that the data's answer has: behind its last `#### `, or its last number where there is no such mark.
  public static func reference(in text: String) -> String? {
    let marked = text.ranges(of: "#### ").last.map { text[$0.upperBound...] }
    let number = flexible.number(in: String(marked ?? text[...]))
    return number.flatMap { $0.contains(where: \.isNumber) ? $0 : nil }
  }

  /// Whether a text answers a number, such as `72`, which `72.0` is too.
  public func isRight(_ text: String, reference: String) -> Bool {
    guard let number = number(in: text) else { return false }
    if number == reference { return true }
    guard let left = Double(number), let right = Double(reference) else { return false }
    return left == right
  }

  private static func plain(_ number: Substring) -> String {
    let digits = number.filter { $0 != "," && $0 != "$" }
    return digits.hasSuffix(".") ? String(digits.dropLast()) : String(digits)
  }
}
