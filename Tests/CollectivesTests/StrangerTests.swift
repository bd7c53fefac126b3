import Collectives
import Foundation
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
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    #expect(status == 0)
    switch visit {
    case .resets:
      var noLinger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &noLinger, socklen_t(MemoryLayout<linger>.size))
    case .leaves: break
    case .sends:
      // Bytes with this head, the kind (a part of a buffer without a place), slot, offset, length, offset there.
      let head: [UInt64] = [49, 1, 5, 0, 1, 0]
      _ = head.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      var answer: UInt8 = 0
      // Until the member closes.
      while recv(descriptor, &answer, 1, 0) > 0 {}
    }
  }
}
