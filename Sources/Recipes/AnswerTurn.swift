internal import Foundation
internal import Sequences

/// A piece of an answer with the factor of its tokens' losses.
public struct AnswerTurn: Sendable, Hashable, Codable {
  /// What is written.
  public var text: String
  /// Of each of its tokens; 0: the turn is read and not learnt.
  public var weight: Float

  /// Makes a turn.
  public init(_ text: String, weight: Float = 1) { (self.text, self.weight) = (text, weight) }
}

extension DataRow {
  /// The `turns` column of a row, which stands for its answer; nil: there is none.
  static func turns(of row: [String: Any]) throws(RowProblem) -> [AnswerTurn]? {
    guard let column = row["turns"], !(column is NSNull) else { return nil }
    guard let items = column as? [[String: Any]], !items.isEmpty else {
      throw RowProblem("'turns': expected a list of {\"text\",\"weight\"}")
    }
    var turns: [AnswerTurn] = []
    for item in items {
      let weight = item["weight"].map { $0 as? Double } ?? 1
      guard let text = item["text"] as? String, let weight, weight.isFinite, weight >= 0 else {
        throw RowProblem("'turns': expected {\"text\": text, \"weight\": a number of at least 0} for each")
      }
      turns.append(AnswerTurn(text, weight: Float(weight)))
    }
    return turns
  }

  /// The same question with the answer that turns make together.
  func answered(by turns: [AnswerTurn]) throws(RowProblem) -> DataRow {
    guard answer == nil, let row = answered(by: turns.map(\.text).joined()) else {
      throw RowProblem("'turns' stand for a row's answer: leave the answer out, and have a prompt")
    }
    return row
  }
}

extension TrainingSample {
  /// The weight of each id of the completion: that of its turn. An id that reaches from one turn into the next has the weight of the
  /// next, the end of sequence that of the last. nil where all are 1.
  func weights(of turns: [AnswerTurn], codec: some TextCodec) -> [Float]? {
    guard let completion, turns.contains(where: { $0.weight != 1 }) else { return nil }
    let promptIDs = codec.encode(promptText, addSpecialTokens: addsSpecialTokens)
    var weights: [Float] = []
    var text = ""
    for turn in turns.dropLast() {
      text += turn.text
      let ids = codec.encodeCompletion(
        text, after: promptText, promptIDs: promptIDs, addSpecialTokens: addsSpecialTokens)
      let end = zip(ids, completion).prefix { $0 == $1 }.count
      weights += Array(repeating: turn.weight, count: max(end - weights.count, 0))
    }
    return weights + Array(repeating: turns.last?.weight ?? 1, count: completion.count - weights.count)
  }
}
