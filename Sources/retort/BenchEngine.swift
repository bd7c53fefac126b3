import ArgumentParser
import EngineBenchmark
import Foundation

/// `retort bench loss`.
struct BenchLoss: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loss", abstract: "Measures the loss over vocabularies of 8,192 to 131,072 ids.")
  @OptionGroup var options: EngineBenchOptions
  func run() async throws { try await options.run(.loss) }
}

/// `retort bench train`.
struct BenchTrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Measures one optimizer step of DistiLLM-2.")
  @OptionGroup var options: EngineBenchOptions
  func run() async throws { try await options.run(.train) }
}

/// `retort bench generate`.
struct BenchGenerate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Measures the continuation of 1, 8 and 64 prompts.")
  @OptionGroup var options: EngineBenchOptions
  func run() async throws { try await options.run(.generate) }
}

/// `retort bench score`.
struct BenchScore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Measures a teacher's log-probs of given tokens.")
  @OptionGroup var options: EngineBenchOptions
  func run() async throws { try await options.run(.score) }
}

/// `retort bench worker`: what the commands above start.
struct BenchWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Our side of a measurement.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough)
  var arguments: [String] = []

  func run() async throws { try EngineWorker(arguments).run() }
}

/// What all measurements of the engine take.
struct EngineBenchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A model folder; random ones of the cases' shapes unless given.", valueName: "dir"))
  var model: String?

  @Option(help: "Rounds that count, after one that warms up; medians are taken over them.")
  var rounds = 3

  @Option(help: "Threads of everyone who takes part; as many as the engine would use unless given.")
  var threads: Int?

  @Option(
    name: .customLong("case"), help: ArgumentHelp("A case to run; all of the suite unless given.", valueName: "name"))
  var cases: [String] = []

  @Option(
    help: ArgumentHelp(
      "A Python that has PyTorch, transformers, gguf and llama-cpp-python, to measure them beside ours; scripts/venv.sh --bench makes one.",
      valueName: "path"))
  var peerPython: String?

  @Option(help: ArgumentHelp("The folder of the peers' scripts.", valueName: "dir"))
  var peerScripts = "Benchmarks"

  @Option(help: ArgumentHelp("Seconds that anyone may take for a case.", valueName: "s"))
  var patience = 1800

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if rounds < 1 { throw ValidationError("--rounds is at least 1") }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads is in 1...1024") }
    if patience < 1 { throw ValidationError("--patience is at least 1") }
  }

  /// Runs a suite and prints its report.
  func run(_ suite: EngineSuite) async throws {
    let place = FileManager.default.temporaryDirectory
      .appending(path: "retort-bench-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    var options = EngineRunOptions()
    options.rounds = rounds
    options.threads = threads ?? options.threads
    options.model = model.map { URL(filePath: $0, directoryHint: .isDirectory) }
    options.patience = patience
    let programs = ContestantPrograms(
      ours: [Bundle.main.executablePath ?? CommandLine.arguments[0], "bench", "worker"], python: peerPython,
      scripts: peerScripts)
    let run = EngineRun(programs: programs, options: options, place: place)
    let results = try run.run(try EngineCase.cases(of: suite, named: cases)) {
      printProgress($0 + "\n")
    }
    let report = EngineReport(results)
    printLine(json ? try report.json() : report.markdown())
  }
}
