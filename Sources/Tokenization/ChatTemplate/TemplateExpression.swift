/// What has a value.
indirect enum TemplateExpression: Sendable {
  case literal(TemplateValue)
  case variable(String)
  case list([TemplateExpression])
  case tuple([TemplateExpression])
  case object([(TemplateExpression, TemplateExpression)])
  case member(TemplateExpression, String)
  case item(TemplateExpression, TemplateExpression)
  case slice(TemplateExpression, TemplateExpression?, TemplateExpression?, TemplateExpression?)
  case call(TemplateExpression, TemplateArguments)
  case filter(TemplateExpression, String, TemplateArguments)
  case test(TemplateExpression, String, TemplateArguments)
  case not(TemplateExpression)
  case negative(TemplateExpression)
  case binary(String, TemplateExpression, TemplateExpression)
  case comparison(TemplateExpression, [(String, TemplateExpression)])
  case conditional(TemplateExpression, then: TemplateExpression, otherwise: TemplateExpression?)
}

/// What a call gives.
struct TemplateArguments: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(String, TemplateExpression)] = []
}

/// Reads the words of one tag, by Jinja's grammar of expressions.
struct TemplateWords {
  private let tokens: [TemplateToken]
  let line: Int
  private var index = 0
  private var depth = 0

  init(_ tokens: [TemplateToken], line: Int) { (self.tokens, self.line) = (tokens, line) }

  var isAtEnd: Bool { index == tokens.count }
  private var next: TemplateToken? { index < tokens.count ? tokens[index] : nil }

  mutating func take(_ token: TemplateToken) -> Bool {
    guard next == token else { return false }
    index += 1
    return true
  }

  private mutating func take(anyOf symbols: [String]) -> String? {
    guard case .symbol(let symbol) = next, symbols.contains(symbol) else { return nil }
    index += 1
    return symbol
  }

  private func failure() -> ChatTemplateError {
    .syntax(line: line, problem: next.map { "unexpected \($0)" } ?? "the tag ends too early")
  }

  private mutating func expect(_ symbol: String) throws(ChatTemplateError) {
    guard take(.symbol(symbol)) else { throw failure() }
  }

  func expectEnd() throws(ChatTemplateError) {
    guard isAtEnd else { throw failure() }
  }

  mutating func takeName() throws(ChatTemplateError) -> String {
    guard case .name(let name) = next else { throw failure() }
    index += 1
    return name
  }

  /// One name, or several with commas between.
  mutating func takeNames() throws(ChatTemplateError) -> [String] {
    let isEnclosed = take(.symbol("("))
    var names = [try takeName()]
    while take(.symbol(",")) { names.append(try takeName()) }
    if isEnclosed { try expect(")") }
    return names
  }

  /// An expression that is all that is left; several with commas between are a tuple.
  mutating func parseAll() throws(ChatTemplateError) -> TemplateExpression {
    let first = try parse()
    guard take(.symbol(",")) else {
      try expectEnd()
      return first
    }
    var values = [first]
    while !isAtEnd {
      values.append(try parse())
      if !take(.symbol(",")) { break }
    }
    try expectEnd()
    return .tuple(values)
  }

  /// `a if b else c`, or what binds tighter.
  mutating func parse() throws(ChatTemplateError) -> TemplateExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ChatTemplate.maximumDepth else { throw .tooLarge(what: "expressions nested too deep") }
    var value = try parseAlternative()
    while take(.name("if")) {
      let condition = try parseAlternative()
      value = .conditional(condition, then: value, otherwise: take(.name("else")) ? try parse() : nil)
    }
    return value
  }

  mutating func parseAlternative() throws(ChatTemplateError) -> TemplateExpression {
    var left = try parseConjunction()
    while take(.name("or")) { left = .binary("or", left, try parseConjunction()) }
    return left
  }

  private mutating func parseConjunction() throws(ChatTemplateError) -> TemplateExpression {
    var left = try parseNegation()
    while take(.name("and")) { left = .binary("and", left, try parseNegation()) }
    return left
  }

  private mutating func parseNegation() throws(ChatTemplateError) -> TemplateExpression {
    guard take(.name("not")) else { return try parseComparison() }
    depth += 1
    defer { depth -= 1 }
    guard depth <= ChatTemplate.maximumDepth else { throw .tooLarge(what: "expressions nested too deep") }
    return .not(try parseNegation())
  }

  private mutating func parseComparison() throws(ChatTemplateError) -> TemplateExpression {
    let first = try parseBinary(0)
    var rest: [(String, TemplateExpression)] = []
    while true {
      if let symbol = take(anyOf: ["==", "!=", "<", "<=", ">", ">="]) {
        rest.append((symbol, try parseBinary(0)))
      } else if take(.name("in")) {
        rest.append(("in", try parseBinary(0)))
      } else if next == .name("not"), index + 1 < tokens.count, tokens[index + 1] == .name("in") {
        index += 2
        rest.append(("not in", try parseBinary(0)))
      } else {
        return rest.isEmpty ? first : .comparison(first, rest)
      }
    }
  }

  /// Operators by how tight they bind, the loosest first.
  private static let operators = [["+", "-"], ["~"], ["*", "/", "//", "%"], ["**"]]

  private mutating func parseBinary(_ level: Int) throws(ChatTemplateError) -> TemplateExpression {
    guard level < Self.operators.count else { return try parseUnary() }
    var left = try parseBinary(level + 1)
    while let symbol = take(anyOf: Self.operators[level]) {
      left = .binary(symbol, left, try parseBinary(level + 1))
    }
    return left
  }

  private mutating func parseUnary() throws(ChatTemplateError) -> TemplateExpression {
    if take(.symbol("-")) { return try parseFilters(.negative(try parsePostfix(try parsePrimary()))) }
    if take(.symbol("+")) {
      return try parseFilters(.binary("+", .literal(.int(0)), try parsePostfix(try parsePrimary())))
    }
    return try parseFilters(try parsePostfix(try parsePrimary()))
  }

  private mutating func parsePrimary() throws(ChatTemplateError) -> TemplateExpression {
    guard let token = next else { throw failure() }
    index += 1
    switch token {
    case .string(var text):
      // Neighbouring strings are one.
      while case .string(let more) = next {
        text += more
        index += 1
      }
      return .literal(.string(text))
    case .int(let number): return .literal(.int(number))
    case .double(let number): return .literal(.double(number))
    case .name("true"), .name("True"): return .literal(.bool(true))
    case .name("false"), .name("False"): return .literal(.bool(false))
    case .name("none"), .name("None"): return .literal(.none)
    case .name(let name): return .variable(name)
    case .symbol("("): return try parseParenthesis()
    case .symbol("["): return .list(try parseList(until: "]"))
    case .symbol("{"): return try parseObject()
    case .symbol:
      index -= 1
      throw failure()
    }
  }

  private mutating func parseParenthesis() throws(ChatTemplateError) -> TemplateExpression {
    if take(.symbol(")")) { return .tuple([]) }
    let first = try parse()
    if take(.symbol(")")) { return first }
    try expect(",")
    return .tuple([first] + (try parseList(until: ")")))
  }

  private mutating func parseList(until end: String) throws(ChatTemplateError) -> [TemplateExpression] {
    var values: [TemplateExpression] = []
    while !take(.symbol(end)) {
      values.append(try parse())
      if take(.symbol(end)) { break }
      try expect(",")
    }
    return values
  }

  private mutating func parseObject() throws(ChatTemplateError) -> TemplateExpression {
    var members: [(TemplateExpression, TemplateExpression)] = []
    while !take(.symbol("}")) {
      let key = try parse()
      try expect(":")
      members.append((key, try parse()))
      if take(.symbol("}")) { break }
      try expect(",")
    }
    return .object(members)
  }

  private mutating func parsePostfix(_ value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    var value = value
    while true {
      if take(.symbol(".")) {
        if case .int(let position) = next {
          index += 1
          value = .item(value, .literal(.int(position)))
        } else {
          value = .member(value, try takeName())
        }
      } else if take(.symbol("[")) {
        value = try parseSubscript(value)
      } else if take(.symbol("(")) {
        value = .call(value, try parseArguments())
      } else {
        return value
      }
    }
  }

  private mutating func parseSubscript(_ value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    var parts: [TemplateExpression?] = [nil]
    while !take(.symbol("]")) {
      if take(.symbol(":")) {
        parts.append(nil)
      } else if parts[parts.count - 1] == nil {
        parts[parts.count - 1] = try parse()
      } else {
        throw failure()
      }
    }
    if parts.count == 1, let position = parts[0] { return .item(value, position) }
    guard (2...3).contains(parts.count) else { throw failure() }
    return .slice(value, parts[0], parts[1], parts.count == 3 ? parts[2] : nil)
  }

  private mutating func parseArguments() throws(ChatTemplateError) -> TemplateArguments {
    var arguments = TemplateArguments()
    while !take(.symbol(")")) {
      if case .name(let name) = next, index + 1 < tokens.count, tokens[index + 1] == .symbol("=") {
        index += 2
        arguments.named.append((name, try parse()))
      } else {
        arguments.positional.append(try parse())
      }
      if take(.symbol(")")) { break }
      try expect(",")
    }
    return arguments
  }

  /// The filters of a block, the first without its bar.
  mutating func parseFilters(of value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    let name = try takeName()
    let first = TemplateExpression.filter(
      value, name, take(.symbol("(")) ? try parseArguments() : TemplateArguments())
    let all = try parseFilters(first)
    try expectEnd()
    return all
  }

  var isAtParenthesis: Bool { next == .symbol("(") }

  /// The parameters of a macro.
  mutating func takeParameters() throws(ChatTemplateError) -> [(name: String, fallback: TemplateExpression?)] {
    try expect("(")
    var parameters: [(name: String, fallback: TemplateExpression?)] = []
    while !take(.symbol(")")) {
      let name = try takeName()
      parameters.append((name, take(.symbol("=")) ? try parse() : nil))
      if take(.symbol(")")) { break }
      try expect(",")
    }
    return parameters
  }

  /// `| filter`, `is test` and `is not test`, as often as they come.
  private mutating func parseFilters(_ value: TemplateExpression) throws(ChatTemplateError) -> TemplateExpression {
    var value = value
    while true {
      if take(.symbol("|")) {
        let name = try takeName()
        value = .filter(value, name, take(.symbol("(")) ? try parseArguments() : TemplateArguments())
      } else if take(.name("is")) {
        let isNegated = take(.name("not"))
        let test = TemplateExpression.test(value, try takeTestName(), try parseTestArguments())
        value = isNegated ? .not(test) : test
      } else {
        return value
      }
    }
  }

  private mutating func takeTestName() throws(ChatTemplateError) -> String {
    if let symbol = take(anyOf: ["==", "!=", "<", "<=", ">", ">="]) { return symbol }
    return try takeName()
  }

  private mutating func parseTestArguments() throws(ChatTemplateError) -> TemplateArguments {
    if take(.symbol("(")) { return try parseArguments() }
    switch next {
    case .string, .int, .double, .symbol("["), .symbol("{"): break
    case .name(let name) where !["else", "or", "and", "is", "if", "in", "not"].contains(name): break
    default: return TemplateArguments()
    }
    return TemplateArguments(positional: [try parsePostfix(try parsePrimary())])
  }
}
