internal import Foundation

extension Coordinator {
  /// A model behind the coordinator.
  public struct TeacherEntry: Sendable, Hashable {
    /// What it is called: `teacher`, `referee`, `generator`, or a name that recipes give.
    public var name: String
    /// Where it is.
    public var address: String
    /// Why a call that waits for it cannot reach it; nil: none waits.
    public var waitingReason: String?
    /// How long calls have waited for it; nil: none waits.
    public var waitingTime: Duration?
    /// How long calls have waited for it in all.
    public var waitedTime: Duration
    /// Calls that were made again since it was away.
    public var retries: Int
    /// The services behind its name.
    public var replicas: [TeacherReplica]
  }

  /// Runs that have not ended and the newest that have, oldest first; none is a part of another.
  public var overview: [RunBoard.Entry] {
    board.overview.map { RunBoard.Entry(run: explained($0.run), figures: $0.figures) }
  }

  /// How many runs are in each state.
  public var stateCounts: [RunStatus.State: Int] { board.stateCounts }

  /// What a run measured lately.
  public func figures(of runID: String) -> RunFigures { board.figures(of: runID) }

  /// Time on the clock of ``RunFigures/waitTrainerSeconds(at:)``.
  public var time: Duration { board.time }

  /// The students that are there.
  public var census: TrainerRegistry.Census { dependencies.registry.census }

  /// The replicas of runs that several students share, by run; those that are gone last.
  public var replicas: [ReplicaFigures] {
    let registry = dependencies.registry
    return dependencies.replicas.replicas(heartbeats: registry.heartbeats, patience: registry.term / 2).filter {
      board.status(of: RunRecord.owner(of: $0.runID))?.state.hasEnded != true
    }
  }

  /// Seconds that a run stood still while its replicas met.
  public func waitReplicaSeconds(of runID: String) -> Double { dependencies.replicas.waitSeconds(of: runID) }

  /// The models behind the coordinator: teacher, referee, generator, others by name.
  public var teachers: [TeacherEntry] {
    let own = [
      ("teacher", dependencies.facade), ("referee", dependencies.referee), ("generator", dependencies.generator),
    ]
    let named = dependencies.namedTeachers.sorted { $0.key < $1.key }.map { ($0.key, Optional($0.value)) }
    return (own + named).compactMap { name, facade in
      facade.map {
        TeacherEntry(
          name: name, address: $0.address, waitingReason: $0.waitingReason, waitingTime: $0.wait?.time,
          waitedTime: $0.waited, retries: $0.retries, replicas: $0.replicas)
      }
    }
  }

  /// What the cache of the models' replies did; nil where there is no model.
  public var cacheCounters: ReplyCache.Counters? { dependencies.teachers.first?.counters }

  /// Rows of a run's metrics that came after a row, and the number of the last.
  public func metricsRows(of runID: String, afterRow row: Int) async throws -> (rows: [String], last: Int) {
    let new = try await dependencies.journal.metrics(of: runID, afterRow: row)
    return (new.rows.map(\.row), new.last)
  }
}
