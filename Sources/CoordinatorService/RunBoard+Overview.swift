internal import Foundation
internal import Synchronization

extension RunBoard {
  /// A run as operators see it.
  public struct Entry: Sendable {
    /// The run, with its newest status.
    public var run: RunRecord
    /// What it measured lately.
    public var figures: RunFigures
  }

  /// Runs that have ended, of which an overview tells.
  static let endedLimit = 20

  /// Runs that are no part of another, oldest first: those that have not ended, and the newest that have.
  public var overview: [Entry] {
    let entries = state.withLock { state in
      state.order.compactMap { runID -> Entry? in
        guard var run = state.records[runID] else { return nil }
        run.status = state.statuses[runID] ?? run.status
        return Entry(run: run, figures: state.figures[runID] ?? RunFigures())
      }
    }
    let ended = entries.count { $0.run.status.state.hasEnded }
    var surplus = max(0, ended - Self.endedLimit)
    return entries.filter { entry in
      guard surplus > 0, entry.run.status.state.hasEnded else { return true }
      surplus -= 1
      return false
    }
  }

  /// How many runs are in each state.
  public var stateCounts: [RunStatus.State: Int] {
    state.withLock { state in
      state.records.values.reduce(into: [:]) { $0[(state.statuses[$1.runID] ?? $1.status).state, default: 0] += 1 }
    }
  }

  /// What a run measured lately.
  public func figures(of runID: String) -> RunFigures { state.withLock { $0.figures[runID] ?? RunFigures() } }

  /// Time on the clock of ``RunFigures/waitTrainerSeconds(at:)``.
  public var time: Duration { now() }

  /// Makes a run known to overviews; a part of another is not.
  func introduce(_ run: RunRecord) {
    state.withLock { state in
      guard !run.isPart, state.records.updateValue(run, forKey: run.runID) == nil else { return }
      state.order.append(run.runID)
    }
  }

  /// Takes note of something done for a run; what a part measures counts for the whole as well.
  func note(_ metrics: MetricsEntry?, of runID: String) {
    let (now, date) = (now(), Date())
    update(runID) { $0.note(metrics, at: now, date: date) }
  }

  /// Takes note of an event of a run.
  func note(_ event: RunEvent, _ metrics: MetricsEntry?, of runID: String) {
    switch event {
    case .trainerLost, .studentFailed: update(runID) { $0.noteRestart() }
    case .restarted, .resume, .cancel, .failed: break
    default: note(metrics, of: runID)
    }
  }

  private func update(_ runID: String, _ body: (inout RunFigures) -> Void) {
    state.withLock { state in
      for name in Set([runID, RunRecord.owner(of: runID)]) { body(&state.figures[name, default: RunFigures()]) }
    }
  }
}
