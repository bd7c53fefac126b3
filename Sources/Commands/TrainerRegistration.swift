public import Authentication
import GRPCCore
public import GRPCNGHTTP2Transport
public import Logging
public import StudentService
import WireFormat

/// Keeps a student known to the coordinator: registers, renews its lease, registers anew when the lease is lost, and waits
/// where the coordinator is absent.
public struct TrainerRegistration: Sendable {
  private let coordinator: ServiceTarget
  private let access: ClientAccess
  private let trainerID: String
  private let address: String
  private let silence: @Sendable () -> SilenceWatch.Finding?
  private let logger: Logger

  /// Registers a trainer.
  ///
  /// - Parameters:
  ///   - trainerID: Names this process, and no other.
  ///   - access: With what to come to the coordinator.
  ///   - address: Where the coordinator finds the student's service.
  ///   - silence: How long the student has waited for other replicas: told with each renewal.
  public init(
    coordinator: ServiceTarget, access: ClientAccess, trainerID: String, address: String,
    silence: @escaping @Sendable () -> SilenceWatch.Finding? = { nil }, logger: Logger
  ) {
    self.coordinator = coordinator
    self.access = access
    self.trainerID = trainerID
    self.address = address
    self.silence = silence
    self.logger = logger
  }

  /// Registers and renews until the task is cancelled.
  ///
  /// - Parameter tell: Told whether the coordinator knows the student, as often as that may have changed.
  public func run(tell: @Sendable (Bool) -> Void) async throws {
    var isAbsent = false
    var wait = Self.firstWait
    while true {
      do {
        try await ServiceConnection.with(coordinator, access) { client in
          let coordinator = CoordinatorServiceRPC.Client(wrapping: client)
          let lease = try await coordinator.registerTrainer(
            RegisterTrainerRequest(trainerID: trainerID, address: address), options: Self.options)
          logger.notice("registered with the coordinator", metadata: ["lease.id": "\(lease.leaseID)"])
          (isAbsent, wait) = (false, Self.firstWait)
          tell(true)
          try await renew(lease, coordinator)
        }
      } catch let error as RPCError {
        tell(false)
        try Task.checkCancellation()
        if !isAbsent {
          logger.warning(
            "waiting for the coordinator",
            metadata: [
              "coordinator.address": "\(coordinator)", "rpc.code": "\(error.code)", "reason": "\(error.message)",
            ])
        }
        isAbsent = true
      }
      try await Task.sleep(for: wait)
      wait = min(wait * 2, .seconds(1))
    }
  }

  private static let firstWait = Duration.milliseconds(50)

  private static var options: CallOptions { ServiceConnection.answering(within: .seconds(5)) }

  /// How long to wait before a lease is renewed that ends so much later: some renewals may be lost, or late, and a coordinator which was
  /// started anew, and knows nobody, is soon noticed.
  package static func pause(beforeEnd remaining: Duration) -> Duration {
    max(min(remaining / 4, .milliseconds(500)), .milliseconds(50))
  }

  /// Renews until the coordinator does not know the lease any more, or does not answer.
  private func renew(_ lease: RegisterTrainerResponse, _ coordinator: some CoordinatorServiceRPC.ClientProtocol)
    async throws
  {
    var remaining = Duration.milliseconds(Int64(clamping: lease.leaseMilliseconds))
    while !Task.isCancelled {
      try await Task.sleep(for: Self.pause(beforeEnd: remaining))
      let answer = try await coordinator.renewLease(
        request(lease.leaseID),
        options: ServiceConnection.answering(within: max(remaining, .seconds(1))))
      remaining = .milliseconds(Int64(clamping: answer.leaseMilliseconds))
    }
  }

  private func request(_ leaseID: String) -> RenewLeaseRequest {
    guard let found = silence() else { return RenewLeaseRequest(leaseID: leaseID) }
    return RenewLeaseRequest(
      leaseID: leaseID, groupID: found.groupID, silentMilliseconds: UInt64(max(found.silence / .milliseconds(1), 0)),
      exchanging: found.isExchanging)
  }
}
