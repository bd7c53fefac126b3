public import Lion

/// A judge's score of one answer, from 1 to 10.
public struct AnswerScore: Sendable, Hashable {
  /// More is better.
  public let value: Double

  /// Reads a judge's reply: its last line `Score: 8`, also `8/10`. Anything else, or a number outside `1...10`, is no score.
  public init?(reply: String) {
    var score: Double?
    for line in reply.split(whereSeparator: \.isNewline) {
      let pattern = /(?i)score[\s*]*:[\s*]*(\d{1,3}(?:\.\d{1,9})?)(?![\d.]*\d)/
      if let match = line.firstMatch(of: pattern) { score = Double(match.output.1) }
    }
    guard let score, (1...10).contains(score) else { return nil }
    value = score
  }

  /// The request to a judge: its places are `instruction` and `answer`.
  ///
  /// - Parameter replacement: The text of a file that stands for ours; nil: there is none.
  public static func template(_ replacement: String? = nil) throws(PromptTemplateError) -> PromptTemplate {
    try PromptTemplate(replacement ?? preset, source: "judge.txt", places: ["instruction", "answer"])
  }

  /// Version 1.
  private static let preset = """
    critics/judge 1
    [system]
    You check the quality of answers with care and without favour.
    [user]
    [Task]
    {{instruction}}

    [Answer begins]
    {{answer}}
    [Answer ends]

    Say in a few sentences how helpful, relevant, accurate and faithful to the task the answer is. Its length alone is no merit.
    Then give it one score from 1 to 10, where more is better. End with exactly this line and nothing after it:
    Score: <score>
    """
}
