import Foundation
import Kernels
import Synchronization
import Testing

private final class Tally: Sendable {
  let counts: Mutex<[Int]>

  init(count: Int) { counts = Mutex(Array(repeating: 0, count: count)) }
}

@Suite("The compute pool")
struct ComputePoolTests {
  @Test("does each piece once", arguments: [0, 1, 2, 7, 1000])
  func pieces(count: Int) {
    let done = Tally(count: count)
    ComputePool.forEach(count) { index in done.counts.withLock { $0[index] += 1 } }
    #expect(done.counts.withLock { $0.allSatisfy { $0 == 1 } })
    #expect(ComputePool.map(count) { $0 * $0 } == (0..<count).map { $0 * $0 })
  }

  @Test("work inside work ends, and so do many callers at once")
  func nested() async {
    let sums = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<16 {
        group.addTask {
          ComputePool.map(9) { outer in ComputePool.map(5) { outer * $0 }.reduce(0, +) }.reduce(0, +)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums == Array(repeating: 360, count: 16))
  }

  @Test("hands back results and errors from a thread of its own")
  func run() async throws {
    struct Refusal: Error {}
    #expect(try await ComputePool.run { ComputePool.map(4) { $0 } } == [0, 1, 2, 3])
    await #expect(throws: Refusal.self) { try await ComputePool.run { throw Refusal() } }
  }
}
