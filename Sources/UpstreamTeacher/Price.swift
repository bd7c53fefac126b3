public import Foundation

/// An amount of money in billionths of the price table's unit, such as nano-dollars: sums of them are exact.
public struct Money: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Billionths.
  public var billionths: Int64

  /// Makes an amount of billionths.
  public init(billionths: Int64) { self.billionths = billionths }

  /// Makes an amount of whole units, rounded up to a billionth.
  public init(_ units: Double) { billionths = Int64((units * 1e9).rounded(.up)) }

  /// Nothing.
  public static let zero = Money(billionths: 0)
  /// Whether one is less than the other.
  public static func < (left: Money, right: Money) -> Bool { left.billionths < right.billionths }
  /// The sum; the largest amount where it would not fit.
  public static func + (left: Money, right: Money) -> Money {
    let (sum, overflow) = left.billionths.addingReportingOverflow(right.billionths)
    return Money(billionths: overflow ? .max : sum)
  }
  /// The difference, not below nothing.
  public static func - (left: Money, right: Money) -> Money {
    Money(billionths: max(0, left.billionths - right.billionths))
  }

  /// In units, for people.
  public var units: Double { Double(billionths) / 1e9 }
  /// In units, to a millionth.
  public var description: String { String(format: "%.6f", units) }
}

/// What an endpoint asks for a million tokens of a model.
public struct Price: Sendable, Hashable, Codable {
  /// Of prompts.
  public var input: Double
  /// Of new text.
  public var output: Double
  /// Of prompts that the endpoint has in its own cache; nil: as of prompts.
  public var cachedInput: Double?

  private enum CodingKeys: String, CodingKey {
    case input, output
    case cachedInput = "cached_input"
  }

  /// Names prices in units per million tokens, none below 0.
  ///
  /// - Throws: ``UpstreamError/badPrices(file:problem:)``.
  public init(input: Double, output: Double, cachedInput: Double? = nil, source: String = "prices")
    throws(UpstreamError)
  {
    for (name, value) in [("input", input), ("output", output), ("cached_input", cachedInput ?? 0)] {
      guard value >= 0, value <= 1e6 else {
        throw .badPrices(
          file: source, problem: "\(name) \(value): expected units per million tokens, from 0 to 1000000")
      }
    }
    (self.input, self.output, self.cachedInput) = (input, output, cachedInput)
  }

  /// Reads a model's prices from a JSON file: `{"MODEL": {"input": 2.5, "output": 10, "cached_input": 1.25}}`.
  ///
  /// - Throws: ``UpstreamError/badPrices(file:problem:)``.
  public init(file: URL, model: String) throws(UpstreamError) {
    let shown = file.relativePath
    guard let data = FileManager.default.contents(atPath: file.path(percentEncoded: false)) else {
      throw .badPrices(file: shown, problem: "cannot be read: check the path")
    }
    guard let table = try? JSONDecoder().decode([String: Price].self, from: data) else {
      throw .badPrices(
        file: shown, problem: "expected {\"MODEL\": {\"input\": 2.5, \"output\": 10}}, in units per million tokens")
    }
    guard let price = table[model] else {
      throw .badPrices(
        file: shown, problem: "has no prices of \(model), but of \(table.keys.sorted().joined(separator: ", "))")
    }
    try self.init(input: price.input, output: price.output, cachedInput: price.cachedInput, source: shown)
  }

  /// The price of tokens, rounded up to a billionth.
  package func cost(_ usage: UpstreamReply.Usage) -> Money {
    let fresh = Double(usage.prompt - usage.cachedPrompt) * input
    let cached = Double(usage.cachedPrompt) * (cachedInput ?? input)
    // A unit per million tokens is a thousand billionths per token.
    let billionths = (fresh + cached + Double(usage.completion) * output) * 1000
    return Money(billionths: billionths < 9e18 ? Int64(billionths.rounded(.up)) : .max)
  }

  /// The most that a question can cost.
  package func worst(_ request: UpstreamRequest) -> Money {
    cost(UpstreamReply.Usage(prompt: request.promptTokenBound, completion: request.maxTokens))
  }
}
