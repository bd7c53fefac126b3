import Collectives
import Foundation
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
