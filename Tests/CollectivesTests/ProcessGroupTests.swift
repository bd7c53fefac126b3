import Collectives
import Dispatch
import Kernels
import Synchronization
import Testing

@Suite("Buffers between members of a group")
struct ProcessGroupTests {
  /// What element `index` of what `sender` has for `receiver` is.
  static func element(_ sender: Int, _ receiver: Int, _ index: Int) -> Float {
    Float((sender * 8191 + receiver * 131 + index * 7) % 1_000_003)
  }

  static func view(_ elements: [Float]) -> FloatView {
    let view = FloatStorage(count: elements.count).view
    view.copy(from: elements)
    return view
  }

  static let cases: [(size: Int, scale: Int)] =
    [1, 2, 3, 4, 8].flatMap { size in [0, 1, 7, 4099].map { (size, $0) } } + [(2, 1_000_003), (3, 1_000_003)]

  @Test("exchange gives each member what the others have for it", arguments: cases)
  func exchange(_ group: (size: Int, scale: Int)) async {
    let size = group.size
    // Some have nothing for some; what goes there is not what comes back.
    @Sendable func count(_ sender: Int, _ receiver: Int) -> Int { (sender * 2 + receiver * 3) % 4 * group.scale }
    let endings = await withGroup(of: size) { group throws(CollectiveError) in
      let rank = group.rank
      let sent = (0..<size).map { count(rank, $0) }
      let received = (0..<size).map { count($0, rank) }
      let receive = FloatStorage(count: received.reduce(0, +)).view
      let send = Self.view((0..<size).flatMap { to in (0..<sent[to]).map { Self.element(rank, to, $0) } })
      for _ in 0..<3 {
        receive.fill(-1)
        try group.exchange(send, counts: sent, into: receive, counts: received)
      }
      let expected = (0..<size).flatMap { from in (0..<received[from]).map { Self.element(from, rank, $0) } }
      let others = (sent.reduce(0, +) - sent[rank], received.reduce(0, +) - received[rank])
      let traffic = group.traffic
      return receive.array == expected && traffic.calls == 3 && traffic.duration > .zero
        && traffic.bytesSent == 12 * others.0 && traffic.bytesReceived == 12 * others.1
    }
    #expect(endings.map(\.value) == [Bool?](repeating: true, count: size))
  }

  @Test("gather gives all members all parts, and a part may be in its place", arguments: cases)
  func gather(_ group: (size: Int, scale: Int)) async {
    let size = group.size
    let counts = (0..<size).map { ($0 * 3 + 2) % 4 * group.scale }
    let expected = (0..<size).flatMap { from in (0..<counts[from]).map { Self.element(from, 0, $0) } }
    let endings = await withGroup(of: size) { group throws(CollectiveError) in
      let rank = group.rank
      let part = (0..<counts[rank]).map { Self.element(rank, 0, $0) }
      let (apart, inPlace) = (FloatStorage(count: expected.count).view, FloatStorage(count: expected.count).view)
      try group.gather(Self.view(part), into: apart, counts: counts)
      let place = inPlace.window(counts[..<rank].reduce(0, +), counts[rank])
      place.copy(from: part)
      try group.gather(place, into: inPlace, counts: counts)
      return apart.array == expected && inPlace.array == expected
    }
    #expect(endings.map(\.value) == [Bool?](repeating: true, count: size))
  }

  @Test("gather of bytes needs no lengths", arguments: [1, 2, 3, 4, 8])
  func bytes(_ size: Int) async {
    let expected = (0..<size).map { rank in [UInt8](repeating: UInt8(rank + 1), count: rank * rank * 1000 % 7001) }
    let endings = await withGroup(of: size) { group throws(CollectiveError) in try group.gather(expected[group.rank]) }
    #expect(endings.map(\.value) == [[[UInt8]]?](repeating: expected, count: size))
  }

  @Test("broadcast gives all members the root's buffer", arguments: cases)
  func broadcast(_ group: (size: Int, scale: Int)) async {
    let (size, count) = group
    let endings = await withGroup(of: size) { group throws(CollectiveError) in
      for root in 0..<size {
        let buffer = Self.view((0..<count).map { Self.element(group.rank, root, $0) })
        try group.broadcast(buffer, from: root)
        guard buffer.array == (0..<count).map({ Self.element(root, root, $0) }) else { return false }
      }
      return true
    }
    #expect(endings.map(\.value) == [Bool?](repeating: true, count: size))
  }

  @Test("calls of several threads take their turns")
  func turns() async {
    let endings = await withGroup(of: 3) { group throws(CollectiveError) in
      let left = Mutex(400)
      // Barriers alone: whichever thread's turn it is, the call is the same.
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        do throws(CollectiveError) {
          for _ in 0..<100 {
            try group.barrier()
            left.withLock { $0 -= 1 }
          }
        } catch {}
      }
      return left.withLock { $0 }
    }
    #expect(endings.map(\.value) == [Int?](repeating: 0, count: 3))
  }

  @Test("several groups meet in one store")
  func namespaces() async {
    let store = LocalRendezvousStore()
    let endings = await onThreads(6) { thread throws(CollectiveError) in
      let (name, rank) = ("run/\(thread % 3)", thread / 3)
      let group = try ProcessGroup(name: name, rank: rank, size: 2, store: store, timeout: .seconds(60))
      return try group.gather(Array(name.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(endings.map { $0.value?.count } == [Int?](repeating: 2, count: 6))
    for (thread, ending) in endings.enumerated() {
      #expect(ending.value == ["run/\(thread % 3)", "run/\(thread % 3)"])
    }
  }
}
