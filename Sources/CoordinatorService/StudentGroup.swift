internal import Foundation
internal import GRPCCore
internal import Logging
internal import Sequences
internal import WireFormat

/// Replicas that train one student, as if they were one: they come and go, and nobody above needs to know.
///
/// A step is made by all replicas that are in the group; where one is lost, the rest make it again. Whoever comes later loads what the first
/// loaded, and takes the parameters of the others when it joins. Since a step's bits do not depend on who makes it, nothing else does.
actor StudentGroup: StudentConnection {
  /// What a group needs of the world.
  struct Surroundings: Sendable {
    let runID: String
    /// Replicas at most.
    let limit: Int
    let registry: TrainerRegistry
    let connector: any StudentConnector
    let values: GroupValues
    let logger: Logger
    /// The longest that replicas wait for each other.
    var patience = Duration.seconds(30)
  }

  /// A replica at hand.
  struct Member: Sendable {
    let grant: TrainerRegistry.Grant
    let connection: any StudentConnection
    /// Ends its task, which gives it back.
    let end: AsyncStream<Never>.Continuation
  }

  let surroundings: Surroundings
  /// Replicas that have loaded, in the order in which they came; before ``load(_:)``, the first alone.
  private(set) var members: [Member] = []
  /// Leases of the replicas that are in the group as it is; empty: it is to be formed.
  private(set) var present: [String] = []
  private var groupID = ""
  private var epoch = 0
  /// Replicas that were asked for, are coming, or are here.
  private var recruits = 1
  private var loading: LoadRequest?
  private var failure: (any Error)?
  /// Times that a student could not be a replica since a step was made with it, by address.
  private var troubles: [String: Int] = [:]
  /// Whether a replica was given to another run, and is on its way.
  private var isGivingAway = false
  /// Steps that the run knows of. A replica that has made fewer stands for nobody.
  private nonisolated let progress = StepProgress()
  private var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
  private var waiterCount: UInt64 = 0

  private init(_ surroundings: Surroundings) { self.surroundings = surroundings }

  /// Runs a body with a group that begins with one replica, and gives all replicas back afterwards.
  ///
  /// - Throws: What the body throws; what the first replica's connection throws where there was none.
  static func with(
    _ first: TrainerRegistry.Grant, _ surroundings: Surroundings,
    _ body: @escaping @Sendable (StudentGroup) async throws -> Void
  ) async throws {
    let group = StudentGroup(surroundings)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await group.recruit(first) }
      tasks.addTask { try await body(group) }
      defer { tasks.cancelAll() }
      try await tasks.next()
    }
  }

  // MARK: Replicas that come and go

  private func recruit(_ first: TrainerRegistry.Grant) async {
    await withDiscardingTaskGroup { tasks in
      tasks.addTask { await self.attend(first, isFirst: true) }
      tasks.addTask { for await _ in self.surroundings.registry.shortages() { await self.changed() } }
      while await wait(until: { $0.loading != nil && $0.recruits < $0.surroundings.limit }) {
        guard let grant = try? await surroundings.registry.acquire(for: surroundings.runID, isExtra: true) else {
          return
        }
        recruits += 1
        tasks.addTask { await self.attend(grant, isFirst: false) }
      }
    }
  }

  /// Keeps a replica for as long as it is there, its lease lasts, and it is wanted.
  private func attend(_ grant: TrainerRegistry.Grant, isFirst: Bool) async {
    let (over, end) = AsyncStream<Never>.makeStream()
    var reason: (any Error)?
    do {
      try await surroundings.connector.withStudent(at: grant.address) { connection in
        let member = Member(grant: grant, connection: connection, end: end)
        if !isFirst, let request = await self.loading { _ = try await connection.load(request) }
        await self.arrive(member)
        await Self.first(of: [
          { for await _ in over {} },
          { await self.surroundings.registry.waitUntilEnded(grant.leaseID) },
        ])
        await self.leave(grant)
      }
    } catch {
      reason = error
      leave(grant)
    }
    if let reason, !Task.isCancelled {
      if isFirst, loading == nil { failure = reason }
      changed()
      tell("a student cannot be a replica", grant, ["reason": "\(reason)"])
      troubles[grant.address, default: 0] += 1
    }
    // The same student would be given again at once.
    if let count = troubles[grant.address] { try? await Task.sleep(for: .milliseconds(50 << min(count, 10))) }
    surroundings.registry.release(grant.leaseID)
    recruits -= 1
    isGivingAway = false
    changed()
  }

  private static func first(of bodies: [@Sendable () async -> Void]) async {
    await withTaskGroup { group in
      for body in bodies { group.addTask { await body() } }
      await group.next()
      group.cancelAll()
    }
  }

  private func arrive(_ member: Member) {
    members.append(member)
    changed()
  }

  private func leave(_ grant: TrainerRegistry.Grant, _ reason: String = "its lease ended") {
    guard members.contains(where: { $0.grant == grant }) else { return }
    members.removeAll { $0.grant == grant }
    // Whoever comes now has not made the steps that were made.
    if members.isEmpty, failure == nil {
      failure = RPCError(code: .unavailable, message: "no replica of the student is left: \(reason)")
    }
    changed()
  }

  /// Lets a replica go that does not answer any more.
  private func lose(_ member: Member, _ reason: String) {
    guard members.contains(where: { $0.grant == member.grant }) else { return }
    tell("a replica is lost", member.grant, ["reason": "\(reason)"])
    troubles[member.grant.address, default: 0] += 1
    leave(member.grant, reason)
    member.end.finish()
  }

  func tell(_ what: Logger.Message, _ grant: TrainerRegistry.Grant, _ more: Logger.Metadata = [:]) {
    surroundings.logger.notice(
      what,
      metadata: more.merging(["run.id": "\(surroundings.runID)", "student.address": "\(grant.address)"]) { $1 })
  }

  // MARK: Waiting

  private func changed() {
    let waiting = waiters
    waiters = [:]
    for waiter in waiting.values { waiter.resume() }
  }

  private func wake(_ id: UInt64) { waiters.removeValue(forKey: id)?.resume() }

  /// Waits for something to be true; false where the task was cancelled first.
  func wait(until condition: @Sendable (isolated StudentGroup) -> Bool) async -> Bool {
    while !condition(self) {
      if Task.isCancelled { return false }
      waiterCount += 1
      let id = waiterCount
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          if Task.isCancelled { continuation.resume() } else { waiters[id] = continuation }
        }
      } onCancel: {
        Task { await self.wake(id) }
      }
    }
    return !Task.isCancelled
  }

  /// The replica that works alone where one is enough.
  private func lead() async throws -> Member {
    _ = await wait { !$0.members.isEmpty || $0.failure != nil }
    try Task.checkCancellation()
    if let failure { throw failure }
    guard let member = inGroup.first ?? members.first else {
      throw RPCError(code: .unavailable, message: "no replica of the student is left")
    }
    return member
  }

  // MARK: Work of one replica

  func load(_ request: LoadRequest) async throws -> LoadResponse {
    let response = try await call(lead()) { try await $0.load(request) }
    (loading, present) = (request, [])
    progress.reached(response.step)
    changed()
    return response
  }

  func save(_ request: SaveRequest) async throws -> SaveResponse {
    try await form()
    return isSharded ? try await saveTogether(request) : try await call(lead()) { try await $0.save(request) }
  }

  /// Whether each replica has a share of the optimizer's state alone.
  private var isSharded: Bool { loading?.shardOptimizer == true }

  /// Asks all replicas, of which the first writes.
  private func saveTogether(_ request: SaveRequest) async throws -> SaveResponse {
    var request = request
    request.groupID = groupID
    let (group, shared) = (inGroup, request)
    guard let first = group.first else { throw Self.gone }
    do {
      return try await withThrowingTaskGroup(of: Void.self) { tasks in
        for member in group.dropFirst() {
          tasks.addTask { _ = try await self.call(member) { try await $0.save(shared) } }
        }
        defer { tasks.cancelAll() }
        async let response = call(first) { try await $0.save(shared) }
        while try await tasks.next() != nil {}
        return try await response
      }
    } catch let error as RPCError where error.code == .aborted {
      try Task.checkCancellation()
      throw Self.gone
    }
  }

  func export(_ request: ExportRequest) async throws -> ExportResponse {
    try await form()
    return try await call(lead()) { try await $0.export(request) }
  }

  /// A call to a replica, which is given up once that is not there any more.
  ///
  /// - Throws: UNAVAILABLE then.
  private func call<Response: Sendable>(
    _ member: Member, _ body: @escaping @Sendable (any StudentConnection) async throws -> Response
  ) async throws -> Response {
    do {
      return try await withThrowingTaskGroup(of: Answer<Response>.self) { tasks in
        tasks.addTask { Answer(try await body(member.connection)) }
        tasks.addTask {
          _ = await self.wait { !$0.has(member) }
          return Answer(nil)
        }
        defer { tasks.cancelAll() }
        guard let response = try await tasks.next()?.response else { throw Self.gone }
        return response
      }
    } catch {
      try Task.checkCancellation()
      // Whatever a connection that is closed says.
      throw has(member) ? error : Self.gone
    }
  }

  private static var gone: RPCError { RPCError(code: .unavailable, message: "its lease ended") }

  func score(_ sequences: SequenceBatch) async throws -> [Float] {
    try await byOne { try await $0.score(sequences) }
  }

  /// Work that any replica of the group can do: where one is lost, by the next.
  private func byOne<Result: Sendable>(
    _ body: @escaping @Sendable (any StudentConnection) async throws -> Result
  ) async throws -> Result {
    while true {
      try await form()
      let member = try await lead()
      do { return try await call(member, body) } catch let error as RPCError {
        guard error.isLoss else { throw error }
        lose(member, error.message)
      }
    }
  }

  // MARK: Text

  /// Prompts are cut into as many requests as there may be replicas, so that texts do not depend on how many there are.
  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
    var parts = try request.parts(surroundings.limit)
    var completions: [Completion] = []
    while !parts.isEmpty {
      try await form()
      let group = inGroup
      let work = WorkShare(parts)
      let lost = try await withThrowingTaskGroup(of: Member?.self) { tasks in
        for member in group {
          tasks.addTask {
            while let part = work.next() {
              do {
                work.finish(part, try await self.call(member) { try await $0.generate(part.request) })
              } catch let error as RPCError where error.isLoss && !Task.isCancelled {
                return member
              }
            }
            return nil
          }
        }
        var lost: [Member] = []
        while let member = try await tasks.next() { lost += [member].compactMap(\.self) }
        return lost
      }
      for member in lost { lose(member, "it did not finish its texts") }
      let found = work.results
      completions += found.completions
      parts = found.left
    }
    return completions.sorted { $0.promptIndex < $1.promptIndex }
  }

  /// The replicas of the group as it is.
  private var inGroup: [Member] { members.filter { present.contains($0.grant.leaseID) } }

  // MARK: Steps

  func train(
    requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
    onReply: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws {
    let queue = StepQueue()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        try await requests { queue.add($0) }
        queue.finish()
      }
      tasks.addTask { for await answer in queue.answers { try await onReply(answer) } }
      tasks.addTask {
        try await self.make(queue)
        queue.close()
      }
      while try await tasks.next() != nil {}
    }
    try Task.checkCancellation()
  }

  private func make(_ queue: StepQueue) async throws {
    var fruitless = 0
    while let first = await queue.first() {
      let recent = try await form()
      // What is known of a step is no answer to an evaluation after it.
      if !first.evaluate { for made in recent { queue.take(made) } }
      guard let next = await queue.first() else { return }
      // Somebody may have left meanwhile, without whom the group makes no step.
      guard inGroup.count == present.count, !present.isEmpty else { continue }
      let made = try await round(queue, evaluates: next.evaluate)
      fruitless = made || first.step != next.step ? 0 : fruitless + 1
      guard fruitless > 2 else { continue }
      // Everybody is there, and yet no step is made: whoever came last cannot be reached by the others.
      guard let last = inGroup.last, inGroup.count > 1 else {
        throw RPCError(code: .unavailable, message: "replicas cannot reach each other")
      }
      lose(last, "steps fail with it")
    }
  }

  /// Makes steps with the group as it is, until none is asked for, somebody has come or gone, or it failed.
  ///
  /// - Returns: Whether a step was made.
  private func round(_ queue: StepQueue, evaluates: Bool) async throws -> Bool {
    let group = evaluates ? Array(inGroup.prefix(1)) : inGroup
    let id = evaluates ? "" : groupID
    let before = progress.step
    let feeds = group.map { _ in AsyncStream<TrainRequest>.makeStream() }
    queue.attach { request in
      guard var request, request.evaluate == evaluates else {
        for feed in feeds { feed.continuation.finish() }
        return
      }
      request.groupID = id
      for feed in feeds { feed.continuation.yield(request) }
    }
    defer { queue.detach() }
    let failures = try await withThrowingTaskGroup(of: RoundEvent.self) { tasks in
      for (member, feed) in zip(group, feeds) {
        tasks.addTask {
          do {
            try await member.connection.train { send in
              for await request in feed.stream { try await send(request) }
            } onReply: { reply in
              if queue.take(reply), !evaluates { self.progress.reached(reply.step) }
            }
            return .ended
          } catch {
            return .failed(member, error)
          }
        }
      }
      tasks.addTask {
        _ = await self.wait { actor in !group.allSatisfy { actor.has($0) } }
        return .lost
      }
      if !evaluates {
        tasks.addTask {
          _ = await self.wait { !$0.isWhole || $0.isToShrink }
          return .changed
        }
      }
      return try await follow(&tasks, count: group.count, feeds: feeds.map(\.continuation), queue)
    }
    for (member, error) in failures where error.isLoss { lose(member, error.message) }
    if !failures.isEmpty { present = [] }
    guard progress.step > before || evaluates && failures.isEmpty else { return false }
    for member in group { troubles[member.grant.address] = nil }
    return true
  }

  /// Waits for the end of a round; returns who failed before others were told to stop.
  private func follow(
    _ tasks: inout ThrowingTaskGroup<RoundEvent, any Error>, count: Int,
    feeds: [AsyncStream<TrainRequest>.Continuation], _ queue: StepQueue
  ) async throws -> [(Member, RPCError)] {
    var (running, failures) = (count, [(Member, RPCError)]())
    while running > 0, let event = try await tasks.next() {
      switch event {
      case .ended: running -= 1
      case .lost: tasks.cancelAll()
      case .changed:
        // The steps under way are finished first.
        queue.detach()
        for feed in feeds { feed.finish() }
      case .failed(let member, let error):
        running -= 1
        try Task.checkCancellation()
        guard failures.isEmpty else { continue }
        let error: any Error =
          if !has(member) { Self.gone } else if error is CancellationError {
            RPCError(code: .cancelled, message: "cancelled")
          } else { error }
        guard let error = error as? RPCError else { throw error }
        guard error.isLoss || error.code == .aborted || error.code == .cancelled else { throw error }
        failures.append((member, error))
        tasks.cancelAll()
      }
    }
    tasks.cancelAll()
    try Task.checkCancellation()
    return failures
  }

  private func has(_ member: Member) -> Bool { members.contains { $0.grant == member.grant } }
  /// Whether the group is all replicas that are here.
  private var isWhole: Bool { !present.isEmpty && present == members.map(\.grant.leaseID) }
  /// Whether a run without any student waits for one while this group has several.
  private var isToShrink: Bool {
    members.count > 1 && !isSharded && !isGivingAway && surroundings.registry.isShortOfStudents
  }

  // MARK: Joining

  /// Forms the group anew where somebody has come or gone.
  ///
  /// - Returns: What the last steps measured, in order, where the group is new: their answers may have been lost.
  @discardableResult
  private func form() async throws -> [TrainResponse] {
    var attempts = 0
    while true {
      if isToShrink, let last = members.last {
        tell("a replica is given to another run", last.grant)
        isGivingAway = true
        leave(last.grant)
        last.end.finish()
      }
      _ = try await lead()
      if isWhole { return [] }
      attempts += 1
      if let joined = try await join(isLastAttempt: attempts > 2) { return joined }
    }
  }

  /// Asks all replicas to join a new group; nil where it did not come about.
  private func join(isLastAttempt: Bool) async throws -> [TrainResponse]? {
    let (group, before) = (members, present)
    epoch += 1
    let id = "\(surroundings.runID)/\(UUID().uuidString.prefix(8))/\(epoch)"
    surroundings.values.open(id)
    defer { surroundings.values.close(id) }
    let milliseconds = UInt64(clamping: Int64(surroundings.patience / .milliseconds(1)))
    let requests = group.indices.map {
      JoinRequest(groupID: id, rank: UInt32($0), size: UInt32(group.count), timeoutMilliseconds: milliseconds)
    }
    let answers = await withTaskGroup(of: JoinAnswer.self) { tasks in
      for (member, request) in zip(group, requests) { tasks.addTask { await JoinAnswer(of: member, to: request) } }
      tasks.addTask {
        // One that is lost meanwhile is not waited for.
        _ = await self.wait { actor in !group.allSatisfy { actor.has($0) } }
        return .none
      }
      var answers: [JoinAnswer] = []
      for await answer in tasks {
        if case .none = answer { tasks.cancelAll() } else { answers.append(answer) }
        if case .refused = answer { tasks.cancelAll() }
        if answers.count == group.count { tasks.cancelAll() }
      }
      return answers
    }
    try Task.checkCancellation()
    let failures = answers.compactMap(\.failure)
    guard failures.isEmpty else {
      try sort(failures, before, isLastAttempt: isLastAttempt)
      return nil
    }
    // Where those that had made the last steps are gone, the run goes back to its checkpoint.
    guard answers.allSatisfy({ $0.step >= progress.step && !$0.isIncomplete }) else {
      let lost = RPCError(
        code: .unavailable,
        message: "no replica, or not all of the optimizer's state, is left of step \(progress.step)")
      failure = lost
      throw lost
    }
    (present, groupID) = (group.map(\.grant.leaseID), id)
    let recent = answers.flatMap(\.recent).sorted { $0.step < $1.step }
    surroundings.logger.info(
      "replicas share steps", metadata: ["run.id": "\(surroundings.runID)", "replicas": "\(group.count)"])
    return recent
  }

  /// Lets those go without which a group may come about.
  private func sort(_ failures: [(member: Member, error: RPCError)], _ before: [String], isLastAttempt: Bool) throws {
    present = []
    for failure in failures where failure.error.isLoss { lose(failure.member, failure.error.message) }
    let refusals = failures.filter { !$0.error.isLoss && $0.error.code != .aborted && $0.error.code != .cancelled }
    let newcomers = members.filter { !before.contains($0.grant.leaseID) }
    if let refusal = refusals.first {
      // Who differs in arithmetic is a newcomer, where the others have made steps together.
      guard members.count > 1, let newcomer = before.isEmpty ? members.last : newcomers.last else {
        throw refusal.error
      }
      troubles[newcomer.grant.address] = 10
      return lose(newcomer, refusal.error.message)
    }
    guard isLastAttempt, let last = newcomers.last ?? members.last else { return }
    guard members.count > 1 else { throw failures[0].error }
    lose(last, "replicas cannot reach each other: \(failures[0].error.message)")
  }
}

/// What a replica answers when it is asked to join.
private enum JoinAnswer: Sendable {
  /// It is in the group; the steps that it has made, and what the last ones measured.
  case joined(step: UInt64, [TrainResponse], isIncomplete: Bool)
  case refused(StudentGroup.Member, RPCError)
  /// Somebody else was lost.
  case none

  init(of member: StudentGroup.Member, to request: JoinRequest) async {
    do {
      let response = try await member.connection.join(request)
      self = .joined(
        step: response.step, [response.last, response.secondLast, response.thirdLast].compactMap(\.self),
        isIncomplete: response.optimizerStateLost)
    } catch let error as RPCError {
      self = .refused(member, error)
    } catch {
      self = .refused(member, RPCError(code: .cancelled, message: "\(error)"))
    }
  }

  var recent: [TrainResponse] {
    if case .joined(_, let recent, _) = self { recent } else { [] }
  }

  var step: UInt64 {
    if case .joined(let step, _, _) = self { step } else { 0 }
  }

  /// Whether some of the optimizer's state is lost.
  var isIncomplete: Bool {
    if case .joined(_, _, let isIncomplete) = self { isIncomplete } else { false }
  }

  var failure: (member: StudentGroup.Member, error: RPCError)? {
    if case .refused(let member, let error) = self { (member, error) } else { nil }
  }
}

/// What a call answered; nil: the replica is gone. By reference: optionals of large values are read wrongly (docs/LOG.md).
private final class Answer<Response: Sendable>: Sendable {
  let response: Response?

  init(_ response: Response?) { self.response = response }
}

/// What happens in a round.
private enum RoundEvent: Sendable {
  case ended
  case lost
  case changed
  case failed(StudentGroup.Member, any Error)
}

extension RPCError {
  /// Whether whoever was called is gone, as far as anybody can tell.
  fileprivate var isLoss: Bool { code == .unavailable || code == .deadlineExceeded }
}
