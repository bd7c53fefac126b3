internal import Foundation
internal import GRPCCore
internal import Recipes

/// Carries out the loop of a run whose machine says what is to be done, and tells it what happened. Each event is on disk before it
/// counts.
///
/// An imitation is a run of its own, `RUN/round-K`, with everything that a run has: it is cancelled and resumed with this one.
protocol LoopDriver: RunWorker {
  associatedtype Event: Codable & Hashable & Sendable
  /// Who does what the machine asks for.
  associatedtype Crew: Sendable

  nonisolated var loop: LoopRun { get }
  nonisolated var inbox: LoopInbox<Event> { get }
  /// The imitation that is under way.
  var child: RunDriver? { get set }
  /// nil: the journal was not read yet.
  var metricsFile: MetricsFile? { get set }
  /// Whether the machine has nothing left to do.
  var isFinished: Bool { get }
  /// Where a run that is cancelled stands, after "cancelled".
  var place: String { get }

  /// Reads the data, replays the journal and compares the models, before anything is paid.
  func begin() async throws -> Crew
  /// Journals an event, steps the machine, and starts what it asks for.
  func take(_ event: Event, _ crew: Crew, in group: inout DiscardingTaskGroup) async throws
  /// Leaves what the machine has come to.
  func finish(_ crew: Crew) async throws
  func status(_ state: RunStatus.State, _ message: String) -> RunStatus
  /// Asks for all that is still to be done.
  static var restarted: Event { get }
}

extension LoopDriver {
  nonisolated func cancel() { inbox.post(.cancel) }

  func run() async {
    do {
      try await work(try await begin())
    } catch is CancellationError {
      return
    } catch {
      await loop.stop(status(.failed, "\((error as? RPCError)?.message ?? "\(error)")"))
    }
  }

  private func work(_ crew: Crew) async throws {
    let failure: (any Error)? = await withDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      do {
        try await take(Self.restarted, crew, in: &group)
        var iterator = inbox.posts.makeAsyncIterator()
        while !isFinished {
          guard let post = await iterator.next(isolation: #isolation) else { return CancellationError() }
          switch post {
          case .event(let event): try await take(event, crew, in: &group)
          case .done: break
          case .failed(let message): throw LoopFailure(description: message)
          case .cancel:
            child?.cancel()
            await loop.stop(status(.cancelled, "cancelled \(place); it can be resumed"))
            return nil
          }
        }
        try await finish(crew)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  // MARK: What drivers begin with

  /// The run's recipe as it was resolved.
  func recipe() throws -> Recipe { try Recipe(yaml: loop.record.recipeYAML, isKnown: true) }

  /// Takes up the run where the journal has it.
  ///
  /// - Parameters:
  ///   - dataDigest: SHA-256 of all that the run depends on.
  ///   - replay: Called with each event, in order.
  func takeUp(_ recipe: Recipe, dataDigest: String, replay: (Event) -> Void) async throws {
    let (journal, runID) = (loop.dependencies.journal, loop.record.runID)
    try loop.dependencies.checkTeachers(recipe)
    try loop.folder.run.prepare(recipe)
    try await journal.checkUnchanged(loop.record, recipe: recipe, dataDigest: dataDigest)
    for event in try await journal.events(of: runID, as: Event.self) { replay(event) }
    metricsFile = try MetricsFile(
      file: loop.folder.run.metrics, entries: try await journal.metrics(of: runID).rows.inOrder)
  }

  /// The teacher, once it describes itself.
  func describe(_ facade: TeacherFacade) async throws -> ModelSummary {
    loop.show(status(.waiting, "waiting for the teacher at \(facade.address)"))
    let teacher = ModelSummary(try await facade.describe())
    loop.show(status(.waiting, "waiting for a student"))
    return teacher
  }

  // MARK: What drivers do

  /// Journals what an event has come to, and shows it.
  func keep(_ event: Event, _ status: RunStatus, _ metrics: MetricsEntry?) async throws {
    if event != Self.restarted {
      try await loop.dependencies.journal.append(
        anyEvent: event, to: loop.record.runID, status: status, metrics: metrics)
    }
    if event != Self.restarted { loop.board.note(metrics, of: loop.record.runID) }
    if let metrics { try metricsFile?.append(metrics) }
    loop.show(status)
  }

  /// Trains a round's student in a run of its own.
  func imitate(_ round: Int, rows: [Data]) async throws {
    try await ImitationRun(parent: loop.record, round: round, folder: loop.folder)
      .work(rows: rows, loop.dependencies, loop.board) { child = $0 }
  }
}
