import Authentication
public import Foundation
import GRPCCore
public import GRPCNGHTTP2Transport
import Logging
import ServiceHealth
import ServiceRuntime
import StudentService
import WireFormat

/// `retort student`: a process that offers itself to a coordinator as a trainer.
public struct StudentProcess: Sendable {
  private let coordinator: ServiceTarget
  private let advertise: ServiceTarget?
  private let root: URL
  private let service: ServiceSettings

  /// Offers to train.
  ///
  /// - Parameters:
  ///   - advertise: Where the coordinator finds the service; nil: where it listens.
  ///   - root: Folder that the paths of a run are below.
  public init(coordinator: ServiceTarget, advertise: ServiceTarget?, root: URL, service: ServiceSettings) {
    self.coordinator = coordinator
    self.advertise = advertise
    self.root = root
    self.service = service
  }

  /// Serves and keeps itself registered until asked to stop.
  public func run() async throws {
    let credentials = try service.credentials.access(to: .coordinator)
    let (host, logger) = try service.host(label: "retort.student")
    let access = credentials.observed(by: host.instruments.observer)
    let patience = TeacherPatience { address, reason in
      logger.warning("waiting for the teacher", metadata: ["teacher.address": "\(address)", "rpc.reason": "\(reason)"])
    }
    let dialer = GRPCTeacherDialer(patience: patience, interceptors: access.interceptors) {
      try access.transport(to: ServiceTarget(parsing: $0))
    }
    let reached = advertise?.endpoints.first ?? host.address.reachable
    let meetings = StoreMeetings(address: reached.hostName ?? "127.0.0.1") { [coordinator] groupID, body in
      try await ServiceConnection.with(coordinator, access) { client in
        try await CoordinatorStore.serve(CoordinatorServiceRPC.Client(wrapping: client), groupID: groupID) { store in
          try await body(store)
        }
      }
    }
    let silences = SilenceWatch()
    let students = StudentRPCs(
      root: RootFolder(root), dialer: dialer, meetings: meetings, silences: silences, version: Version.current,
      traffic: { [instruments = host.instruments] in instruments.traffic() },
      tell: { [logger] in $0.log(to: logger) })
    let registration = TrainerRegistration(
      coordinator: coordinator, access: access, trainerID: UUID().uuidString,
      address: "\(advertise ?? ServiceTarget([host.address.reachable]))",
      silence: { silences.finding }, logger: logger)
    try await host.run(
      [students], isReady: false, abandon: { exit(0) },
      beside: { health in
        try await registration.run { isKnown in
          health.setStatus(isKnown ? .serving : .notServing, of: StudentServiceRPC.descriptor.fullyQualifiedService)
        }
      })
  }
}
