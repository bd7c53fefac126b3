internal import Foundation
internal import Measurement

/// A measurement's figures as Markdown or as JSON.
public struct ReplicaReport: Sendable {
  private let result: ReplicaResult
  /// Numbers of replicas that the model tells of.
  private static let counts = [1, 2, 4, 8, 16, 32, 64, 128, 256]

  /// Makes a report.
  public init(_ result: ReplicaResult) { self.result = result }

  /// All that was measured, with the model.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(result), as: UTF8.self)
  }

  /// Tables: steps, calls, the model on this machine, the model elsewhere.
  public func markdown() -> String {
    let step = result.step
    return [
      """
      \(MarkdownTable.number(Double(result.parameterCount))) parameters, \(step.sequenceCount) sequences of \
      \(step.sequenceLength) tokens, \(step.precision), one thread each, \(result.cores) cores, \(result.rounds) rounds; \
      \(result.isSame ? "all weights the same to the bit" : "WEIGHTS DIFFER").
      """,
      steps, links, checks,
      "What the model says of replicas on machines of their own, the batch shared out:", table(batches: { _ in 1 }),
      "And with a batch of this size for each replica:", table(batches: { $0 }), formula,
    ].joined(separator: "\n\n")
  }

  private static func milliseconds(_ seconds: Double) -> String { MarkdownTable.number(seconds * 1e3, 1) }
  private static func percent(_ share: Double) -> String { MarkdownTable.number(share * 100, 1) + " %" }

  private var steps: String {
    let head = [
      "who", "steps/s", "× one", "fastest, ms", "× one", "step, ms", "compute", "waiting", "sum", "update", "hidden",
      "waiting and sum",
      "processor, ms", "MB exchanged", "peak MB",
    ]
    let rows = result.contestants.map { one in
      [
        one.name, MarkdownTable.number(1 / one.seconds, 3), MarkdownTable.number(one.speedup, 2),
        Self.milliseconds(one.fastest), MarkdownTable.number(one.fastestSpeedup, 2), Self.milliseconds(one.seconds),
        Self.milliseconds(one.compute), Self.milliseconds(one.waiting),
        Self.milliseconds(one.sum), Self.milliseconds(one.update), Self.milliseconds(one.hidden),
        Self.percent((one.waiting + one.sum) / one.seconds), Self.milliseconds(one.processor),
        MarkdownTable.number(Double(one.bytes) / 1e6), MarkdownTable.number(Double(one.peakBytes) / 1e6),
      ]
    }
    return MarkdownTable.text([head] + rows, leading: 1)
      + "\n\nWhere the optimizer is sharded, its update is within the sum. «hidden»: exchanges that ended while passes were computed."
  }

  private var links: String {
    let floats = Double(result.parameterCount)
    let rows = result.links.map { link in
      let bytes = 4 * floats * Double(link.count - 1) / Double(link.count)
      return [
        "\(link.count)", MarkdownTable.number(link.call * 1e6), Self.milliseconds(link.exchange),
        Self.milliseconds(link.gather), MarkdownTable.number(bytes / link.exchange / 1e9, 2),
        MarkdownTable.number(bytes / link.gather / 1e9, 2),
      ]
    }
    let head = ["members", "empty call, µs", "exchange, ms", "gather, ms", "GB/s each way", "GB/s of the gather"]
    return MarkdownTable.text([head] + rows, leading: 1)
  }

  private var checks: String {
    let pair = result.contestants.dropFirst(2).first
    let two = pair.map {
      ReplicaResult.Check(
        count: 2, modelled: result.model.step(of: 2, cores: result.cores), seconds: $0.fastest,
        exchange: $0.waiting + $0.sum)
    }
    let rows = ([two].compactMap(\.self) + result.checks).map { check in
      [
        "\(check.count)", Self.milliseconds(check.modelled.seconds), Self.milliseconds(check.seconds),
        Self.percent(check.modelled.seconds / check.seconds - 1),
        Self.milliseconds(check.modelled.waiting + check.modelled.sum), Self.milliseconds(check.exchange),
      ]
    }
    let head = [
      "replicas here", "step by the model, ms", "fastest", "difference", "exchange by the model, ms", "measured",
    ]
    return MarkdownTable.text([head] + rows, leading: 1)
  }

  private func table(batches: (Int) -> Int) -> String {
    let alone = result.model.step(of: 1)
    let rows = Self.counts.map { count in
      let step = result.model.step(of: count, batches: batches(count))
      let gain = alone.seconds / step.seconds * Double(batches(count))
      return [
        "\(count)", Self.milliseconds(step.compute), Self.milliseconds(step.waiting), Self.milliseconds(step.sum),
        Self.milliseconds(step.update), Self.milliseconds(step.seconds), Self.percent(step.sumShare),
        MarkdownTable.number(gain, 1), Self.percent(gain / Double(count)),
      ]
    }
    let head = [
      "replicas", "compute, ms", "waiting", "sum", "update", "step, ms", "waiting and sum", "× one", "of each core",
    ]
    return MarkdownTable.text([head] + rows, leading: 1)
  }

  private var formula: String {
    let model = result.model
    return """
      C \(Self.milliseconds(model.compute)) ms, U \(Self.milliseconds(model.update)) ms, \
      a \(MarkdownTable.number(model.call * 1e6)) µs, b \(MarkdownTable.number(model.message * 1e6)) µs, \
      β \(MarkdownTable.number(model.bytesPerSecond / 1e9, 2)) GB/s, s \(MarkdownTable.number(model.addition * 1e9, 2)) ns; \
      compute is at least half of a step up to \(model.usefulCount) replicas.
      """
  }
}
