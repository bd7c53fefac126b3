internal import Sequences

extension TrainingBatch {
  /// The sequences of each part into which a batch is cut; empty where the teacher is asked about the whole batch at once: where there
  /// is one part, or where a loss at one sequence needs what the teacher says about others.
  ///
  /// A teacher is asked about each part apart, whoever computes it: what it answers may depend, in its last bits, on what is asked at once.
  package func askedParts(ofAtMost count: Int, _ objective: Objective) -> [Range<Int>] {
    let isApart =
      objective.pair == nil && objective.ranking == nil && !objective.terms.contains { $0.kind.needsTokenLogprobs }
    guard count > 1, isApart else { return [] }
    let segments = GradientSegments(sequences, parts: count)
    return segments.parts(ofAtMost: count, sequences).map { part in
      segments.sequences[part.lowerBound].lowerBound..<segments.sequences[part.upperBound - 1].upperBound
    }
  }
}
