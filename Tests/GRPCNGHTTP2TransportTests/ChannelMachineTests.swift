import GRPCCore
import GRPCNGHTTP2Transport
import Testing

struct FakeConnection: Identifiable, Sendable, Equatable {
  let id: Int
}

private typealias Machine = ChannelMachine<FakeConnection, String>

private func address(_ name: String) -> ServerAddress { ServerAddress(.unixSocket(path: name)) }
private func addresses(_ names: String...) -> [ServerAddress] { names.map { address($0) } }
private func refused(_ name: String) -> RPCError { RPCError(code: .unavailable, message: "no \(name)") }

extension ChannelMachine.Effect where Connection == FakeConnection, Waiter == String {
  /// The effect in a few words.
  fileprivate var word: String {
    switch self {
    case .resolve: "resolve"
    case .resolveLater(let delay): "resolve in \(Int(delay / .seconds(1)))"
    case .backOffName(let failures): "back off name x\(failures)"
    case .serve(let waiter, let connection): "\(waiter) uses \(connection.id)"
    case .fail(let waiter, let error): "\(waiter) fails: \(error.message)"
    case .step(.connect(let address, let attempt)): "connect \(address.socket) #\(attempt)"
    case .step(.hurry(let attempt)): "hurry #\(attempt)"
    case .step(.backOff(let id, let failures)): "back off #\(id) x\(failures)"
    case .step(.drain(let connection)): "drain \(connection.id)"
    case .step(.resolve): "never"
    }
  }
}

extension Machine {
  fileprivate mutating func ask(_ name: String, id: UInt64, waits: Bool = false, at time: Int = 0) -> [String] {
    if let ready = pickReady(at: { .seconds(time) }) {
      return ["\(name) uses \(ready.connection.id)"] + (ready.resolves ? ["resolve"] : [])
    }
    return pick(id, name, waitsForReady: waits, at: .seconds(time)).map(\.word)
  }

  fileprivate mutating func found(_ names: String..., at time: Int = 0) -> [String] {
    resolved(.success(names.map { address($0) }), at: .seconds(time)).map(\.word)
  }

  fileprivate mutating func notFound(_ name: String, at time: Int = 0) -> [String] {
    resolved(.failure(refused(name)), at: .seconds(time)).map(\.word)
  }

  fileprivate mutating func success(_ attempt: UInt64, _ id: Int, at time: Int = 0) -> [String] {
    attemptSucceeded(attempt, FakeConnection(id: id), at: .seconds(time)).map(\.word)
  }

  fileprivate mutating func failure(_ attempt: UInt64, _ name: String, at time: Int = 0) -> [String] {
    attemptFailed(attempt, refused(name), at: .seconds(time)).map(\.word)
  }

  fileprivate mutating func lost(_ id: Int, at time: Int = 0) -> [String] {
    connectionLost(id, at: .seconds(time)).map(\.word)
  }

  fileprivate mutating func elapsed(_ id: UInt64, at time: Int = 0) -> [String] {
    backoffElapsed(id, at: .seconds(time)).map(\.word)
  }
}

@Suite("ChannelMachine, pick first")
struct PickFirstTests {
  private func machine(_ names: String...) -> Machine { Machine(PickFirst(), addresses: names.map { address($0) }) }

  @Test("the first call connects, the next wait with it, and all get the connection in order")
  func connects() {
    var machine = machine("A")
    #expect(machine.ask("a", id: 1) == ["connect unix:A #1"])
    #expect(machine.ask("b", id: 2, waits: true) == [])
    #expect(machine.success(1, 7) == ["a uses 7", "b uses 7"])
    #expect(machine.ask("c", id: 3) == ["c uses 7"])
  }

  @Test("addresses are tried one after another; the pause comes after the last, with its cause")
  func triesAll() {
    var machine = machine("A", "B")
    #expect(machine.ask("hasty", id: 1) == ["connect unix:A #1", "hurry #1"])
    #expect(machine.ask("patient", id: 2, waits: true) == [])
    #expect(machine.failure(1, "A") == ["connect unix:B #2"])
    #expect(machine.failure(2, "B") == ["back off #3 x1", "hasty fails: no B"])
    #expect(machine.ask("late", id: 3) == ["late fails: no B"])
    #expect(machine.elapsed(3) == ["connect unix:A #4", "hurry #4"])
    #expect(machine.failure(4, "A") == ["connect unix:B #5"])
    #expect(machine.failure(5, "B") == ["back off #6 x2"])
    #expect(machine.elapsed(6) == ["connect unix:A #7", "hurry #7"])
    #expect(machine.success(7, 1) == ["patient uses 1"])
  }

  @Test("a slow address does not hold up the next; the loser of the race is drained")
  func hurries() {
    var machine = machine("A", "B", "C")
    _ = machine.ask("a", id: 1)
    #expect(machine.attemptLingers(1, at: .zero).map(\.word) == ["connect unix:B #2", "hurry #2"])
    #expect(machine.attemptLingers(1, at: .zero).map(\.word) == [])
    #expect(machine.success(2, 5) == ["a uses 5"])
    #expect(machine.success(1, 6) == ["drain 6"])
    #expect(machine.ask("b", id: 2) == ["b uses 5"])
  }

  @Test("without calls nothing is attempted after a failure or a loss")
  func isLazy() {
    var machine = machine("A")
    _ = machine.ask("a", id: 1)
    _ = machine.failure(1, "A")
    #expect(machine.elapsed(2) == [])
    #expect(machine.ask("b", id: 2) == ["connect unix:A #3"])
    _ = machine.success(3, 5)
    #expect(machine.lost(4) == [])
    #expect(machine.ask("c", id: 3) == ["c uses 5"])
    #expect(machine.lost(5) == [])
    #expect(machine.ask("d", id: 4) == ["connect unix:A #4"])
  }

  @Test("a success starts the count of failures again")
  func successResets() {
    var machine = machine("A")
    _ = machine.ask("a", id: 1, waits: true)
    #expect(machine.failure(1, "A") == ["back off #2 x1"])
    #expect(machine.elapsed(2) == ["connect unix:A #3"])
    _ = machine.success(3, 1)
    _ = machine.lost(1)
    _ = machine.ask("b", id: 2, waits: true)
    #expect(machine.failure(4, "A") == ["back off #5 x1"])
  }

  @Test("who gave up is not served")
  func cancelled() {
    var machine = machine("A")
    _ = machine.ask("a", id: 1)
    _ = machine.ask("b", id: 2)
    #expect(machine.cancel(1) == "a")
    #expect(machine.cancel(1) == nil)
    #expect(machine.success(1, 1) == ["b uses 1"])
  }

  @Test("after the stop nothing is done, and a connection that comes late is drained")
  func stopped() {
    var machine = machine("A")
    _ = machine.ask("a", id: 1, waits: true)
    #expect(machine.stop() == ["a"])
    #expect(machine.success(1, 1) == ["drain 1"])
    #expect(machine.failure(1, "A") == [])
    #expect(machine.elapsed(2) == [])
    #expect(machine.ask("b", id: 2) == ["b fails: the client is shutting down"])
  }

  @Test("a name is looked up for the first call, again after a loss, and when the last look is old")
  func looksUp() {
    var machine = Machine(PickFirst(), looksAgain: false, interval: .seconds(30))
    #expect(machine.ask("a", id: 1) == ["resolve"])
    #expect(machine.ask("b", id: 2) == [])
    #expect(machine.found("A", "B") == ["connect unix:A #1", "hurry #1"])
    #expect(machine.success(1, 1) == ["a uses 1", "b uses 1"])
    #expect(machine.ask("c", id: 3, at: 1000) == ["c uses 1"])
    #expect(machine.lost(1, at: 1001) == [])
    #expect(machine.ask("d", id: 4, at: 1002) == ["resolve"])
    #expect(machine.found("C", at: 1002) == ["connect unix:C #2"])
    #expect(machine.failure(2, "C", at: 1003) == ["back off #3 x1", "d fails: no C"])
    #expect(machine.elapsed(3, at: 1004) == [])
    #expect(machine.ask("e", id: 5, at: 1005) == ["resolve"])
  }

  @Test("a name that is not known fails calls until a pause is over; the patient get another look")
  func unknownName() {
    var machine = Machine(PickFirst(), looksAgain: false, interval: .seconds(30))
    _ = machine.ask("hasty", id: 1)
    _ = machine.ask("patient", id: 2, waits: true)
    #expect(machine.notFound("host") == ["back off name x1", "hasty fails: no host"])
    #expect(machine.ask("late", id: 3) == ["late fails: no host"])
    #expect(machine.nameBackoffElapsed(at: .seconds(1)).map(\.word) == ["resolve"])
    #expect(machine.notFound("host", at: 1) == ["back off name x2"])
    #expect(machine.nameBackoffElapsed(at: .seconds(3)).map(\.word) == ["resolve"])
    #expect(machine.found("A", at: 3) == ["connect unix:A #1"])
    #expect(machine.success(1, 1, at: 3) == ["patient uses 1"])
  }

  @Test("addresses that were known once are used while the name is not known")
  func keepsAddresses() {
    var machine = Machine(PickFirst(), looksAgain: false, interval: .seconds(30))
    _ = machine.ask("a", id: 1)
    _ = machine.found("A")
    _ = machine.success(1, 1)
    _ = machine.lost(1, at: 100)
    #expect(machine.ask("b", id: 2, at: 100) == ["resolve"])
    #expect(machine.notFound("host", at: 101) == ["connect unix:A #2"])
  }
}

@Suite("ChannelMachine, round robin")
struct RoundRobinTests {
  private func machine(_ names: String...) -> Machine {
    Machine(RoundRobin(), addresses: names.map { address($0) })
  }

  @Test("all addresses are connected to, and calls take them in turn")
  func takesTurns() {
    var machine = machine("A", "B", "C")
    #expect(machine.ask("a", id: 1) == ["connect unix:A #1", "connect unix:B #2", "connect unix:C #3"])
    #expect(machine.success(2, 20) == ["a uses 20"])
    #expect(machine.ask("b", id: 2) == ["b uses 20"])
    _ = machine.success(1, 10)
    _ = machine.success(3, 30)
    var uses: [String: Int] = [:]
    for id in 0..<300 { uses[machine.ask("x", id: UInt64(id))[0], default: 0] += 1 }
    #expect(uses == ["x uses 10": 100, "x uses 20": 100, "x uses 30": 100])
  }

  @Test("one address that fails harms nobody, and is tried again after its own pause")
  func ownBackoff() {
    var machine = machine("A", "B")
    _ = machine.ask("a", id: 1)
    #expect(machine.failure(1, "A") == ["back off #3 x1"])
    #expect(machine.success(2, 2) == ["a uses 2"])
    #expect(machine.elapsed(3) == ["connect unix:A #4"])
    #expect(machine.failure(4, "A") == ["back off #5 x2"])
    #expect(machine.elapsed(5) == ["connect unix:A #6"])
    _ = machine.success(6, 6)
    #expect(Set([machine.ask("b", id: 2), machine.ask("b", id: 3)]) == [["b uses 2"], ["b uses 6"]])
  }

  @Test("when all fail, the hasty learn the last cause, and the patient wait for whoever answers")
  func allFail() {
    var machine = machine("A", "B")
    _ = machine.ask("hasty", id: 1)
    _ = machine.ask("patient", id: 2, waits: true)
    #expect(machine.failure(1, "A") == ["back off #3 x1"])
    #expect(machine.failure(2, "B") == ["back off #4 x1", "hasty fails: none of 2 addresses answers; no B"])
    #expect(machine.elapsed(3) == ["connect unix:A #5"])
    // An address that is tried again has not answered yet.
    #expect(machine.ask("late", id: 3) == ["late fails: none of 2 addresses answers; no B"])
    #expect(machine.success(5, 5) == ["patient uses 5"])
  }

  @Test("a lost connection is replaced at once, but after a pause when it lasted less than a second")
  func losses() {
    var machine = machine("A")
    _ = machine.ask("a", id: 1)
    _ = machine.success(1, 1, at: 10)
    #expect(machine.lost(1, at: 12) == ["connect unix:A #2"])
    _ = machine.success(2, 2, at: 13)
    #expect(machine.lost(2, at: 13) == ["back off #3 x1"])
    #expect(machine.lost(2, at: 13) == [])
  }

  @Test("servers that come are connected to, those that go are drained, the others are kept")
  func servesChanges() {
    var machine = Machine(RoundRobin(), looksAgain: true, interval: .seconds(30))
    #expect(machine.ask("a", id: 1) == ["resolve"])
    #expect(machine.found("A", "B") == ["connect unix:A #1", "connect unix:B #2"])
    _ = machine.success(1, 1)
    _ = machine.success(2, 2)
    #expect(machine.ask("b", id: 2, at: 29).count == 1)
    #expect(machine.ask("c", id: 3, at: 30).last == "resolve")
    #expect(machine.ask("d", id: 4, at: 31).count == 1)
    #expect(machine.found("B", "C", at: 31) == ["drain 1", "connect unix:C #3"])
    #expect(machine.ask("e", id: 5, at: 32) == ["e uses 2"])
    _ = machine.success(3, 3, at: 32)
    #expect(Set([machine.ask("f", id: 6, at: 33), machine.ask("f", id: 7, at: 33)]) == [["f uses 2"], ["f uses 3"]])
  }

  @Test("an attempt whose address has gone is not used")
  func goneWhileConnecting() {
    var machine = Machine(RoundRobin(), looksAgain: true, interval: .seconds(30))
    _ = machine.ask("a", id: 1)
    _ = machine.found("A")
    #expect(machine.resolved(.success(addresses("B")), at: .zero).map(\.word) == ["connect unix:B #2"])
    #expect(machine.success(1, 1) == ["drain 1"])
    #expect(machine.success(2, 2) == ["a uses 2"])
  }

  @Test("a loss causes a look, at most every 30 s while others are ready")
  func looksAfterLoss() {
    var machine = Machine(RoundRobin(), looksAgain: true, interval: .seconds(30))
    _ = machine.ask("a", id: 1)
    _ = machine.found("A", "B")
    _ = machine.success(1, 1)
    _ = machine.success(2, 2)
    #expect(machine.lost(1, at: 10) == ["connect unix:A #3", "resolve in 20"])
    #expect(machine.failure(3, "A", at: 11) == ["back off #4 x1"])
    #expect(machine.resolutionIsDue(at: .seconds(30)).map(\.word) == ["resolve"])
    #expect(machine.found("A", "B", at: 30) == [])
    #expect(machine.lost(2, at: 70) == ["connect unix:B #5", "resolve"])
  }

  @Test("while none is ready each failure causes a look, at most every second")
  func looksWhileDown() {
    var machine = Machine(RoundRobin(), looksAgain: true, interval: .seconds(30))
    _ = machine.ask("a", id: 1, waits: true)
    _ = machine.found("A")
    #expect(machine.failure(1, "A", at: 0) == ["back off #2 x1", "resolve in 30"])
    #expect(machine.elapsed(2, at: 2) == ["connect unix:A #3"])
    #expect(machine.failure(3, "A", at: 2) == ["back off #4 x2", "resolve"])
  }
}
