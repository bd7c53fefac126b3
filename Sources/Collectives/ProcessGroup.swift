public import Kernels
internal import Synchronization

/// One member of a group of processes that exchange buffers over TCP with Gloo.
///
/// All members make the same calls in the same order. Each call blocks its thread until every member has what it receives, so that one
/// which returns has reached all. Calls from several threads of a member take their turns; where nothing but chance would order them,
/// make a second group. After an error the group is of no use, and every later call throws the same.
public final class ProcessGroup: Sendable {
  /// This member's number, in `0 ..< size`.
  public let rank: Int
  /// Number of members.
  public let size: Int
  /// How long a call may take at most.
  public let timeout: Duration

  private let connections: Connections
  private let abortSwitch: AbortSwitch
  private let total = Mutex(Traffic())
  private let pulse = Mutex(Pulse())

  /// Connects to all others; blocks.
  ///
  /// - Parameters:
  ///   - name: The group's name, of which the keys in the store begin. Every attempt to form a group needs another.
  ///   - rank: This member's number, in `0 ..< size`.
  ///   - size: Number of members. A group of one opens no socket.
  ///   - store: Where the members find each other.
  ///   - address: The local address, or a host name that stands for one, at which others reach this member. It listens there alone,
  ///     until it is connected, and trusts who connects.
  ///   - timeout: How long each call may take.
  ///   - connectTimeout: How long connecting may take; nil: as long as a call.
  ///   - abortSwitch: Ends the group from another thread, also while it connects. (The store's wait is its own.)
  /// - Throws: ``CollectiveError/badAddress(_:reason:)``, `rendezvous`, `timedOut`, `peerLost` or `aborted`.
  public init(
    name: String = "group", rank: Int, size: Int, store: any RendezvousStore, address: String = "127.0.0.1",
    timeout: Duration, connectTimeout: Duration? = nil, abortSwitch: AbortSwitch = AbortSwitch()
  ) throws(CollectiveError) {
    precondition(size > 0 && rank >= 0 && rank < size, "rank \(rank) of \(size) members")
    self.rank = rank
    self.size = size
    self.timeout = timeout
    self.abortSwitch = abortSwitch
    connections = try Connections(rank: rank, size: size, address: address)
    try abortSwitch.attach(connections)
    try Rendezvous(name: name, connections: connections, store: store, timeout: connectTimeout ?? timeout).connect()
  }

  /// Sends `sendCounts[i]` floats to member *i*, and receives `counts[i]` from it.
  ///
  /// - Parameters:
  ///   - send: The parts, in order of rank. Untouched.
  ///   - sendCounts: Floats for each member; their sum is the count of `send`. 0 is allowed.
  ///   - receive: Overwritten with the parts from each, in order of rank; no part of `send`.
  ///   - counts: Floats from each member; their sum is the count of `receive`. What *i* sends to *j*, *j* expects from *i*.
  public func exchange(
    _ send: FloatView, counts sendCounts: [Int], into receive: FloatView, counts: [Int]
  ) throws(CollectiveError) {
    check(sendCounts, of: send)
    check(counts, of: receive)
    precondition(sendCounts[rank] == counts[rank], "\(sendCounts[rank]) floats for itself, \(counts[rank]) from itself")
    try call(.exchange, send, .floats(sendCounts), into: receive, .floats(counts))
  }

  /// Collects every member's part, in order of rank.
  ///
  /// - Parameters:
  ///   - send: This member's part. Untouched; may be its place in `receive`.
  ///   - receive: Overwritten with all parts.
  ///   - counts: Floats of each member; their sum is the count of `receive`.
  public func gather(_ send: FloatView, into receive: FloatView, counts: [Int]) throws(CollectiveError) {
    check(counts, of: receive)
    precondition(send.count == counts[rank], "\(send.count) floats of a part of \(counts[rank])")
    try call(.gather, send, .toAll(send.count, size), into: receive, .floats(counts))
  }

  /// Collects every member's bytes, of any lengths, in order of rank; takes two rounds.
  public func gather(_ bytes: [UInt8]) throws(CollectiveError) -> [[UInt8]] {
    let lengths = try gather(bytes: [Int64(bytes.count)], counts: [Int](repeating: 1, count: size))
    let counts = lengths.map(Int.init)
    let all = try gather(bytes: bytes, counts: counts)
    let parts = Connections.Parts(inOrder: counts)
    return zip(parts.offsets, counts).map { Array(all[$0..<$0 + $1]) }
  }

  /// Gives every member the contents of `root`'s buffer, which they overwrite theirs with; all have the same count.
  public func broadcast(_ buffer: FloatView, from root: Int) throws(CollectiveError) {
    precondition(root >= 0 && root < size, "root \(root) of \(size) members")
    let none = [Int](repeating: 0, count: size)
    var fromRoot = none
    fromRoot[root] = rank == root ? 0 : buffer.count
    try call(
      .broadcast, buffer, rank == root ? .toAll(buffer.count, size, except: root) : .floats(none), into: buffer,
      .floats(fromRoot))
  }

  /// Returns when all members have called it.
  public func barrier() throws(CollectiveError) {
    let nothing = FloatStorage(count: 0).view
    let none = Connections.Parts.floats([Int](repeating: 0, count: size))
    try call(.barrier, nothing, none, into: nothing, none)
  }

  /// From any thread: calls under way and later ones throw ``CollectiveError/aborted`` at once, and connections are closed.
  /// Does nothing the second time.
  public func abort() { abortSwitch.abort() }

  /// What was exchanged so far, without the words of calls that Gloo and this type add.
  public var traffic: Traffic { total.withLock { $0 } }

  /// How long a call has waited and nothing has come from any member, as far as those who ask can tell: a byte counts from when it is
  /// asked about. Nil: no call is under way, or the system does not count bytes.
  public var silence: Duration? {
    let received = connections.received
    return pulse.withLock { $0.silence(received, at: .now) }
  }

  private func check(_ counts: [Int], of view: FloatView) {
    precondition(counts.count == size, "\(counts.count) counts for \(size) members")
    precondition(counts.allSatisfy { $0 >= 0 }, "counts \(counts)")
    precondition(counts.reduce(0, +) == view.count, "counts \(counts) for \(view.count) floats")
  }

  private func call(
    _ kind: CallKind, _ send: FloatView, _ sent: Connections.Parts, into receive: FloatView,
    _ received: Connections.Parts
  ) throws(CollectiveError) {
    try measured(sent, received) { () throws(CollectiveError) in
      try unsafe connections.exchange(
        kind: kind.rawValue, send: UnsafeRawPointer(send.pointer), sent, into: UnsafeMutableRawPointer(receive.pointer),
        received, timeout: timeout)
    }
    withExtendedLifetime((send, receive)) {}
  }

  /// Gathers `counts[i]` elements of member *i*.
  private func gather<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(
    bytes elements: [Element], counts: [Int]
  ) throws(CollectiveError) -> [Element] {
    let width = MemoryLayout<Element>.stride
    let sent = Connections.Parts.bytesToAll(elements.count * width, size)
    let received = Connections.Parts(inOrder: counts.map { $0 * width })
    var all = [Element](repeating: 0, count: counts.reduce(0, +))
    var failure: CollectiveError?
    unsafe elements.withUnsafeBytes { send in
      unsafe all.withUnsafeMutableBytes { receive in
        do throws(CollectiveError) {
          try measured(sent, received) { () throws(CollectiveError) in
            try unsafe connections.exchange(
              kind: CallKind.gatherBytes.rawValue, send: send.baseAddress, sent, into: receive.baseAddress, received,
              timeout: timeout)
          }
        } catch { failure = error }
      }
    }
    if let failure { throw failure }
    return all
  }

  private func measured(
    _ sent: Connections.Parts, _ received: Connections.Parts, _ body: () throws(CollectiveError) -> Void
  ) throws(CollectiveError) {
    let start = ContinuousClock.now
    var ended = false
    pulse.withLock { $0.begin(at: start) }
    defer {
      pulse.withLock { $0.end(at: .now) }
      total.withLock {
        $0.duration += ContinuousClock.now - start
        guard ended else { return }
        $0.calls += 1
        $0.bytesSent += sent.bytes.reduce(0, +) - sent.bytes[rank]
        $0.bytesReceived += received.bytes.reduce(0, +) - received.bytes[rank]
      }
    }
    try body()
    ended = true
  }
}
