internal import GRPCCore
internal import Logging
internal import Synchronization
internal import WireFormat

extension TeacherGroup {
  /// Looks after the replicas until cancelled.
  func watch() async {
    await withDiscardingTaskGroup { group in
      while (try? await Task.sleep(for: settings.interval)) != nil {
        try? await lookUp()
        let now = settings.now()
        let asked = state.withLock { state in
          for (_, id) in state.roster.overdue(at: now) { state.recalls[id]?.yield(.slow) }
          let silent = state.roster.silent(at: now).map(\.address)
          let absent = state.roster.members.filter { member in
            member.standing != .present
              && state.probed[member.address].map { now - $0 >= settings.probeInterval } ?? state.isSettled
          }
          return silent + absent.map(\.address)
        }
        for address in asked {
          group.addTask {
            await self.probe(address, waits: false)
            self.settle()
          }
        }
      }
      group.cancelAll()
    }
  }

  /// Asks replicas who they are, all at once.
  func probe(where isAsked: (TeacherRoster.Member) -> Bool) async {
    let asked = state.withLock { $0.roster.members.filter(isAsked).map(\.address) }
    await withTaskGroup { group in
      for address in asked { group.addTask { await self.probe(address, waits: true) } }
    }
    settle()
  }

  /// Asks a replica who it is, unless it is being asked.
  ///
  /// - Parameter waits: Whether to wait for somebody else's question.
  private func probe(_ address: String, waits: Bool) async {
    guard probes.begin(address) else {
      if waits { await probes.wait(for: address) }
      return
    }
    defer { probes.end(address) }
    let found = state.withLock { state in
      let member = state.roster.members.first { $0.address == address }
      return state.links[address].flatMap { link in member.map { ($0, link.connection) } }
    }
    guard let (member, connection) = found else { return }
    let wasPresent = member.standing == .present
    let limit = wasPresent ? member.patience : settings.probeLimit
    let answer = await Self.answer(of: connection, within: limit)
    guard !Task.isCancelled else { return }
    state.withLock { state in
      state.probed[address] = settings.now()
      state.refusals[address] = nil
      switch answer {
      case .success(let identity):
        state.roster.introduced(address, identity)
        state.roster.heard(address, at: settings.now())
      case .failure(let error):
        let reason = error.message.isEmpty ? "\(error.code)" : error.message
        if error.code != .unavailable { state.refusals[address] = error }
        lose(address, reason, gaveNoSign: wasPresent, in: &state)
      }
    }
  }

  private static func answer(
    of connection: any TeacherConnection, within limit: Duration
  ) async -> Result<TeacherIdentity, RPCError> {
    await withTaskGroup(of: Result<TeacherIdentity, RPCError>?.self) { group in
      group.addTask {
        do {
          let (model, instanceID) = try await connection.identify()
          return .success(TeacherIdentity(model, instanceID: instanceID))
        } catch let error as RPCError {
          return .failure(error)
        } catch {
          return .failure(RPCError(code: .unavailable, message: "\(error)"))
        }
      }
      group.addTask {
        try? await Task.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next().flatMap(\.self)
        ?? .failure(RPCError(code: .unavailable, message: "no sign of life for \(limit)"))
    }
  }

  /// A replica is away: its questions are taken back.
  func lose(_ address: String, _ reason: String, gaveNoSign: Bool, in state: inout State) {
    guard let member = state.roster.members.first(where: { $0.address == address }) else { return }
    if gaveNoSign { state.roster.gaveNoSign(address, reason) } else { state.roster.lost(address, reason) }
    for id in member.questions.keys { state.recalls[id]?.yield(.silent(reason)) }
    tell(from: member, in: state)
  }

  /// Lets those be present who are the teacher.
  private func settle() {
    state.withLock { state in
      let before = state.roster.members
      state.roster.settle(at: settings.now())
      for member in before { tell(from: member, in: state) }
    }
  }

  /// Says in the log how a replica among several stands, where that has changed.
  private func tell(from before: TeacherRoster.Member, in state: State) {
    guard state.roster.members.count > 1,
      let now = state.roster.members.first(where: { $0.address == before.address }), now.standing != before.standing
    else { return }
    let replica: Logger.MetadataValue = "\(before.address)"
    switch (before.standing, now.standing) {
    case (.away, .away): break
    case (_, .away(let reason)):
      logger.warning("a teacher's replica is away", metadata: ["teacher.address": replica, "reason": "\(reason)"])
    case (_, .refused(let difference)):
      logger.warning(
        "a teacher's replica is left out", metadata: ["teacher.address": replica, "reason": "\(difference)"])
    case (_, .twin(let place)):
      logger.info(
        "a teacher's replica has two addresses", metadata: ["teacher.address": replica, "teacher.other": "\(place)"])
    case (.away, .present), (.refused, .present):
      logger.info("a teacher's replica is back", metadata: ["teacher.address": replica])
    default: break
    }
  }
}
