internal import Foundation
package import Recipes
package import Sequences
internal import Synchronization

/// Says what a teacher thinks of a text, which it knows in its own tokens, in the tokens of a student.
///
/// Both tokenisations cover the same bytes. At the byte where a student's token begins, the teacher stands before or inside one
/// of its own tokens. Its candidates are those of that place that begin with the bytes of the token so far; each is worth
/// the first of the student's tokens of its other bytes, with its probability given those bytes. The token that really comes is worth
/// the student's token; where that goes on over later tokens of the teacher, times their probabilities (the chain rule).
/// What no token of the student stands for belongs to the tail.
package final class TokenTranslation: Sendable {
  /// What the teacher says of its own tokens of a completion.
  package struct TeacherView {
    /// Its ids, the end included where the text ends.
    package var tokenIDs: [TokenID]
    /// The bytes of each; none of the end.
    package var pieces: [[UInt8]]
    /// For each the log-prob of the actual id, the most probable ids, and the tail.
    package var scores: PositionScores

    /// Takes them.
    package init(tokenIDs: [TokenID], pieces: [[UInt8]], scores: PositionScores) {
      (self.tokenIDs, self.pieces, self.scores) = (tokenIDs, pieces, scores)
    }
  }

  private struct Place: Hashable {
    let id: TokenID
    let prefix: Int
  }

  private let teacher: any TextCodec
  private let student: any TextCodec
  private let bytes = Mutex<[TokenID: [UInt8]]>([:])
  private let firsts = Mutex<[Place: TokenID?]>([:])
  /// Ids of each before another one, so that the other does not begin a text.
  private let anchors: (teacher: [TokenID], student: [TokenID])

  /// Translates between two tokenizers.
  package init(teacher: any TextCodec, student: any TextCodec) {
    (self.teacher, self.student) = (teacher, student)
    anchors = (Array(teacher.encodeContinuation("a").prefix(1)), Array(student.encodeContinuation("a").prefix(1)))
  }

  /// V of the student.
  package var vocabSize: Int { student.vocabSize }

  /// The text of a student's completion as bytes for each id; nothing for its end. nil: the ids have no such text.
  package func pieces(of completion: [TokenID], after prompt: [TokenID]) -> [[UInt8]]? {
    let body = completion.prefix { !student.eosTokenIDs.contains($0) }
    return student.pieces(of: prompt + body).map { Array($0.dropFirst(prompt.count)) }
  }

  /// The teacher's ids of a student's completion, with their bytes. nil: its ids have no such text.
  package func view(of completion: [TokenID], pieces: [[UInt8]], after prompt: [TokenID]) -> TeacherView? {
    let ids = teacher.encodeContinuation(String(decoding: pieces.joined(), as: UTF8.self))
    guard let own = teacher.pieces(of: prompt + ids)?.dropFirst(prompt.count) else { return nil }
    var view = TeacherView(tokenIDs: ids, pieces: Array(own), scores: PositionScores())
    if pieces.count < completion.count, let end = teacher.eosTokenIDs.first {
      view.tokenIDs.append(end)
      view.pieces.append([])
    }
    return view
  }

  /// What the teacher says of each of the student's ids.
  ///
  /// - Parameters:
  ///   - completion: The student's ids. Shape: `[T]`.
  ///   - pieces: Their bytes, as ``pieces(of:after:)`` has them.
  ///   - topCount: K, as many as the teacher was asked for; 0: none.
  /// - Returns: Scores of T positions, K tokens each that differ, descending, a tail above 0, and the actual id's share of that.
  ///   Where the two texts part, nothing is known any more: all tokens are as probable. Without K, log-probs of the actual ids, which add
  ///   up to those of the teacher's.
  package func scores(
    of completion: [TokenID], pieces: [[UInt8]], teacher view: TeacherView, topCount: Int
  ) -> PositionScores {
    let alignment = ByteAlignment(student: pieces, teacher: view.pieces)
    var scores = PositionScores()
    for (position, id) in completion.enumerated() {
      var one = PositionScores()
      one.positionCount = 1
      let place = alignment.place(of: position)
      if topCount > 0 {
        let row = place.map { self.row(of: id, at: $0, view, topCount) } ?? TranslatedRow(masses: [:], tail: 1)
        row.append(to: &one, actual: id, topCount: topCount, vocabSize: vocabSize)
      } else {
        one.tokenLogprobs = [place.map { logprob(of: $0, view) } ?? -log(Float(vocabSize))]
      }
      scores.append(one)
    }
    return scores
  }

  /// The probability of a student's token as the sum over the teacher's tokens that end inside it: over a text they add up to its whole.
  private func logprob(of place: ByteAlignment.Place, _ view: TeacherView) -> Float {
    place.ending.reduce(Float(0)) { $0 + view.scores.tokenLogprobs[$1] }
  }

  private func row(of id: TokenID, at place: ByteAlignment.Place, _ view: TeacherView, _ topCount: Int) -> TranslatedRow
  {
    let (token, scores) = (place.token, view.scores)
    let actual = view.tokenIDs[token]
    let prefix = view.pieces[token].prefix(place.offset)
    var candidates = (token * topCount..<(token + 1) * topCount).map {
      (id: scores.topTokenIDs[$0], probability: exp(Double(scores.topLogprobs[$0])))
    }
    var tail = exp(Double(scores.tailLogprobs[token]))
    if !candidates.contains(where: { $0.id == actual }) {
      let probability = exp(Double(scores.tokenLogprobs[token]))
      candidates.append((actual, probability))
      tail = max(tail - probability, 0)
    }
    var masses: [TokenID: Double] = [:]
    var (known, lost) = (0.0, 0.0)
    for candidate in candidates {
      guard candidate.id != actual else {
        let through = place.later.reduce(candidate.probability) { $0 * exp(Double(scores.tokenLogprobs[$1])) }
        masses[id, default: 0] += through
        known += candidate.probability
        lost += candidate.probability - through
        continue
      }
      switch first(of: candidate.id, after: prefix) {
      case .none: break
      case .some(let own?):
        masses[own, default: 0] += candidate.probability
        known += candidate.probability
      case .some(nil):
        known += candidate.probability
        lost += candidate.probability
      }
    }
    guard known > 0 else { return TranslatedRow(masses: [:], tail: 1) }
    let scale = (1 - tail) / known
    return TranslatedRow(masses: masses.mapValues { $0 * scale }.filter { $0.value > 0 }, tail: tail + lost * scale)
  }

  /// The first of the student's tokens of a teacher's token, after the bytes of it that are there already.
  ///
  /// - Returns: nil where the token does not begin with these bytes; nil inside where no token of the student stands for it.
  private func first(of id: TokenID, after prefix: ArraySlice<UInt8>) -> TokenID?? {
    if teacher.eosTokenIDs.contains(id) { return prefix.isEmpty ? .some(student.eosTokenIDs.first) : .none }
    let own = bytes(of: id)
    guard own.count > prefix.count, own.starts(with: prefix) else { return own.isEmpty ? .some(nil) : .none }
    let place = Place(id: id, prefix: prefix.count)
    if let found = firsts.withLock({ $0[place] }) { return .some(found) }
    let rest = own[prefix.count...]
    let ids = String(validating: rest, as: UTF8.self).map { student.encodeContinuation($0) } ?? []
    let first = ids.first.flatMap { first in
      // The token may stand for other bytes, as one of unknown text does.
      student.pieces(of: anchors.student + [first])?.last.flatMap { !$0.isEmpty && rest.starts(with: $0) ? first : nil }
    }
    firsts.withLock { $0[place] = .some(first) }
    return .some(first)
  }

  private func bytes(of id: TokenID) -> [UInt8] {
    if let found = bytes.withLock({ $0[id] }) { return found }
    let own = teacher.pieces(of: anchors.teacher + [id])?.last ?? []
    bytes.withLock { $0[id] = own }
    return own
  }
}
