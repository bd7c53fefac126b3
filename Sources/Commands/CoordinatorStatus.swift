public import Authentication
import GRPCCore
public import GRPCNGHTTP2Transport
package import WireFormat

/// What a coordinator says of its runs, trainers and teachers at one moment.
public struct CoordinatorStatus: Sendable {
  let address: String
  let runs: [WireRun]
  let trainers: ListTrainersResponse
  let teachers: ListTeachersResponse

  /// Time within which a coordinator must answer.
  private static let limit = Duration.seconds(10)

  /// Makes what a coordinator could have said.
  package init(address: String, runs: [WireRun], trainers: ListTrainersResponse, teachers: ListTeachersResponse) {
    (self.address, self.runs, self.trainers, self.teachers) = (address, runs, trainers, teachers)
  }

  /// Asks a coordinator.
  ///
  /// - Throws: ``CommandError`` where it does not answer, or refuses.
  public init(of coordinator: ServiceTarget, access: ClientAccess) async throws {
    let options = ServiceConnection.answering(within: Self.limit)
    (address, runs, trainers, teachers) = try await Self.asking(coordinator) {
      try await ServiceConnection.with(coordinator, access) { client in
        let stub = CoordinatorServiceRPC.Client(wrapping: client)
        return (
          "\(coordinator)", try await stub.listRuns(ListRunsRequest(), options: options).runs,
          try await stub.listTrainers(ListTrainersRequest(), options: options),
          try await stub.listTeachers(ListTeachersRequest(), options: options)
        )
      }
    }
  }

  /// Words what goes wrong with a coordinator.
  static func asking<Result: Sendable>(
    _ coordinator: ServiceTarget, _ body: () async throws -> Result
  ) async throws -> Result {
    do { return try await body() } catch let error as RPCError where error.isPassing {
      throw CommandError.unreachable(service: "coordinator", address: "\(coordinator)", reason: error.message)
    } catch let error as RPCError where error.code == .unimplemented {
      throw CommandError.refused(
        service: "coordinator", reason: "\(error.message): it is older than this command; update it")
    } catch let error as RPCError {
      throw CommandError.refused(service: "coordinator", reason: error.message)
    }
  }

  /// Runs that are worked on, and the newest of those that have ended; oldest first.
  func shown(endedLimit: Int) -> [WireRun] {
    let whole = runs.filter { !$0.runID.contains("/") }
    let ended = whole.filter(\.state.isFinal).suffix(endedLimit).map(\.runID)
    return whole.filter { !$0.state.isFinal || ended.contains($0.runID) }
  }
}
