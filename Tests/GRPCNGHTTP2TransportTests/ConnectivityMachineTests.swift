import GRPCCore
import GRPCNGHTTP2Transport
import Testing

private struct FakeConnection: Identifiable, Sendable, Equatable {
  let id: Int
}

private typealias Machine = ConnectivityMachine<FakeConnection, String>

extension ConnectivityMachine.Pick where Connection == FakeConnection, Waiter == String {
  fileprivate var word: String {
    switch self {
    case .use(let connection): "use \(connection.id)"
    case .wait(let startsAttempt): startsAttempt ? "attempt" : "wait"
    case .fail(let error): "\(error.code)"
    }
  }
}

@Suite("ConnectivityMachine")
struct ConnectivityMachineTests {
  private let refused = RPCError(code: .unavailable, message: "refused")

  @Test("the first call starts an attempt, the next wait for it, all get its connection in order")
  func connects() {
    var machine = Machine()
    #expect(machine.pick(1, "a", waitsForReady: false).word == "attempt")
    #expect(machine.pick(2, "b", waitsForReady: true).word == "wait")
    #expect(machine.attemptSucceeded(FakeConnection(id: 7)) == ["a", "b"])
    #expect(machine.pick(3, "c", waitsForReady: false).word == "use 7")
  }

  @Test("a failure fails those who do not wait for readiness, and the others get the next attempt")
  func failsAndWaits() {
    var machine = Machine()
    _ = machine.pick(1, "hasty", waitsForReady: false)
    _ = machine.pick(2, "patient", waitsForReady: true)
    let outcome = machine.attemptFailed(refused)
    #expect(outcome?.failed == ["hasty"])
    #expect(outcome?.failures == 1)
    #expect(machine.pick(3, "hasty", waitsForReady: false).word == "unavailable")
    #expect(machine.backoffElapsed() == true)
    #expect(machine.attemptFailed(refused)?.failures == 2)
    #expect(machine.backoffElapsed() == true)
    #expect(machine.attemptSucceeded(FakeConnection(id: 1)) == ["patient"])
  }

  @Test("without calls nothing is attempted after a failure or a loss")
  func isLazy() {
    var machine = Machine()
    _ = machine.pick(1, "a", waitsForReady: false)
    _ = machine.attemptFailed(refused)
    #expect(machine.backoffElapsed() == false)
    #expect(machine.pick(2, "b", waitsForReady: false).word == "attempt")
    _ = machine.attemptSucceeded(FakeConnection(id: 5))
    #expect(machine.connectionLost(4) == false)
    #expect(machine.pick(3, "c", waitsForReady: false).word == "use 5")
    #expect(machine.connectionLost(5) == false)
    #expect(machine.pick(4, "d", waitsForReady: false).word == "attempt")
  }

  @Test("a success starts the count of failures again")
  func successResets() {
    var machine = Machine()
    _ = machine.pick(1, "a", waitsForReady: true)
    #expect(machine.attemptFailed(refused)?.failures == 1)
    _ = machine.backoffElapsed()
    _ = machine.attemptSucceeded(FakeConnection(id: 1))
    _ = machine.connectionLost(1)
    _ = machine.pick(2, "b", waitsForReady: false)
    #expect(machine.attemptFailed(refused)?.failures == 1)
  }

  @Test("who gave up is not served")
  func cancelled() {
    var machine = Machine()
    _ = machine.pick(1, "a", waitsForReady: true)
    _ = machine.pick(2, "b", waitsForReady: true)
    #expect(machine.cancel(1) == "a")
    #expect(machine.cancel(1) == nil)
    #expect(machine.attemptSucceeded(FakeConnection(id: 1)) == ["b"])
  }

  @Test("after the stop nothing is done, and an attempt under way is not used")
  func stopped() {
    var machine = Machine()
    _ = machine.pick(1, "a", waitsForReady: true)
    #expect(machine.stop() == ["a"])
    #expect(machine.attemptSucceeded(FakeConnection(id: 1)) == nil)
    #expect(machine.attemptFailed(refused) == nil)
    #expect(machine.backoffElapsed() == false)
    #expect(machine.pick(2, "b", waitsForReady: true).word == "failedPrecondition")
  }
}
