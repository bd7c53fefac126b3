public import Foundation
import Kernels
import Measurement
import Transformer

/// How a run is made.
public struct EngineRunOptions: Sendable {
  /// Rounds that count, after one that warms up.
  public var rounds = 3
  /// Threads of every contestant.
  public var threads: Int
  /// A model folder to use in place of the cases' own; nil: random ones are made.
  public var model: URL?
  /// Seconds that a contestant may live in a case.
  public var patience = 1800

  /// Makes options with as many threads as the engine would use.
  public init() { threads = ComputePool.threadCount }
}

/// Measures contestants side by side: each does the same work on the same folder and the same tokens, a process each that stays,
/// and in every round all of them have their turn, so that whatever else the machine does meanwhile falls on all of them.
public struct EngineRun {
  private let programs: ContestantPrograms
  private let options: EngineRunOptions
  private let place: URL

  /// Makes a run that keeps its files in `place`.
  public init(programs: ContestantPrograms, options: EngineRunOptions, place: URL) {
    (self.programs, self.options, self.place) = (programs, options, place)
  }

  /// Runs some cases; `progress` hears of each round, and of who is left out.
  ///
  /// - Throws: ``EngineBenchmarkError`` of our own worker, or what is wrong with the model folder.
  public func run(_ cases: [EngineCase], progress: (String) -> Void) throws -> [CaseResult] {
    try cases.map { engineCase in
      let folder = place.appending(path: engineCase.name, directoryHint: .isDirectory)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      return try run(engineCase, in: folder, progress: progress)
    }
  }

  private func run(_ engineCase: EngineCase, in folder: URL, progress: (String) -> Void) throws -> CaseResult {
    let model = try modelFolder(of: engineCase)
    let configuration = try EngineCost.configuration(of: model)
    var file = CaseFile(
      engineCase, folder: model, vocabSize: configuration.vocabSize, contextLength: configuration.contextLength,
      threads: options.threads)
    let caseFile = try file.write(to: folder, withTeacher: engineCase.hasTeacher)
    var leftOut: [String: String] = [:]
    var workers = try start(programs.contestants(for: engineCase), caseFile) { leftOut[$0.name] = "\($1)" }
    defer { for worker in workers { worker.end() } }
    let machine = try startMachine(in: folder)
    defer { machine.end() }
    for round in 0...options.rounds {
      progress("\(engineCase.name): \(round == 0 ? "warming up" : "round \(round) of \(options.rounds)")")
      try machine.round()
      // Each contestant is early and late equally often.
      let order = workers.indices.map { workers[($0 + round) % workers.count] }
      for worker in order {
        do throws(EngineBenchmarkError) {
          try worker.round()
        } catch {
          guard !worker.contestant.isOurs else { throw error }
          leftOut[worker.contestant.name] = "\(error)"
          worker.end()
          workers.removeAll { $0 === worker }
        }
      }
    }
    for (name, reason) in leftOut.sorted(by: { $0.key < $1.key }) { progress("left out: \(name): \(reason)") }
    return CaseResult(
      file, cost: EngineCost(configuration, file), machine: machine, workers: workers, leftOut: leftOut)
  }

  /// The given folder, or one made of the case's shape, which later cases find again.
  private func modelFolder(of engineCase: EngineCase) throws -> URL {
    if let model = options.model { return model }
    let folder = place.appending(path: engineCase.model.name, directoryHint: .isDirectory)
    if !FileManager.default.fileExists(atPath: folder.path(percentEncoded: false)) {
      try engineCase.model.write(to: folder, seed: 1)
    }
    return folder
  }

  /// Starts contestants; a peer that cannot take part is told to `leaveOut`.
  private func start(
    _ contestants: [Contestant], _ caseFile: URL, leaveOut: (Contestant, EngineBenchmarkError) -> Void
  ) throws(EngineBenchmarkError) -> [WorkerProcess] {
    var workers: [WorkerProcess] = []
    for contestant in contestants {
      do throws(EngineBenchmarkError) {
        workers.append(
          try WorkerProcess(
            contestant, caseFile: caseFile, threads: options.threads, patience: options.patience))
      } catch {
        guard contestant.isOurs else {
          leaveOut(contestant, error)
          continue
        }
        for worker in workers { worker.end() }
        throw error
      }
    }
    return workers
  }

  private func startMachine(in folder: URL) throws -> WorkerProcess {
    let file = CaseFile(machineWithThreads: options.threads)
    let url = folder.appending(path: "machine.json")
    try file.encoded().write(to: url)
    let contestant = Contestant(
      stack: Contestant.ours, form: EnginePrecision.float32.rawValue, command: programs.ours)
    return try WorkerProcess(contestant, caseFile: url, threads: options.threads, patience: options.patience)
  }
}
