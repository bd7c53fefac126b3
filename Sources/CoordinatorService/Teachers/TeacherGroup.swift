internal import Dispatch
internal import GRPCCore
package import GRPCNGHTTP2Transport
package import Logging
internal import Synchronization
public import WireFormat

/// A teacher that can be reached while ``run()`` runs.
public protocol TeacherConnection: TeacherUpstream {
  /// Keeps the connection until cancelled.
  func run() async throws
  /// Who is there: what it says of the model, and the service's name, empty where it has none.
  func identify() async throws -> (model: WireModelDescription, instanceID: String)
}

extension TeacherConnection {
  /// A service without a name.
  public func identify() async throws -> (model: WireModelDescription, instanceID: String) {
    (try await describe(), "")
  }
}

/// A question that another replica can take over: it is to be asked again at once.
struct AskElsewhere: Error {}

/// The replicas behind a teacher's name: all of its addresses, and of host names all that they stand for. They share the questions.
///
/// All must be the same teacher: then it does not matter who answers. One that is away is asked who it is until it answers; one that is silent
/// must show that it is alive, or its questions go to the others.
public final class TeacherGroup: TeacherUpstream {
  struct State: Sendable {
    var roster: TeacherRoster
    var links: [String: Link] = [:]
    /// Whether all that answered at first were the same: whoever is another later is left out.
    var isSettled = false
    var lookedUp: Duration?
    /// When replicas were last asked who they are.
    var probed: [String: Duration] = [:]
    /// What replicas said that will not pass.
    var refusals: [String: RPCError] = [:]
    /// How a question is taken back from whoever has it.
    var recalls: [UInt64: AsyncStream<Recall>.Continuation] = [:]
    /// Contents of questions that were taken from a slow replica, and are not answered yet.
    var moved: Set<String> = []
  }

  /// A replica's connection, and how it is ended.
  struct Link: Sendable {
    let connection: any TeacherConnection
    let end: AsyncStream<Never>.Continuation
    let ended: AsyncStream<Never>
  }

  /// Why a question is taken from a replica.
  enum Recall: Sendable {
    case silent(String)
    case slow
  }

  private let target: ServiceTarget
  private let connect: @Sendable (ServerAddress) throws -> any TeacherConnection
  let settings: Settings
  let logger: Logger
  let state: Mutex<State>
  let probes = Askers()
  private let arrivals: AsyncStream<Link>
  private let arrive: AsyncStream<Link>.Continuation

  /// What a group does when.
  package struct Settings: Sendable {
    package var limits = TeacherRoster.Limits()
    /// How often it looks after its replicas.
    package var interval = Duration.seconds(1)
    /// Time between two questions to one that is away who it is.
    package var probeInterval = Duration.seconds(2)
    /// How long such a one may take to say it.
    package var probeLimit = Duration.seconds(10)
    /// How old may be what is known of host names: while all is well, and while one is away.
    package var lookupAge = (well: Duration.seconds(30), away: Duration.seconds(2))
    package var resolver: any NameResolver = SystemNameResolver()
    package var now: @Sendable () -> Duration = Monotonic.now

    package init() {}
  }

  /// Names the teacher; nothing is asked before ``run()``.
  package init(
    target: ServiceTarget, settings: Settings = Settings(), logger: Logger,
    connect: @escaping @Sendable (ServerAddress) throws -> any TeacherConnection
  ) throws {
    (self.target, self.settings, self.logger, self.connect) = (target, settings, logger, connect)
    state = Mutex(State(roster: TeacherRoster(limits: settings.limits)))
    (arrivals, arrive) = AsyncStream.makeStream()
    if !target.hasNames { try take(target.endpoints.map { ServerAddress($0) }) }
  }

  /// Where it is: all that was named.
  public var address: String { "\(target)" }

  /// The replicas as they stand; empty while no host name is known.
  public var replicas: [TeacherReplica] { replicaMembers.map(TeacherReplica.init) }
  private var replicaMembers: [TeacherRoster.Member] { state.withLock { $0.roster.members.filter { !$0.isTwin } } }

  /// Keeps connections and looks after the replicas until cancelled.
  public func run() async throws {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.watch() }
      for await link in arrivals { group.addTask { await Self.keep(link) } }
      group.cancelAll()
    }
  }

  private static func keep(_ link: Link) async {
    await withTaskGroup { group in
      group.addTask { try? await link.connection.run() }
      group.addTask { for await _ in link.ended {} }
      await group.next()
      group.cancelAll()
    }
  }

  // MARK: Who is there

  /// Who the teacher is. The first time all replicas are waited for, later one of them is enough.
  ///
  /// - Throws: UNAVAILABLE where none answers, ``HandshakeRefusal/replicasDiffer(_:_:difference:)`` where they are not the same.
  public func describe() async throws -> WireModelDescription {
    try await lookUp()
    let asksAll = state.withLock { !$0.isSettled || $0.roster.present.isEmpty }
    if asksAll { await probe { $0.standing != .present } }
    return try state.withLock { state in
      guard let first = state.roster.present.first, let identity = state.roster.identity else {
        throw Self.nobody(state)
      }
      for other in state.roster.members where !state.isSettled {
        guard case .refused(let difference) = other.standing else { continue }
        throw HandshakeRefusal.replicasDiffer(first.address, other.address, difference: difference)
      }
      state.isSettled = true
      return identity.description
    }
  }

  /// Why nobody can be asked.
  static func nobody(_ state: State) -> RPCError {
    let members = state.roster.members
    if let refusal = members.compactMap({ state.refusals[$0.address] }).first { return refusal }
    let reasons = members.compactMap { member in
      TeacherReplica(member).trouble.map { members.count == 1 ? $0 : "\(member.address): \($0)" }
    }
    return RPCError(code: .unavailable, message: reasons.isEmpty ? "nobody answers" : reasons.joined(separator: "; "))
  }

  /// Looks host names up, if what is known of them is old.
  func lookUp() async throws {
    guard target.hasNames else { return }
    let isDue = state.withLock { state in
      let isWell = !state.roster.members.isEmpty && state.roster.isComplete
      let age = isWell ? settings.lookupAge.well : settings.lookupAge.away
      guard state.lookedUp.map({ settings.now() - $0 >= age }) ?? true else { return false }
      state.lookedUp = settings.now()
      return true
    }
    guard isDue else { return }
    let (target, resolver) = (target, settings.resolver)
    // The system's resolver blocks its thread.
    let found = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: target.resolve(with: resolver)) }
    }
    switch found {
    case .success(let places): try take(places)
    // Whoever is known may be there all the same.
    case .failure(let error): if state.withLock({ $0.roster.members.isEmpty }) { throw error }
    }
  }

  /// The replicas are at these places: newcomers get a connection, others lose theirs.
  private func take(_ places: [ServerAddress]) throws {
    let known = state.withLock { Set($0.links.keys) }
    let wanted = Dictionary(places.map { ("\($0)", $0) }, uniquingKeysWith: { first, _ in first })
    var links: [String: Link] = [:]
    for (name, place) in wanted where !known.contains(name) {
      let (ended, end) = AsyncStream<Never>.makeStream()
      links[name] = Link(connection: try connect(place), end: end, ended: ended)
    }
    let gone = state.withLock { state in
      let gone = state.links.filter { wanted[$0.key] == nil }
      for member in state.roster.members where gone[member.address] != nil {
        for id in member.questions.keys {
          state.recalls[id]?.yield(.silent("its address is no longer one of the name's"))
        }
      }
      for name in gone.keys { state.links[name] = nil }
      state.links.merge(links) { first, _ in first }
      var seen: Set<String> = []
      state.roster.update(places.map { "\($0)" }.filter { seen.insert($0).inserted })
      return gone
    }
    for link in links.values { arrive.yield(link) }
    for link in gone.values { link.end.finish() }
  }
}
