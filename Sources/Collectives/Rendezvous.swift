/// How a member finds all others and connects to them.
///
/// Each opens a door for each other, and puts the list into the store under its rank. Of two members, the one with the greater address
/// knocks at the other's door; then all greet each other.
struct Rendezvous {
  let name: String
  let connections: Connections
  let store: any RendezvousStore
  let timeout: Duration

  func connect() throws(CollectiveError) {
    let (rank, size) = (connections.rank, connections.size)
    guard size > 1 else { return }
    let deadline = ContinuousClock.now + timeout
    let own = (0..<size).map { $0 == rank ? [] : connections.door(of: $0) }
    do { try store.set(key(rank), Self.list(own)) } catch { throw .rendezvous("\(error)") }
    for peer in 0..<size where peer != rank {
      let doors = try doors(of: peer, until: deadline)
      let door = doors[rank] + [UInt8](repeating: 0, count: max(0, own[peer].count - doors[rank].count))
      try limited { () throws(CollectiveError) in
        try connections.connect(to: peer, door: door, timeout: deadline - .now)
      }
    }
    let nothing = Connections.Parts.floats([Int](repeating: 0, count: size))
    try limited { () throws(CollectiveError) in
      try unsafe connections.exchange(
        kind: CallKind.greeting.rawValue, send: nil, nothing, into: nil, nothing, timeout: deadline - .now)
    }
  }

  private func key(_ rank: Int) -> String { "\(name)/\(rank)" }

  private func doors(of peer: Int, until deadline: ContinuousClock.Instant) throws(CollectiveError) -> [[UInt8]] {
    let value: [UInt8]
    do { value = try store.get(key(peer), timeout: max(.zero, deadline - .now)) } catch {
      throw ContinuousClock.now >= deadline
        ? .timedOut(after: timeout, waitingFor: [peer]) : .rendezvous("\(error)")
    }
    guard let doors = Self.doors(value), doors.count == connections.size else {
      throw .rendezvous("\(key(peer)) holds \(value.count) bytes that are no list of \(connections.size) doors")
    }
    return doors
  }

  /// The whole time, where a step of connecting says what was left.
  private func limited(_ body: () throws(CollectiveError) -> Void) throws(CollectiveError) {
    do { try body() } catch {
      guard case .timedOut(_, let members) = error else { throw error }
      throw .timedOut(after: timeout, waitingFor: members)
    }
  }

  /// Doors one after the other, each as its length and its bytes; Gloo's are mostly zeros at their ends, which are left out.
  static func list(_ doors: [[UInt8]]) -> [UInt8] {
    doors.flatMap { door in
      let end = (door.lastIndex { $0 != 0 } ?? -1) + 1
      return [UInt8(clamping: end)] + door[..<min(end, 255)]
    }
  }

  /// What ``list(_:)`` has written; nil where it is something else.
  static func doors(_ bytes: [UInt8]) -> [[UInt8]]? {
    var (doors, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bytes[...])
    while let length = rest.popFirst() {
      guard rest.count >= length else { return nil }
      doors.append(Array(rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
    }
    return doors
  }
}
