internal import Foundation
internal import Logging
internal import Recipes
internal import Synchronization
internal import WireFormat

/// Works on one run.
protocol RunWorker: Actor {
  /// Works until the run has ended, or the caller is cancelled: then it stands as the journal has it.
  func run() async
  /// Stops the run.
  nonisolated func cancel()
}

/// Owns all runs: takes recipes, works on them, and goes on with them after a restart.
public final class Coordinator: Sendable {
  /// Why something asked of a run cannot be done.
  public enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// No such run.
    case unknownRun(String)
    /// The run is in a state in which that cannot be asked.
    case wrongState(runID: String, state: RunStatus.State, wanted: String)
    /// The recipe names another teacher than the coordinator serves.
    case otherTeacher(recipe: String, coordinator: String)
    /// The recipe's folder is another run's; nil: one that this coordinator does not know.
    case folderTaken(folder: String, runID: String?)

    /// One line: what, where, what to do.
    public var description: String {
      switch self {
      case .unknownRun(let runID): "there is no run '\(runID)'; ListRuns names those there are"
      case .wrongState(let runID, let state, let wanted): "run '\(runID)' is \(state.rawValue): \(wanted)"
      case .otherTeacher(let recipe, let coordinator):
        "the recipe's teacher is \(recipe), this coordinator's \(coordinator): start it with --teacher \(recipe)"
      case .folderTaken(let folder, let runID):
        "\(folder) holds a run already: choose another output_dir" + (runID.map { ", or resume \($0)" } ?? "")
      }
    }
  }

  private struct State {
    var drivers: [String: any RunWorker] = [:]
    /// Runs that were begun since this coordinator started: each is once, be it found in the journal, submitted or resumed meanwhile.
    var begun: Set<String> = []
    /// Runs that are just being resumed.
    var resuming: Set<String> = []
    /// Runs that were resumed before their last driver had put everything away.
    var resumed: [String: RunRecord] = [:]
  }

  let dependencies: RunDependencies
  let board: RunBoard
  private let state = Mutex(State())
  private let gate: RunGate
  private let starts: AsyncStream<RunRecord>
  private let start: AsyncStream<RunRecord>.Continuation

  /// Makes a coordinator; nothing is worked on before ``run()``.
  public init(_ dependencies: RunDependencies) {
    self.dependencies = dependencies
    gate = RunGate(limit: dependencies.runLimit)
    board = RunBoard(now: dependencies.now)
    (starts, start) = AsyncStream<RunRecord>.makeStream()
    for teacher in dependencies.teachers { teacher.onWaiting { [board] in board.tick() } }
  }

  /// Works on all runs that have not ended, and on those that come, until cancelled.
  public func run() async throws {
    for run in try await dependencies.journal.runs() {
      board.introduce(run)
      board.show(run.status, of: run.runID)
      if !run.status.state.hasEnded, !run.isPart { begin(run) }
    }
    await withDiscardingTaskGroup { group in
      group.addTask { await self.dependencies.registry.run() }
      for await run in starts {
        let slot = gate.enter(run.runID)
        group.addTask { await self.work(on: run, slot) }
      }
      group.cancelAll()
    }
  }

  private func work(on first: RunRecord, _ slot: RunGate.Slot) async {
    defer { gate.leave(slot) }
    var next: RunRecord? = first
    while let run = next {
      let driver = worker(on: run)
      let isFree = state.withLock { state in
        guard state.drivers[run.runID] == nil else {
          state.resumed[run.runID] = run
          return false
        }
        state.drivers[run.runID] = driver
        return true
      }
      guard isFree else { return }
      await pass(slot, run)
      dependencies.logger.info("run begins", metadata: ["run.id": "\(run.runID)", "method": "\(run.method)"])
      // Whoever is asked something for the run is told so.
      if !Task.isCancelled { await CallMetadata.$runID.withValue(run.runID) { await driver.run() } }
      let status = board.status(of: run.runID) ?? run.status
      dependencies.logger.info(
        "run stands",
        metadata: ["run.id": "\(run.runID)", "state": "\(status.state.rawValue)", "step": "\(status.step)"])
      if status.state.hasEnded { dependencies.replicas.forget(run.runID) }
      next = state.withLock { state in
        state.drivers[run.runID] = nil
        return state.resumed.removeValue(forKey: run.runID)
      }
    }
  }

  /// Waits while as many runs are worked on as may be.
  private func pass(_ slot: RunGate.Slot, _ run: RunRecord) async {
    guard let limit = gate.limit, !gate.isOpen(slot) else { return }
    let message = "waits until one of \(limit) \(limit == 1 ? "run" : "runs") that may be worked on at once has ended"
    board.show(
      RunStatus(state: .waiting, message: message, step: run.status.step, maxSteps: run.status.maxSteps), of: run.runID)
    for await _ in slot.door {}
  }

  private func worker(on run: RunRecord) -> any RunWorker {
    var dependencies = dependencies
    dependencies.runID = run.runID
    dependencies.logger[metadataKey: "run.id"] = "\(run.runID)"
    return switch Method(rawValue: run.method) {
    case .lion: LionDriver(record: run, dependencies: dependencies, board: board)
    case .tripost: TrajectoryDriver(record: run, dependencies: dependencies, board: board)
    case let method? where method.collectsAnswers:
      CurationDriver(record: run, dependencies: dependencies, board: board)
    default: RunDriver(record: run, dependencies: dependencies, board: board)
    }
  }

  /// Takes a recipe and begins it.
  ///
  /// - Parameter idempotencyKey: The same key again returns the first run; empty: always a new run.
  /// - Throws: `RecipeError`, `JournalError` and ``Refusal``; two runs never share a folder.
  public func submit(recipeYAML: String, idempotencyKey: String) async throws -> RunRecord {
    let recipe = try Recipe(yaml: recipeYAML)
    try checkTeacher(recipe)
    let run = RunRecord(
      runID: Self.newName(recipe), recipeYAML: recipe.resolvedYAML, outputDir: recipe.outputDir,
      method: recipe.method.rawValue, submittedMilliseconds: Int(Date().timeIntervalSince1970 * 1000),
      status: RunStatus(
        state: .waiting, message: "reading the data", step: 0, maxSteps: max(0, recipe.training.maxSteps)))
    let isFree = !RunFolder(path: run.outputDir).holdsRun
    switch try await dependencies.journal.add(run, idempotencyKey: idempotencyKey, folderIsFree: isFree) {
    case .known(let first): return present(first)
    case .taken(let runID): throw Refusal.folderTaken(folder: run.outputDir, runID: runID)
    case .new:
      board.introduce(run)
      board.show(run.status, of: run.runID)
      begin(run)
      return present(run)
    }
  }

  private func begin(_ run: RunRecord) {
    if state.withLock({ $0.begun.insert(run.runID).inserted }) { start.yield(run) }
  }

  /// A run.
  public func run(_ runID: String) async throws -> RunRecord {
    guard let run = try await dependencies.journal.run(runID) else { throw Refusal.unknownRun(runID) }
    return present(run)
  }

  /// A run that nobody but the coordinator works on.
  private func whole(_ runID: String) async throws -> RunRecord {
    let run = try await run(runID)
    guard run.isPart else { return run }
    let owner = String(runID.prefix { $0 != "/" })
    throw Refusal.wrongState(
      runID: runID, state: run.status.state, wanted: "it is a part of run '\(owner)': ask that of it")
  }

  /// All runs, oldest first.
  public func runs() async throws -> [RunRecord] { try await dependencies.journal.runs().map(present) }

  /// Stops a run after the step in hand.
  public func cancel(_ runID: String) async throws -> RunRecord {
    let run = try await whole(runID)
    guard !run.status.state.hasEnded, let driver = state.withLock({ $0.drivers[runID] }) else {
      throw Refusal.wrongState(
        runID: runID, state: run.status.state, wanted: "only a waiting or running run can be cancelled")
    }
    driver.cancel()
    gate.letThrough(runID)
    try await board.watch(runID) { !(self.board.status(of: runID)?.state.hasEnded ?? true) }
    return try await self.run(runID)
  }

  /// Goes on with a run that was cancelled or failed.
  public func resume(_ runID: String) async throws -> RunRecord {
    let isFirst = state.withLock { $0.resuming.insert(runID).inserted }
    defer { if isFirst { state.withLock { _ = $0.resuming.remove(runID) } } }
    var run = try await whole(runID)
    guard isFirst, run.status.state == .failed || run.status.state == .cancelled else {
      throw Refusal.wrongState(
        runID: runID, state: run.status.state, wanted: "only a cancelled or failed run can be resumed")
    }
    (run.status.state, run.status.message) = (.waiting, "resumed")
    // Before the journal says that it is to be worked on, lest it be begun from there as well.
    state.withLock { _ = $0.begun.insert(runID) }
    try await dependencies.journal.keep(run.status, of: runID)
    board.show(run.status, of: runID)
    start.yield(run)
    return run
  }

  /// Calls the body with the run and the rows that are new, at once and whenever something is new, until the run ends.
  public func watch(
    _ runID: String, afterStep: Int, _ body: (RunRecord, [MetricsEntry]) async throws -> Void
  ) async throws {
    var lastRow = 0
    try await board.watch(runID) {
      // The status first: rows that come between the two are sent with the next tick, or belong to no ended run.
      let run = try await self.run(runID)
      let new = try await self.dependencies.journal.metrics(of: runID, afterRow: lastRow, afterStep: afterStep)
      lastRow = new.last
      try await body(run, new.rows)
      return !run.status.state.hasEnded
    }
  }

  /// The record with the newest status.
  private func present(_ run: RunRecord) -> RunRecord {
    var run = run
    run.status = board.status(of: run.runID) ?? run.status
    return explained(run)
  }

  /// The record with what it waits for.
  func explained(_ run: RunRecord) -> RunRecord {
    var run = run
    guard let facade = dependencies.teachers.first(where: { $0.waitingReason != nil }),
      let reason = facade.waitingReason
    else { return run }
    let waits = "waiting for the teacher at \(facade.address)"
    let details = facade.wait.map { " since \($0.since.formatted(.iso8601)) (\(reason))" } ?? " (\(reason))"
    if run.status.state == .running { run.status.message = waits + details }
    if run.status.state == .waiting, run.status.message.hasPrefix(waits) { run.status.message += details }
    return run
  }

  private func checkTeacher(_ recipe: Recipe) throws {
    for teacher in recipe.teachers.all {
      guard case .address(let address) = teacher.source, let facade = dependencies.teacher(named: teacher.name),
        address != facade.address
      else { continue }
      throw Refusal.otherTeacher(recipe: address, coordinator: facade.address)
    }
  }

  private static func newName(_ recipe: Recipe) -> String {
    let random = UUID().uuidString.lowercased().prefix(8)
    return "\(recipe.method.rawValue)-\(random)"
  }
}
