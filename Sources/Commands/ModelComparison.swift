import WireFormat

/// Compares what teacher and student say about themselves.
struct ModelComparison: Sendable {
  let teacher: WireModelDescription
  let student: WireModelDescription

  var results: [CheckResult] { [vocabulary, vocabSize, ends, beginnings, template, contexts] }

  private var vocabulary: CheckResult {
    let digests = (teacher.vocabularyDigest, student.vocabularyDigest)
    if digests.0.isEmpty || digests.1.isEmpty {
      return result("vocabulary", .noted, "one side has no tokenizer: sizes and special ids alone are compared")
    }
    return digests.0 == digests.1
      ? result("vocabulary", .passed, "equal (\(digests.0.prefix(12)))")
      : result(
        "vocabulary", .failed,
        "differs: use a student with the teacher's tokenizer, or method: sft on the teacher's text")
  }

  private var vocabSize: CheckResult {
    compare("vocabulary size", Int(teacher.vocabSize), Int(student.vocabSize), "log-probs cannot be compared")
  }

  private var ends: CheckResult {
    compare(
      "end of sequence", Set(teacher.eosTokenIDs).sorted(), Set(student.eosTokenIDs).sorted(),
      "name the same ids in both generation_config.json")
  }

  private var beginnings: CheckResult {
    let ids = (teacher.bosTokenIDs, student.bosTokenIDs)
    if ids.0.isEmpty != ids.1.isEmpty {
      return result("begin of sequence", .noted, "only one side names an id (\(ids.0 + ids.1))")
    }
    return compare("begin of sequence", ids.0, ids.1, "name the same ids in both config.json")
  }

  private var template: CheckResult {
    let digests = (teacher.chatTemplateDigest, student.chatTemplateDigest)
    if digests.0 == digests.1 {
      return result("chat template", .passed, digests.0.isEmpty ? "none on either side" : "equal")
    }
    return result("chat template", .noted, "differs: rows with messages are rendered by the student's")
  }

  private var contexts: CheckResult {
    let lengths = (teacher.contextLength, student.contextLength)
    return result(
      "context length", lengths.1 <= lengths.0 ? .passed : .noted,
      lengths.0 == lengths.1
        ? "\(lengths.0) tokens on both sides"
        : "teacher \(lengths.0), student \(lengths.1): sequences are cut to the shorter")
  }

  private func compare<Value: Equatable>(_ name: String, _ teacher: Value, _ student: Value, _ remedy: String)
    -> CheckResult
  {
    teacher == student
      ? result(name, .passed, "\(teacher)") : result(name, .failed, "teacher \(teacher), student \(student): \(remedy)")
  }

  private func result(_ name: String, _ outcome: CheckResult.Outcome, _ detail: String) -> CheckResult {
    CheckResult(name: name, outcome: outcome, detail: detail)
  }
}
