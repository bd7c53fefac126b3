public import Lion

/// The request to the teacher that edits a student's attempt.
public enum TrajectoryEditor {
  /// The places of a template.
  private static let places: Set<String> = ["instruction", "answer"]

  /// The request's template: its places are `instruction` and `answer`.
  ///
  /// - Parameter replacement: The text of a file that stands for ours; nil: there is none.
  public static func template(_ replacement: String? = nil) throws(PromptTemplateError) -> PromptTemplate {
    try PromptTemplate(replacement ?? preset, source: "editor.txt", places: places)
  }

  /// Version 1.
  private static let preset = """
    tripost/editor 1
    [system]
    You help a student to improve an answer with as few changes as it takes.
    [user]
    [Task]
    {{instruction}}

    [Answer begins]
    {{answer}}
    [Answer ends]

    A checker found this answer wrong. Say where its first mistake is and why it is one. Then write the whole answer again in the same
    style, with what was right before the mistake left as it is. Reply in exactly this form and add nothing after it:
    Feedback: <where the first mistake is, and why>
    Update: <the whole answer, corrected>
    """
}
