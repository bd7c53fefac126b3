internal import Synchronization

/// Where runs wait until they may be worked on.
final class RunGate: Sendable {
  /// A run's place.
  struct Slot: Sendable {
    let ticket: UInt64
    /// Ends when the run may be worked on.
    let door: AsyncStream<Never>
  }

  private struct State {
    var slots: RunSlots
    var doors: [UInt64: AsyncStream<Never>.Continuation] = [:]
  }

  /// Runs at once; nil: any number.
  let limit: Int?
  private let state: Mutex<State>

  init(limit: Int?) {
    self.limit = limit
    state = Mutex(State(slots: RunSlots(limit: limit)))
  }

  /// A run comes; of all that do, the first goes first.
  func enter(_ runID: String) -> Slot {
    let (stream, door) = AsyncStream<Never>.makeStream()
    return state.withLock { state in
      let ticket = state.slots.enter(runID)
      state.doors[ticket] = door
      Self.open(&state)
      return Slot(ticket: ticket, door: stream)
    }
  }

  /// A run that waits is only to be ended.
  func letThrough(_ runID: String) { change { $0.letThrough(runID) } }

  /// Nobody works on a run any more.
  func leave(_ slot: Slot) {
    change { $0.leave(slot.ticket) }
    state.withLock { _ = $0.doors.removeValue(forKey: slot.ticket)?.finish() }
  }

  /// Whether a run may be worked on.
  func isOpen(_ slot: Slot) -> Bool { state.withLock { $0.slots.isWorking(slot.ticket) } }

  private func change(_ body: (inout RunSlots) -> Void) {
    state.withLock { state in
      body(&state.slots)
      Self.open(&state)
    }
  }

  private static func open(_ state: inout State) {
    for (ticket, door) in state.doors where state.slots.isWorking(ticket) {
      door.finish()
      state.doors[ticket] = nil
    }
  }
}
