/// The loss on a corpus of pre-training text, beside what the method learns of its samples.
public struct CorpusObjective: Sendable, Hashable, Codable {
  /// The term, of weight `objective.corpus_weight`: the cross-entropy, and in what DPKD's code minimises the forward KL as well.
  public var term: PlannedTerm
  /// Sequences of a step.
  public var batchSize: Int
}

extension CorpusObjective {
  /// The loss that a recipe asks for; nil where it has no corpus.
  ///
  /// DPKD's code weighs its corpus by ½, and there cross-entropy and KL by ½ each: ¼ of their sum.
  init?(_ method: Method, _ loss: LossName?, _ values: ResolvedValues, batchSize: Int) {
    guard method.readsCorpus, values.text("data.corpus") != nil else { return nil }
    let isReleased = loss == .asReleased
    let weight = values.optionalNumber("objective.corpus_weight") ?? 1
    term = PlannedTerm(
      .data, isReleased ? .forwardKL : .crossEntropy, alpha: 0.1, beta: 0.5, weight: isReleased ? weight / 4 : weight)
    term.crossEntropyWeight = isReleased ? 1 : 0
    self.batchSize = values.whole("data.corpus_batch_size") ?? batchSize
  }
}

extension Method {
  /// Whether a corpus of pre-training text may stand beside what is learnt.
  var readsCorpus: Bool { [.dpkd, .minillm, .distillm].contains(self) }
}

extension Recipe {
  /// Refuses a corpus about which one teacher is to be asked where there are several.
  func checkCorpus() throws(RecipeError) {
    guard let corpus = objective.corpus, corpus.term.kind.needsTeacherLogprobs, teachers.all.count > 1 else { return }
    throw .conflict(
      "data.corpus: objective.loss_type as_released asks one teacher about its rows: leave one of teacher.teachers, "
        + "or take another loss")
  }
}

extension DataFile {
  /// Reads a corpus: rows of `text` alone.
  ///
  /// - Throws: ``RecipeError/badRow(path:line:reason:)`` for the first row that is wrong.
  public static func corpus(path: String) throws(RecipeError) -> DataFile {
    let file = try DataFile(path: path)
    for (line, row) in file.rows {
      guard case .text = row else {
        throw .badRow(path: path, line: line, reason: "a corpus has rows of 'text' alone, {\"text\": …}")
      }
    }
    return file
  }
}
