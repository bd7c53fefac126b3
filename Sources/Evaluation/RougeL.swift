/// Precision, recall and their harmonic mean, each in `0...1`.
public struct RougeScore: Sendable, Hashable {
  /// Length of the common subsequence over the words of the prediction.
  public let precision: Double
  /// Length of the common subsequence over the words of the reference.
  public let recall: Double

  /// `2 · P · R / (P + R)`; 0 where both are 0.
  public var fMeasure: Double {
    precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
  }
}

/// Returns ROUGE-L of a prediction, as `rouge_score` 0.1.2 computes it: the longest common subsequence of words.
///
/// Words are the runs of ASCII letters and digits of the text in lower case: what stands in other scripts counts nothing.
///
/// - Parameter stemmed: Whether words of more than three characters are stemmed by ``PorterStemmer`` before they are
///   compared, as MiniLLM's evaluation does.
/// - SeeAlso: Lin, "ROUGE: a package for automatic evaluation of summaries", 2004.
public func rougeL(reference: String, prediction: String, stemmed: Bool) -> RougeScore {
  let (target, predicted) = (rougeWords(reference, stemmed: stemmed), rougeWords(prediction, stemmed: stemmed))
  guard !target.isEmpty, !predicted.isEmpty else { return RougeScore(precision: 0, recall: 0) }
  let common = Double(commonSubsequenceLength(target, predicted))
  return RougeScore(precision: common / Double(predicted.count), recall: common / Double(target.count))
}

/// Returns the best ROUGE-L of a prediction over its references, by F; zero where there is no reference.
public func rougeL(references: [String], prediction: String, stemmed: Bool) -> RougeScore {
  references.map { rougeL(reference: $0, prediction: prediction, stemmed: stemmed) }
    .max { $0.fMeasure < $1.fMeasure } ?? RougeScore(precision: 0, recall: 0)
}

/// The words of a text, in lower case; other characters than ASCII letters and digits stand between words.
private func rougeWords(_ text: String, stemmed: Bool) -> [[UInt8]] {
  let isWordByte: (UInt8) -> Bool = { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
  let words = text.lowercased().utf8.split { !isWordByte($0) }.map(Array.init)
  guard stemmed else { return words }
  return words.map { $0.count > 3 ? PorterStemmer.stem($0) : $0 }
}

/// Length of the longest common subsequence. Time: `O(n · m)`; memory: `O(m)`.
private func commonSubsequenceLength(_ left: [[UInt8]], _ right: [[UInt8]]) -> Int {
  var lengths = [Int](repeating: 0, count: right.count + 1)
  for word in left {
    var diagonal = 0
    for (index, other) in right.enumerated() {
      let above = lengths[index + 1]
      lengths[index + 1] = word == other ? diagonal + 1 : max(above, lengths[index])
      diagonal = above
    }
  }
  return lengths[right.count]
}
