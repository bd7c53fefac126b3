public import Collectives
internal import GRPCCore
internal import Kernels
public import WireFormat

/// Where the replicas of a group find each other.
public protocol ReplicaMeetings: Sendable {
  /// Waits for the others of a group and connects to them.
  ///
  /// - Throws: ``StudentError/replicaLost(_:)``.
  func meet(_ request: JoinRequest) async throws -> GroupReplicas
}

/// No other replica is ever found.
public struct NoMeetings: ReplicaMeetings {
  /// There is nothing to say.
  public init() {}

  /// Refuses.
  public func meet(_ request: JoinRequest) async throws -> GroupReplicas {
    throw StudentError.replicaLost("this student has no coordinator at which replicas meet")
  }
}

/// Replicas that meet at a store.
public struct StoreMeetings: ReplicaMeetings {
  private let address: String
  private let withStore:
    @Sendable (
      _ groupID: String, _ body: @Sendable (any RendezvousStore) async throws -> GroupReplicas
    ) async throws -> GroupReplicas

  /// How long a call waits for the slowest replica: leases say sooner who is gone.
  private static let patience = Duration.seconds(3600)

  /// Meets at stores.
  ///
  /// - Parameters:
  ///   - address: The host name or IP address at which other replicas reach this process.
  ///   - withStore: Opens the store of a group for as long as the body runs.
  public init(
    address: String,
    withStore:
      @escaping @Sendable (
        _ groupID: String, _ body: @Sendable (any RendezvousStore) async throws -> GroupReplicas
      ) async throws -> GroupReplicas
  ) {
    (self.address, self.withStore) = (address, withStore)
  }

  /// Waits for the others and connects to them.
  public func meet(_ request: JoinRequest) async throws -> GroupReplicas {
    let (rank, size) = (Int(request.rank), Int(request.size))
    let timeout = Duration.milliseconds(Int64(clamping: request.timeoutMilliseconds))
    let abortSwitch = AbortSwitch()
    return try await withRPCCancellationHandler {
      try await withStore(request.groupID) { store in
        try await ComputePool.run {
          do {
            return GroupReplicas(
              try ProcessGroup(
                name: request.groupID, rank: rank, size: size, store: store, address: address, timeout: Self.patience,
                connectTimeout: timeout, abortSwitch: abortSwitch))
          } catch {
            throw StudentError.replicaLost("\(error)")
          }
        }
      }
    } onCancelRPC: {
      abortSwitch.abort()
    }
  }
}
