public import Authentication
import GRPCCore
public import GRPCNGHTTP2Transport
public import Reports
import Synchronization
public import WireFormat

/// Follows a run at a coordinator until it ends, over lost connections and restarts of the coordinator.
public struct RunWatch: Sendable {
  private let coordinator: ServiceTarget
  private let access: ClientAccess
  private let runID: String

  /// Follows a run.
  public init(coordinator: ServiceTarget, access: ClientAccess, runID: String) {
    self.coordinator = coordinator
    self.access = access
    self.runID = runID
  }

  /// What is passed on while a run goes.
  public enum Event: Sendable {
    /// The run as it stands, where that is known anew, and new rows of metrics.
    case progress(WireRun?, rows: [MetricsRow])
    /// The coordinator is away; it is asked again until it answers.
    case coordinatorAbsent
  }

  /// Passes events on until the run has ended; returns it.
  ///
  /// - Throws: ``CommandError`` where the coordinator does not know the run.
  public func run(_ show: @escaping @Sendable (Event) -> Void) async throws -> WireRun {
    let position = WatchPosition()
    var wait = Self.firstWait
    while true {
      do {
        if let ended = try await watch(after: position, show) { return ended }
        wait = Self.firstWait
      } catch let error as RPCError where error.isPassing || error.code == .cancelled {
        try Task.checkCancellation()
        show(.coordinatorAbsent)
      } catch let error as RPCError {
        throw CommandError.refused(service: "coordinator", reason: error.message)
      }
      try await Task.sleep(for: wait)
      wait = min(wait * 2, .seconds(1))
    }
  }

  private static let firstWait = Duration.milliseconds(50)

  /// Watches over one connection; returns the run once it has ended, nil where the stream ended before.
  private func watch(after position: WatchPosition, _ show: @escaping @Sendable (Event) -> Void) async throws
    -> WireRun?
  {
    try await ServiceConnection.with(coordinator, access) { client in
      let request = WatchRunRequest(runID: runID, afterStep: position.step)
      return try await CoordinatorServiceRPC.Client(wrapping: client).watchRun(request) { response in
        for try await message in response.messages {
          // Long stretches of rows come in several messages, the run in the last.
          let rows = message.metricsRows.compactMap { MetricsRow(json: $0) }
          position.advance(to: rows.map(\.step).max())
          show(.progress(message.run, rows: rows))
          if let run = message.run, run.state.isFinal { return run as WireRun? }
        }
        return nil
      }
    }
  }
}

/// The last step whose row has been seen.
private final class WatchPosition: Sendable {
  private let last = Mutex<UInt64>(0)

  var step: UInt64 { last.withLock { $0 } }

  func advance(to step: Int?) {
    if let step { last.withLock { $0 = max($0, UInt64(step)) } }
  }
}

extension WireRunState {
  /// True where the run goes no further by itself.
  var isFinal: Bool { self == .finished || self == .failed || self == .cancelled }
}
