import Collectives
import Foundation
import Synchronization

/// What a member's thread ended with.
enum Ending<Value: Sendable>: Sendable {
  case value(Value)
  case error(CollectiveError)

  var value: Value? { if case .value(let value) = self { value } else { nil } }
  var error: CollectiveError? { if case .error(let error) = self { error } else { nil } }
}

/// Runs a thread for each rank, since calls of a group block theirs; returns what they ended with, by rank.
func onThreads<Value: Sendable>(
  _ size: Int, _ body: @escaping @Sendable (_ rank: Int) throws(CollectiveError) -> Value
) async -> [Ending<Value>] {
  let endings = Mutex([Ending<Value>?](repeating: nil, count: size))
  await withCheckedContinuation { (all: CheckedContinuation<Void, Never>) in
    let joined = DispatchGroup()
    for rank in 0..<size {
      joined.enter()
      Thread {
        let ending: Ending<Value>
        do throws(CollectiveError) { ending = .value(try body(rank)) } catch { ending = .error(error) }
        endings.withLock { $0[rank] = ending }
        joined.leave()
      }.start()
    }
    joined.notify(queue: .global()) { all.resume() }
  }
  return endings.withLock { $0.compactMap { $0 } }
}

/// Runs a group of threads: `body` has one member each.
func withGroup<Value: Sendable>(
  of size: Int, timeout: Duration = .seconds(60),
  _ body: @escaping @Sendable (ProcessGroup) throws(CollectiveError) -> Value
) async -> [Ending<Value>] {
  let store = LocalRendezvousStore()
  return await onThreads(size) { rank throws(CollectiveError) in
    try body(ProcessGroup(rank: rank, size: size, store: store, timeout: timeout))
  }
}
