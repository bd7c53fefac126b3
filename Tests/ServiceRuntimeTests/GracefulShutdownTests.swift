import Logging
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1))) struct GracefulShutdownTests {
  private let logger = LogSetup.logger(label: "test", level: .critical) { _ in }

  @Test("health changes before draining, and the service returns by itself")
  func order() async throws {
    let (stops, stop) = AsyncStream<StopReason>.makeStream()
    let (drained, drain) = AsyncStream<Void>.makeStream()
    let events = Lines()
    stop.yield(.signal(15))
    try await GracefulShutdown(logger: logger).run(
      stops: stops,
      prepareToStop: { events.add("health") },
      beginDraining: {
        events.add("drain")
        drain.finish()
      },
      serve: {
        for await _ in drained {}
        events.add("served")
      })
    #expect(events.all == ["health", "drain", "served"])
  }

  @Test("a service that does not drain in time is cancelled, and that is no error")
  func drainLimit() async throws {
    let (stops, stop) = AsyncStream<StopReason>.makeStream()
    stop.yield(.parentGone)
    try await GracefulShutdown(logger: logger, drainLimit: .milliseconds(1)).run(
      stops: stops, serve: { try await Task.sleep(for: .seconds(3600)) })
  }

  @Test("a second request cancels at once")
  func secondRequest() async throws {
    let (stops, stop) = AsyncStream<StopReason>.makeStream()
    stop.yield(.signal(2))
    stop.yield(.signal(2))
    try await GracefulShutdown(logger: logger, drainLimit: .seconds(3600)).run(
      stops: stops, serve: { try await Task.sleep(for: .seconds(3600)) })
  }

  @Test("a service that ignores cancellation is abandoned")
  func abandoned() async throws {
    let (stops, stop) = AsyncStream<StopReason>.makeStream()
    let (given, giveUp) = AsyncStream<Void>.makeStream()
    stop.yield(.signal(15))
    try await GracefulShutdown(logger: logger, drainLimit: .zero, cancelLimit: .milliseconds(1)).run(
      stops: stops,
      abandon: { giveUp.finish() },
      serve: { await Task { for await _ in given {} }.value })
  }

  @Test("an error of the service comes out when nobody asked it to stop")
  func serviceError() async {
    let (stops, _) = AsyncStream<StopReason>.makeStream()
    await #expect(throws: ServiceRuntimeError.noFreePort(reason: "x")) {
      try await GracefulShutdown(logger: logger).run(
        stops: stops, serve: { throw ServiceRuntimeError.noFreePort(reason: "x") })
    }
  }
}
