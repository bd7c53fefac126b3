internal import Sequences
internal import Tokenization

/// Turns ids of a prompt into what the endpoint is asked: text, or the conversation that the student's template rendered.
struct PromptText: Sendable {
  private let tokenizer: Tokenizer
  private let shapes: [TemplateShape]

  init(tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    shapes = TemplateShape.all(of: tokenizer)
  }

  /// The text of a prompt as the student sees it, without the id that begins a sequence: endpoints add their own.
  func text(of prompt: some Collection<TokenID>) -> String {
    tokenizer.decode(withoutBeginning(prompt), skipSpecialTokens: false)
  }

  /// Whether a prompt begins with the id that begins a sequence.
  func hasBeginning(_ prompt: some Collection<TokenID>) -> Bool {
    prompt.first.map { tokenizer.bosTokenIDs.contains($0) } ?? false
  }

  /// The conversation of a prompt: that which the student's template renders as exactly this text or, where there is none,
  /// the text as one turn of the user.
  func messages(of prompt: some Collection<TokenID>) -> [UpstreamRequest.Message] {
    let whole = tokenizer.decode(prompt, skipSpecialTokens: false)
    let bare = text(of: prompt)
    for shape in shapes {
      for text in [whole, bare] {
        if let messages = shape.messages(of: text) { return messages }
      }
    }
    return [UpstreamRequest.Message(role: "user", content: tokenizer.decode(withoutBeginning(prompt)))]
  }

  private func withoutBeginning<Prompt: Collection<TokenID>>(_ prompt: Prompt) -> Prompt.SubSequence {
    hasBeginning(prompt) ? prompt.dropFirst() : prompt[...]
  }
}

/// What a chat template writes around the turns of a conversation with certain roles.
private struct TemplateShape: Sendable {
  private let tokenizer: Tokenizer
  private let roles: [String]
  /// What stands before, between and after the turns; one more than there are roles.
  private let separators: [String]

  /// Conversations of up to so many turns are recognised.
  private static let longest = 15

  /// The shapes of a template, long conversations first: the turns of a long one look like the text of a short one.
  static func all(of tokenizer: Tokenizer) -> [TemplateShape] {
    guard tokenizer.chatTemplate != nil else { return [] }
    var shapes: [TemplateShape] = []
    for turns in stride(from: longest, through: 1, by: -2) {
      for system in [true, false] {
        let talk = (0..<turns).map { $0 % 2 == 0 ? "user" : "assistant" }
        if let shape = TemplateShape(tokenizer, roles: (system ? ["system"] : []) + talk) { shapes.append(shape) }
      }
    }
    return shapes
  }

  /// Finds out what the template writes around marked turns; nil where it refuses them or changes the marks.
  private init?(_ tokenizer: Tokenizer, roles: [String]) {
    let marks = roles.indices.map { "mark\($0)of\(roles.count)mark" }
    let turns = zip(roles, marks).map { ChatMessage(role: $0, content: $1) }
    guard var rest = try? tokenizer.renderChat(messages: turns, addGenerationPrompt: true)[...] else { return nil }
    var separators: [String] = []
    for mark in marks {
      guard let place = rest.firstRange(of: mark) else { return nil }
      separators.append(String(rest[..<place.lowerBound]))
      rest = rest[place.upperBound...]
    }
    (self.tokenizer, self.roles, self.separators) = (tokenizer, roles, separators + [String(rest)])
  }

  /// The conversation that renders as the text; nil: it is not of this shape.
  func messages(of text: String) -> [UpstreamRequest.Message]? {
    guard let last = separators.last, text.hasPrefix(separators[0]), text.hasSuffix(last),
      text.utf8.count >= separators.reduce(0, { $0 + $1.utf8.count })
    else { return nil }
    var rest = text.dropFirst(separators[0].count).dropLast(last.count)
    var contents: [String] = []
    for separator in separators[1..<roles.count] {
      guard !separator.isEmpty, let place = rest.firstRange(of: separator) else { return nil }
      contents.append(String(rest[..<place.lowerBound]))
      rest = rest[place.upperBound...]
    }
    contents.append(String(rest))
    let turns = zip(roles, contents).map { ChatMessage(role: $0, content: $1) }
    guard (try? tokenizer.renderChat(messages: turns, addGenerationPrompt: true)) == text else { return nil }
    return zip(roles, contents).map { UpstreamRequest.Message(role: $0, content: $1) }
  }
}
