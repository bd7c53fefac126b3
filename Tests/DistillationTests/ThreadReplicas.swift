import Distillation
import Foundation
import Kernels
import Synchronization
import Testing

/// Replicas on threads of one process.
final class ThreadReplicas: ReplicaGroup {
  /// What the replicas of a group put down for each other.
  final class Table: @unchecked Sendable {
    // SAFETY: what changes is touched under `changed` alone.
    private var values: [Int: [Int: [[Float]]]] = [:]
    private var isBroken = false
    private let changed = NSCondition()
    let size: Int

    init(size: Int) { self.size = size }

    /// What each replica put down at a turn, once all have.
    func turn(_ turn: Int, rank: Int, _ own: [[Float]]) throws(DistillationError) -> [[[Float]]] {
      let found: [[[Float]]]? = changed.withLock {
        values[turn, default: [:]][rank] = own
        changed.broadcast()
        while values[turn]?.count ?? 0 < size, !isBroken { changed.wait() }
        guard let all = values[turn], all.count == size else { return nil }
        return (0..<size).map { all[$0] ?? [] }
      }
      guard let found else { throw .replicaLost("a thread has ended") }
      return found
    }

    /// Nobody comes to the turns that are not complete.
    func lose() {
      changed.withLock {
        isBroken = true
        changed.broadcast()
      }
    }
  }

  let (rank, table): (Int, Table)
  /// The call before which it is lost; nil: never.
  private let lastTurn: Int?
  private let turns = Mutex(0)
  var size: Int { table.size }
  /// Calls so far.
  var callCount: Int { turns.withLock { $0 } }

  init(rank: Int, table: Table, lastTurn: Int? = nil) {
    (self.rank, self.table, self.lastTurn) = (rank, table, lastTurn)
  }

  private func meet(_ values: [[Float]]) throws(DistillationError) -> [[[Float]]] {
    let turn = turns.withLock { turns in
      turns += 1
      return turns
    }
    if let lastTurn, turn >= lastTurn {
      table.lose()
      throw .replicaLost("this one")
    }
    return try table.turn(turn, rank: rank, values)
  }

  func exchange(
    _ parts: FloatView, counts: [Int], into received: FloatView, counts receivedCounts: [Int]
  ) throws(DistillationError) {
    var place = 0
    let own = counts.map { count in
      defer { place += count }
      return parts.window(place, count).array
    }
    let found = try meet(own).map { $0[rank] }
    #expect(found.map(\.count) == receivedCounts)
    received.copy(from: found.flatMap(\.self))
  }

  func gather(_ part: FloatView, into all: FloatView, counts: [Int]) throws(DistillationError) {
    let found = try meet([part.array]).map { $0[0] }
    #expect(found.map(\.count) == counts)
    all.copy(from: found.flatMap(\.self))
  }

  func gather(_ bytes: [UInt8]) throws(DistillationError) -> [[UInt8]] {
    try meet([bytes.map(Float.init)]).map { $0[0].map(UInt8.init) }
  }
}

/// Runs a body for each replica on a thread of its own; their results in order.
///
/// - Parameter loss: A replica, and the call before which it is lost.
func replicas<Value: Sendable>(
  _ size: Int, loss: (rank: Int, call: Int)? = nil, _ body: @escaping @Sendable (ThreadReplicas) throws -> Value
) throws -> [Value] {
  let table = ThreadReplicas.Table(size: size)
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  let finished = DispatchGroup()
  for rank in 0..<size {
    finished.enter()
    let thread = Thread {
      let result = Result {
        try body(ThreadReplicas(rank: rank, table: table, lastTurn: loss?.rank == rank ? loss?.call : nil))
      }
      results.withLock { $0[rank] = result }
      finished.leave()
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  finished.wait()
  return try (0..<size).map { try #require(results.withLock { $0 }[$0]).get() }
}
