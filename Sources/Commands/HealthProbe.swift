public import Authentication
import GRPCCore
public import GRPCNGHTTP2Transport
import WireFormat

/// `retort health`: asks a service whether it serves.
public struct HealthProbe: Sendable {
  private let address: ServiceTarget
  private let access: ClientAccess

  /// Asks at an address.
  public init(address: ServiceTarget, access: ClientAccess) {
    self.address = address
    self.access = access
  }

  /// Returns when the service serves.
  ///
  /// - Throws: ``CommandError`` where it does not, or does not answer within two seconds.
  public func run() async throws {
    let status: HealthCheckResponse.ServingStatus
    do {
      status = try await ServiceConnection.with(address, access) { client in
        try await HealthRPC.Client(wrapping: client).check(
          HealthCheckRequest(), options: ServiceConnection.answering(within: .seconds(2))
        ).status
      }
    } catch let error as RPCError where !error.isPassing {
      throw CommandError.refused(service: "health", reason: error.message)
    } catch let error as RPCError {
      throw CommandError.unreachable(service: "service", address: "\(address)", reason: error.message)
    }
    guard status == .serving else { throw CommandError.refused(service: "\(address)", reason: "not serving") }
  }
}
