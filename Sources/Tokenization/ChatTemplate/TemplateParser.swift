/// What a template does, in order.
indirect enum TemplateStatement: Sendable {
  case text(String)
  case output(TemplateExpression, line: Int)
  case branch([(condition: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement], line: Int)
  case loop(TemplateLoop, line: Int)
  /// Sets a variable, several of a list, or (with `member`) a member of a namespace.
  case set([String], member: String?, TemplateExpression, line: Int)
  /// Sets a variable to what a body writes, through filters.
  case setBlock(String, filters: TemplateExpression?, [TemplateStatement], line: Int)
  /// Writes what a body writes, through filters.
  case filtered(TemplateExpression, [TemplateStatement], line: Int)
  case macro(TemplateMacro)
  /// Calls a macro that may call the body as `caller`.
  case callBlock(TemplateExpression, TemplateMacro, line: Int)
  /// Sets variables for a body alone.
  case with([(String, TemplateExpression)], [TemplateStatement], line: Int)
  case leave(continues: Bool)
}

/// `for names in items if condition`.
struct TemplateLoop: Sendable {
  let names: [String]
  let items: TemplateExpression
  let condition: TemplateExpression?
  let body: [TemplateStatement]
  let otherwise: [TemplateStatement]
}

/// `macro name(parameters)`, some of which have a default.
struct TemplateMacro: Sendable {
  let name: String
  let parameters: [(name: String, fallback: TemplateExpression?)]
  let body: [TemplateStatement]
}

/// Builds statements out of sections.
struct TemplateParser {
  private let sections: [TemplateSection]
  private var index = 0
  private var depth = 0
  private var loopDepth = 0

  init(_ sections: [TemplateSection]) { self.sections = sections }

  mutating func parseTemplate() throws(ChatTemplateError) -> [TemplateStatement] {
    let (statements, end) = try parseBody(until: [])
    if let end { throw .syntax(line: end.line, problem: "unexpected \(end.name)") }
    return statements
  }

  /// The tag that ends a body, with its words still to be read.
  private struct End {
    let name: String
    var words: TemplateWords
    let line: Int
  }

  private mutating func parseBody(
    until ends: Set<String>
  ) throws(ChatTemplateError) -> ([TemplateStatement], End?) {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ChatTemplate.maximumDepth else { throw .tooLarge(what: "blocks nested too deep") }
    var statements: [TemplateStatement] = []
    while index < sections.count {
      let section = sections[index]
      index += 1
      switch section {
      case .text(let text): statements.append(.text(text))
      case .output(let tokens, let line):
        var words = TemplateWords(tokens, line: line)
        statements.append(.output(try words.parseAll(), line: line))
      case .statement(let tokens, let line):
        var words = TemplateWords(tokens, line: line)
        let name = try words.takeName()
        if ends.contains(name) { return (statements, End(name: name, words: words, line: line)) }
        statements += try parseStatement(name, &words)
        try words.expectEnd()
      }
    }
    return (statements, nil)
  }

  private mutating func body(until ends: Set<String>, of name: String, line: Int) throws(ChatTemplateError) -> (
    [TemplateStatement], End
  ) {
    let (statements, end) = try parseBody(until: ends)
    guard let end else { throw .syntax(line: line, problem: "\(name) without end") }
    return (statements, end)
  }

  private mutating func parseStatement(
    _ name: String, _ words: inout TemplateWords
  ) throws(ChatTemplateError) -> [TemplateStatement] {
    switch name {
    case "if": return [try parseBranch(&words)]
    case "for": return [try parseLoop(&words)]
    case "set": return [try parseSet(&words)]
    case "break", "continue":
      guard loopDepth > 0 else { throw .syntax(line: words.line, problem: "\(name) outside of a loop") }
      return [.leave(continues: name == "continue")]
    case "macro": return [.macro(try parseMacro(&words))]
    case "call": return [try parseCall(&words)]
    case "filter":
      let filters = try words.parseFilters(of: .variable(Self.written))
      return [.filtered(filters, try body(until: ["endfilter"], of: name, line: words.line).0, line: words.line)]
    case "with": return [try parseWith(&words)]
    case "generation": return try body(until: ["endgeneration"], of: name, line: words.line).0
    default:
      guard name.hasPrefix("end") || name.hasPrefix("el") else {
        throw .unsupported(line: words.line, construct: "the statement \"\(name)\"")
      }
      throw .syntax(line: words.line, problem: "unexpected \(name)")
    }
  }

  private mutating func parseBranch(_ words: inout TemplateWords) throws(ChatTemplateError) -> TemplateStatement {
    let line = words.line
    var branches: [(condition: TemplateExpression, body: [TemplateStatement])] = []
    var condition = try words.parseAll()
    while true {
      var (statements, end) = try body(until: ["elif", "else", "endif"], of: "if", line: line)
      branches.append((condition, statements))
      if end.name == "elif" {
        condition = try end.words.parseAll()
        continue
      }
      var otherwise: [TemplateStatement] = []
      if end.name == "else" { otherwise = try body(until: ["endif"], of: "if", line: line).0 }
      return .branch(branches, otherwise: otherwise, line: line)
    }
  }

  private mutating func parseLoop(_ words: inout TemplateWords) throws(ChatTemplateError) -> TemplateStatement {
    let line = words.line
    let names = try words.takeNames()
    guard words.take(.name("in")) else { throw .syntax(line: line, problem: "for without in") }
    let items = try words.parseAlternative()
    let condition = words.take(.name("if")) ? try words.parseAlternative() : nil
    guard !words.take(.name("recursive")) else { throw .unsupported(line: line, construct: "a recursive loop") }
    try words.expectEnd()
    loopDepth += 1
    defer { loopDepth -= 1 }
    let (statements, end) = try body(until: ["else", "endfor"], of: "for", line: line)
    let otherwise = end.name == "else" ? try body(until: ["endfor"], of: "for", line: line).0 : []
    let loop = TemplateLoop(names: names, items: items, condition: condition, body: statements, otherwise: otherwise)
    return .loop(loop, line: line)
  }

  private mutating func parseSet(_ words: inout TemplateWords) throws(ChatTemplateError) -> TemplateStatement {
    let names = try words.takeNames()
    let member = words.take(.symbol(".")) ? try words.takeName() : nil
    if words.take(.symbol("=")) { return .set(names, member: member, try words.parseAll(), line: words.line) }
    guard names.count == 1, member == nil else {
      throw .unsupported(line: words.line, construct: "this form of set")
    }
    let filters = words.take(.symbol("|")) ? try words.parseFilters(of: .variable(Self.written)) : nil
    let line = words.line
    return .setBlock(names[0], filters: filters, try body(until: ["endset"], of: "set", line: line).0, line: line)
  }

  /// The variable under which filters of a block find what it wrote; no name of a template is like it.
  static let written = " written"

  private mutating func parseMacro(_ words: inout TemplateWords) throws(ChatTemplateError) -> TemplateMacro {
    let name = try words.takeName()
    let parameters = try words.takeParameters()
    try words.expectEnd()
    let outer = loopDepth
    defer { loopDepth = outer }
    loopDepth = 0
    let statements = try body(until: ["endmacro"], of: "macro", line: words.line).0
    return TemplateMacro(name: name, parameters: parameters, body: statements)
  }

  private mutating func parseCall(_ words: inout TemplateWords) throws(ChatTemplateError) -> TemplateStatement {
    let parameters = words.isAtParenthesis ? try words.takeParameters() : []
    let call = try words.parseAll()
    guard case .call = call else { throw .syntax(line: words.line, problem: "call without a call") }
    let statements = try body(until: ["endcall"], of: "call", line: words.line).0
    return .callBlock(call, TemplateMacro(name: "caller", parameters: parameters, body: statements), line: words.line)
  }

  private mutating func parseWith(_ words: inout TemplateWords) throws(ChatTemplateError) -> TemplateStatement {
    var values: [(String, TemplateExpression)] = []
    while !words.isAtEnd {
      if !values.isEmpty, !words.take(.symbol(",")) { try words.expectEnd() }
      let name = try words.takeName()
      guard words.take(.symbol("=")) else { throw .syntax(line: words.line, problem: "with \(name) without =") }
      values.append((name, try words.parse()))
    }
    return .with(values, try body(until: ["endwith"], of: "with", line: words.line).0, line: words.line)
  }
}
