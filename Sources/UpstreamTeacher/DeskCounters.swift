internal import Synchronization

/// What a desk did since its process began.
public final class DeskCounters: Sendable {
  /// The counts.
  public struct Counts: Sendable, Hashable {
    /// Questions answered from the ledger.
    public var hits = 0
    /// Questions answered by the endpoint.
    public var asked = 0
    /// Time that the endpoint took for what the ledger answered.
    public var savedSeconds = 0.0
    /// Time that the endpoint took.
    public var endpointSeconds = 0.0
    /// Calls that the endpoint put off, or that found nobody.
    public var passingFailures = 0
    /// Calls whose answer was lost or unreadable.
    public var lostAnswers = 0
    /// Calls that were closed since nobody waited any more.
    public var closedCalls = 0
    /// Answers whose text was held back.
    public var filtered = 0
    /// Questions left without an answer, since they may have been billed.
    public var skipped = 0
    /// Answers of another model than the one before.
    public var otherModels = 0
  }

  private let box = Mutex(Counts())

  /// The counts now.
  public var counts: Counts { box.withLock { $0 } }

  func hit(seconds: Double) {
    box.withLock {
      $0.hits += 1
      $0.savedSeconds += seconds
    }
  }

  func asked(seconds: Double) {
    box.withLock {
      $0.asked += 1
      $0.endpointSeconds += seconds
    }
  }

  func passing() { box.withLock { $0.passingFailures += 1 } }
  func lost() { box.withLock { $0.lostAnswers += 1 } }
  func closed() { box.withLock { $0.closedCalls += 1 } }
  func filtered() { box.withLock { $0.filtered += 1 } }
  func skipped() { box.withLock { $0.skipped += 1 } }
  func otherModel() { box.withLock { $0.otherModels += 1 } }
}
