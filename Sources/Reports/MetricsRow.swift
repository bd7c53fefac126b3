import Foundation

/// What one optimizer step, or the evaluation after it, measured: a row of `metrics.jsonl`.
public struct MetricsRow: Sendable, Hashable {
  /// Optimizer steps made.
  public var step: Int
  /// All finite numbers of the row but `step`, by name: `loss`, `train/…`, `eval/…`, `wait/…`, `wire/…`.
  public var values: [String: Double]

  /// Makes a row.
  public init(step: Int, values: [String: Double]) {
    self.step = step
    self.values = values
  }

  /// Reads one line of JSON. Texts, lists and null are left out.
  ///
  /// Returns nil unless the line is an object with a whole, non-negative `step`.
  public init?(json line: some StringProtocol) {
    guard let object = try? JSONDecoder().decode([String: LooseNumber].self, from: Data(line.utf8)),
      let step = object["step"]?.value.flatMap(Int.init(exactly:)), step >= 0
    else { return nil }
    self.step = step
    values = object.compactMapValues(\.value).filter { $0.key != "step" }
  }
}

/// A JSON value of which only a number is kept.
private struct LooseNumber: Decodable {
  let value: Double?

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let isFlag = (try? container.decode(Bool.self)) != nil
    value = isFlag ? nil : try? container.decode(Double.self)
  }
}
