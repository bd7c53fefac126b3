/// Which runs are worked on where only so many may be at once: those that were begun first. Pure.
package struct RunSlots: Sendable {
  private let limit: Int
  private var count: UInt64 = 0
  private var working: Set<UInt64> = []
  private var waiting: [(ticket: UInt64, runID: String)] = []

  /// Has no runs yet.
  ///
  /// - Parameter limit: Runs at once; nil: any number.
  package init(limit: Int?) { self.limit = limit ?? .max }

  /// A run is to be worked on, once ``isWorking(_:)`` says so of its ticket.
  package mutating func enter(_ runID: String) -> UInt64 {
    count += 1
    waiting.append((count, runID))
    fill()
    return count
  }

  /// A run that waits is only to be ended: that waits for nobody.
  package mutating func letThrough(_ runID: String) {
    working.formUnion(waiting.filter { $0.runID == runID }.map(\.ticket))
    waiting.removeAll { $0.runID == runID }
  }

  /// Nobody works on a run any more.
  package mutating func leave(_ ticket: UInt64) {
    working.remove(ticket)
    waiting.removeAll { $0.ticket == ticket }
    fill()
  }

  /// Whether a run is worked on.
  package func isWorking(_ ticket: UInt64) -> Bool { working.contains(ticket) }

  private mutating func fill() {
    while working.count < limit, !waiting.isEmpty { working.insert(waiting.removeFirst().ticket) }
  }
}
