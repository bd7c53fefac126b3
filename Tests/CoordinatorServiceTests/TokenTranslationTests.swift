import CoordinatorService
import Foundation
import Recipes
import Sequences
import Testing

/// Takes the longest of its tokens at each place.
private struct GreedyCodec: TextCodec {
  let tokens: [String]
  let eosTokenIDs: [TokenID] = [0]
  let bosTokenIDs: [TokenID] = []
  var vocabSize: Int { tokens.count }

  /// Makes a codec; id 0 ends a text.
  init(_ words: String) { tokens = ["</s>"] + words.split(separator: " ").map(String.init) }

  func encode(_ text: String, addSpecialTokens: Bool) -> [TokenID] {
    var rest = text[...]
    var ids: [TokenID] = []
    while !rest.isEmpty {
      let known = tokens.indices.dropFirst().filter { rest.hasPrefix(tokens[$0]) }
      guard let best = known.max(by: { tokens[$0].count < tokens[$1].count }) else { return ids }
      ids.append(TokenID(best))
      rest = rest.dropFirst(tokens[best].count)
    }
    return ids
  }

  func encodeContinuation(_ text: String) -> [TokenID] { encode(text, addSpecialTokens: false) }
  func decode(_ ids: [TokenID]) -> String { ids.filter { $0 > 0 }.map { tokens[Int($0)] }.joined() }
  func pieces(of ids: [TokenID]) -> [[UInt8]]? { ids.map { Array(tokens[Int($0)].utf8) } }
  func renderChat(_ messages: [ChatMessage], tools: String?, addGenerationPrompt: Bool) -> String? { nil }
  func id(_ token: String) -> TokenID { TokenID(tokens.firstIndex(of: token) ?? -1) }
}

@Suite("Log-probs in other tokens")
struct TokenTranslationTests {
  /// What a teacher says whose distribution at each place is given, most probable first.
  private func scores(_ rows: [[(TokenID, Double)]], of ids: [TokenID], topCount: Int) -> PositionScores {
    var all = PositionScores()
    for (row, actual) in zip(rows, ids) {
      var one = PositionScores()
      one.positionCount = 1
      let kept = row.sorted { $0.1 > $1.1 }.prefix(topCount)
      one.topTokenIDs = kept.map(\.0)
      one.topLogprobs = kept.map { Float(log($0.1)) }
      one.tailLogprobs = [Float(log(max(1 - kept.reduce(0) { $0 + $1.1 }, 0)))]
      one.tokenLogprobs = [Float(log(row.first { $0.0 == actual }?.1 ?? 0))]
      all.append(one)
    }
    return all
  }

  /// The translated rows as probabilities by token.
  private func translate(
    _ text: String, teacher: GreedyCodec, student: GreedyCodec, ends: Bool, topCount: Int, _ rows: [[(TokenID, Double)]]
  ) throws -> (scores: PositionScores, rows: [[String: Double]]) {
    let translation = TokenTranslation(teacher: teacher, student: student)
    let completion = student.encodeContinuation(text) + (ends ? [0] : [])
    let pieces = try #require(translation.pieces(of: completion, after: []))
    var view = try #require(translation.view(of: completion, pieces: pieces, after: []))
    #expect(view.tokenIDs.count == rows.count)
    view.scores = scores(rows, of: view.tokenIDs, topCount: topCount)
    let own = translation.scores(of: completion, pieces: pieces, teacher: view, topCount: topCount)
    let tables = (0..<own.positionCount).map { position in
      Dictionary(
        uniqueKeysWithValues: (position * topCount..<(position + 1) * topCount).map {
          (student.tokens[Int(own.topTokenIDs[$0])], exp(Double(own.topLogprobs[$0])))
        })
    }
    return (own, tables)
  }

  private func close(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) < 1e-6 } ?? false }

  @Test("the same tokens in another order keep their probabilities, and the tail its own")
  func order() throws {
    let (teacher, student) = (GreedyCodec("a b c d"), GreedyCodec("d c b a"))
    let row: [(TokenID, Double)] = [
      (teacher.id("a"), 0.4), (teacher.id("b"), 0.3), (0, 0.2), (teacher.id("c"), 0.06), (teacher.id("d"), 0.04),
    ]
    let found = try translate("ab", teacher: teacher, student: student, ends: true, topCount: 3, [row, row, row])
    for table in found.rows { #expect(close(table["a"], 0.4) && close(table["b"], 0.3) && close(table["</s>"], 0.2)) }
    for tail in found.scores.tailLogprobs { #expect(close(exp(Double(tail)), 0.1)) }
    let logprobs = found.scores.tokenLogprobs.map { exp(Double($0)) }
    #expect(zip(logprobs, [0.4, 0.3, 0.2]).allSatisfy { close($0, $1) })
  }

  @Test(
    "inside a token of the teacher, what is left of its candidates that begin so; a token over two is worth their product"
  )
  func chainRule() throws {
    // The teacher says ab|cd|e, the student a|bc|d|e.
    let (teacher, student) = (GreedyCodec("ab cd ac b e a"), GreedyCodec("a bc d e b c"))
    func id(_ token: String) -> TokenID { teacher.id(token) }
    let rows: [[(TokenID, Double)]] = [
      [(id("ab"), 0.5), (id("ac"), 0.2), (id("b"), 0.1), (id("e"), 0.1), (0, 0.1)],
      [(id("cd"), 0.6), (id("e"), 0.3), (0, 0.1)], [(id("e"), 0.7), (id("b"), 0.2), (0, 0.1)],
    ]
    let found = try translate("abcde", teacher: teacher, student: student, ends: false, topCount: 3, rows)
    // a: of ab and ac; the tail has b and e, of which K = 3 leaves out two: e, and the end.
    #expect(close(found.rows[0]["a"], 0.7) && close(found.rows[0]["b"], 0.1))
    // bc, after a: of ab and ac 0.8 are known (the tail keeps its 0.2); ab goes on with cd at 0.6, and ac is c.
    let share = 0.8 / 0.7
    #expect(close(found.rows[1]["bc"], 0.5 * 0.6 * share) && close(found.rows[1]["c"], 0.2 * share))
    let rest = 1 - 0.5 * 0.6 * share - 0.2 * share
    // Three tokens are wanted and two are known: a third has its share of the rest, of the five that are left.
    #expect(close(exp(Double(found.scores.tailLogprobs[1])), rest * 4 / 5))
    // d, after c: of cd alone; e and the end do not begin so.
    #expect(close(found.rows[2]["d"], 1 - 1e-9) || found.rows[2]["d"].map { $0 > 0.999 } ?? false)
    #expect(close(found.rows[3]["e"], 0.7) && close(found.rows[3]["b"], 0.2))
    #expect(close(exp(Double(found.scores.tokenLogprobs[1])), 0.5 * 0.6 * share))
    // Without top tokens, log-probs of the text add up to the teacher's.
    let text = try translate("abcde", teacher: teacher, student: student, ends: false, topCount: 0, rows).scores
    #expect(abs(text.tokenLogprobs.reduce(0) { $0 + Double($1) } - log(0.5 * 0.6 * 0.7)) < 1e-5)
    #expect(text.tokenLogprobs[0] == 0 && close(exp(Double(text.tokenLogprobs[1])), 0.5))
  }

  @Test("each row adds up to 1, its tokens differ and descend, and nothing is impossible", arguments: 1...20)
  func laws(seed: UInt64) throws {
    let (teacher, student) = (
      GreedyCodec("a b c ab bc ca abc cab d dd"), GreedyCodec("ba cc a b c d aa cd abca")
    )
    var generator = SeededGenerator(seed: seed)
    let text = String((0..<12).map { _ in "abcd".randomElement(using: &generator) ?? "a" })
    let length = teacher.encodeContinuation(text).count + 1
    let rows = (0..<length).map { _ in
      var masses = (0..<teacher.vocabSize).map { _ in Double.random(in: 0.001...1, using: &generator) }
      let sum = masses.reduce(0, +)
      masses = masses.map { $0 / sum }
      return masses.enumerated().map { (TokenID($0.offset), $0.element) }
    }
    let found = try translate(text, teacher: teacher, student: student, ends: true, topCount: 4, rows)
    for (position, table) in found.rows.enumerated() {
      #expect(table.count == 4)
      let tail = exp(Double(found.scores.tailLogprobs[position]))
      #expect(tail > 0 && abs(table.values.reduce(0, +) + tail - 1) < 1e-5, "\(table) \(tail)")
      let row = Array(found.scores.topLogprobs[position * 4..<position * 4 + 4])
      #expect(row == row.sorted(by: >) && row.allSatisfy { $0.isFinite })
    }
  }

  @Test("where the texts part, all tokens are as probable from there on")
  func parting() throws {
    let (teacher, student) = (GreedyCodec("a b"), GreedyCodec("b a x"))
    let row: [(TokenID, Double)] = [(1, 0.6), (2, 0.3), (0, 0.1)]
    let found = try translate("aba", teacher: teacher, student: student, ends: true, topCount: 2, [row, row, row, row])
    #expect(close(found.rows[0]["a"], 0.6))
    let alignment = ByteAlignment(student: [[1], [2], [3]], teacher: [[1], [2, 9]])
    #expect(alignment.place(of: 0) != nil && alignment.place(of: 1) != nil)
    #expect(alignment.place(of: 2) == nil && alignment.place(of: 3) == nil)
  }
}
