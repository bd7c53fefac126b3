internal import Lion
internal import Recipes
internal import Sequences

extension PromptTemplate.Prompt {
  /// The turns of a conversation.
  var messages: [ChatMessage] {
    (system.map { [ChatMessage(role: "system", content: $0)] } ?? []) + [ChatMessage(role: "user", content: user)]
  }

  /// The text for a tokenizer without a chat template.
  var plainText: String { (system.map { $0 + "\n\n" } ?? "") + user }
}

extension TextCodec {
  /// Ids of a prompt: by the chat template where there is one, else the text alone.
  func tokenIDs(of prompt: PromptTemplate.Prompt) throws -> [TokenID] {
    if let text = try renderChat(prompt.messages, tools: nil, addGenerationPrompt: true) {
      return encode(text, addSpecialTokens: false)
    }
    return encode(prompt.plainText, addSpecialTokens: true)
  }
}
