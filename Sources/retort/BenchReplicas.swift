import ArgumentParser
import Foundation
import ReplicaBenchmark

/// `retort bench replicas`.
struct BenchReplicas: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replicas",
    abstract: "Measures one replica of a student on one core beside two on two, and says what up to 256 would cost.",
    discussion: """
      Processes of one thread each make the same steps in turns. The calls of groups on loopback are measured beside, and a model \
      of both is held against 3 and 4 replicas on this machine. docs/replica-scaling.md says what the figures mean.
      """)

  @Option(help: "Rounds that count, after one that warms up; medians are taken over them.")
  var rounds = 5

  @Option(help: "Sequences of a batch.")
  var sequences = 16

  @Option(help: "Tokens of each sequence.")
  var length = 256

  @Option(help: "Blocks of the student; 10 make 23 million parameters.")
  var layers = 10

  @Option(help: "Of the products: float32 or bfloat16.")
  var precision = "float32"

  @Option(
    help: ArgumentHelp("Numbers of replicas on this machine to hold the model against, 2 to 16.", valueName: "n,…"),
    transform: Self.counts)
  var checks = [3, 4]

  @Option(
    help: ArgumentHelp("Numbers of members whose calls are measured, 2 to 16.", valueName: "n,…"),
    transform: Self.counts)
  var links = [2, 4, 8]

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if rounds < 1 { throw ValidationError("--rounds is at least 1") }
    if !(2...4096).contains(sequences) { throw ValidationError("--sequences is in 2...4096") }
    if !(2...4096).contains(length) { throw ValidationError("--length is in 2...4096") }
    if !(1...48).contains(layers) { throw ValidationError("--layers is in 1...48") }
    if !["float32", "bfloat16"].contains(precision) { throw ValidationError("--precision is float32 or bfloat16") }
  }

  func run() async throws {
    let place = FileManager.default.temporaryDirectory
      .appending(path: "retort-bench-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    var options = ReplicaRunOptions()
    (options.rounds, options.checks, options.links) = (rounds, checks, links)
    (options.step.sequenceCount, options.step.sequenceLength) = (sequences, length)
    (options.step.precision, options.step.layerCount) = (precision, layers)
    let run = ReplicaRun(
      command: [Bundle.main.executablePath ?? CommandLine.arguments[0], "bench", "replica"], options: options,
      place: place)
    let report = ReplicaReport(
      try run.run { printProgress($0 + "\n") })
    printLine(json ? try report.json() : report.markdown())
  }

  @Sendable private static func counts(_ text: String) throws -> [Int] {
    let counts = text.split(separator: ",").map { Int($0) ?? 0 }
    guard !counts.isEmpty, counts.allSatisfy({ (2...16).contains($0) }) else {
      throw ValidationError("'\(text)' is no list of numbers from 2 to 16")
    }
    return counts
  }
}

/// `retort bench replica`: what `retort bench replicas` starts.
struct BenchReplica: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replica", abstract: "One member of a measurement.", shouldDisplay: false)

  @Argument(help: "The folder where groups meet.")
  var folder: String

  func run() async throws { try ReplicaMember(folder: URL(filePath: folder, directoryHint: .isDirectory)).run() }
}
