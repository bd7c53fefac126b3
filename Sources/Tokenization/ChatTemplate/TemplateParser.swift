/// What a template does, in order.
indirect enum TemplateStatement: Sendable {
  case text(String)
  case output(TemplateExpression, line: Int)
  case branch([(condition: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement], line: Int)
  case loop(TemplateLoop, line: Int)
  /// Sets a variable, several of a list, or (with `member`) a member of a namespace.
  case set([String], member: String?, TemplateExpression, line: Int)
  case setBlock(String, [TemplateStatement])
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

/// Builds statements out of sections.
struct TemplateParser {
  private let sections: [TemplateSection]
  private var index = 0
  private var depth = 0

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
    case "break": return [.leave(continues: false)]
    case "continue": return [.leave(continues: true)]
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
    try words.expectEnd()
    let (statements, end) = try body(until: ["else", "endfor"], of: "for", line: line)
    let otherwise = end.name == "else" ? try body(until: ["endfor"], of: "for", line: line).0 : []
    let loop = TemplateLoop(names: names, items: items, condition: condition, body: statements, otherwise: otherwise)
    return .loop(loop, line: line)
  }

  private mutating func parseSet(_ words: inout TemplateWords) throws(ChatTemplateError) -> TemplateStatement {
    let names = try words.takeNames()
    let member = words.take(.symbol(".")) ? try words.takeName() : nil
    if words.take(.symbol("=")) { return .set(names, member: member, try words.parseAll(), line: words.line) }
    guard words.isAtEnd, names.count == 1, member == nil else {
      throw .unsupported(line: words.line, construct: "this form of set")
    }
    return .setBlock(names[0], try body(until: ["endset"], of: "set", line: words.line).0)
  }
}
