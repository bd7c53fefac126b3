internal import Foundation
internal import GRPCCore
internal import Logging
internal import WireFormat

/// Replicas that train one student, as if they were one: they come and go, and nobody above needs to know.
///
/// A step is made by all replicas that are in the group; where one is lost, the rest make it again. Whoever comes later loads what the first
/// loaded, and takes the parameters of the others when it joins. What is decided is decided by a ``GroupMachine``; here it is done.
actor StudentGroup: StudentConnection {
  /// What a group needs of the world.
  struct Surroundings: Sendable {
    let runID: String
    /// How many replicas at most, and how much a share of them counts.
    let wish: TrainerRegistry.Wish
    let registry: TrainerRegistry
    let connector: any StudentConnector
    let values: GroupValues
    let board: ReplicaBoard
    let logger: Logger
    /// Deletes a folder that a replica did not write to its end.
    let clear: @Sendable (_ folder: String) -> Void
    /// The longest that replicas wait for each other.
    var patience = Duration.seconds(30)
    /// How long those that are there are waited for once one of them did not join.
    var hurry = Duration.seconds(2)
  }

  /// A replica at hand.
  struct Member: Sendable {
    let grant: TrainerRegistry.Grant
    let connection: any StudentConnection
    /// Ends its task, which gives it back.
    let end: AsyncStream<Never>.Continuation

    var name: GroupMachine.Member { GroupMachine.Member(leaseID: grant.leaseID, address: grant.address) }
  }

  let surroundings: Surroundings
  /// Whatever is decided; ``handle(_:)`` does it.
  private(set) var machine = GroupMachine()
  /// Connections of the machine's members, by lease.
  private var connections: [String: Member] = [:]
  /// Replicas that were asked for, are coming, or are here.
  private var recruits = 1
  var loading: LoadRequest?
  /// Why the first student could not be reached.
  private var firstError: (any Error)?
  private let changes = ChangeSignal()
  /// Names the group among those of other sessions.
  let session = UUID().uuidString.prefix(8)

  private init(_ surroundings: Surroundings) { self.surroundings = surroundings }

  /// Runs a body with a group that begins with one replica, and gives all replicas back afterwards.
  ///
  /// - Throws: What the body throws; what the first replica's connection throws where there was none.
  static func with(
    _ first: TrainerRegistry.Grant, _ surroundings: Surroundings,
    _ body: @escaping @Sendable (StudentGroup) async throws -> Void
  ) async throws {
    let group = StudentGroup(surroundings)
    defer { surroundings.registry.share(surroundings.runID, nil) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await group.recruit(first) }
      tasks.addTask { try await body(group) }
      defer { tasks.cancelAll() }
      try await tasks.next()
    }
  }

  // MARK: Events and actions

  /// Tells the machine what happened, and does what can be done at once; the rest is its caller's.
  @discardableResult
  func handle(_ event: GroupMachine.Event) -> [GroupMachine.Action] {
    let actions = machine.handle(event)
    for action in actions { perform(action) }
    changes.notify()
    return actions
  }

  private func perform(_ action: GroupMachine.Action) {
    let (board, runID) = (surroundings.board, surroundings.runID)
    switch action {
    case .lose(let member, let reason, let isRefused):
      guard let lost = connections[member.leaseID] else { return }
      tell("a replica is lost", lost.grant, ["reason": "\(reason)"])
      board.left(lost.grant, from: runID, isRefused ? .refused : .left, reason)
      lost.end.finish()
    case .giveAway(let member):
      guard let given = connections[member.leaseID] else { return }
      tell("a replica is given to another run", given.grant)
      board.left(given.grant, from: runID, .left, "it was given to another run")
      given.end.finish()
    case .join: board.formed([], of: runID)
    case .formed(_, let members, let step):
      board.formed(members.map(\.leaseID), of: runID, step: Int(step))
      surroundings.logger.info(
        "replicas share steps", metadata: ["run.id": "\(runID)", "replicas": "\(members.count)"])
    case .breakUp(_, let silence):
      surroundings.logger.warning(
        "replicas meet anew: all wait, and nothing comes",
        metadata: ["run.id": "\(runID)", "replicas.silent_seconds": "\(silence.components.seconds)"])
    case .giveUp, .hurry, .take, .raise, .fail: break
    }
  }

  private func tell(_ what: Logger.Message, _ grant: TrainerRegistry.Grant, _ more: Logger.Metadata = [:]) {
    surroundings.logger.notice(
      what,
      metadata: more.merging(["run.id": "\(surroundings.runID)", "student.address": "\(grant.address)"]) { $1 })
  }

  /// The replicas of names that are still there.
  func members(_ names: [GroupMachine.Member]) -> [Member] { names.compactMap { connections[$0.leaseID] } }

  /// Throws why the student as a whole cannot go on, if it cannot.
  func checkFailure() throws {
    guard let failure = machine.failure else { return }
    throw firstError ?? RPCError(code: failure.isRefusal ? .failedPrecondition : .unavailable, message: failure.reason)
  }

  // MARK: Replicas that come and go

  private func recruit(_ first: TrainerRegistry.Grant) async {
    await withDiscardingTaskGroup { tasks in
      tasks.addTask { await self.attend(first, isFirst: true) }
      tasks.addTask {
        for await _ in self.surroundings.registry.shortages() { await self.lookForShortage() }
      }
      while await wait(until: { $0.loading != nil && $0.recruits < $0.surroundings.wish.count }) {
        guard
          let grant = try? await surroundings.registry.acquire(
            for: surroundings.runID, surroundings.wish, isExtra: true)
        else { return }
        recruits += 1
        tasks.addTask { await self.attend(grant, isFirst: false) }
      }
    }
  }

  func lookForShortage() { handle(.shortage(surroundings.registry.isToGive(surroundings.runID))) }

  /// Keeps a replica for as long as it is there, its lease lasts, and it is wanted.
  private func attend(_ grant: TrainerRegistry.Grant, isFirst: Bool) async {
    let (over, end) = AsyncStream<Never>.makeStream()
    let (board, runID) = (surroundings.board, surroundings.runID)
    board.came(grant, to: runID, plannedPartCount: surroundings.wish.count)
    do {
      try await surroundings.connector.withStudent(grant) { connection in
        if !isFirst, let request = await self.loading { _ = try await connection.load(request) }
        await self.arrive(Member(grant: grant, connection: connection, end: end))
        await Self.first(of: [
          { for await _ in over {} },
          { await self.surroundings.registry.waitUntilEnded(grant.leaseID) },
          { await self.listen(to: grant.leaseID) },
        ])
        await self.leave(grant, Task.isCancelled ? "the run let it go" : "its lease ended")
      }
    } catch {
      let reason = (error as? RPCError)?.message ?? "\(error)"
      let isGone = machine.has(grant.leaseID) || GroupMachine.CallFailure(error).isLoss
      if !Task.isCancelled { board.left(grant, from: runID, isGone ? .left : .refused, reason) }
      leave(grant, reason)
      if !Task.isCancelled {
        if isFirst, loading == nil { firstError = error }
        tell("a student cannot be a replica", grant, ["reason": "\(error)"])
        let member = GroupMachine.Member(leaseID: grant.leaseID, address: grant.address)
        handle(.notArrived(member, reason: reason, isFirst: isFirst && loading == nil))
      }
    }
    board.left(grant, from: runID, .left, "it was given back")
    // The same student would be given again at once.
    let pause = machine.pause(grant.address)
    if pause > .zero { try? await Task.sleep(for: pause) }
    surroundings.registry.release(grant.leaseID)
    recruits -= 1
    handle(.released(leaseID: grant.leaseID))
  }

  private static func first(of bodies: [@Sendable () async -> Void]) async {
    await withTaskGroup { group in
      for body in bodies { group.addTask { await body() } }
      await group.next()
      group.cancelAll()
    }
  }

  /// Hears how long a replica has waited for the others, until the task is cancelled.
  private func listen(to leaseID: String) async {
    for await silence in surroundings.registry.silences(of: leaseID) {
      guard let epoch = epoch(of: silence.groupID) else { continue }
      let news = GroupMachine.Silence(time: silence.time, isExchanging: silence.isExchanging)
      let actions = machine.handle(.silent(epoch: epoch, leaseID: leaseID, news))
      for action in actions { perform(action) }
      // It is told often, and seldom matters.
      if !actions.isEmpty { changes.notify() }
    }
  }

  private func arrive(_ member: Member) {
    connections[member.grant.leaseID] = member
    handle(.arrived(member.name))
  }

  private func leave(_ grant: TrainerRegistry.Grant, _ reason: String) {
    surroundings.board.left(grant, from: surroundings.runID, .left, reason)
    handle(.gone(leaseID: grant.leaseID, reason: reason))
    connections[grant.leaseID] = nil
  }

  /// Waits for something to be true; false where the task was cancelled first.
  func wait(until condition: @Sendable (isolated StudentGroup) -> Bool) async -> Bool {
    while !condition(self) {
      if Task.isCancelled { return false }
      await changes.wait()
    }
    return !Task.isCancelled
  }
}
