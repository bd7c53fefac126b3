/// Runs a template's statements over variables.
struct TemplateInterpreter {
  /// The text so far.
  private(set) var output = ""
  /// The outermost scope first; a loop's body has one of its own.
  private var scopes: [[String: TemplateValue]]
  var namespaces: [[String: TemplateValue]] = []
  private var macros: [TemplateMacro] = []
  /// Bodies of `call`, each with the scopes that it saw.
  private var callers: [(macro: TemplateMacro, scopes: [[String: TemplateValue]])] = []
  private var callDepth = 0
  /// The time that `strftime_now` tells, in seconds since 1970 in UTC.
  let now: Double?
  private(set) var line = 1
  private var steps = 0

  /// How a body ended.
  enum Outcome {
    case finished
    case left(continues: Bool)
  }

  init(variables: [String: TemplateValue], now: Double? = nil) { (scopes, self.now) = ([variables], now) }

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
    if name == "strftime_now", now != nil { return .method(name) }
    return Self.functions.contains(name) ? .method(name) : .undefined(name)
  }

  private static let functions: Set<String> = ["raise_exception", "namespace", "dict", "range"]

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
      guard let text = value.text else { throw unsupported("printing \(value.kind)") }
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
    case .setBlock(let name, let filters, let body, let line):
      let text = try written(body)
      self.line = line
      let value = try filters.map { filters throws(ChatTemplateError) in try filtered(text, filters) } ?? .string(text)
      scopes[scopes.count - 1][name] = value
    case .filtered(let filters, let body, let line):
      let text = try written(body)
      self.line = line
      try write(try filtered(text, filters).text ?? "")
    case .macro(let macro):
      macros.append(macro)
      scopes[scopes.count - 1][macro.name] = .macro(macros.count - 1)
    case .callBlock(let call, let caller, let line):
      self.line = line
      callers.append((caller, scopes))
      let value = try evaluate(call)
      callers.removeLast()
      try write(value.text ?? "")
    case .with(let values, let body, let line):
      self.line = line
      var scope: [String: TemplateValue] = [:]
      for (name, expression) in values { scope[name] = try evaluate(expression) }
      scopes.append(scope)
      defer { scopes.removeLast() }
      return try run(body)
    case .leave(let continues): return .left(continues: continues)
    }
    return .finished
  }

  /// What a body writes.
  private mutating func written(_ body: [TemplateStatement]) throws(ChatTemplateError) -> String {
    let before = output
    output = ""
    scopes.append([:])
    _ = try run(body)
    scopes.removeLast()
    defer { output = before }
    return output
  }

  private mutating func filtered(_ text: String, _ filters: TemplateExpression) throws(ChatTemplateError)
    -> TemplateValue
  {
    scopes.append([TemplateParser.written: .string(text)])
    defer { scopes.removeLast() }
    return try evaluate(filters)
  }

  /// What a macro writes. It sees the variables of the whole template and its own.
  mutating func callMacro(_ place: Int, _ values: TemplateValues) throws(ChatTemplateError) -> TemplateValue {
    try invoke(macros[place], values, scopes: [scopes[0]])
  }

  /// What the body of the `call` around a macro writes.
  mutating func callCaller(_ values: TemplateValues) throws(ChatTemplateError) -> TemplateValue {
    guard let (macro, seen) = callers.last else { throw failure("caller() outside of a call block") }
    callers.removeLast()
    defer { callers.append((macro, seen)) }
    return try invoke(macro, values, scopes: seen)
  }

  var hasCaller: Bool { !callers.isEmpty }

  private mutating func invoke(
    _ macro: TemplateMacro, _ values: TemplateValues, scopes seen: [[String: TemplateValue]]
  ) throws(ChatTemplateError) -> TemplateValue {
    callDepth += 1
    defer { callDepth -= 1 }
    guard callDepth <= ChatTemplate.maximumCalls else { throw .tooLarge(what: "macros that call macros") }
    let (before, outside) = (scopes, line)
    scopes = seen + [[:]]
    for (index, parameter) in macro.parameters.enumerated() {
      if let value = values.value(index, parameter.name) {
        scopes[scopes.count - 1][parameter.name] = value
      } else if let fallback = parameter.fallback {
        scopes[scopes.count - 1][parameter.name] = try evaluate(fallback)
      } else {
        scopes[scopes.count - 1][parameter.name] = .undefined(parameter.name)
      }
    }
    guard values.positional.count <= macro.parameters.count,
      values.named.allSatisfy({ named in macro.parameters.contains { $0.name == named.0 } })
    else { throw failure("\(macro.name) takes \(macro.parameters.count) arguments of other names") }
    let text = try written(macro.body)
    (scopes, line) = (before, outside)
    return .string(text)
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
      let values = try elements(of: value)
      guard values.count == names.count else { throw failure("expected \(names.count) values, not \(values.count)") }
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
      // Only recursive loops go deeper.
      ("depth", .int(1)), ("depth0", .int(0)),
    ]
    if index > 0 { members.append(("previtem", items[index - 1])) }
    if index + 1 < items.count { members.append(("nextitem", items[index + 1])) }
    return .object(members)
  }

  /// What a loop goes over.
  func elements(of value: TemplateValue) throws(ChatTemplateError) -> [TemplateValue] {
    switch value {
    case .list(let values), .tuple(let values): return values
    case .object(let members): return members.map { .string($0.0) }
    case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
    case .undefined: return []
    default: throw failure("\(value.kind) cannot be gone over")
    }
  }
}
