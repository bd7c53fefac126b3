internal import Foundation

/// Does pieces of work one after another on a thread of its own, which begins with the first piece. After a failure none is done.
final class WorkLine<Failure: Error>: @unchecked Sendable {
  // SAFETY: what changes is touched under `changed` alone.
  private let changed = NSCondition()
  private var waiting: [() throws(Failure) -> Void] = []
  private var failure: Failure?
  private var isRunning = false
  private var isClosed = false

  deinit { precondition(!isRunning, "a line that nobody has finished") }

  /// Asks for a piece.
  func add(_ piece: @escaping () throws(Failure) -> Void) {
    changed.withLock {
      waiting.append(piece)
      changed.broadcast()
      guard !isRunning else { return }
      isRunning = true
      let thread = Thread { self.run() }
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  /// Waits for all pieces.
  ///
  /// - Throws: What one of them threw.
  func finish() throws(Failure) {
    let failure = changed.withLock {
      isClosed = true
      changed.broadcast()
      while isRunning { changed.wait() }
      return self.failure
    }
    if let failure { throw failure }
  }

  private func run() {
    while let piece = next() {
      do { try piece() } catch { changed.withLock { failure = error } }
    }
  }

  /// The next piece; nil: there is none, and there will be none.
  private func next() -> (() throws(Failure) -> Void)? {
    changed.withLock {
      if failure != nil { waiting = [] }
      while waiting.isEmpty, !isClosed { changed.wait() }
      if failure == nil, !waiting.isEmpty { return waiting.removeFirst() }
      guard isClosed else { return {} }
      isRunning = false
      changed.broadcast()
      return nil
    }
  }
}
