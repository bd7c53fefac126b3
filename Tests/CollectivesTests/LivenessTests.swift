import Collectives
import Foundation
import Synchronization
import Testing

@Suite("Signs of life") struct LivenessTests {
  @Test("the system asks for them on every connection of a group")
  func keepalive() async {
    let store = LocalRendezvousStore()
    let endings = await onThreads(3) { rank throws(CollectiveError) in
      let group = try ProcessGroup(rank: rank, size: 3, store: store, address: "127.9.8.7", timeout: .seconds(60))
      try group.barrier()
      var timers = Self.timers()
      // What is not acknowledged yet is timed otherwise.
      for _ in 0..<500 where timers != Self.keepalives {
        Thread.sleep(forTimeInterval: 0.01)
        timers = Self.timers()
      }
      try group.barrier()
      return timers
    }
    #expect(endings.map(\.value) == [Self.keepalives, Self.keepalives, Self.keepalives])
  }

  @Test("a call that waits says for how long nothing has come; a byte from anybody begins the time anew")
  func silence() async {
    let store = LocalRendezvousStore()
    let waiting = Mutex<ProcessGroup?>(nil)
    let isQuiet = Mutex(false)
    /// Waits for something, at most ten seconds.
    @Sendable func wait(until condition: () -> Bool) -> Bool {
      for _ in 0..<5000 {
        if condition() { return true }
        Thread.sleep(forTimeInterval: 0.002)
      }
      return false
    }
    let endings = await onThreads(3) { rank throws(CollectiveError) in
      let group = try ProcessGroup(rank: rank, size: 3, store: store, timeout: .seconds(60))
      var seen = [group.silence == nil]
      if rank == 0 { waiting.withLock { $0 = group } }
      if rank == 1 { seen.append(wait { isQuiet.withLock { $0 } }) }
      if rank == 2 {
        @Sendable func silence() -> Duration? { waiting.withLock { $0 }?.silence }
        // The first alone is within the call.
        seen.append(wait { silence().map { $0 > .milliseconds(300) } ?? false })
        isQuiet.withLock { $0 = true }
        // The second's word has come, and still the call waits.
        seen.append(wait { silence().map { $0 < .milliseconds(300) } ?? false })
        seen.append(wait { silence().map { $0 > .milliseconds(300) } ?? false })
      }
      try group.barrier()
      return seen + [group.silence == nil]
    }
    waiting.withLock { $0 = nil }
    #expect(endings.map(\.value) == [[true, true], [true, true, true], [true, true, true, true, true]])
  }

  /// Both ends of three connections.
  private static let keepalives = [String](repeating: "02", count: 6)

  /// The timers of the connections at 127.9.8.7 that stand, as the system numbers them: 02 is that of keepalive.
  private static func timers() -> [String] {
    // String(contentsOfFile:) reads one page of what has no length.
    let file = FileHandle(forReadingAtPath: "/proc/net/tcp")
    let table = String(decoding: (try? file?.readToEnd()) ?? Data(), as: UTF8.self)
    return table.split(separator: "\n").compactMap { line -> String? in
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count > 5, fields[3] == "01" else { return nil }
      guard fields[1].hasPrefix(address) || fields[2].hasPrefix(address) else { return nil }
      return String(fields[5].prefix(2))
    }
  }

  /// 127.9.8.7, as the system writes it.
  private static let address = "0708097F:"
}
