/// The scores of two answers in one order, each in `1...10`.
public struct OrderedScores: Sendable, Hashable, Codable {
  /// Of the answer that stood first.
  public let first: Double
  /// Of the answer that stood second.
  public let second: Double

  /// Takes two scores.
  public init(first: Double, second: Double) { (self.first, self.second) = (first, second) }

  /// Reads a referee's reply: its last line that scores Assistant 1, and its last line that scores Assistant 2.
  ///
  /// A score follows the colon after `Assistant 1`, may be followed by `/10`, and lies in `1...10`: anything else is no score,
  /// and nil is returned. Lion's released parser takes only the last two lines and bare numbers, and counts what it cannot
  /// read as −1.
  public init?(reply: String) {
    var scores: [Double?] = [nil, nil]
    for line in reply.split(whereSeparator: \.isNewline) {
      for (place, name) in ["1", "2"].enumerated() {
        if let score = Self.score(ofAssistant: name, in: line) { scores[place] = score }
      }
    }
    guard let first = scores[0], let second = scores[1], (1...10).contains(first), (1...10).contains(second) else {
      return nil
    }
    self.init(first: first, second: second)
  }

  private static func score(ofAssistant name: String, in line: Substring) -> Double? {
    let pattern = /(?i)assistant\s*([12])(?!\d)\D*?:[\s*]*(\d{1,3}(?:\.\d{1,9})?)(?![\d.]*\d)/
    for match in line.matches(of: pattern) where match.output.1 == name { return Double(match.output.2) }
    return nil
  }
}

/// What the referee thinks of an instruction's two answers.
public struct Verdict: Sendable, Hashable, Codable {
  /// With the teacher's answer first: all samples that could be read.
  public let teacherFirst: [OrderedScores]
  /// With the student's answer first.
  public let studentFirst: [OrderedScores]

  /// Takes the scores of both orders; nil where one of them has none.
  public init?(teacherFirst: [OrderedScores], studentFirst: [OrderedScores]) {
    guard !teacherFirst.isEmpty, !studentFirst.isEmpty else { return nil }
    (self.teacherFirst, self.studentFirst) = (teacherFirst, studentFirst)
  }

  /// Mean of the teacher's scores over both orders.
  public var teacherScore: Double { (mean(teacherFirst, \.first) + mean(studentFirst, \.second)) / 2 }
  /// Mean of the student's scores over both orders.
  public var studentScore: Double { (mean(teacherFirst, \.second) + mean(studentFirst, \.first)) / 2 }
  /// d: teacher − student, in `−9...9`. Exchanging the answers negates it.
  public var gap: Double { teacherScore - studentScore }
  /// Half of what the first place gains: above 0 where it is favoured.
  public var positionBias: Double {
    let (gapWhenFirst, gapWhenSecond) = (
      mean(teacherFirst, \.first) - mean(teacherFirst, \.second),
      mean(studentFirst, \.second) - mean(studentFirst, \.first)
    )
    return (gapWhenFirst - gapWhenSecond) / 2
  }
}

private func mean(_ scores: [OrderedScores], _ key: (OrderedScores) -> Double) -> Double {
  scores.reduce(0) { $0 + key($1) } / Double(scores.count)
}
