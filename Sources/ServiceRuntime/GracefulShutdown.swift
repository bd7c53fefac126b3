import Dispatch
public import Logging

/// Runs a service until it ends or somebody asks it to stop, then lets it finish what it has begun.
///
/// On the first request: `prepareToStop` (health turns to NOT_SERVING), then `beginDraining` (no new calls), then at most
/// `drainLimit` for calls in hand. After that, or on a second request, the service is cancelled; if it does not heed that
/// within `cancelLimit`, `abandon` is called. Nothing durable is lost even then: state survives `kill -9`.
public struct GracefulShutdown: Sendable {
  /// Time for calls in hand.
  public var drainLimit: Duration
  /// Time for a cancelled service to return.
  public var cancelLimit: Duration
  private let logger: Logger

  /// Makes the procedure; 9 + 1 seconds stay within the 10 that container engines give.
  public init(logger: Logger, drainLimit: Duration = .seconds(9), cancelLimit: Duration = .seconds(1)) {
    self.logger = logger
    self.drainLimit = drainLimit
    self.cancelLimit = cancelLimit
  }

  private enum Event {
    case served
    case stop(StopReason)
    case drainLimit
    case nothing
  }

  /// Serves; returns when the service has ended, and throws what it throws unless it was stopped.
  public func run(
    stops: AsyncStream<StopReason>,
    prepareToStop: @escaping @Sendable () async -> Void = {},
    beginDraining: @escaping @Sendable () -> Void = {},
    abandon: @escaping @Sendable () -> Void = {},
    serve: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Event.self) { group in
      group.addTask {
        try await serve()
        return .served
      }
      group.addTask { await Self.next(stops) }
      var isStopping = false
      let giveUp = DispatchWorkItem(block: abandon)
      defer { giveUp.cancel() }
      do {
        while let event = try await group.next() {
          switch event {
          case .served:
            group.cancelAll()
            return
          case .stop(let reason) where !isStopping:
            isStopping = true
            logger.notice("stopping", metadata: ["stop.reason": "\(reason)"])
            await prepareToStop()
            beginDraining()
            group.addTask { [drainLimit] in await Self.after(drainLimit) }
            group.addTask { await Self.next(stops) }
          case .stop, .drainLimit:
            logger.warning("cancelling calls in hand")
            group.cancelAll()
            let seconds = cancelLimit / .seconds(1)
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: giveUp)
          case .nothing:
            continue
          }
        }
      } catch {
        group.cancelAll()
        guard isStopping else { throw error }
      }
    }
  }

  private static func next(_ stops: AsyncStream<StopReason>) async -> Event {
    for await reason in stops { return .stop(reason) }
    return .nothing
  }

  private static func after(_ duration: Duration) async -> Event {
    do { try await Task.sleep(for: duration) } catch { return .nothing }
    return .drainLimit
  }
}
