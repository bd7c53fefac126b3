internal import Foundation

/// Whether a student's likelihood of its own texts says how good they are, as PLaD wants it: of two texts the better should be
/// the more probable.
package struct Calibration: Sendable, Hashable {
  /// One text that the student wrote.
  package struct Answer: Sendable, Hashable {
    /// Which prompt it answers.
    package var prompt: Int
    /// Mean log-prob of its tokens, by the student.
    package var likelihood: Double
    /// How good it is, from 0 to 1.
    package var quality: Double

    /// Names the figures of a text.
    package init(prompt: Int, likelihood: Double, quality: Double) {
      (self.prompt, self.likelihood, self.quality) = (prompt, likelihood, quality)
    }
  }

  /// Texts of about the same likelihood.
  package struct Bin: Sendable, Hashable {
    /// Texts.
    package var count: Int
    /// Mean of their likelihoods, in nats a token.
    package var likelihood: Double
    /// Mean of their qualities.
    package var quality: Double
  }

  private let answers: [Answer]

  /// Takes the texts.
  package init(_ answers: [Answer]) { self.answers = answers }

  /// Spearman's rank correlation of likelihood and quality over all texts; nil where either is the same everywhere.
  package var rankCorrelation: Double? {
    let (x, y) = (Self.ranks(answers.map(\.likelihood)), Self.ranks(answers.map(\.quality)))
    let middle = Double(answers.count + 1) / 2
    var (product, first, second) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      product += (a - middle) * (b - middle)
      first += (a - middle) * (a - middle)
      second += (b - middle) * (b - middle)
    }
    return first > 0 && second > 0 ? product / (first * second).squareRoot() : nil
  }

  /// Of two texts of one prompt and different quality: how often the better is the more probable, equal ones counting one
  /// half; nil where there are no two such.
  package var rightOrder: Double? {
    var (right, all) = (0.0, 0)
    for group in Dictionary(grouping: answers, by: \.prompt).values {
      for (place, first) in group.enumerated() {
        for second in group[..<place] where first.quality != second.quality {
          let product = (first.quality - second.quality) * (first.likelihood - second.likelihood)
          right += product > 0 ? 1 : product == 0 ? 0.5 : 0
          all += 1
        }
      }
    }
    return all == 0 ? nil : right / Double(all)
  }

  /// Up to `limit` bins of about as many texts each, the least probable first.
  package func bins(_ limit: Int = 10) -> [Bin] {
    let sorted = answers.sorted { ($0.likelihood, $0.quality) < ($1.likelihood, $1.quality) }
    let count = min(limit, sorted.count)
    return (0..<count).map { bin in
      let part = sorted[bin * sorted.count / count..<(bin + 1) * sorted.count / count]
      let size = Double(part.count)
      return Bin(
        count: part.count, likelihood: part.reduce(0) { $0 + $1.likelihood } / size,
        quality: part.reduce(0) { $0 + $1.quality } / size)
    }
  }

  /// The bins as CSV.
  package var csv: String {
    let lines = bins().map { "\($0.count),\($0.likelihood),\($0.quality)" }
    return (["answers,mean_logprob_per_token,mean_rouge_l"] + lines).joined(separator: "\n") + "\n"
  }

  /// Ranks from 1; equal values share the mean of theirs.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var end = first
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      for place in first..<end { ranks[order[place]] = Double(first + end + 1) / 2 }
      first = end
    }
    return ranks
  }
}
