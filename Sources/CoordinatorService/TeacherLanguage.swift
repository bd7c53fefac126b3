internal import Recipes
internal import Sequences

/// The tokens of a teacher whose tokenizer is not the student's: its prompts, and its text in the student's tokens.
struct TeacherLanguage: Sendable {
  /// The teacher's tokenizer.
  let codec: any TextCodec
  /// The prompts to train on in the teacher's tokens, by sample.
  let prompts: [[TokenID]]
  /// The prompts held out.
  let evalPrompts: [[TokenID]]

  /// Longest sequence in the teacher's tokens, if it writes so many.
  func longest(_ written: Int) -> Int { ((prompts + evalPrompts).map(\.count).max() ?? 0) + written }

  /// The student's tokens of what the teacher wrote after a prompt, as data rows are tokenized.
  ///
  /// What the teacher ended gets the id that ends the student's completions. What a limit cut off gets none, nor does text
  /// of more than `limit` of the student's tokens, which is cut.
  func studentTokens(
    of completion: Completion, after sample: TrainingSample, student: any TextCodec, limit: Int
  ) -> [TokenID] {
    let text = codec.decode(completion.tokenIDs)
    var ids = student.encodeCompletion(
      text, after: sample.promptText,
      promptIDs: student.encode(sample.promptText, addSpecialTokens: sample.addsSpecialTokens),
      addSpecialTokens: sample.addsSpecialTokens)
    if completion.finishReason == .stop, ids.count < limit, let end = student.eosTokenIDs.first {
      if ids.last.map({ !student.eosTokenIDs.contains($0) }) ?? true { ids.append(end) }
    }
    return Array(ids.prefix(limit))
  }
}
