import CoordinatorService
import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Logging
import Synchronization
import Testing
import WireBytes
import WireFormat

/// A replica that answers each request with the request, and does what the test says.
private final class FakeReplica: TeacherConnection {
  enum Mood: Sendable {
    case answers
    case refusesConnections
    /// It says nothing at all, as a process that is stopped.
    case hangs
    /// It says who it is, and takes for ever over questions.
    case dawdles
  }

  let address: String
  /// Names the service; empty: it does not say.
  private let instanceID: String
  private let state: Mutex<(mood: Mood, digest: String, mayCharge: Bool, asked: [[UInt8]], answered: [[UInt8]])>

  init(_ address: String, digest: String = "digest", mayCharge: Bool = false, instanceID: String = "") {
    (self.address, self.instanceID) = (address, instanceID)
    state = Mutex((.answers, digest, mayCharge, [], []))
  }

  var asked: [[UInt8]] { state.withLock { $0.asked } }
  var answered: [[UInt8]] { state.withLock { $0.answered } }
  func become(_ mood: Mood) { state.withLock { $0.mood = mood } }
  func become(_ digest: String) { state.withLock { $0.digest = digest } }
  private var mood: Mood { state.withLock { $0.mood } }

  func run() async throws { try await Task.sleep(for: .seconds(600)) }

  private func wait(whileIn moods: [Mood]) async throws {
    while moods.contains(mood) { try await Task.sleep(for: .milliseconds(1)) }
  }

  private func connect() async throws {
    try await wait(whileIn: [.hangs])
    if mood == .refusesConnections { throw RPCError(code: .unavailable, message: "connection refused") }
  }

  func identify() async throws -> (model: WireModelDescription, instanceID: String) {
    (try await describe(), instanceID)
  }

  func describe() async throws -> WireModelDescription {
    try await connect()
    return makeDescription { description in
      state.withLock { (description.modelDigest, description.mayCharge) = ($0.digest, $0.mayCharge) }
    }
  }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let bytes = request.withUnsafeBytes { [UInt8]($0) }
    try await connect()
    state.withLock { $0.asked.append(bytes) }
    try await Task.sleep(for: .milliseconds(2))
    try await wait(whileIn: [.hangs, .dawdles])
    try await connect()
    state.withLock { $0.answered.append(bytes) }
    try await receive(request)
  }
}

/// Knows names as the test says.
private final class FakeResolver: NameResolver {
  private let ports: Mutex<[Int]>

  init(_ ports: [Int]) { self.ports = Mutex(ports) }

  func become(_ new: [Int]) { ports.withLock { $0 = new } }

  func addresses(of host: String, port: Int) throws -> [NetworkAddress] {
    let ports = ports.withLock { $0 }
    if ports.isEmpty { throw NameResolutionError(host: host, reason: "no such name") }
    return ports.map { .tcp(host: "127.0.0.1", port: $0) }
  }
}

@Suite("A teacher's replicas", .timeLimit(.minutes(1)))
struct TeacherGroupTests {
  private static let ports = [7001, 7002, 7003]

  /// Runs a façade before some replicas until the body returns.
  private func withFacade(
    _ replicas: [FakeReplica], target: String? = nil, resolver: FakeResolver = FakeResolver([]),
    slowness: Duration = .seconds(10),
    _ body: @escaping @Sendable (TeacherFacade) async throws -> Void
  ) async throws {
    var settings = TeacherGroup.Settings()
    settings.interval = .milliseconds(2)
    settings.probeInterval = .milliseconds(5)
    settings.probeLimit = .milliseconds(50)
    settings.limits.silence = .milliseconds(50)
    settings.lookupAge = (.milliseconds(5), .milliseconds(5))
    settings.resolver = resolver
    (settings.limits.slowness, settings.limits.slownessFactor) = (slowness, 2)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    try await withFolder { folder in
      let group = try TeacherGroup(
        target: try ServiceTarget(parsing: target ?? replicas.map(\.address).joined(separator: ",")),
        settings: settings, logger: logger
      ) { place in
        try #require(replicas.first { "\(place.socket)" == $0.address })
      }
      let facade = TeacherFacade(
        upstream: group, cache: try ReplyCache(folder: folder),
        pauses: Backoff(first: .milliseconds(1), limit: .milliseconds(4)), logger: logger)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        try await body(facade)
        tasks.cancelAll()
      }
    }
  }

  private func makeReplicas(mayCharge: Bool = false) -> [FakeReplica] {
    Self.ports.map { FakeReplica("127.0.0.1:\($0)", mayCharge: mayCharge) }
  }

  private func question(_ number: Int) -> WireBytes { WireBytes("question \(number)".utf8) }

  private func ask(_ facade: TeacherFacade, _ numbers: Range<Int>) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for number in numbers {
        tasks.addTask {
          let reply = try await facade.reply(to: question(number), of: .score)
          #expect(reply == [question(number)])
        }
      }
      try await tasks.waitForAll()
    }
  }

  private func wait(until condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
  }

  @Test("share questions that come at once, and each is asked once")
  func shares() async throws {
    let replicas = makeReplicas()
    try await withFacade(replicas) { facade in
      try await ask(facade, 0..<60)
      #expect(replicas.flatMap(\.asked).count == 60 && Set(replicas.flatMap(\.asked)).count == 60)
      for replica in replicas { #expect((5...40).contains(replica.asked.count), "\(replica.asked.count)") }
      #expect(facade.replicas.map(\.answered) == replicas.map(\.answered.count))
      #expect(facade.replicas.allSatisfy { $0.trouble == nil && $0.outstanding == 0 && $0.moved == 0 })
    }
  }

  @Test(
    "one that dies or hangs loses its questions to the others, and nothing that was answered is asked again",
    arguments: [true, false])
  func lost(dies: Bool) async throws {
    let replicas = makeReplicas()
    try await withFacade(replicas) { facade in
      try await ask(facade, 0..<9)
      replicas[1].become(.dawdles)
      async let rest: Void = ask(facade, 9..<60)
      try await wait { facade.replicas[1].outstanding > 0 }
      replicas[1].become(dies ? .refusesConnections : .hangs)
      try await rest
      #expect(replicas.flatMap(\.answered).count == 60 && Set(replicas.flatMap(\.answered)).count == 60)
      #expect(facade.replicas[1].trouble?.contains(dies ? "connection refused" : "no sign of life") == true)
      #expect(facade.waitingReason == nil && facade.retries == 0)
      replicas[1].become(.answers)
      try await wait { facade.replicas[1].trouble == nil }
      let before = replicas[1].answered.count
      try await ask(facade, 60..<90)
      #expect(replicas[1].answered.count > before)
    }
  }

  @Test("all are away: the question waits, says why and how long, and is answered by whoever comes back first")
  func allAway() async throws {
    let replicas = makeReplicas()
    try await withFacade(replicas) { facade in
      try await ask(facade, 0..<3)
      for replica in replicas { replica.become(.refusesConnections) }
      async let answer: Void = ask(facade, 3..<4)
      try await wait { facade.waitingReason?.contains("127.0.0.1:7003: connection refused") == true }
      #expect(try #require(facade.wait).time >= .zero)
      replicas[2].become(.answers)
      try await answer
      #expect(facade.wait == nil && facade.waitingReason == nil && replicas[2].answered.count >= 1)
    }
  }

  @Test("a question that dawdles is asked elsewhere, once")
  func slow() async throws {
    let replicas = makeReplicas()
    try await withFacade(replicas, slowness: .milliseconds(20)) { facade in
      try await ask(facade, 0..<9)
      replicas[0].become(.dawdles)
      try await ask(facade, 9..<30)
      #expect(facade.replicas[0].moved >= 1 && facade.replicas[0].trouble == nil)
      let taken = replicas[0].asked.filter { !replicas[0].answered.contains($0) }
      #expect(taken.count == facade.replicas[0].moved)
      #expect(Set(replicas.flatMap(\.answered)).count == 30 && replicas.flatMap(\.answered).count == 30)
      #expect(facade.replicas.map(\.answered) == replicas.map(\.answered.count))
    }
  }

  @Test("a question that dawdles everywhere is asked at two, and waits there")
  func slowEverywhere() async throws {
    let replicas = makeReplicas()
    try await withFacade(replicas, slowness: .milliseconds(20)) { facade in
      try await ask(facade, 0..<9)
      for replica in replicas { replica.become(.dawdles) }
      async let answer: Void = ask(facade, 9..<10)
      try await wait { facade.replicas.map(\.moved).reduce(0, +) == 1 && replicas.flatMap(\.asked).count == 11 }
      try await Task.sleep(for: .milliseconds(200))
      #expect(replicas.flatMap(\.asked).count == 11 && facade.replicas.map(\.moved).reduce(0, +) == 1)
      for replica in replicas { replica.become(.answers) }
      try await answer
      #expect(Set(replicas.flatMap(\.answered)).count == 10)
    }
  }

  @Test("replicas that are not the same are refused at first; one that changes later is left out")
  func differ() async throws {
    let replicas = makeReplicas()
    replicas[2].become("other")
    try await withFacade(replicas) { facade in
      for _ in 0..<2 {
        let error = await #expect(throws: HandshakeRefusal.self) { try await facade.describe() }
        let line = try #require(error).description
        #expect(line.contains("127.0.0.1:7003 is not the same as at 127.0.0.1:7001"))
      }
    }
    replicas[2].become("digest")
    try await withFacade(replicas) { facade in
      try await ask(facade, 0..<9)
      replicas[2].become(.refusesConnections)
      try await ask(facade, 9..<30)
      replicas[2].become("other")
      replicas[2].become(.answers)
      try await wait { facade.replicas[2].trouble?.contains("another model, other instead of digest") == true }
      let before = replicas[2].asked.count
      try await ask(facade, 30..<60)
      #expect(replicas[2].asked.count == before)
    }
  }

  @Test("where answers may cost money, a question that was sent waits for the replica that has it")
  func charging() async throws {
    let replicas = makeReplicas(mayCharge: true)
    try await withFacade(replicas) { facade in
      try await ask(facade, 0..<30)
      for replica in replicas { #expect(replica.asked.count > 2) }
      replicas[0].become(.refusesConnections)
      async let rest: Void = ask(facade, 30..<60)
      try await wait { facade.waitingReason != nil && Set(replicas.flatMap(\.answered)).count > 40 }
      replicas[0].become(.answers)
      try await rest
      #expect(replicas.flatMap(\.asked).count == 60 && Set(replicas.flatMap(\.answered)).count == 60)
    }
    // Another coordinator asks the same replicas the same.
    let before = replicas.map { Set($0.asked) }
    try await withFacade(replicas) { try await ask($0, 0..<60) }
    #expect(replicas.map { Set($0.asked) } == before)
  }

  @Test("one service at two addresses of a name counts once, and is asked at the other where it is away at the first")
  func twins() async throws {
    let replicas = Self.ports.map { FakeReplica("127.0.0.1:\($0)", instanceID: $0 == 7002 ? "two" : "one") }
    let resolver = FakeResolver(Self.ports)
    try await withFacade(replicas, target: "dns:teacher:7001", resolver: resolver) { facade in
      _ = try await facade.describe()
      #expect(facade.replicas.count == 2)
      try await ask(facade, 0..<30)
      #expect(replicas[2].asked.isEmpty && facade.replicas.allSatisfy { $0.trouble == nil })
      replicas[0].become(.refusesConnections)
      try await ask(facade, 30..<60)
      try await wait { facade.replicas.map(\.trouble) == ["connection refused", nil, nil] }
      try await ask(facade, 60..<90)
      #expect(!replicas[2].answered.isEmpty && Set(replicas.flatMap(\.answered)).count == 90)
      replicas[0].become(.answers)
      try await wait { facade.replicas.count == 2 }
      #expect(facade.replicas.allSatisfy { $0.trouble == nil })
    }
  }

  @Test("a name is looked up again: the teacher goes on at another address, and newcomers share")
  func name() async throws {
    let (replicas, resolver) = (makeReplicas(), FakeResolver([]))
    try await withFacade(replicas, target: "dns:teacher:7001", resolver: resolver) { facade in
      async let first: Void = ask(facade, 0..<1)
      try await wait { facade.waitingReason?.contains("no such name") == true }
      resolver.become([7001])
      try await first
      #expect(facade.replicas.map(\.address) == ["teacher:7001 (127.0.0.1:7001)"])
      replicas[0].become(.refusesConnections)
      async let second: Void = ask(facade, 1..<2)
      try await wait { facade.waitingReason == "connection refused" }
      resolver.become([])
      try await Task.sleep(for: .milliseconds(20))
      resolver.become([7002])
      try await second
      #expect(replicas[1].answered.count == 1 && facade.replicas.count == 1)
      resolver.become([7002, 7003])
      try await wait { facade.replicas.count == 2 }
      for first in stride(from: 2, to: 2000, by: 10) where replicas[2].answered.isEmpty {
        try await ask(facade, first..<first + 10)
      }
      #expect(!replicas[2].answered.isEmpty)
    }
  }
}
