public import Recipes
public import Sequences
internal import Evaluation
internal import Foundation
internal import Tokenization

/// The tokenizer of a model folder, as data rows see it.
public struct TokenizerCodec: TextCodec {
  private let tokenizer: Tokenizer

  /// Reads the tokenizer of a folder.
  public init(folder: String) throws {
    tokenizer = try Tokenizer(folder: URL(fileURLWithPath: folder, isDirectory: true))
  }

  public func encode(_ text: String, addSpecialTokens: Bool) -> [TokenID] {
    tokenizer.encode(text, addSpecialTokens: addSpecialTokens)
  }

  public func decode(_ tokenIDs: [TokenID]) -> String { tokenizer.decode(tokenIDs) }
  public var eosTokenIDs: [TokenID] { tokenizer.eosTokenIDs }
  public var bosTokenIDs: [TokenID] { tokenizer.bosTokenIDs }

  public func renderChat(_ messages: [Recipes.ChatMessage], addGenerationPrompt: Bool) throws -> String? {
    guard tokenizer.chatTemplate != nil else { return nil }
    let turns = messages.map { Tokenization.ChatMessage(role: $0.role, content: $0.content) }
    return try tokenizer.renderChat(messages: turns, addGenerationPrompt: addGenerationPrompt)
  }
}

extension TextMetrics {
  /// ROUGE-L with stemming, and exact match, as MiniLLM's evaluation has them.
  public static var standard: TextMetrics {
    TextMetrics(
      rougeL: { Evaluation.rougeL(reference: $0, prediction: $1, stemmed: true).fMeasure },
      exactMatch: { Evaluation.exactMatch(references: [$0], prediction: $1) ? 1 : 0 })
  }
}
