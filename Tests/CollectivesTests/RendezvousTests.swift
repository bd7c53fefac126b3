import Collectives
import Foundation
import Testing

@Suite("How members find each other")
struct RendezvousTests {
  /// A store whose members write, and read nothing until the test is over.
  struct SilentStore: RendezvousStore {
    let local = LocalRendezvousStore()
    let over = DispatchSemaphore(value: 0)

    func set(_ key: String, _ value: [UInt8]) { local.set(key, value) }

    func get(_ key: String, timeout: Duration) throws -> [UInt8] {
      _ = over.wait(timeout: .now() + 60)
      throw CancellationError()
    }
  }

  @Test("a member that never comes is named when the time is over")
  func absent() async {
    let store = LocalRendezvousStore()
    let endings = await onThreads(2) { rank throws(CollectiveError) in
      _ = try ProcessGroup(rank: rank, size: 3, store: store, timeout: .milliseconds(300))
    }
    #expect(endings.allSatisfy { $0.error == .timedOut(after: .milliseconds(300), waitingFor: [2]) })
  }

  /// Of two members the one with the greater address knocks: each waits in its way for one that does not connect.
  static let sides = [("127.0.0.1", "127.0.0.2"), ("127.0.0.2", "127.0.0.1")]

  @Test("a member that writes its doors and does not connect is waited for until the time is over", arguments: sides)
  func hesitant(_ own: String, _ other: String) async {
    let store = SilentStore()
    let start = ContinuousClock.now
    let endings = await onThreads(2) { rank throws(CollectiveError) in
      defer { if rank == 0 { store.over.signal() } }
      if rank == 0 {
        _ = try ProcessGroup(rank: rank, size: 2, store: store.local, address: own, timeout: .milliseconds(300))
      } else {
        _ = try ProcessGroup(rank: rank, size: 2, store: store, address: other, timeout: .seconds(60))
      }
    }
    #expect(endings[0].error == .timedOut(after: .milliseconds(300), waitingFor: [1]))
    #expect(endings[1].error == .rendezvous("CancellationError()"))
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test("a group that connects is aborted", arguments: sides, 0..<20)
  func aborted(_ addresses: (own: String, other: String), _ attempt: Int) async {
    let (store, abortSwitch) = (SilentStore(), AbortSwitch())
    let start = ContinuousClock.now
    let endings = await onThreads(2) { rank throws(CollectiveError) in
      if rank == 0 {
        defer { store.over.signal() }
        Thread {
          Thread.sleep(forTimeInterval: Double(attempt) / 500)
          abortSwitch.abort()
        }.start()
        _ = try ProcessGroup(
          rank: rank, size: 2, store: store.local, address: addresses.own, timeout: .seconds(60),
          abortSwitch: abortSwitch)
      } else {
        _ = try ProcessGroup(rank: rank, size: 2, store: store, address: addresses.other, timeout: .seconds(60))
      }
    }
    #expect(endings[0].error == .aborted)
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test("a switch that was used lets no group begin")
  func usedBefore() async {
    let abortSwitch = AbortSwitch()
    abortSwitch.abort()
    let endings = await onThreads(1) { _ throws(CollectiveError) in
      _ = try ProcessGroup(
        rank: 0, size: 2, store: LocalRendezvousStore(), timeout: .seconds(60), abortSwitch: abortSwitch)
    }
    #expect(endings[0].error == .aborted && abortSwitch.isAborted)
  }

  @Test(
    "what no member has written is refused",
    arguments: [[], [200, 1], [0, 0], [0, 0, 0, 0], [0, 0, 0]] as [[UInt8]])
  func garbage(_ value: [UInt8]) async {
    let store = LocalRendezvousStore()
    store.set("group/0", value)
    store.set("group/1", value)
    let endings = await onThreads(1) { _ throws(CollectiveError) in
      _ = try ProcessGroup(rank: 2, size: 3, store: store, timeout: .milliseconds(500))
    }
    if value == [0, 0, 0] {
      // A list of three, but no door that Gloo can knock at.
      #expect(endings[0].error == .rendezvous("member 0: its address is of another family"))
    } else {
      #expect(endings[0].error == .rendezvous("group/0 holds \(value.count) bytes that are no list of 3 doors"))
    }
  }

  @Test("an address that leads nobody here is refused", arguments: ["", "0.0.0.0", "::", "192.0.2.1"])
  func addresses(_ address: String) async {
    let endings = await onThreads(1) { _ throws(CollectiveError) in
      _ = try ProcessGroup(
        rank: 0, size: 2, store: LocalRendezvousStore(), address: address, timeout: .milliseconds(100))
    }
    guard case .badAddress(address, let reason) = endings[0].error else {
      Issue.record("\(endings)")
      return
    }
    #expect(!reason.isEmpty)
  }

  @Test(
    "a member listens at its address alone",
    arguments: [("127.0.0.1", [127, 0, 0, 1]), ("127.0.0.2", [127, 0, 0, 2])])
  func doors(_ address: String, _ bytes: [UInt8]) async throws {
    let store = LocalRendezvousStore()
    _ = await onThreads(1) { _ throws(CollectiveError) in
      _ = try ProcessGroup(rank: 0, size: 3, store: store, address: address, timeout: .milliseconds(50))
    }
    let value = try store.get("group/0", timeout: .zero)
    // No door for itself; then, for each other, the eight bytes of an address of IPv4.
    #expect(value.count == 19 && value[0] == 0 && value[1] == 8 && value[10] == 8)
    #expect(Array(value[6..<10]) == bytes && Array(value[15..<19]) == bytes)
  }
}
