public import GRPCCore
internal import NIOConcurrencyHelpers
public import WireFormat

/// `grpc.health.v1.Health`: says which services of a server answer, and tells watchers of each change.
///
/// The empty name is the whole server. Set `.notServing` before draining, so that callers go elsewhere first.
public struct HealthService: HealthRPC.SimpleServiceProtocol {
  /// A service's state.
  public typealias Status = HealthCheckResponse.ServingStatus

  private struct State {
    var statuses: [String: Status] = [:]
    var watchers: [Int: (service: String, changes: AsyncStream<Status>.Continuation)] = [:]
    var nextWatcher = 0
    var isStopping = false
  }

  private let state: NIOLockedValueBox<State>

  /// Makes a service that answers for `services` and the whole server.
  public init(services: [String] = [], status: Status = .notServing) {
    let statuses = Dictionary(([""] + services).map { ($0, status) }, uniquingKeysWith: { first, _ in first })
    state = NIOLockedValueBox(State(statuses: statuses))
  }

  /// Changes the state of a service, or of the whole server (`""`), and tells its watchers.
  public func setStatus(_ status: Status, of service: String = "") {
    state.withLockedValue { state in
      guard !state.isStopping, state.statuses.updateValue(status, forKey: service) != status else { return }
      for watcher in state.watchers.values where watcher.service == service { watcher.changes.yield(status) }
    }
  }

  /// Changes the state of every service.
  public func setAll(_ status: Status) {
    for service in state.withLockedValue({ Array($0.statuses.keys) }) { setStatus(status, of: service) }
  }

  /// Says for good that nothing answers here, and ends all calls of Watch: a server that stops waits for no watcher.
  public func stop() {
    setAll(.notServing)
    let watchers = state.withLockedValue { state in
      state.isStopping = true
      return Array(state.watchers.values)
    }
    for watcher in watchers { watcher.changes.finish() }
  }

  /// Answers Check; NOT_FOUND for a service that was never set.
  public func check(request: HealthCheckRequest, context: ServerContext) async throws -> HealthCheckResponse {
    guard let status = state.withLockedValue({ $0.statuses[request.service] }) else {
      throw RPCError(code: .notFound, message: "no service \(request.service) here")
    }
    return HealthCheckResponse(status: status)
  }

  /// Answers List: the states of all services, in alphabetical order of their names.
  public func list(request: HealthListRequest, context: ServerContext) async throws -> HealthListResponse {
    let statuses = state.withLockedValue { $0.statuses }.sorted { $0.key < $1.key }
    return HealthListResponse(
      statuses: statuses.map {
        HealthListResponseStatusesEntry(key: $0.key, value: HealthCheckResponse(status: $0.value))
      })
  }

  /// Answers Watch: the present state, then each change until the call ends; UNAVAILABLE when the server stops.
  public func watch(
    request: HealthCheckRequest, response: RPCWriter<HealthCheckResponse>, context: ServerContext
  ) async throws {
    // Only the newest state matters to a slow watcher.
    let (stream, changes) = AsyncStream.makeStream(of: Status.self, bufferingPolicy: .bufferingNewest(1))
    let watcher = state.withLockedValue { state in
      state.nextWatcher += 1
      state.watchers[state.nextWatcher] = (request.service, changes)
      changes.yield(state.statuses[request.service] ?? .serviceUnknown)
      if state.isStopping { changes.finish() }
      return state.nextWatcher
    }
    defer { state.withLockedValue { _ = $0.watchers.removeValue(forKey: watcher) } }
    try await withRPCCancellationHandler {
      for await status in stream { try await response.write(HealthCheckResponse(status: status)) }
    } onCancelRPC: {
      changes.finish()
    }
    if state.withLockedValue({ $0.isStopping }) {
      throw RPCError(code: .unavailable, message: "the server is stopping: watch another")
    }
  }
}
