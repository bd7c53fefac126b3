extension TemplateInterpreter {
  /// The filters `int`, `float`, `abs` and `round`.
  func number(
    _ value: TemplateValue, _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue {
    switch (name, value) {
    case ("int", .undefined(let missing)), ("float", .undefined(let missing)):
      throw failure("\"\(missing)\" is undefined, so it is no number")
    case ("int", _): return try whole(value, values).map { .int($0) } ?? values.value(0, "default") ?? .int(0)
    case ("float", .string(let text)):
      return TemplateText.float(text).map { .double($0) } ?? values.value(0, "default") ?? .double(0)
    case ("float", _): return value.number.map { .double($0) } ?? values.value(0, "default") ?? .double(0)
    case ("abs", .int(let number)) where number > .min: return .int(abs(number))
    case ("abs", .double(let number)): return .double(abs(number))
    case ("round", _):
      guard let number = value.number, values.int(0, "precision") ?? 0 == 0 else { break }
      switch values.string(1, "method") ?? "common" {
      case "common": return .double(number.rounded(.toNearestOrEven))
      case "ceil": return .double(number.rounded(.up))
      case "floor": return .double(number.rounded(.down))
      default: break
      }
    default: break
    }
    throw unsupported("\(name) of \(value.kind)")
  }

  /// The whole number of a value as jinja2's `int` has it; nil: the default counts.
  private func whole(_ value: TemplateValue, _ values: TemplateValues) throws(ChatTemplateError) -> Int? {
    switch value {
    case .int(let number): return number
    case .string(let text):
      var base: Int? = 10
      if let given = values.value(1, "base") {
        base = if case .int(let number) = given.wholeIfBoolean { number } else { nil }
      }
      switch base.map({ TemplateText.whole(text, base: $0) }) ?? .noNumber {
      case .number(let number): return number
      case .tooLarge: throw unsupported("a whole number of over 64 bits")
      case .noNumber: break
      }
      // "42.9" is 42.
      guard let number = TemplateText.float(text), number.isFinite else { return nil }
      return try truncated(number)
    default:
      guard let number = value.number, !number.isNaN else { return nil }
      guard number.isFinite else { throw failure("an infinite number is no whole number") }
      return try truncated(number)
    }
  }

  private func truncated(_ number: Double) throws(ChatTemplateError) -> Int {
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw unsupported("a whole number of over 64 bits")
    }
    return whole
  }
}

extension TemplateText {
  /// What a text is as a whole number.
  enum Whole: Equatable {
    case noNumber
    case number(Int)
    /// A number that Python has and 64 bits have not.
    case tooLarge
  }

  /// `int(text, base)`: white space around it, a sign, `0x`, `0o` or `0b` where the base allows it, single `_` between digits.
  static func whole(_ text: String, base: Int) -> Whole {
    guard base == 0 || (2...36).contains(base) else { return .noNumber }
    var scalars = Array(strip(text, nil, left: true, right: true).unicodeScalars)[...]
    let isNegative = scalars.first == "-"
    if isNegative || scalars.first == "+" { scalars.removeFirst() }
    var radix = base == 0 ? 10 : base
    let prefixes: [Unicode.Scalar: Int] = ["x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2]
    var isPrefixed = false
    if scalars.first == "0", let named = scalars.dropFirst().first.flatMap({ prefixes[$0] }), [0, named].contains(base)
    {
      (radix, isPrefixed) = (named, true)
      scalars = scalars.dropFirst(2)
      if scalars.first == "_" { scalars.removeFirst() }
    }
    let beginsWithZero = scalars.first == "0"
    var (value, isTooLarge, isAfterDigit) = (0, false, false)
    for scalar in scalars {
      if scalar == "_", isAfterDigit {
        isAfterDigit = false
        continue
      }
      guard let digit = digit(scalar), digit < radix else { return .noNumber }
      // Downward, where there is one number more.
      let (product, overflows) = value.multipliedReportingOverflow(by: radix)
      let (sum, overflowsToo) = product.subtractingReportingOverflow(digit)
      isTooLarge = isTooLarge || overflows || overflowsToo
      (value, isAfterDigit) = (isTooLarge ? -1 : sum, true)
    }
    guard isAfterDigit, base != 0 || isPrefixed || !beginsWithZero || value == 0 else { return .noNumber }
    if isTooLarge || (!isNegative && value == .min) { return .tooLarge }
    return .number(isNegative ? value : -value)
  }

  private static func digit(_ scalar: Unicode.Scalar) -> Int? {
    switch scalar {
    case "a"..."z": Int(scalar.value) - 87
    case "A"..."Z": Int(scalar.value) - 55
    default:
      scalar.properties.numericType == .decimal ? scalar.properties.numericValue.map { Int($0) } : nil
    }
  }

  /// `float(text)`; nil where Python has a ValueError.
  static func float(_ text: String) -> Double? {
    var digits = ""
    var previous: Unicode.Scalar = " "
    let scalars = Array(strip(text, nil, left: true, right: true).unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      defer { previous = scalar }
      if scalar == "_" {
        guard index + 1 < scalars.count, isDecimal(previous), isDecimal(scalars[index + 1]) else { return nil }
        continue
      }
      if isDecimal(scalar), let digit = digit(scalar) { digits += String(digit) } else { digits += String(scalar) }
    }
    let sign = digits.hasPrefix("-") || digits.hasPrefix("+") ? String(digits.removeFirst()) : ""
    switch digits.lowercased() {
    case "inf", "infinity": return sign == "-" ? -.infinity : .infinity
    case "nan": return .nan
    default: break
    }
    guard let first = digits.utf8.first, first == UInt8(ascii: ".") || (48...57).contains(first),
      digits.utf8.allSatisfy({ (48...57).contains($0) || ".eE+-".utf8.contains($0) })
    else { return nil }
    return Double(sign + digits)
  }

  private static func isDecimal(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType == .decimal }
}
