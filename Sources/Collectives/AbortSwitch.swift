internal import Synchronization

/// Ends a group from any thread, even while it is still connecting.
public final class AbortSwitch: Sendable {
  private struct State {
    var isAborted = false
    weak var connections: Connections?
  }

  private let state = Mutex(State())

  /// A switch for one group.
  public init() {}

  /// Calls under way and later ones throw ``CollectiveError/aborted``, and connections are closed. Does nothing the second time.
  public func abort() {
    let connections = state.withLock { state in
      state.isAborted = true
      return state.connections
    }
    connections?.abort()
  }

  /// Whether it was used.
  public var isAborted: Bool { state.withLock { $0.isAborted } }

  /// Notes what is to be aborted.
  func attach(_ connections: Connections) throws(CollectiveError) {
    let isAborted = state.withLock { state in
      precondition(state.connections == nil, "one switch for two groups")
      state.connections = connections
      return state.isAborted
    }
    if isAborted { throw .aborted }
  }
}
