internal import Dispatch
internal import NIOConcurrencyHelpers

// Who goes on, under the queue's lock; and who is told once it is let go.
extension ComputeQueue {
  /// What is to be told to whom.
  struct Next {
    private var waiter: Waiter?
    private var result: Result<Void, any Error> = .success(())
    private var readers: [CheckedContinuation<Void, any Error>] = []
    private var readersResult: Result<Void, any Error> = .success(())

    init() {}

    init(
      _ waiter: Waiter, _ result: Result<Void, any Error> = .success(()),
      readers: [CheckedContinuation<Void, any Error>] = []
    ) {
      (self.waiter, self.result, self.readers) = (waiter, result, readers)
    }

    init(readers: [CheckedContinuation<Void, any Error>], _ result: Result<Void, any Error>) {
      (self.readers, readersResult) = (readers, result)
    }

    func resume() {
      waiter?.go(result)
      for reader in readers { reader.resume(with: readersResult) }
    }
  }

  /// Puts somebody in the line.
  func wait(_ id: Int, _ waiter: Waiter, _ state: inout State) {
    state.waiters[id] = waiter
    state.bytes += waiter.bytes
    if waiter.bytes > 0 { state.bytesOf[waiter.caller.party, default: 0] += waiter.bytes }
    state.line.enter(id, of: waiter.caller, isGoingOn: waiter.hasBegun)
  }

  /// Takes somebody from those that wait; the line has let go of it.
  @discardableResult
  func take(_ id: Int, _ state: inout State) -> Waiter? {
    guard let waiter = state.waiters.removeValue(forKey: id) else { return nil }
    state.bytes -= waiter.bytes
    if let left = state.bytesOf[waiter.caller.party].map({ $0 - waiter.bytes }) {
      state.bytesOf[waiter.caller.party] = left > 0 ? left : nil
    }
    return waiter
  }

  /// Gives the turn to the next, if nobody has it.
  ///
  /// - Parameter last: Who has just let go of it, and may get it again at once.
  func pick(_ state: inout State, after last: Int? = nil) -> Next {
    guard state.holder == nil else { return Next() }
    let id: Int
    if !state.leaving.isEmpty {
      id = state.leaving.removeFirst()
    } else {
      switch state.line.next(at: now()) {
      case .nobody: return Next()
      case .wait(let time):
        ring(at: time, &state)
        return Next()
      case .serve(let next): id = next
      }
    }
    guard let waiter = take(id, &state) else { return Next() }
    state.holder = id
    if id != last { state.figures.served(waiter.caller, waited: now() - waiter.since) }
    return Next(waiter, readers: readersWithRoom(&state))
  }

  /// Looks again once a quota lets somebody go on.
  private func ring(at time: Duration, _ state: inout State) {
    guard state.alarm.map({ $0 > time }) ?? true else { return }
    state.alarm = time
    let pause = max(.zero, time - now()) / .nanoseconds(1)
    DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(pause.rounded(.up)))) { [weak self] in
      guard let self else { return }
      let next = self.state.withLockedValue { state -> Next in
        if state.alarm == time { state.alarm = nil }
        return self.pick(&state)
      }
      next.resume()
    }
  }
}
