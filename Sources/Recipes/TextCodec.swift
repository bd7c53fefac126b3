public import Sequences

/// Text to token ids and back, as the student's tokenizer does it.
public protocol TextCodec: TextEncoding {
  /// Text of ids, special tokens left out.
  func decode(_ tokenIDs: [TokenID]) -> String
  /// Ids that end a completion; the first is the one to append.
  var eosTokenIDs: [TokenID] { get }
  /// Ids that begin a sequence; at most one.
  var bosTokenIDs: [TokenID] { get }
  /// SHA-256 of the vocabulary, lower-case hex; empty: unknown.
  var vocabularyDigest: String { get }
  /// V; 0: unknown.
  var vocabSize: Int { get }
  /// The bytes that each id stands for, special tokens included; nil where the text of all is not that of the parts.
  func pieces(of tokenIDs: [TokenID]) -> [[UInt8]]?
  /// The text that the chat template makes of messages, special tokens included; nil: there is no template.
  ///
  /// - Parameter tools: What the model may call, a JSON array of descriptions; nil: nothing.
  func renderChat(_ messages: [ChatMessage], tools: String?, addGenerationPrompt: Bool) throws -> String?
}

extension TextCodec {
  /// Unknown.
  public var vocabularyDigest: String { "" }
  /// Unknown.
  public var vocabSize: Int { 0 }
  /// Unknown.
  public func pieces(of tokenIDs: [TokenID]) -> [[UInt8]]? { nil }

  /// The same without tools.
  public func renderChat(_ messages: [ChatMessage], addGenerationPrompt: Bool) throws -> String? {
    try renderChat(messages, tools: nil, addGenerationPrompt: addGenerationPrompt)
  }
}

/// A message of a conversation.
public struct ChatMessage: Sendable, Hashable, Codable {
  /// Who speaks: "system", "user", "assistant".
  public var role: String
  /// What is said.
  public var content: String

  /// Makes a message.
  public init(role: String, content: String) { (self.role, self.content) = (role, content) }
}
