internal import GRPCCore
internal import WireFormat

extension StudentGroup {
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
    while await queue.first() != nil {
      for made in try await form() { queue.take(made, evaluates: false) }
      guard let next = await queue.first() else { return }
      // Somebody may have left meanwhile, without whom the group makes no step.
      guard machine.isWhole else { continue }
      let isMade = try await round(queue, evaluates: next.evaluate)
      handle(.roundOver(isMade: isMade))
    }
  }

  /// Makes steps with the group as it is, until none is asked for, somebody has come or gone, or it failed.
  ///
  /// - Returns: Whether something was made.
  private func round(_ queue: StepQueue, evaluates: Bool) async throws -> Bool {
    let whole = members(machine.group)
    let group = evaluates ? Array(whole.prefix(1)) : whole
    let id = evaluates ? "" : groupID
    let before = machine.progress
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
    let hasFailed = try await withThrowingTaskGroup(of: RoundEvent.self) { tasks in
      for (member, feed) in zip(group, feeds) {
        tasks.addTask {
          do {
            try await member.connection.train { send in
              for await request in feed.stream { try await send(request) }
            } onReply: { reply in
              await self.hear(reply, of: member, queue, evaluates: evaluates)
            }
            return .ended
          } catch {
            return .failed(member, error)
          }
        }
      }
      let (leases, epoch) = (group.map(\.grant.leaseID), machine.epoch)
      tasks.addTask {
        _ = await self.wait { actor in
          actor.machine.brokenUp == epoch || !leases.allSatisfy { actor.machine.has($0) }
        }
        return .lost
      }
      if !evaluates {
        tasks.addTask {
          _ = await self.wait { !$0.machine.isWhole || $0.machine.isToShrink }
          return .changed
        }
      }
      return try await follow(&tasks, count: group.count, feeds: feeds.map(\.continuation), queue)
    }
    return machine.progress > before || evaluates && !hasFailed
  }

  /// Takes what a replica tells of a step.
  private func hear(_ reply: TrainResponse, of member: Member, _ queue: StepQueue, evaluates: Bool) {
    let lease = member.grant.leaseID
    guard machine.has(lease) else { return }
    guard !evaluates else {
      queue.take(reply, evaluates: true)
      return
    }
    if let metrics = reply.metrics {
      surroundings.board.made(
        Int(reply.step), member.grant, of: surroundings.runID, compute: metrics.computeSeconds,
        exchange: metrics.exchangeSeconds)
    }
    if handle(.measured(leaseID: lease, step: reply.step)).contains(.take(step: reply.step)) {
      queue.take(reply, evaluates: false)
    }
  }

  /// Waits for the end of a round; returns whether somebody failed before others were told to stop.
  private func follow(
    _ tasks: inout ThrowingTaskGroup<RoundEvent, any Error>, count: Int,
    feeds: [AsyncStream<TrainRequest>.Continuation], _ queue: StepQueue
  ) async throws -> Bool {
    var (running, hasFailed) = (count, false)
    while running > 0, let event = try await tasks.next() {
      switch event {
      case .ended: running -= 1
      case .lost:
        hasFailed = true
        tasks.cancelAll()
      case .changed:
        // The steps under way are finished first.
        queue.detach()
        for feed in feeds { feed.finish() }
      case .failed(let member, let error):
        running -= 1
        try Task.checkCancellation()
        let failure = GroupMachine.CallFailure(error)
        // Those that were told to stop say so; who is gone does not need to be asked again.
        if hasFailed {
          if failure.isLoss { handle(.failed(leaseID: member.grant.leaseID, failure)) }
          continue
        }
        hasFailed = true
        tasks.cancelAll()
        guard isPassing(handle(.failed(leaseID: member.grant.leaseID, failure))) else { throw error }
      }
    }
    tasks.cancelAll()
    try Task.checkCancellation()
    return hasFailed
  }
}

/// What happens in a round.
private enum RoundEvent: Sendable {
  case ended
  case lost
  case changed
  case failed(StudentGroup.Member, any Error)
}
