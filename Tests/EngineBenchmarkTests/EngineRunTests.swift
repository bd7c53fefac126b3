import Checkpoints
import EngineBenchmark
import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite("a run of the engine's benchmark")
struct EngineRunTests {
  private let place: TemporaryPlace

  init() throws {
    place = try TemporaryPlace()
    let configuration = try ModelConfiguration(
      family: .llama, vocabSize: 64, width: 16, layerCount: 2, headCount: 2, feedForwardWidth: 24, contextLength: 48)
    let transformer = Transformer(configuration)
    let parameters = ParameterBuffer(count: transformer.layout.count)
    var generator = SeededGenerator(seed: 5)
    transformer.initialize(parameters, using: &generator)
    try ModelFolder(configuration: configuration, parameters: parameters, special: SpecialTokens())
      .write(to: model)
  }

  private var model: URL { place.url.appending(path: "model", directoryHint: .isDirectory) }

  /// A contestant that says what the script prints.
  private func script(_ text: String, named name: String) throws -> [String] {
    let url = place.url.appending(path: name)
    try Data(text.utf8).write(to: url)
    return ["sh", url.path]
  }

  private func run(
    _ suite: EngineSuite, ours: [String], python: String? = nil
  ) throws -> [CaseResult] {
    var options = EngineRunOptions()
    (options.rounds, options.threads, options.model, options.patience) = (2, 1, model, 60)
    let programs = ContestantPrograms(ours: ours, python: python, scripts: place.url.path)
    let cases = try EngineCase.cases(of: suite, named: []).prefix(1)
    return try EngineRun(programs: programs, options: options, place: place.url).run(Array(cases)) { _ in }
  }

  private static let willing = """
    echo '{"path": "a script", "resident_bytes": 5}'
    while read line; do echo '{"seconds": 0.5, "tokens": 10, "values": [3], "peak_bytes": 9}'; done
    """

  @Test("everybody does as many rounds; a peer that cannot take part is left out with its reason")
  func rounds() throws {
    _ = try script("echo '{\"error\": \"no such library\"}'", named: "torch_peer.py")
    let result = try #require(
      try run(.score, ours: try script(Self.willing, named: "ours.sh"), python: "sh").first)
    let ours = try #require(result.contestants.first)
    #expect(ours.rounds == 2)
    #expect(ours.tokensPerSecond == 20)
    #expect(ours.isSame)
    #expect(result.leftOut.keys.contains("torch float32"))
    #expect(result.leftOut["torch float32"]?.contains("no such library") == true)
  }

  @Test("a run without our own side is none")
  func withoutOurs() throws {
    let ours = try script("echo '{\"error\": \"broken\"}'", named: "ours.sh")
    #expect(throws: EngineBenchmarkError.workerFailed(worker: "retort float32", reason: "broken")) {
      try run(.score, ours: ours)
    }
  }

  @Test("a worker refuses arguments that it does not know", arguments: [[], ["case.json"], ["case.json", "float8"]])
  func arguments(arguments: [String]) {
    #expect(throws: EngineBenchmarkError.self) { try EngineWorker(arguments) }
  }

  @Test("our work is as many tokens as the case has, and the same each time", arguments: EngineSuite.measured)
  func work(suite: EngineSuite) throws {
    let engineCase = try #require(EngineCase.all.first { $0.suite == suite })
    var file = CaseFile(engineCase, folder: model, vocabSize: 64, contextLength: 48, threads: 2)
    _ = try file.write(to: place.url, withTeacher: true)
    func firstRounds() throws -> [WorkerRound] {
      let work = try EngineWorker.work(of: file, precision: suite == .generate ? .int8 : .float32)
      return [try work.round(), try work.round()]
    }
    let (one, other) = (try firstRounds(), try firstRounds())
    #expect(one.map(\.values) == other.map(\.values))
    #expect(one[0].tokens == (suite == .generate ? file.sequences.count * file.newTokens : file.tokenCount))
    let allFinite = one[0].values.allSatisfy { $0.isFinite }
    #expect(allFinite)
    #expect(!one[0].values.isEmpty)
  }
}
