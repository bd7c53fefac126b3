import ForeignPython
import Foundation
import FuzzTargets
import Programs
import Testing
import WireFormat

private let python = ForeignPython(importing: "grpc_tools")

/// A number that the environment may set: RETORT_CODEC_MESSAGES and RETORT_CODEC_SEED make longer and other runs.
private func setting(_ name: String, _ value: Int) -> Int {
  ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
}

/// One message, broken or not, and what Google's implementation says of it; see Differential/reference.py.
private struct Sample {
  enum Verdict: UInt8 {
    case refused, accepted
    /// Accepted there; ours refuses it, for a reason that reference.py lists.
    case refusedByUs
  }

  let name: String
  let bytes: [UInt8]
  let verdict: Verdict
  let canonical: [UInt8]
}

@Suite("The codec beside Google's", .timeLimit(.minutes(60)))
struct DifferentialTests {
  @Test(
    "accepts, refuses and writes what python protobuf does",
    .enabled(if: python != nil, "\(ForeignPython.missing)"))
  func agrees() throws {
    let (count, seed) = (setting("RETORT_CODEC_MESSAGES", 20_000), setting("RETORT_CODEC_SEED", 1))
    let samples = try Self.samples(count: count, seed: seed)
    #expect(samples.count == count)
    let types = Dictionary(uniqueKeysWithValues: allMessages.map { ($0.protoName, $0) })
    var (problems, verdicts) = ([String](), [Sample.Verdict: Int]())
    for sample in samples {
      verdicts[sample.verdict, default: 0] += 1
      guard let type = types[sample.name] else {
        Issue.record("no type \(sample.name)")
        continue
      }
      let written = Self.rewritten(sample.bytes, as: type)
      let agrees =
        switch sample.verdict {
        case .refused, .refusedByUs: written == nil
        case .accepted: written == sample.canonical
        }
      if !agrees { problems.append(Self.line(sample, written)) }
    }
    #expect(
      problems.isEmpty, "\(problems.count) of \(count), seed \(seed):\n\(problems.prefix(12).joined(separator: "\n"))")
    // A run that mostly makes garbage, or none, would prove little.
    #expect(verdicts[.refused, default: 0] > count / 20 && verdicts[.accepted, default: 0] > count / 2)
    #expect((count / 200..<count / 10).contains(verdicts[.refusedByUs, default: 0]))
  }

  /// Reads and writes again; nil where it is refused.
  private static func rewritten<Message: WireMessage>(_ bytes: [UInt8], as type: Message.Type) -> [UInt8]? {
    guard let message = try? Message(decoding: bytes) else { return nil }
    return try? message.encoded()
  }

  private static func line(_ sample: Sample, _ written: [UInt8]?) -> String {
    func hex(_ bytes: [UInt8]) -> String {
      bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    return "\(sample.name) \(hex(sample.bytes)): theirs \(sample.verdict) \(hex(sample.canonical)), "
      + "ours \(written.map(hex) ?? "refused")"
  }

  private static func samples(count: Int, seed: Int) throws -> [Sample] {
    let program = try #require(python).start("Differential/reference.py", beside: #filePath, ["\(count)", "\(seed)"])
    let data = [UInt8](program.output.readDataToEndOfFile())
    try #require(program.running.wait() == .status(0), "reference.py failed")
    let lineEnd = try #require(data.firstIndex(of: UInt8(ascii: "\n")))
    let names = try JSONDecoder().decode([String].self, from: Data(data[..<lineEnd]))
    var place = lineEnd + 1
    func number(_ size: Int) -> Int {
      defer { place += size }
      return (0..<size).reduce(0) { $0 | Int(data[place + $1]) << (8 * $1) }
    }
    func block() -> [UInt8] {
      let length = number(4)
      defer { place += length }
      return Array(data[place..<place + length])
    }
    var samples: [Sample] = []
    while place < data.count {
      let (index, verdict) = (number(2), number(1))
      let bytes = block()
      samples.append(
        Sample(
          name: names[index], bytes: bytes, verdict: try #require(Sample.Verdict(rawValue: UInt8(verdict))),
          canonical: block()))
    }
    return samples
  }
}
