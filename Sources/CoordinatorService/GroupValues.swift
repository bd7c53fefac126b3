internal import Synchronization

/// What the replicas of groups put down for each other, as long as each group is being formed.
public final class GroupValues: Sendable {
  /// Why a value is not kept.
  public enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// No such group is being formed.
    case unknownGroup(String)
    /// A value too many, or one too large.
    case tooMuch(groupID: String, limit: String)

    /// One line.
    public var description: String {
      switch self {
      case .unknownGroup(let groupID): "there is no group \(groupID.debugDescription); wait to be asked to join another"
      case .tooMuch(let groupID, let limit): "the replicas of \(groupID.debugDescription) keep at most \(limit)"
      }
    }
  }

  private struct Group {
    var values: [String: [UInt8]] = [:]
    var watchers: [UInt64: AsyncStream<Void>.Continuation] = [:]
  }

  private struct State {
    var groups: [String: Group] = [:]
    var watcherCount: UInt64 = 0
  }

  /// Most bytes of a value.
  public static let valueLimit = 64 << 10
  /// Most values of a group.
  public static let countLimit = 4096

  private let state = Mutex(State())

  /// Keeps nothing yet.
  public init() {}

  /// Begins to keep values of a group.
  func open(_ groupID: String) { state.withLock { $0.groups[groupID] = Group() } }

  /// Forgets a group; who waits for its values is refused.
  func close(_ groupID: String) {
    let watchers = state.withLock { $0.groups.removeValue(forKey: groupID)?.watchers }
    for watcher in (watchers ?? [:]).values { watcher.finish() }
  }

  /// Keeps a value, instead of one that there may be.
  func put(_ key: String, _ value: [UInt8], of groupID: String) throws(Refusal) {
    let result = state.withLock { state -> Result<[AsyncStream<Void>.Continuation], Refusal> in
      guard let group = state.groups[groupID] else { return .failure(.unknownGroup(groupID)) }
      guard value.count <= Self.valueLimit, key.utf8.count <= 256 else {
        return .failure(.tooMuch(groupID: groupID, limit: "\(Self.valueLimit) bytes for a value"))
      }
      guard group.values.count < Self.countLimit || group.values[key] != nil else {
        return .failure(.tooMuch(groupID: groupID, limit: "\(Self.countLimit) values"))
      }
      state.groups[groupID]?.values[key] = value
      return .success(Array(group.watchers.values))
    }
    for watcher in try result.get() { watcher.yield() }
  }

  /// Waits for a value.
  ///
  /// - Throws: ``Refusal/unknownGroup(_:)``, `CancellationError`.
  func value(_ key: String, of groupID: String) async throws -> [UInt8] {
    let (changes, change) = AsyncStream<Void>.makeStream()
    let id = try state.withLock { state throws(Refusal) -> UInt64 in
      guard state.groups[groupID] != nil else { throw .unknownGroup(groupID) }
      state.watcherCount += 1
      state.groups[groupID]?.watchers[state.watcherCount] = change
      return state.watcherCount
    }
    defer { state.withLock { _ = $0.groups[groupID]?.watchers.removeValue(forKey: id) } }
    var iterator = changes.makeAsyncIterator()
    while true {
      if let value = state.withLock({ $0.groups[groupID]?.values[key] }) { return value }
      guard await iterator.next() != nil else {
        try Task.checkCancellation()
        throw Refusal.unknownGroup(groupID)
      }
    }
  }
}
