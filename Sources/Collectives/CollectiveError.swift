/// Why members of a group exchange nothing more. The group is of no use afterwards: what survives forms another.
public enum CollectiveError: Error, Equatable, CustomStringConvertible {
  /// No listening at this address.
  case badAddress(String, reason: String)
  /// The store refuses, or holds what no member writes.
  case rendezvous(String)
  /// The time of one call, or of connecting, is over; these members had not done their part.
  case timedOut(after: Duration, waitingFor: [Int])
  /// Connections to these members are broken: they ended, or gave up first.
  case peerLost([Int])
  /// These members make another call than this one, or give other sizes.
  case mismatch([Int])
  /// ``ProcessGroup/abort()`` was called.
  case aborted
  /// What Gloo or the system refuses.
  case failed(String)

  /// One line.
  public var description: String {
    switch self {
    case .badAddress(let address, let reason): "cannot listen at \(address): \(reason)"
    case .rendezvous(let reason): "no rendezvous: \(reason)"
    case .timedOut(let limit, let members): "nothing from \(Self.names(members)) within \(limit)"
    case .peerLost(let members): "the connection to \(Self.names(members)) is broken"
    case .mismatch(let members): "\(Self.names(members)) of the group made another call, or one of other sizes"
    case .aborted: "the group was aborted"
    case .failed(let reason): "the exchange failed: \(reason)"
    }
  }

  private static func names(_ members: [Int]) -> String {
    (members.count == 1 ? "member " : "members ") + members.map(String.init).joined(separator: ", ")
  }
}
