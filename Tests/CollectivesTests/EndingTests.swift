import Collectives
import Foundation
import Kernels
import Synchronization
import Testing

@Suite("How groups end")
struct EndingTests {
  @Test("a member that leaves is missed by all, and stays missed")
  func dropped() async {
    let endings = await withGroup(of: 3) { group throws(CollectiveError) in
      try group.barrier()
      guard group.rank != 2 else { return [CollectiveError]() }
      return (0..<2).compactMap { _ in Result { () throws(CollectiveError) in try group.barrier() }.failure }
    }
    for ending in endings[..<2] {
      guard let errors = ending.value, case .peerLost(let members) = errors.first else {
        Issue.record("\(ending)")
        continue
      }
      #expect(!members.isEmpty && errors == [errors[0], errors[0]])
    }
    #expect(endings[..<2].contains { $0.value?.first == .peerLost([2]) })
  }

  @Test("a member that makes no call is named when the time is over")
  func late() async {
    let over = DispatchSemaphore(value: 0)
    let start = ContinuousClock.now
    let endings = await withGroup(of: 3, timeout: .milliseconds(800)) { group throws(CollectiveError) in
      if group.rank == 1 {
        _ = over.wait(timeout: .now() + 60)
        return
      }
      defer { if group.rank == 0 { over.signal() } }
      try group.exchange(view(3), counts: [1, 1, 1], into: view(3), counts: [1, 1, 1])
    }
    #expect(endings[0].error.map(Self.isTimeOrLoss) == true && endings[2].error.map(Self.isTimeOrLoss) == true)
    #expect(endings.contains { $0.error == .timedOut(after: .milliseconds(800), waitingFor: [1]) })
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  /// The first whose time is over closes its connections, which the others may notice before theirs is.
  private static func isTimeOrLoss(_ error: CollectiveError) -> Bool {
    switch error {
    case .timedOut, .peerLost: true
    default: false
    }
  }

  @Test("members that expect other sizes find out", arguments: [(5, 6), (6, 5), (0, 5), (5, 0), (100_000, 1)])
  func sizes(_ given: Int, _ expected: Int) async {
    let endings = await withGroup(of: 2) { group throws(CollectiveError) in
      if group.rank == 0 {
        try group.exchange(view(given), counts: [0, given], into: view(0), counts: [0, 0])
      } else {
        try group.exchange(view(0), counts: [0, 0], into: view(expected), counts: [expected, 0])
      }
    }
    #expect(endings[1].error == .mismatch([0]))
    #expect(endings[0].error == .peerLost([1]))
  }

  @Test("members that make other calls find out")
  func kinds() async {
    let endings = await withGroup(of: 2) { group throws(CollectiveError) in
      if group.rank == 0 {
        try group.barrier()
      } else {
        try group.gather(view(0), into: view(0), counts: [0, 0])
      }
    }
    #expect(endings.contains { if case .mismatch = $0.error { true } else { false } })
    #expect(endings.allSatisfy { $0.error == .mismatch([0]) || $0.error == .mismatch([1]) || isLoss($0.error) })
  }

  private func isLoss(_ error: CollectiveError?) -> Bool { if case .peerLost = error { true } else { false } }

  @Test("an abort ends a call that waits, or that is under way, and every later one", arguments: 0..<60)
  func aborted(_ attempt: Int) async {
    let size = 2 + attempt % 2
    let over = DispatchSemaphore(value: 0)
    let start = ContinuousClock.now
    let endings = await withGroup(of: size) { group throws(CollectiveError) in
      defer { if group.rank == 0 { over.signal() } }
      if group.rank == 0 {
        Thread {
          Thread.sleep(forTimeInterval: Double(attempt % 20) / 4000)
          group.abort()
          group.abort()
        }.start()
      }
      // Member 1 of every other attempt makes no call: the others wait for it.
      let count = 40_000
      let (send, receive) = (view(count * size), view(count * size))
      let counts = [Int](repeating: count, count: size)
      var errors: [CollectiveError] = []
      let isAbsent = group.rank == 1 && attempt % 4 < 2
      while errors.count < 2 && !isAbsent {
        do throws(CollectiveError) { try group.exchange(send, counts: counts, into: receive, counts: counts) } catch {
          errors.append(error)
        }
      }
      if isAbsent { _ = over.wait(timeout: .now() + 60) }
      return (errors, isAbsent)
    }
    #expect(endings[0].value?.0 == [.aborted, .aborted])
    #expect(ContinuousClock.now - start < .seconds(30))
    for ending in endings.dropFirst() {
      guard let (errors, isAbsent) = ending.value else {
        Issue.record("\(ending)")
        continue
      }
      #expect(isAbsent || errors.count == 2 && errors.allSatisfy(isLoss))
    }
  }

  @Test("a group of one is aborted too")
  func alone() async {
    let endings = await withGroup(of: 1) { group throws(CollectiveError) in
      try group.barrier()
      group.abort()
      try group.barrier()
    }
    #expect(endings[0].error == .aborted)
  }
}

/// Zeros.
func view(_ count: Int) -> FloatView { FloatStorage(count: count).view }

extension Result {
  var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
