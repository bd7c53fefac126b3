import Collectives
import Foundation
import LoopbackSockets
import Testing

@Suite("Somebody else at the door of a member")
struct StrangerTests {
  /// What a stranger does once it is connected.
  enum Visit: String, CaseIterable {
    /// Closes with a reset, mostly before it has been let in.
    case resets
    /// Leaves.
    case leaves
    /// Sends the start of a transfer that nobody has asked for.
    case sends
  }

  /// A store that holds the door of member 1 at 127.0.0.2, which therefore knocks at member 0's.
  private func storeOfTwo() -> LocalRendezvousStore {
    let store = LocalRendezvousStore()
    store.set("group/1", [8, 2, 0, 0x30, 0x39, 127, 0, 0, 2, 0])
    return store
  }

  @Test("ends its group at most, never the process", arguments: Visit.allCases)
  func visited(_ visit: Visit) async {
    for _ in 0..<(visit == .resets ? 60 : 3) {
      let store = storeOfTwo()
      let endings = await onThreads(2) { rank throws(CollectiveError) in
        if rank == 0 {
          _ = try ProcessGroup(rank: 0, size: 2, store: store, address: "127.0.0.1", timeout: .milliseconds(300))
        } else if let list = try? store.get("group/0", timeout: .seconds(30)) {
          Self.visit(port: UInt16(list[4]) << 8 | UInt16(list[5]), visit)
        }
      }
      switch endings[0].error {
      case .peerLost([1]), .timedOut(after: .milliseconds(300), waitingFor: [1]): break
      default: Issue.record("\(endings)")
      }
    }
  }

  private static func visit(port: UInt16, _ visit: Visit) {
    let stranger = LoopbackSocket()
    let isConnected = stranger.connect(port: port)
    #expect(isConnected)
    switch visit {
    case .resets: stranger.resetOnClose()
    case .leaves: break
    case .sends:
      // Bytes with this head, the kind (a part of a buffer without a place), slot, offset, length, offset there.
      let head: [UInt64] = [49, 1, 5, 0, 1, 0]
      _ = stranger.send(head.withUnsafeBytes(Array.init))
      // Until the member closes.
      _ = stranger.receiveAll()
    }
  }
}
