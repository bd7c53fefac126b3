public import Authentication
import GRPCCore
public import GRPCNGHTTP2Transport
import WireFormat

/// `retort health`: asks a process whether it serves, or one of its services.
public struct HealthProbe: Sendable {
  private let address: ServiceTarget
  private let service: String
  private let access: ClientAccess

  /// Asks at an address.
  ///
  /// - Parameter service: The gRPC service that is asked after; empty: the process as a whole.
  public init(address: ServiceTarget, service: String = "", access: ClientAccess) {
    self.address = address
    self.service = service
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
          HealthCheckRequest(service: service), options: ServiceConnection.answering(within: .seconds(2))
        ).status
      }
    } catch let error as RPCError where !error.isPassing {
      throw CommandError.refused(service: "health", reason: error.message)
    } catch let error as RPCError {
      throw CommandError.unreachable(service: "service", address: "\(address)", reason: error.message)
    }
    guard status == .serving else {
      throw CommandError.refused(
        service: "\(address)", reason: service.isEmpty ? "not serving" : "\(service) is not serving")
    }
  }
}
