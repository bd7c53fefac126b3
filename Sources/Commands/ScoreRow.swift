import Foundation
public import Sequences
public import Tokenization

/// A row to score: a line of JSON with `token_ids` and `prompt_length`, or with `prompt` and `completion`.
public struct ScoreRow: Sendable {
  /// The tokens; the prompt has at least one.
  public let sequence: TokenSequence
  /// The row as it was, without its closing brace.
  private let opening: String
  private let hasTokens: Bool

  private struct Columns: Decodable {
    let tokenIDs: [UInt32]?
    let promptLength: Int?
    let prompt: String?
    let completion: String?

    private enum CodingKeys: String, CodingKey {
      case tokenIDs = "token_ids"
      case promptLength = "prompt_length"
      case prompt, completion
    }
  }

  /// Reads a row. Text needs a tokenizer; the prompt gets its special tokens, the completion's ids are what follows it.
  ///
  /// - Throws: ``CommandError/badRow(file:line:reason:)``.
  public init(json: String, tokenizer: Tokenizer?, file: String, line: Int) throws(CommandError) {
    func refuse(_ reason: String) -> CommandError { .badRow(file: file, line: line, reason: reason) }
    let expected = "expected {\"token_ids\",\"prompt_length\"} or {\"prompt\",\"completion\"}"
    guard let columns = try? JSONDecoder().decode(Columns.self, from: Data(json.utf8)) else {
      throw refuse("not a JSON object of the right types; \(expected)")
    }
    if let ids = columns.tokenIDs, let promptLength = columns.promptLength {
      guard (1...max(1, ids.count)).contains(promptLength), !ids.isEmpty else {
        throw refuse("prompt_length is \(promptLength) of \(ids.count) token ids: expected 1 up to their number")
      }
      sequence = TokenSequence(tokenIDs: ids, promptLength: promptLength)
      hasTokens = true
    } else if let prompt = columns.prompt, let completion = columns.completion {
      guard let tokenizer else { throw refuse("text needs a tokenizer, and the model folder has none; give token_ids") }
      let given = tokenizer.encode(prompt)
      guard !given.isEmpty else {
        throw refuse(
          "the prompt is empty and the tokenizer adds no first token: its completion's first token has no log-prob")
      }
      let own = tokenizer.encodeCompletion(completion, after: prompt, promptIDs: given, addSpecialTokens: true)
      sequence = TokenSequence(prompt: given, completion: own)
      hasTokens = false
    } else {
      throw refuse(expected)
    }
    let whole = json.trimmingCharacters(in: .whitespacesAndNewlines)
    opening = String(whole.dropLast())
  }

  /// The row with the answers added: `logprobs` of the completion's tokens in nats and, where asked for, `top_token_ids`,
  /// `top_logprobs` and `tail_logprob`, whose value is null where nothing is left.
  public func reply(_ scores: PositionScores, topCount: Int) -> String {
    var fields: [(name: String, value: JSONText)] = []
    if !hasTokens {
      fields.append(("token_ids", .wholes(sequence.tokenIDs)))
      fields.append(("prompt_length", .whole(sequence.promptLength)))
    }
    fields.append(("logprobs", .floats(scores.tokenLogprobs)))
    if topCount > 0 {
      let starts = stride(from: 0, to: scores.topTokenIDs.count, by: topCount)
      fields.append(("top_token_ids", .list(starts.map { .wholes(scores.topTokenIDs[$0..<$0 + topCount]) })))
      fields.append(("top_logprobs", .list(starts.map { .floats(scores.topLogprobs[$0..<$0 + topCount]) })))
      fields.append(("tail_logprob", .floats(scores.tailLogprobs)))
    }
    return "\(opening),\(JSONText.fields(fields))}"
  }
}
