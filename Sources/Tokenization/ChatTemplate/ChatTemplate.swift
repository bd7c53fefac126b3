import Sequences

/// One turn of a conversation.
public struct ChatMessage: Sendable, Hashable, Codable {
  /// Who speaks: `system`, `user`, `assistant` or what the template knows besides.
  public var role: String
  /// What is said.
  public var content: String

  /// Makes a turn.
  public init(role: String, content: String) { (self.role, self.content) = (role, content) }
}

/// Why a chat template gives no text.
public enum ChatTemplateError: Error, Hashable, CustomStringConvertible {
  /// The template is not well formed.
  case syntax(line: Int, problem: String)
  /// The template uses something that is not implemented.
  case unsupported(line: Int, construct: String)
  /// A value cannot be used as the template uses it.
  case evaluation(line: Int, problem: String)
  /// The template called `raise_exception`.
  case raised(message: String)
  /// The template takes more steps, depth or text than is allowed.
  case tooLarge(what: String)
  /// What a template of a file gives no text for.
  indirect case inFile(String, ChatTemplateError)

  /// One line: what, where, what to do.
  public var description: String { text.inOneLine }

  private var text: String {
    switch self {
    case .syntax(let line, let problem): "chat template, line \(line): \(problem)"
    case .unsupported(let line, let construct): "chat template, line \(line): \(construct) is not supported"
    case .evaluation(let line, let problem): "chat template, line \(line): \(problem)"
    case .raised(let message): "the chat template refuses these messages: \(message)"
    case .tooLarge(let what): "the chat template takes too much: \(what)"
    case .inFile(let file, let problem): "\(file): \(problem.text)"
    }
  }
}

/// The part of Jinja that chat templates use, interpreted within bounds: it reads the values given and nothing else.
///
/// White space is treated as transformers does (`trim_blocks`, `lstrip_blocks`). There is no clock, so that the same messages
/// give the same text: a template that asks finds `strftime_now` undefined and takes its own date, one that calls it unasked
/// gets 26 July 2024, the date of Llama 3's template.
package struct ChatTemplate: Sendable {
  /// Statements and expressions that one rendering may evaluate.
  static let maximumSteps = 1_000_000
  /// Bytes that one rendering may write.
  package static let maximumOutput = 16 << 20
  /// How deep expressions and blocks may nest.
  static let maximumDepth = 64
  /// Bytes of a template.
  static let maximumSource = 1 << 20
  /// How deep macros may call macros.
  static let maximumCalls = 16
  /// 2024-07-26, in seconds since 1970.
  static let fixedTime = 1_721_952_000.0

  private let statements: [TemplateStatement]

  package init(_ source: String) throws(ChatTemplateError) {
    guard source.utf8.count <= Self.maximumSource else { throw .tooLarge(what: "its own text") }
    var lexer = TemplateLexer(source)
    var parser = TemplateParser(try lexer.sections())
    statements = try parser.parseTemplate()
  }

  /// Returns the text that the template makes of the members of a JSON object.
  ///
  /// - Parameter now: The time that `strftime_now` tells, in seconds since 1970; nil: it is undefined.
  package func render(json: [UInt8], now: Double? = nil) throws -> String {
    let document = try JSONField(file: "variables", bytes: json)
    var variables: [String: TemplateValue] = [:]
    for member in try document.object() { variables[member.key] = TemplateValue(member.value) }
    var interpreter = TemplateInterpreter(variables: variables, now: now)
    _ = try interpreter.run(statements)
    return interpreter.output
  }

  /// Returns the text that the template makes of variables.
  func render(_ variables: [String: TemplateValue]) throws(ChatTemplateError) -> String {
    var interpreter = TemplateInterpreter(variables: variables)
    _ = try interpreter.run(statements)
    return interpreter.output
  }
}

extension Tokenizer {
  /// Returns the text of a conversation by the folder's chat template, as `apply_chat_template(tokenize=False)` does.
  ///
  /// - Parameters:
  ///   - tools: What the model may call, a JSON array of descriptions of functions; nil: nothing.
  ///   - addGenerationPrompt: Whether the text ends where the assistant's next turn begins.
  /// - Throws: ``TokenizerError`` where there is no template, or `tools` is no JSON array; ``ChatTemplateError``.
  public func renderChat(
    messages: [ChatMessage], tools: String? = nil, addGenerationPrompt: Bool
  ) throws -> String {
    guard let chatTemplate else { throw TokenizerError.noChatTemplate(tokenizer: file) }
    let turns = messages.map { message in
      TemplateValue.object([("role", .string(message.role)), ("content", .string(message.content))])
    }
    var called = TemplateValue.none
    if let tools {
      let field = try JSONField(file: "tools", bytes: Array(tools.utf8))
      guard case .array = field.value else { throw field.invalid("expected an array") }
      called = TemplateValue(field.value)
    }
    var variables: [String: TemplateValue] = [
      "messages": .list(turns), "add_generation_prompt": .bool(addGenerationPrompt), "tools": called,
      "documents": .none,
    ]
    for (name, text) in [
      ("bos_token", specialTexts.bos), ("eos_token", specialTexts.eos), ("pad_token", specialTexts.pad),
      ("unk_token", specialTexts.unk),
    ] {
      if let text { variables[name] = .string(text) }
    }
    do {
      return try ChatTemplate(chatTemplate).render(variables)
    } catch {
      throw ChatTemplateError.inFile(chatTemplateFile, error)
    }
  }
}
