internal import Recipes
internal import Synchronization

/// Students that offered themselves, and the runs that wait for one.
public final class TrainerRegistry: Sendable {
  /// A student given to a run.
  public struct Grant: Sendable, Hashable {
    /// Names the lease.
    public let leaseID: String
    /// Where its service listens.
    public let address: String
    /// Higher than that of any grant before: with it the student knows who has it now.
    public let token: UInt64

    package init(leaseID: String, address: String, token: UInt64) {
      (self.leaseID, self.address, self.token) = (leaseID, address, token)
    }
  }

  /// What a run asks for: how many students it can use, and how much a share of it counts.
  package struct Wish: Sendable, Hashable {
    package let count: Int
    package let weight: Int

    package init(count: Int = 1, weight: Int = 1) { (self.count, self.weight) = (count, weight) }
  }

  struct State {
    var table: LeaseTable
    var waiting:
      [(id: UInt64, runID: String, wish: Wish, isExtra: Bool, continuation: CheckedContinuation<Grant?, Never>)] = []
    /// By run with several students.
    var wishes: [String: Wish] = [:]
    /// Told when a run waits that may get the student of another.
    var shortageWatchers: [UInt64: AsyncStream<Void>.Continuation] = [:]
    var gaveUp: Set<UInt64> = []
    /// By lease, whoever wants to know how long a student has waited for others.
    var silenceWatchers: [String: AsyncStream<ReplicaSilence>.Continuation] = [:]
    var watchers: [String: [UInt64: AsyncStream<Never>.Continuation]] = [:]
    var waiterCount: UInt64 = 0

    func claim(_ runID: String, _ wish: Wish) -> StudentShares.Claim {
      StudentShares.Claim(
        runID: runID, held: table.leases.count { $0.isTaken && $0.runID == runID }, wanted: wish.count,
        weight: wish.weight)
    }
    var claims: [StudentShares.Claim] { waiting.map { claim($0.runID, $0.wish) } }
    /// The run that is to give a student up.
    var giver: String? {
      waiting.isEmpty ? nil : StudentShares.giver(wishes.map { claim($0, $1) }, waiting: claims)
    }
  }

  /// How long a lease lasts unless renewed.
  public let term: Duration
  let now: @Sendable () -> Duration
  let state: Mutex<State>

  /// Makes an empty registry.
  ///
  /// - Parameters:
  ///   - term: How long a lease lasts unless renewed.
  ///   - tokens: A number below all fencing tokens that are to be given: ``Journal/beginTokens(at:)``.
  ///   - now: Time since some fixed moment; never goes back.
  public init(
    term: Duration = defaultTerm, tokens: UInt64 = 0, now: @escaping @Sendable () -> Duration = Monotonic.now
  ) {
    (self.term, self.now) = (term, now)
    state = Mutex(State(table: LeaseTable(term: term, tokens: tokens)))
  }

  /// How long a lease lasts unless another time is asked for: students renew theirs at least four times in it.
  public static let defaultTerm = Duration.seconds(4)

  /// Time between two looks at leases.
  private var interval: Duration { min(term / 16, .milliseconds(500)) }

  /// Gives a student a lease; returns its name.
  public func register(trainerID: String, address: String) -> String {
    state.withLock { state in
      state.table.excuse(now: now(), interval: interval)
      let (lease, ended) = state.table.register(trainerID: trainerID, address: address, now: now())
      end(ended, &state)
      serveWaiting(&state)
      return lease.leaseID
    }
  }

  /// Renews a lease; false where it has ended.
  ///
  /// - Parameter silence: What the student tells of its group; nil: it is in none.
  public func renew(_ leaseID: String, silence: ReplicaSilence? = nil) -> Bool {
    let (isRenewed, watcher) = state.withLock { state in
      state.table.excuse(now: now(), interval: interval)
      end(state.table.expire(now: now()), &state)
      return (state.table.renew(leaseID, now: now()), state.silenceWatchers[leaseID])
    }
    if isRenewed, let silence { watcher?.yield(silence) }
    return isRenewed
  }

  /// Ends leases that were not renewed in time.
  public func expire() {
    state.withLock { state in end(state.table.expire(now: now()), &state) }
  }

  /// Ends leases in time, until cancelled; those of students that could not be heard while this process stood still last longer.
  public func run() async {
    while !Task.isCancelled {
      state.withLock { state in end(state.table.look(now: now(), interval: interval), &state) }
      try? await Task.sleep(for: interval)
    }
  }

  /// Waits for a free student.
  ///
  /// - Parameters:
  ///   - runID: The run that it is for, as ``trainers`` tells.
  ///   - wish: How many the run can use: students go to the run with the smallest share of them.
  ///   - isExtra: Whether the run has one already.
  /// - Throws: `CancellationError`.
  package func acquire(for runID: String = "", _ wish: Wish = Wish(), isExtra: Bool = false) async throws -> Grant {
    let id = state.withLock { state in
      state.waiterCount += 1
      return state.waiterCount
    }
    let grant = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Grant?, Never>) in
        state.withLock { state in
          guard state.gaveUp.remove(id) == nil else { return continuation.resume(returning: nil) }
          state.waiting.append((id, runID, wish, isExtra, continuation))
          serveWaiting(&state)
        }
      }
    } onCancel: {
      state.withLock { state in
        guard let place = state.waiting.firstIndex(where: { $0.id == id }) else {
          state.gaveUp.insert(id)
          return
        }
        state.waiting.remove(at: place).continuation.resume(returning: nil)
      }
    }
    _ = state.withLock { $0.gaveUp.remove(id) }
    guard let grant else { throw CancellationError() }
    return grant
  }

  /// A run with several students begins or ends: it may have to give some up.
  func share(_ runID: String, _ wish: Wish?) { state.withLock { $0.wishes[runID] = wish } }

  /// Whether a run with several students is to give one up.
  func isToGive(_ runID: String) -> Bool { state.withLock { $0.giver == runID } }

  /// Something whenever a run waits that may get the student of another.
  public func shortages() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.waiterCount += 1
      state.shortageWatchers[state.waiterCount] = continuation
      return state.waiterCount
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.shortageWatchers.removeValue(forKey: id) }
    }
    return stream
  }

  /// Gives a student back; another run, or the same, may have it.
  public func release(_ leaseID: String) {
    state.withLock { state in
      state.table.release(leaseID)
      serveWaiting(&state)
    }
  }

  /// Returns when a lease has ended, or the caller is cancelled.
  public func waitUntilEnded(_ leaseID: String) async {
    let (stream, continuation) = AsyncStream<Never>.makeStream()
    state.withLock { state in
      if state.table.leases.contains(where: { $0.leaseID == leaseID }) {
        state.waiterCount += 1
        let id = state.waiterCount
        state.watchers[leaseID, default: [:]][id] = continuation
        continuation.onTermination = { [weak self] _ in
          _ = self?.state.withLock { state in
            defer { if state.watchers[leaseID]?.isEmpty == true { state.watchers[leaseID] = nil } }
            return state.watchers[leaseID]?.removeValue(forKey: id)
          }
        }
      } else {
        continuation.finish()
      }
    }
    for await _ in stream {}
  }

  private func serveWaiting(_ state: inout State) {
    while let next = StudentShares.next(state.claims) {
      guard let lease = state.table.take(for: state.waiting[next].runID, now: now()) else {
        if state.giver != nil { for watcher in state.shortageWatchers.values { watcher.yield() } }
        return
      }
      let grant = Grant(leaseID: lease.leaseID, address: lease.address, token: lease.token)
      state.waiting.remove(at: next).continuation.resume(returning: grant)
    }
  }

  private func end(_ leaseIDs: [String], _ state: inout State) {
    for leaseID in leaseIDs {
      for watcher in (state.watchers.removeValue(forKey: leaseID) ?? [:]).values {
        // The lock is held.
        watcher.onTermination = nil
        watcher.finish()
      }
    }
  }
}

/// Time that never goes back.
public enum Monotonic {
  private static let start = ContinuousClock.now

  /// Time since the process first asked.
  @Sendable public static func now() -> Duration { ContinuousClock.now - start }
}

extension TrainerRegistry.Wish {
  /// What a recipe asks for.
  init(_ training: Recipe.Training) { self.init(count: training.replicas, weight: training.share) }
}
