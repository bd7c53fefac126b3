internal import Evaluation
internal import Foundation
public import Recipes
public import Sequences
internal import Tokenization

/// The tokenizer of a model folder, as data rows see it.
public struct TokenizerCodec: TextCodec {
  private let tokenizer: Tokenizer

  /// Reads the tokenizer of a folder.
  public init(folder: String) throws {
    tokenizer = try Tokenizer(folder: URL(fileURLWithPath: folder, isDirectory: true))
  }

  /// Ids of a text.
  public func encode(_ text: String, addSpecialTokens: Bool) -> [TokenID] {
    tokenizer.encode(text, addSpecialTokens: addSpecialTokens)
  }

  /// Ids of a text that goes on from other text.
  public func encodeContinuation(_ text: String) -> [TokenID] { tokenizer.encodeContinuation(text) }

  /// Text of ids.
  public func decode(_ tokenIDs: [TokenID]) -> String { tokenizer.decode(tokenIDs) }
  /// SHA-256 of the vocabulary.
  public var vocabularyDigest: String { tokenizer.vocabularyDigest }
  /// V.
  public var vocabSize: Int { tokenizer.vocabSize }
  /// The bytes of ids.
  public func pieces(of tokenIDs: [TokenID]) -> [[UInt8]]? { tokenizer.pieces(of: tokenIDs) }
  /// Ids that end a completion.
  public var eosTokenIDs: [TokenID] { tokenizer.eosTokenIDs }
  /// Ids that begin a sequence.
  public var bosTokenIDs: [TokenID] { tokenizer.bosTokenIDs }

  /// The text of messages by the folder's template; nil: it has none.
  public func renderChat(
    _ messages: [Recipes.ChatMessage], tools: String?, addGenerationPrompt: Bool
  ) throws -> String? {
    guard tokenizer.chatTemplate != nil else { return nil }
    let turns = messages.map { Tokenization.ChatMessage(role: $0.role, content: $0.content) }
    return try tokenizer.renderChat(messages: turns, tools: tools, addGenerationPrompt: addGenerationPrompt)
  }
}

extension TextMetrics {
  /// ROUGE-L and exact match, with stemming as MiniLLM's evaluation has it.
  public static var standard: TextMetrics {
    TextMetrics(
      rougeL: { Evaluation.rougeL(reference: $0, prediction: $1, stemmed: true).fMeasure },
      rougeLUnstemmed: { Evaluation.rougeL(reference: $0, prediction: $1, stemmed: false).fMeasure },
      exactMatch: { Evaluation.exactMatch(references: [$0], prediction: $1) ? 1 : 0 })
  }
}
