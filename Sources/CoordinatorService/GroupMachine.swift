/// What replicas of one student do together: who is in the group, who is let go, whose news count. Pure: events in, actions out.
///
/// A group is formed of all that are there, makes steps until somebody comes, goes or fails, and is formed anew. Since a step's bits do
/// not depend on who makes it, it is made again by those that are left; nothing is taken back. Those that have made the last steps
/// alone stand for the student: where none of them is left, or not all of an optimizer that they share out, the group has failed, and the
/// run goes back to its checkpoint.
package struct GroupMachine: Sendable, Hashable {
  /// Replicas that have loaded, in the order in which they came.
  package private(set) var members: [Member] = []
  /// Leases of the group as it is, by rank; empty: there is none.
  package private(set) var present: [String] = []
  /// Names the newest group that was asked for.
  package private(set) var epoch = 0
  /// Steps that the run knows of. A replica that has made fewer stands for nobody.
  package private(set) var progress: UInt64 = 0
  /// Why the student as a whole cannot go on; nil: it can.
  package private(set) var failure: Failure?
  /// The group that is being formed.
  package private(set) var formation: Formation?
  /// The replica that is on its way to another run.
  private var givingAway: String?
  /// Whether another run waits that is to get a student of this one.
  private var isShort = false
  /// Groups that did not come about, one after another.
  private var attempts = 0
  /// Rounds that made no step, one after another.
  private var fruitless = 0
  /// Why something failed last, though nobody was lost.
  private var reason = ""
  /// Leases of those that have made steps with others.
  private var proven: Set<String> = []
  /// Times that a student could not be a replica since it made a step, by address.
  private var troubles: [String: Int] = [:]

  /// How long replicas of the group have waited for each other, by lease.
  private var silences: [String: Silence] = [:]
  /// The newest group whose replicas waited for each other in vain; 0: there was none.
  package private(set) var brokenUp = 0

  /// A group without replicas.
  package init() {}

  /// A group of which all wait for so long, and nothing comes to any, waits in vain. TCP's keepalive breaks a dead connection
  /// within 30 s; whoever computes does not wait, and where a gradient takes an hour its bytes come all the while.
  package static let longestSilence = Duration.seconds(60)

  /// Whether the group is all replicas that are here.
  package var isWhole: Bool { !present.isEmpty && present == members.map(\.leaseID) }
  /// Whether another run waits that is to get a student of this one, which has several.
  package var isToShrink: Bool { members.count > 1 && givingAway == nil && isShort }
  /// The replicas of the group that are left, by rank.
  package var group: [Member] { present.compactMap { lease in members.first { $0.leaseID == lease } } }
  /// Whether a replica is there.
  package func has(_ leaseID: String) -> Bool { members.contains { $0.leaseID == leaseID } }

  /// How long a student is left alone before it is tried again; longer each time, until it has made a step.
  package func pause(_ address: String) -> Duration {
    troubles[address].map { .milliseconds(50 << min($0, Self.mostTroubles)) } ?? .zero
  }

  private static let mostTroubles = 10
  /// A student that cannot be a replica will hardly be one at once.
  private static let refusalTroubles = 6
  /// Attempts after which somebody is let go, though nobody is known to be gone.
  private static let patience = 3

  /// Takes an event; returns what is to be done.
  package mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .loaded(let step):
      (progress, present) = (max(progress, step), [])
      return []
    case .arrived(let member):
      if !has(member.leaseID) { members.append(member) }
      return []
    case .notArrived(let member, let reason, let isFirst):
      troubles[member.address, default: 0] += 1
      return isFirst ? fail(reason) : []
    case .gone(let leaseID, let reason): return remove(leaseID, reason)
    case .released(let leaseID):
      if givingAway == leaseID { givingAway = nil }
      return []
    case .shortage(let isShort):
      self.isShort = isShort
      return []
    case .wanted: return form()
    case .joined(let epoch, let leaseID, let step, let measured, let isIncomplete):
      return isIncomplete ? incomplete(epoch, leaseID) : joined(epoch, leaseID, step: step, measured)
    case .notJoined(let epoch, let leaseID, let failure): return notJoined(epoch, leaseID, failure)
    case .waited(let epoch): return formation?.epoch == epoch ? giveUp() : []
    case .silent(let epoch, let leaseID, let silence): return silent(epoch, leaseID, silence)
    case .measured(let leaseID, let step): return measured(leaseID, step)
    case .failed(let leaseID, let failure): return failed(leaseID, failure)
    case .roundOver(let isMade): return roundOver(isMade)
    }
  }

  // MARK: Coming and going

  private mutating func remove(_ leaseID: String, _ reason: String) -> [Action] {
    guard has(leaseID) else { return [] }
    members.removeAll { $0.leaseID == leaseID }
    var actions: [Action] = []
    if let formation, formation.asked.contains(where: { $0.leaseID == leaseID }) {
      self.formation = nil
      actions.append(.giveUp(epoch: formation.epoch))
    }
    // Whoever comes now has not made the steps that were made.
    if members.isEmpty { actions += fail("no replica of the student is left: \(reason)") }
    return actions
  }

  private mutating func lose(_ member: Member, _ reason: String, isRefused: Bool = false) -> [Action] {
    troubles[member.address] = max((troubles[member.address] ?? 0) + 1, isRefused ? Self.refusalTroubles : 0)
    (attempts, fruitless) = (0, 0)
    return [.lose(member, reason: reason, isRefused: isRefused)] + remove(member.leaseID, reason)
  }

  private mutating func fail(_ reason: String, isRefusal: Bool = false) -> [Action] {
    guard failure == nil else { return [] }
    let found = Failure(reason: reason, isRefusal: isRefusal)
    failure = found
    return [.fail(found)]
  }

  // MARK: Forming a group

  private mutating func form() -> [Action] {
    guard failure == nil, formation == nil else { return [] }
    var actions: [Action] = []
    if isToShrink, let last = members.last {
      givingAway = last.leaseID
      actions = [.giveAway(last)] + remove(last.leaseID, "it was given to another run")
    }
    guard !members.isEmpty, !isWhole else { return actions }
    (epoch, present, silences) = (epoch + 1, [], [:])
    formation = Formation(epoch: epoch, asked: members)
    return actions + [.join(epoch: epoch, members)]
  }

  private mutating func joined(
    _ epoch: Int, _ leaseID: String, step: UInt64, _ measured: [UInt64]
  ) -> [Action] {
    guard formation?.epoch == epoch, has(leaseID) else { return [] }
    formation?.answers[leaseID] = step
    formation?.measured.formUnion(measured)
    guard let formation, formation.isAnswered else { return [] }
    guard formation.isComplete else { return giveUp() }
    self.formation = nil
    let step = formation.answers.values.min() ?? 0
    // Where those that had made the last steps are gone, the run goes back to its checkpoint.
    guard step >= progress else { return fail("no replica is left that has made step \(progress)") }
    // And so it does where a step was made of which nobody can tell any more.
    if let lost = (progress..<step).map({ $0 + 1 }).first(where: { !formation.measured.contains($0) }) {
      return fail("nobody is left that knows what step \(lost) measured")
    }
    (progress, attempts, silences) = (step, 0, [:])
    present = formation.asked.map(\.leaseID)
    return [.formed(epoch: epoch, formation.asked, step: step)]
  }

  /// Whoever has the rest of the optimizer's state is gone, and so is the state: the run goes back to its checkpoint.
  private mutating func incomplete(_ epoch: Int, _ leaseID: String) -> [Action] {
    guard formation?.epoch == epoch, has(leaseID) else { return [] }
    formation = nil
    return [.giveUp(epoch: epoch)] + fail("some of the optimizer's state after step \(progress) is lost")
  }

  private mutating func notJoined(_ epoch: Int, _ leaseID: String, _ failure: CallFailure) -> [Action] {
    guard formation?.epoch == epoch, let member = members.first(where: { $0.leaseID == leaseID }) else { return [] }
    switch failure {
    case .lost(let reason): return lose(member, reason)
    case .refused(let reason): return giveUp(reason, isRefusal: true)
    case .aborted(let reason), .odd(let reason):
      self.reason = reason
      let isFirst = formation?.refused.isEmpty == true
      formation?.refused.insert(leaseID)
      // Who is gone is known from its own call.
      return formation?.isAnswered == true ? giveUp() : isFirst ? [.hurry(epoch: epoch)] : []
    }
  }

  /// Gives the formation up, and lets somebody go without whom a group may come about.
  private mutating func giveUp(_ refusal: String? = nil, isRefusal: Bool = false) -> [Action] {
    guard let formation else { return [] }
    self.formation = nil
    attempts += 1
    let actions: [Action] = [.giveUp(epoch: formation.epoch)]
    guard isRefusal || attempts >= Self.patience else { return actions }
    attempts = 0
    let words = refusal ?? "replicas cannot reach each other: \(reason)"
    guard members.count > 1, let last = newest else { return actions + fail(words, isRefusal: isRefusal) }
    return actions + lose(last, words, isRefused: isRefusal)
  }

  /// Breaks the group up, or gives up one that is being formed, where all wait for each other and nothing comes to any: between them is
  /// something that takes what they send and keeps it.
  private mutating func silent(_ epoch: Int, _ leaseID: String, _ silence: Silence) -> [Action] {
    guard epoch == self.epoch else { return [] }
    silences[leaseID] = silence
    let found = (formation?.asked.map(\.leaseID) ?? present).map { silences[$0] }
    guard found.allSatisfy({ ($0?.time ?? .zero) >= Self.longestSilence }),
      found.contains(where: { $0?.isExchanging == true })
    else { return [] }
    (silences, present, brokenUp, reason) = ([:], [], epoch, "nothing comes from one to another")
    return [.breakUp(epoch: epoch, silence.time)] + giveUp()
  }

  /// Whom the others can best do without: who came last and has made no step with them.
  private var newest: Member? { members.last { !proven.contains($0.leaseID) } ?? members.last }

  // MARK: Making steps

  private mutating func measured(_ leaseID: String, _ step: UInt64) -> [Action] {
    // Whoever has lost its lease speaks for nobody.
    guard has(leaseID), present.contains(leaseID), step == progress + 1 else { return [] }
    (progress, fruitless) = (step, 0)
    proven.formUnion(present)
    for member in group { troubles[member.address] = nil }
    return [.take(step: step)]
  }

  private mutating func failed(_ leaseID: String, _ failure: CallFailure) -> [Action] {
    // What a connection says that was given up is no news.
    guard let member = members.first(where: { $0.leaseID == leaseID }) else { return [] }
    switch failure {
    case .lost(let reason):
      present = []
      return lose(member, reason)
    case .aborted(let reason):
      (present, self.reason) = ([], reason)
      return []
    case .refused(let reason), .odd(let reason): return [.raise(reason)]
    }
  }

  private mutating func roundOver(_ isMade: Bool) -> [Action] {
    fruitless = isMade ? 0 : fruitless + 1
    guard fruitless >= Self.patience else { return [] }
    fruitless = 0
    // Everybody is there, and yet no step is made.
    guard members.count > 1, let last = newest else { return fail("replicas cannot make a step: \(reason)") }
    return lose(last, "steps fail with it: \(reason)")
  }
}
