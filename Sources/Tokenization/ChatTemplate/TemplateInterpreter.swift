/// Runs a template's statements over variables.
struct TemplateInterpreter {
  /// The text so far.
  private(set) var output = ""
  /// The outermost scope first; a loop's body has one of its own.
  private var scopes: [[String: TemplateValue]]
  var namespaces: [[String: TemplateValue]] = []
  private(set) var line = 1
  private var steps = 0

  /// How a body ended.
  enum Outcome {
    case finished
    case left(continues: Bool)
  }

  init(variables: [String: TemplateValue]) { scopes = [variables] }

  /// Counts steps; throws where there were too many.
  mutating func step(_ count: Int = 1) throws(ChatTemplateError) {
    steps += count
    guard steps <= ChatTemplate.maximumSteps else {
      throw .tooLarge(what: "more than \(ChatTemplate.maximumSteps) steps")
    }
  }

  func failure(_ problem: String) -> ChatTemplateError { .evaluation(line: line, problem: problem) }

  func unsupported(_ construct: String) -> ChatTemplateError { .unsupported(line: line, construct: construct) }

  private mutating func write(_ text: String) throws(ChatTemplateError) {
    output += text
    guard output.utf8.count <= ChatTemplate.maximumOutput else { throw .tooLarge(what: "the text it writes") }
  }

  func variable(_ name: String) -> TemplateValue {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    return .undefined(name)
  }

  mutating func run(_ statements: [TemplateStatement]) throws(ChatTemplateError) -> Outcome {
    for statement in statements {
      try step()
      let outcome = try run(statement)
      if case .left = outcome { return outcome }
    }
    return .finished
  }

  private mutating func run(_ statement: TemplateStatement) throws(ChatTemplateError) -> Outcome {
    switch statement {
    case .text(let text): try write(text)
    case .output(let expression, let line):
      self.line = line
      let value = try evaluate(expression)
      guard let text = value.text else { throw unsupported("printing \(value.kind) without tojson") }
      try write(text)
    case .branch(let branches, let otherwise, let line):
      for branch in branches {
        self.line = line
        if try evaluate(branch.condition).isTrue { return try run(branch.body) }
      }
      return try run(otherwise)
    case .loop(let loop, let line):
      self.line = line
      try run(loop)
    case .set(let names, let member, let expression, let line):
      self.line = line
      try assign(try evaluate(expression), to: names, member: member)
    case .setBlock(let name, let body):
      let before = output
      output = ""
      let outcome = try run(body)
      scopes[scopes.count - 1][name] = .string(output)
      output = before
      return outcome
    case .leave(let continues): return .left(continues: continues)
    }
    return .finished
  }

  private mutating func assign(
    _ value: TemplateValue, to names: [String], member: String?
  ) throws(ChatTemplateError) {
    if let member {
      guard case .namespace(let place) = variable(names[0]) else {
        throw failure("\"\(names[0])\" is not a namespace, so its members cannot be set")
      }
      namespaces[place][member] = value
    } else if names.count == 1 {
      scopes[scopes.count - 1][names[0]] = value
    } else {
      guard case .list(let values) = value, values.count == names.count else {
        throw failure("expected a list of \(names.count) values")
      }
      for (name, value) in zip(names, values) { scopes[scopes.count - 1][name] = value }
    }
  }

  private mutating func run(_ loop: TemplateLoop) throws(ChatTemplateError) {
    var items = try elements(of: evaluate(loop.items))
    if let condition = loop.condition {
      var kept: [TemplateValue] = []
      for item in items {
        scopes.append([:])
        try assign(item, to: loop.names, member: nil)
        let keeps = try evaluate(condition).isTrue
        scopes.removeLast()
        if keeps { kept.append(item) }
      }
      items = kept
    }
    if items.isEmpty { _ = try run(loop.otherwise) }
    for (index, item) in items.enumerated() {
      try step()
      scopes.append(["loop": Self.loopVariable(index, of: items)])
      defer { scopes.removeLast() }
      try assign(item, to: loop.names, member: nil)
      if case .left(continues: false) = try run(loop.body) { return }
    }
  }

  private static func loopVariable(_ index: Int, of items: [TemplateValue]) -> TemplateValue {
    var members: [(String, TemplateValue)] = [
      ("index", .int(index + 1)), ("index0", .int(index)), ("first", .bool(index == 0)),
      ("last", .bool(index == items.count - 1)), ("length", .int(items.count)),
      ("revindex", .int(items.count - index)), ("revindex0", .int(items.count - index - 1)),
    ]
    if index > 0 { members.append(("previtem", items[index - 1])) }
    if index + 1 < items.count { members.append(("nextitem", items[index + 1])) }
    return .object(members)
  }

  /// What a loop goes over.
  func elements(of value: TemplateValue) throws(ChatTemplateError) -> [TemplateValue] {
    switch value {
    case .list(let values): return values
    case .object(let members): return members.map { .string($0.0) }
    case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
    case .undefined: return []
    default: throw failure("\(value.kind) cannot be gone over")
    }
  }
}
