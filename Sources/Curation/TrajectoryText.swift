/// A student's text as its turns: an answer, then feedback and what the answer becomes by it, any number of times.
///
/// A turn begins on a line of its own with ``feedbackMark`` or ``updateMark``.
public struct TrajectoryText: Sendable, Hashable {
  /// Feedback, with the answer that it led to.
  public struct Step: Sendable, Hashable {
    /// What is said of the answer before.
    public var feedback: String
    /// The answer after it; nil: there is none.
    public var update: String?
  }

  /// What feedback begins with.
  public static let feedbackMark = "Feedback:"
  /// What an answer begins with that follows feedback.
  public static let updateMark = "Update:"
  /// The feedback of a right answer, always in these words.
  public static let approval = "The answer is correct."

  /// White space before the answer.
  public let lead: String
  /// The answer, without white space around it.
  public let answer: String
  /// What follows.
  public let steps: [Step]

  /// Reads a text. The last turn of one that was cut off is left out.
  public init(_ text: String, isTruncated: Bool = false) {
    var turns: [(mark: String, lines: [Substring])] = [("", [])]
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let mark = [Self.feedbackMark, Self.updateMark].first { line.hasPrefix($0) }
      // An update without feedback is text like any other.
      if let mark, mark == Self.feedbackMark || turns.last?.mark == Self.feedbackMark {
        turns.append((mark, [line.dropFirst(mark.count)]))
      } else {
        turns[turns.count - 1].lines.append(line)
      }
    }
    if isTruncated { turns.removeLast() }
    var steps: [Step] = []
    for turn in turns.dropFirst() {
      let text = Self.trimmed(turn.lines.joined(separator: "\n"))
      if turn.mark == Self.feedbackMark {
        steps.append(Step(feedback: text))
      } else {
        steps[steps.count - 1].update = text
      }
    }
    let first = turns.first?.lines.joined(separator: "\n") ?? ""
    (lead, answer) = (String(first.prefix { $0.isWhitespace }), Self.trimmed(first))
    self.steps = steps
  }

  /// Whether feedback on a wrong answer says something, and not that the answer is right.
  public static func isCriticism(_ feedback: String) -> Bool {
    let words = feedback.split { !$0.isLetter && !$0.isNumber }
    return words.count >= leastWords
      && !words.elementsEqual(approval.split { !$0.isLetter }) { $0.lowercased() == $1.lowercased() }
  }

  /// Words below which feedback has no content.
  private static let leastWords = 3

  static func trimmed(_ text: String) -> String {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
