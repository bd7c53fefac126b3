import Foundation

/// How far what two contestants computed is apart: who computes something else is not to be compared with.
public enum ValueDifference: Sendable, Encodable, Hashable {
  /// Losses and gradient norms of the same steps: the largest relative difference.
  case losses(Double)
  /// Log-probs of the same tokens: the largest difference in nats.
  case logprobs(Double)
  /// Greedy tokens: the mean share of a completion that comes before the first other token.
  case tokens(Double)
  /// They have not as many values.
  case counts(expected: Int, found: Int)

  /// Compares; `rowLength` is the length of a completion.
  package init(_ values: [Double], from reference: [Double], suite: EngineSuite, rowLength: Int) {
    guard values.count == reference.count, !values.isEmpty else {
      self = .counts(expected: reference.count, found: values.count)
      return
    }
    let pairs = zip(values, reference)
    switch suite {
    case .loss, .train:
      self = .losses(pairs.map { abs($0 - $1) / max(abs($1), 1e-9) }.max() ?? 0)
    case .score, .machine: self = .logprobs(pairs.map { abs($0 - $1) }.max() ?? 0)
    case .generate:
      let rows = stride(from: 0, to: values.count, by: max(1, rowLength)).map { start in
        let row = start..<min(start + max(1, rowLength), values.count)
        return Double(row.prefix { values[$0] == reference[$0] }.count) / Double(row.count)
      }
      self = .tokens(rows.reduce(0, +) / Double(rows.count))
    }
  }

  /// Whether this is what rounding explains: of float32, else of eight bits of precision in every product.
  package func isWithin(_ form: String) -> Bool {
    let isExact = form == "float32"
    return switch self {
    case .losses(let value): value <= (isExact ? 1e-3 : 5e-2)
    case .logprobs(let value): value <= (isExact ? 1e-2 : 0.5)
    // One other token, where two are as likely, and all that follow are others.
    case .tokens(let share): !isExact || share >= 0.5
    case .counts: false
    }
  }

  /// The number with its meaning.
  var text: String {
    switch self {
    case .losses(let value): "loss \(Self.scientific(value))"
    case .logprobs(let value): "\(Self.scientific(value)) nats"
    case .tokens(let share): "\((share * 100).rounded().formatted()) % of tokens"
    case .counts(let expected, let found): "\(found) values, not \(expected)"
    }
  }

  private static func scientific(_ value: Double) -> String {
    value.formatted(.number.notation(.scientific).precision(.significantDigits(2)))
  }
}
