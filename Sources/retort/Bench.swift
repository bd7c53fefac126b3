import ArgumentParser
import Foundation
import WireBenchmark

/// `retort bench`.
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures parts of Retort on this machine.",
    subcommands: [
      BenchTrain.self, BenchLoss.self, BenchGenerate.self, BenchScore.self, BenchTokenize.self, BenchWire.self,
      BenchReplicas.self, BenchPeer.self, BenchWorker.self, BenchReplica.self,
    ])
}

/// `retort bench wire`.
struct BenchWire: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wire",
    abstract: "Measures the gRPC transport: calls, streams, processor time and memory of both sides.",
    discussion: """
      Each round runs every case on every stack in turn, in processes of their own, and the medians are printed. \
      Peers are compared by scripts in Benchmarks/ of the source tree.
      """)

  @Option(help: "Rounds; medians are taken over them.")
  var rounds = 3

  @Option(help: "Measured seconds of each case on each stack in each round.")
  var seconds = 1.0

  @Option(
    name: .customLong("case"), help: ArgumentHelp("A case to run; all unless given.", valueName: "name"),
    transform: Self.benchmarkCase)
  var cases: [BenchmarkCase] = []

  @Option(help: ArgumentHelp("Another stack to measure beside ours.", valueName: "name=command"))
  var stack: [String] = []

  @Option(help: ArgumentHelp("The program that takes part for our stack; this one unless given.", valueName: "command"))
  var ours: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if rounds < 1 { throw ValidationError("--rounds is at least 1") }
    if !(seconds > 0 && seconds <= 60) { throw ValidationError("--seconds is above 0 and at most 60") }
  }

  func run() async throws {
    let command = ours.map { $0.split(separator: " ").map(String.init) } ?? [Self.program, "bench", "peer"]
    let ours = BenchmarkRun.Stack(name: "retort", command: command)
    let peers = try stack.map { try BenchmarkRun.Stack(parsing: $0) }
    let run = BenchmarkRun(
      stacks: [ours] + peers, cases: cases.isEmpty ? BenchmarkCase.allCases : cases, rounds: rounds, seconds: seconds)
    let report = BenchmarkReport(
      try run.run { printProgress($0 + "\n") }, ours: ours.name)
    printLine(json ? try report.json() : report.markdown())
  }

  private static var program: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

  @Sendable private static func benchmarkCase(_ name: String) throws -> BenchmarkCase {
    let names = BenchmarkCase.allCases.map(\.rawValue).joined(separator: ", ")
    guard let value = BenchmarkCase(rawValue: name) else {
      throw ValidationError("no case '\(name)': expected \(names)")
    }
    return value
  }
}

/// `retort bench peer`: what `retort bench wire` starts.
struct BenchPeer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peer", abstract: "One side of a measurement.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough)
  var arguments: [String] = []

  func run() async throws {
    try await NGHTTP2Peer.run(try BenchmarkPeer.Command(arguments))
  }
}
