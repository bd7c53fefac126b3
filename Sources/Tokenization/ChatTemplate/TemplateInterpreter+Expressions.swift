extension TemplateInterpreter {
  /// The value of an expression. It counts as a step, and a large value as several.
  mutating func evaluate(_ expression: TemplateExpression) throws(ChatTemplateError) -> TemplateValue {
    let value = try computed(expression)
    switch value {
    case .string(let text): try step(1 + text.utf8.count / 64)
    case .list(let values), .tuple(let values): try step(1 + values.count / 4)
    default: try step()
    }
    return value
  }

  private mutating func computed(_ expression: TemplateExpression) throws(ChatTemplateError) -> TemplateValue {
    switch expression {
    case .literal(let value): return value
    case .variable(let name): return variable(name)
    case .list(let expressions): return .list(try evaluate(all: expressions))
    case .tuple(let expressions): return .tuple(try evaluate(all: expressions))
    case .object(let members): return try object(members)
    case .member(let owner, let name): return try member(name, of: evaluate(owner))
    case .item(let owner, let index): return try item(evaluate(index), of: evaluate(owner))
    case .slice(let owner, let start, let stop, let stride):
      return try slice(evaluate(owner), bounds: [start, stop, stride])
    case .call(let callee, let arguments): return try call(callee, arguments)
    case .filter(let operand, let name, let arguments):
      let value = try evaluate(operand)
      return try filter(value, name, evaluate(arguments))
    case .test(let operand, let name, let arguments):
      let value = try evaluate(operand)
      return .bool(try test(value, name, evaluate(all: arguments.positional)))
    case .not(let operand): return .bool(try !evaluate(operand).isTrue)
    case .negative(let operand): return try arithmetic("-", .int(0), evaluate(operand))
    case .binary(let symbol, let left, let right): return try binary(symbol, left, right)
    case .comparison(let first, let rest): return try comparison(first, rest)
    case .conditional(let condition, let then, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(then) }
      return try otherwise.map { value throws(ChatTemplateError) in try evaluate(value) } ?? .undefined("")
    }
  }

  private mutating func evaluate(all expressions: [TemplateExpression]) throws(ChatTemplateError) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for expression in expressions { values.append(try evaluate(expression)) }
    return values
  }

  private mutating func evaluate(_ arguments: TemplateArguments) throws(ChatTemplateError) -> TemplateValues {
    var values = TemplateValues(positional: try evaluate(all: arguments.positional))
    for (name, expression) in arguments.named { values.named.append((name, try evaluate(expression))) }
    return values
  }

  private mutating func object(
    _ expressions: [(TemplateExpression, TemplateExpression)]
  ) throws(ChatTemplateError) -> TemplateValue {
    var members: [(String, TemplateValue)] = []
    for (key, value) in expressions {
      guard case .string(let name) = try evaluate(key) else { throw unsupported("a mapping's key that is no string") }
      members.append((name, try evaluate(value)))
    }
    return .object(members)
  }

  private func member(_ name: String, of owner: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch owner {
    case .undefined(let missing): throw failure("\"\(missing)\" is undefined, so it has no \"\(name)\"")
    case .namespace(let place): return namespaces[place][name] ?? .undefined(name)
    default:
      // Python looks for a method first.
      if Self.isMethod(name, of: owner) { return .method(name) }
      return owner.member(name) ?? .undefined(name)
    }
  }

  func item(_ index: TemplateValue, of owner: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch (owner, index) {
    case (.object, .string(let name)): return owner.member(name) ?? .undefined(name)
    case (_, .string(let name)): return try member(name, of: owner)
    case (.list, .int(let position)), (.tuple, .int(let position)), (.string, .int(let position)):
      let values = try elements(of: owner)
      let place = position < 0 ? position + values.count : position
      return values.indices.contains(place) ? values[place] : .undefined("item \(position)")
    case (.undefined(let missing), _): throw failure("\"\(missing)\" is undefined, so it has no items")
    default: throw failure("\(owner.kind) has no item at \(index.kind)")
    }
  }

  /// `owner[start:stop:stride]`, as Python cuts lists and strings.
  private mutating func slice(
    _ owner: TemplateValue, bounds: [TemplateExpression?]
  ) throws(ChatTemplateError) -> TemplateValue {
    var numbers: [Int?] = []
    for bound in bounds {
      guard let bound else {
        numbers.append(nil)
        continue
      }
      switch try evaluate(bound) {
      case .int(let number): numbers.append(number)
      case .none: numbers.append(nil)
      case let other: throw failure("\(other.kind) cannot bound a slice")
      }
    }
    let values = try elements(of: owner)
    let stride = numbers[2] ?? 1
    guard stride != 0 else { throw failure("a slice by steps of 0") }
    let place = { (bound: Int?, missing: Int) -> Int in
      guard let bound else { return missing }
      let shifted = bound < 0 ? max(bound, -values.count - 1) + values.count : min(bound, values.count)
      return stride > 0 ? min(max(shifted, 0), values.count) : min(max(shifted, -1), values.count - 1)
    }
    let start = place(numbers[0], stride > 0 ? 0 : values.count - 1)
    let stop = place(numbers[1], stride > 0 ? values.count : -1)
    var cut: [TemplateValue] = []
    var index = start
    while stride > 0 ? index < stop : index > stop {
      cut.append(values[index])
      let (after, overflows) = index.addingReportingOverflow(stride)
      if overflows { break }
      index = after
    }
    if case .tuple = owner { return .tuple(cut) }
    guard case .string = owner else { return .list(cut) }
    return .string(cut.compactMap(\.text).joined())
  }

  private mutating func binary(
    _ symbol: String, _ left: TemplateExpression, _ right: TemplateExpression
  ) throws(ChatTemplateError) -> TemplateValue {
    let first = try evaluate(left)
    if symbol == "and" { return first.isTrue ? try evaluate(right) : first }
    if symbol == "or" { return first.isTrue ? first : try evaluate(right) }
    let second = try evaluate(right)
    guard symbol == "~" else { return try arithmetic(symbol, first, second) }
    guard let head = first.text, let tail = second.text else {
      throw unsupported("joining \(first.kind) and \(second.kind)")
    }
    return try bounded(head, tail)
  }

  private func bounded(_ head: String, _ tail: String) throws(ChatTemplateError) -> TemplateValue {
    guard head.utf8.count + tail.utf8.count <= ChatTemplate.maximumOutput else { throw .tooLarge(what: "a text") }
    return .string(head + tail)
  }

  /// How often something is repeated; 0 for what has no size.
  private static func times(
    _ count: Int, of size: Int, limit: Int, what: String
  ) throws(ChatTemplateError) -> Int {
    guard count > 0, size > 0 else { return 0 }
    guard count <= limit / size else { throw .tooLarge(what: what) }
    return count
  }

  private func bounded(
    _ head: [TemplateValue], _ tail: [TemplateValue]
  ) throws(ChatTemplateError) -> [TemplateValue] {
    guard head.count + tail.count <= ChatTemplate.maximumSteps else { throw .tooLarge(what: "a list") }
    return head + tail
  }

  func arithmetic(
    _ symbol: String, _ left: TemplateValue, _ right: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    let (left, right) = (left.wholeIfBoolean, right.wholeIfBoolean)
    switch (symbol, left, right) {
    case ("%", .string(let form), .tuple(let values)): return .string(try formatted(form, values))
    case ("%", .string(let form), _): return .string(try formatted(form, [right]))
    case ("+", .string(let head), .string(let tail)): return try bounded(head, tail)
    case ("+", .list(let head), .list(let tail)): return .list(try bounded(head, tail))
    case ("+", .tuple(let head), .tuple(let tail)): return .tuple(try bounded(head, tail))
    case ("*", .string(let part), .int(let count)), ("*", .int(let count), .string(let part)):
      let times = try Self.times(count, of: part.utf8.count, limit: ChatTemplate.maximumOutput, what: "a text")
      return .string(String(repeating: part, count: times))
    case ("*", .list(let part), .int(let count)), ("*", .int(let count), .list(let part)):
      let times = try Self.times(count, of: part.count, limit: ChatTemplate.maximumSteps, what: "a list")
      return .list([[TemplateValue]](repeating: part, count: times).flatMap { $0 })
    case (_, .int(let first), .int(let second)):
      guard let result = try Self.whole(symbol, first, second) else { break }
      return .int(result)
    default: break
    }
    guard let first = left.number, let second = right.number else {
      throw failure("\(left.kind) \(symbol) \(right.kind) has no value")
    }
    switch symbol {
    case "+": return .double(first + second)
    case "-": return .double(first - second)
    case "*": return .double(first * second)
    case "/" where second != 0: return .double(first / second)
    case "//" where second != 0: return .double((first / second).rounded(.down))
    case "%" where second != 0: return .double(first - second * (first / second).rounded(.down))
    default: throw failure("\(left.kind) \(symbol) \(right.kind) has no value")
    }
  }

  /// Whole-number arithmetic, rounding down as Python does; nil where the result is not whole or too large.
  private static func whole(_ symbol: String, _ left: Int, _ right: Int) throws(ChatTemplateError) -> Int? {
    let result: (partialValue: Int, overflow: Bool)
    switch symbol {
    case "+": result = left.addingReportingOverflow(right)
    case "-": result = left.subtractingReportingOverflow(right)
    case "*": result = left.multipliedReportingOverflow(by: right)
    case "**" where right >= 0:
      guard right <= 64 || left.magnitude <= 1 else { return nil }
      var power = 1
      for _ in 0..<(left.magnitude <= 1 ? right % 2 + 2 * min(right / 2, 1) : right) {
        let (product, overflows) = power.multipliedReportingOverflow(by: left)
        if overflows { return nil }
        power = product
      }
      result = (power, false)
    case "//" where right > 0:
      result = (left >= 0 ? left / right : -((-(left + 1)) / right) - 1, false)
    case "%" where right > 0:
      let rest = left % right
      result = (rest < 0 ? rest + right : rest, false)
    default: return nil
    }
    return result.overflow ? nil : result.partialValue
  }

  private mutating func comparison(
    _ first: TemplateExpression, _ rest: [(String, TemplateExpression)]
  ) throws(ChatTemplateError) -> TemplateValue {
    var left = try evaluate(first)
    for (symbol, expression) in rest {
      let right = try evaluate(expression)
      guard try holds(symbol, left, right) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  func holds(_ symbol: String, _ left: TemplateValue, _ right: TemplateValue) throws(ChatTemplateError) -> Bool {
    switch symbol {
    case "==": return left.equals(right)
    case "!=": return !left.equals(right)
    case "in": return try contains(right, left)
    case "not in": return try !contains(right, left)
    default: break
    }
    let isLess: Bool
    let isEqual = left.equals(right)
    if let first = left.number, let second = right.number {
      isLess = first < second
    } else if case (.string(let first), .string(let second)) = (left, right) {
      isLess = first.unicodeScalars.lexicographicallyPrecedes(second.unicodeScalars)
    } else {
      throw failure("\(left.kind) \(symbol) \(right.kind) has no value")
    }
    switch symbol {
    case "<": return isLess
    case "<=": return isLess || isEqual
    case ">": return !isLess && !isEqual
    default: return !isLess
    }
  }

  func contains(_ whole: TemplateValue, _ part: TemplateValue) throws(ChatTemplateError) -> Bool {
    switch (whole, part) {
    case (.string(let text), .string(let wanted)): return TemplateText.range(of: wanted, in: text, from: 0) != nil
    case (.list(let values), _), (.tuple(let values), _): return values.contains { $0.equals(part) }
    case (.object, .string(let name)): return whole.member(name) != nil
    case (.undefined, _): return false
    default: throw failure("\(part.kind) cannot be looked for in \(whole.kind)")
    }
  }

  // MARK: Calls

  private mutating func call(
    _ callee: TemplateExpression, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    if case .member(let owner, let name) = callee {
      let value = try evaluate(owner)
      if case .variable("loop") = owner { return try loopMethod(value, name, evaluate(arguments)) }
      if case .namespace = value, case .macro(let place) = try member(name, of: value) {
        return try callMacro(place, evaluate(arguments))
      }
      return try method(value, name, evaluate(arguments))
    }
    guard case .variable(let name) = callee else { throw unsupported("calling a value") }
    let values = try evaluate(arguments)
    switch (name, variable(name)) {
    case (_, .macro(let place)): return try callMacro(place, values)
    case ("caller", .undefined) where hasCaller: return try callCaller(values)
    case ("raise_exception", .method): throw .raised(message: values.positional.first?.text ?? "")
    case ("namespace", .method):
      var members: [String: TemplateValue] = [:]
      if case .object(let given) = values.positional.first { for (name, value) in given { members[name] = value } }
      for (name, value) in values.named { members[name] = value }
      namespaces.append(members)
      return .namespace(namespaces.count - 1)
    case ("dict", .method):
      guard values.positional.isEmpty else { throw unsupported("this form of dict") }
      return .object(values.named)
    case ("range", .method): return try range(values.positional)
    case ("strftime_now", .method), ("strftime_now", .undefined):
      guard let format = values.string(0, "format"),
        let text = TemplateDate.text(format, at: now ?? ChatTemplate.fixedTime)
      else { throw unsupported("this form of strftime_now") }
      return .string(text)
    case (_, .undefined): throw unsupported("the function \"\(name)\"")
    default: throw failure("\"\(name)\" is not a function")
    }
  }

  private func loopMethod(
    _ loop: TemplateValue, _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue {
    guard name == "cycle", case .int(let index) = loop.member("index0"), !values.positional.isEmpty else {
      throw unsupported("the method \"\(name)\" of a loop")
    }
    return values.positional[index % values.positional.count]
  }

  private func range(_ values: [TemplateValue]) throws(ChatTemplateError) -> TemplateValue {
    let numbers = values.compactMap { value -> Int? in
      if case .int(let number) = value { number } else { nil }
    }
    guard numbers.count == values.count, (1...3).contains(numbers.count), numbers.count < 3 || numbers[2] != 0 else {
      throw failure("range takes one to three whole numbers")
    }
    let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let stride = numbers.count == 3 ? numbers[2] : 1
    guard abs(Double(end) - Double(start)) / abs(Double(stride)) < 100_000 else { throw .tooLarge(what: "a range") }
    return .list(Swift.stride(from: start, to: end, by: stride).map { .int($0) })
  }
}

/// The evaluated arguments of a call.
struct TemplateValues {
  var positional: [TemplateValue] = []
  /// In order.
  var named: [(String, TemplateValue)] = []

  /// The argument at a place, or of a name.
  func value(_ place: Int, _ name: String) -> TemplateValue? {
    place < positional.count ? positional[place] : named.first { $0.0 == name }?.1
  }

  func string(_ place: Int, _ name: String) -> String? {
    if case .string(let text) = value(place, name) { text } else { nil }
  }

  func int(_ place: Int, _ name: String) -> Int? {
    if case .int(let number) = value(place, name) { number } else { nil }
  }
}
