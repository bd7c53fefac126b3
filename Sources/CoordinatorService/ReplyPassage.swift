internal import Synchronization
internal import WireBytes

/// One reply on its way from the teacher to a reader and, beside that, into a draft: one message is held at a time.
final class ReplyPassage: Sendable {
  /// A teacher that was asked again, after it had been away, said something else.
  struct Changed: Error {}

  private let draft: ReplyDraft
  private let write: @Sendable (WireBytes) async throws -> Void
  private let clock = ContinuousClock()
  /// Messages that the reader has, and messages of the present attempt.
  private let counts = Mutex((passed: 0, seen: 0))
  /// When the present attempt began, and what of it the reader took.
  private let times: Mutex<(begin: ContinuousClock.Instant, reader: Duration)>

  init(draft: ReplyDraft, write: @escaping @Sendable (WireBytes) async throws -> Void) {
    (self.draft, self.write) = (draft, write)
    times = Mutex((clock.now, .zero))
  }

  /// What the present attempt took so far, without the time that the reader took.
  var teacherTime: Duration { times.withLock { clock.now - $0.begin - $0.reader } }

  /// Says that the reply begins, for the first time or again.
  func begin() {
    counts.withLock { $0.seen = 0 }
    times.withLock { $0 = (clock.now, .zero) }
  }

  /// Takes the next message: what the reader has already is compared, what is new is written.
  ///
  /// - Throws: ``Changed``, and what the reader throws.
  func take(_ message: WireBytes) async throws {
    let (index, isKnown) = counts.withLock { counts in
      defer { counts.seen += 1 }
      return (counts.seen, counts.seen < counts.passed)
    }
    guard !isKnown else {
      guard draft.holds(message, at: index) else { throw Changed() }
      return
    }
    draft.append(message)
    counts.withLock { $0.passed += 1 }
    let start = clock.now
    try await write(message)
    times.withLock { $0.reader += clock.now - start }
  }
}

/// Who asks the teacher what just now: of several who want the same, one asks and the others wait.
final class Askers: Sendable {
  private struct State {
    var nextID = 0
    var waiting: [String: [Int: CheckedContinuation<Void, Never>]] = [:]
  }

  private let state = Mutex(State())

  /// Returns true where the caller is to ask, and must say ``end(_:)`` then.
  func begin(_ name: String) -> Bool {
    state.withLock { state in
      guard state.waiting[name] == nil else { return false }
      state.waiting[name] = [:]
      return true
    }
  }

  /// Wakes all who wait.
  func end(_ name: String) {
    let waiting = state.withLock { $0.waiting.removeValue(forKey: name) }
    for waiter in (waiting ?? [:]).values { waiter.resume() }
  }

  /// Waits for the end of somebody else's question, or for cancellation.
  func wait(for name: String) async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard state.waiting[name] != nil, !Task.isCancelled else { return true }
          state.waiting[name]?[id] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting[name]?.removeValue(forKey: id) }?.resume()
    }
  }
}
