internal import GRPCCore
internal import WireFormat

extension StudentGroup {
  /// Forms the group anew where somebody has come or gone.
  ///
  /// - Returns: What the last steps measured, in order, where the group is new: their answers may have been lost.
  @discardableResult
  func form() async throws -> [TrainResponse] {
    var recent: [TrainResponse] = []
    surroundings.board.meet(surroundings.runID, true)
    defer { surroundings.board.meet(surroundings.runID, false) }
    while true {
      lookForShortage()
      handle(.wanted)
      if let formation = machine.formation {
        recent = try await join(formation)
        continue
      }
      _ = await wait { !$0.machine.members.isEmpty || $0.machine.failure != nil }
      try Task.checkCancellation()
      try checkFailure()
      if machine.isWhole { return recent }
    }
  }

  /// Asks all replicas to join a new group; returns what they know of the last steps.
  private func join(_ formation: GroupMachine.Formation) async throws -> [TrainResponse] {
    let (epoch, group) = (formation.epoch, members(formation.asked))
    let id = groupID
    surroundings.values.open(id)
    defer { surroundings.values.close(id) }
    let milliseconds = UInt64(clamping: Int64(surroundings.patience / .milliseconds(1)))
    let requests = group.indices.map {
      JoinRequest(
        groupID: id, rank: UInt32($0), size: UInt32(group.count), timeoutMilliseconds: milliseconds,
        runID: surroundings.runID)
    }
    let hurry = surroundings.hurry
    let recent = await withTaskGroup(of: JoinNews.self) { tasks in
      for (member, request) in zip(group, requests) {
        tasks.addTask { await JoinNews(of: member, to: request, epoch: epoch) }
      }
      tasks.addTask {
        // One that is lost meanwhile is not waited for.
        _ = await self.wait { $0.machine.formation?.epoch != epoch }
        return JoinNews(nil)
      }
      var recent: [TrainResponse] = []
      for await news in tasks {
        recent += news.recent
        guard let event = news.event else {
          tasks.cancelAll()
          continue
        }
        let actions = handle(event)
        if actions.contains(.hurry(epoch: epoch)) {
          tasks.addTask {
            try? await Task.sleep(for: hurry)
            return JoinNews(.waited(epoch: epoch))
          }
        }
      }
      return recent
    }
    try Task.checkCancellation()
    return recent.sorted { $0.step < $1.step }
  }

  /// Names the present group, as replicas know it.
  var groupID: String { groupPrefix + "\(machine.epoch)" }
  private var groupPrefix: String { "\(surroundings.runID)/\(session)/" }

  /// The number of a group of this session; nil: it is of another.
  func epoch(of groupID: String) -> Int? {
    groupID.hasPrefix(groupPrefix) ? Int(groupID.dropFirst(groupPrefix.count)) : nil
  }
}

/// What a replica answers when it is asked to join. By reference: optionals of large values are read wrongly (docs/LOG.md).
private final class JoinNews: Sendable {
  /// Nil: nothing is to be waited for any more.
  let event: GroupMachine.Event?
  /// What the replica's last steps measured.
  let recent: [TrainResponse]

  init(_ event: GroupMachine.Event?) { (self.event, recent) = (event, []) }

  init(of member: StudentGroup.Member, to request: JoinRequest, epoch: Int) async {
    let lease = member.grant.leaseID
    do {
      let response = try await member.connection.join(request)
      recent = [response.last, response.secondLast, response.thirdLast].compactMap(\.self)
      event = .joined(
        epoch: epoch, leaseID: lease, step: response.step, measured: recent.map(\.step),
        isIncomplete: response.optimizerStateLost)
    } catch {
      recent = []
      event = .notJoined(epoch: epoch, leaseID: lease, GroupMachine.CallFailure(error))
    }
  }
}

extension GroupMachine.CallFailure {
  /// What an error of a call to a replica says.
  init(_ error: any Error) {
    guard let error = error as? RPCError else {
      self = error is CancellationError ? .aborted("cancelled") : .odd("\(error)")
      return
    }
    let reason = error.message.isEmpty ? "\(error.code)" : error.message
    switch error.code {
    case .unavailable, .deadlineExceeded: self = .lost(reason)
    case .aborted, .cancelled: self = .aborted(reason)
    case .unknown, .internalError, .dataLoss, .resourceExhausted: self = .odd(reason)
    default: self = .refused(reason)
    }
  }
}
