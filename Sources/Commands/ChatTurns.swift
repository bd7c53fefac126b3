import Sequences
import Tokenization

/// A conversation of one message, as a model's chat template has it.
struct ChatTurns: Sendable {
  let tokenizer: Tokenizer
  let system: String?

  private func messages(_ text: String) -> [ChatMessage] {
    (system.map { [ChatMessage(role: "system", content: $0)] } ?? []) + [ChatMessage(role: "user", content: text)]
  }

  /// The ids of the message, up to where the answer begins. The template's text has its special tokens already.
  ///
  /// - Throws: `TokenizerError` where there is no template, `ChatTemplateError`.
  func prompt(_ message: String) throws -> [TokenID] {
    let text = try tokenizer.renderChat(messages: messages(message), addGenerationPrompt: true)
    return tokenizer.encode(text, addSpecialTokens: false)
  }

  /// The special token that the template writes right after an answer, such as `<|im_end|>`, which a model's own list of
  /// ends may lack; empty where it writes none, or refuses such a conversation.
  var endTokenIDs: [TokenID] {
    let mark = "ANSWER"
    let whole = messages("QUESTION") + [ChatMessage(role: "assistant", content: mark)]
    guard let text = try? tokenizer.renderChat(messages: whole, addGenerationPrompt: false),
      let answer = text.ranges(of: mark).last
    else { return [] }
    let after = text[answer.upperBound...].drop(while: \.isWhitespace)
    guard let first = tokenizer.encode(String(after), addSpecialTokens: false).first, tokenizer.isSpecial(first) else {
      return []
    }
    return [first]
  }
}
