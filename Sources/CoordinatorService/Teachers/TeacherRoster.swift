internal import WireFormat

/// Decides which of a teacher's replicas is asked what, and when a question is asked again elsewhere. Has no I/O and no clock: times are
/// since any fixed moment.
///
/// A replica answers one question after the other, at a speed that is measured. So a question goes to whoever will have answered it first
/// by what stands before it there; equals take turns. What is known of a speed ages: one that was slow is tried again after a while.
///
/// Where answers may cost money, a question belongs to one replica by its content, for good: whoever has been asked has it in its ledger.
package struct TeacherRoster: Sendable {
  /// How a replica stands.
  package enum Standing: Sendable, Hashable {
    /// It was not asked yet who it is. Becomes present, away or refused.
    case unknown
    /// It answers. Becomes away.
    case present
    /// It does not answer, and why. Becomes present or refused.
    case away(String)
    /// It is another model than the others, and how it differs. Becomes away, or present once it is the same.
    case refused(String)
    /// It is the service at another address, which is asked there. Becomes present once that is away, away or refused.
    case twin(String)
  }

  /// A question that a replica has.
  package struct Question: Sendable, Hashable {
    let method: TeacherMethod
    /// Bytes of the request: about as many for each token of it.
    let work: Double
    let begin: Duration
    /// At what speed the replica was expected to answer, and in how many seconds, all that stood before it included.
    let speed, expected: Double
    /// When something of the answer came; nil: nothing yet.
    var heard: Duration?
    /// Whether whoever wants the answer still takes what has come of it: then silence is not the replica's.
    var isRead = false
    /// Whether it was taken away from another replica: then it stays.
    let hasMoved: Bool
  }

  /// A replica and what it has to do.
  package struct Member: Sendable, Hashable {
    package let address: String
    package var standing = Standing.unknown
    /// Who it says it is; nil: it was not asked since it was away.
    var identity: TeacherIdentity?
    package var questions: [UInt64: Question] = [:]
    /// Questions that it answered, and that were taken from it.
    package var answered = 0
    package var moved = 0
    /// Whether the last question that it is rid of was taken from it, since it was slow.
    package var isSlow = false
    /// The newest question that it was asked.
    var lastAsked: UInt64 = 0
    /// When it last showed that it is alive.
    var heard = Duration.zero
    /// How long it may be silent: longer after each time that it was not believed, until it answers a question.
    var patience: Duration
    /// Whether it is another address of a replica.
    package var isTwin: Bool { if case .twin = standing { true } else { false } }
    /// Bytes of requests that it answers in a second.
    fileprivate var speeds: [TeacherMethod: Speed] = [:]
  }

  fileprivate struct Speed: Sendable, Hashable {
    var value: Double
    var measured: Duration
    /// Seconds that the question took by which it was measured.
    var seconds: Double
  }

  /// When questions are given up.
  package struct Limits: Sendable {
    /// A replica is asked for a sign of life once it was silent for so long with a question.
    package var silence = Duration.seconds(5)
    /// The longest that this grows to.
    package var longestSilence = Duration.seconds(160)
    /// A question is asked elsewhere after so long at the least…
    package var slowness = Duration.seconds(15)
    /// … and after so many times what another replica would take for it.
    package var slownessFactor = 4.0
    /// Time after which half of what is known of a speed is forgotten, at the most…
    package var halfLife = Duration.seconds(60)
    /// … and in times what the question took by which it was measured: what costs little is tried again soon.
    package var halfLifeFactor = 30.0
    /// Replicas whose speed is at most so many times below the best count as equals.
    package var equality = 1.5

    package init() {}
  }

  let limits: Limits
  /// Who the teacher is; nil: nobody has answered yet.
  package private(set) var identity: TeacherIdentity?
  package private(set) var members: [Member] = []
  private var lastID: UInt64 = 0

  package init(limits: Limits = Limits()) { self.limits = limits }

  /// The replicas are now these: others are forgotten, with what they had to do.
  package mutating func update(_ addresses: [String]) {
    members = addresses.map { address in
      members.first { $0.address == address } ?? Member(address: address, patience: limits.silence)
    }
  }

  /// Replicas that are asked.
  package var present: [Member] { members.filter { $0.standing == .present } }
  /// Whether every replica is asked, or is one that is.
  var isComplete: Bool { members.allSatisfy { $0.standing == .present || $0.isTwin } }
  /// Whether answers may cost money.
  var mayCharge: Bool { identity?.description.mayCharge ?? false }

  // MARK: Who is there

  /// A replica has said who it is; it is present once ``settle(at:)`` has compared it.
  package mutating func introduced(_ address: String, _ identity: TeacherIdentity) {
    if case .twin(let place) = members.first(where: { $0.address == address })?.standing,
      let other = members.first(where: { $0.address == place }), other.identity?.instanceID != identity.instanceID
    {
      // One of the two is another service by now.
      change(place) { ($0.standing, $0.identity) = (.unknown, nil) }
    }
    change(address) { $0.identity = identity }
  }

  /// A replica is away. Who was asked there alone is to be asked who it is.
  package mutating func lost(_ address: String, _ reason: String) {
    change(address) { ($0.standing, $0.identity) = (.away(reason), nil) }
    for twin in members where twin.standing == .twin(address) {
      change(twin.address) { ($0.standing, $0.identity) = (.unknown, nil) }
    }
  }

  /// A replica gave no sign of life: it is away, and has longer the next time.
  package mutating func gaveNoSign(_ address: String, _ reason: String) {
    lost(address, reason)
    change(address) { [limits] in $0.patience = min($0.patience * 2, limits.longestSilence) }
  }

  /// Compares those who have said who they are. The teacher is the first that answered; it is another only once all that are named have
  /// answered and none of them is the first.
  package mutating func settle(at now: Duration) {
    let known = members.compactMap(\.identity)
    let isSame = known.contains { $0.fingerprint == identity?.fingerprint }
    if identity == nil || !isSame && known.count == members.count { identity = known.first ?? identity }
    guard let identity else { return }
    // By instance, where it is asked: where it was present before, else at the address that was named first.
    var places: [String: String] = [:]
    for member in present + members where !(member.identity?.instanceID ?? "").isEmpty {
      if let own = member.identity, places[own.instanceID] == nil { places[own.instanceID] = member.address }
    }
    for member in members {
      guard let own = member.identity else { continue }
      let difference = own.fingerprint.difference(from: identity.fingerprint)
      let place = places[own.instanceID] ?? member.address
      change(member.address) { member in
        // Whoever was away may be quite another process now.
        if member.standing != .present { (member.heard, member.speeds, member.isSlow) = (now, [:], false) }
        member.standing =
          difference.map { .refused($0) } ?? (place == member.address ? .present : .twin(place))
      }
    }
  }

  private mutating func change(_ address: String, _ body: (inout Member) -> Void) {
    if let index = members.firstIndex(where: { $0.address == address }) { body(&members[index]) }
  }

  // MARK: Choice

  /// Who is to be asked; nil: nobody can be now.
  ///
  /// - Parameter name: Of the question's content.
  package func choice(_ method: TeacherMethod, work: Int, name: String, at now: Duration) -> String? {
    if mayCharge {
      let owner = Self.owner(of: name, among: members.map(\.address))
      guard let member = members.first(where: { $0.address == owner }) else { return nil }
      if case .twin(let place) = member.standing { return place }
      return member.standing == .present ? owner : nil
    }
    return present.min {
      (seconds($0, method, Double(work), now), $0.lastAsked)
        < (seconds($1, method, Double(work), now), $1.lastAsked)
    }?.address
  }

  /// Whose a question is by its content: the same however many others come or go.
  package static func owner(of name: String, among addresses: [String]) -> String? {
    addresses.min {
      ContentName.of([Array(name.utf8), Array($0.utf8)]) < ContentName.of([Array(name.utf8), Array($1.utf8)])
    }
  }

  /// When a replica would have answered one more question, in seconds from now; nil: by what was measured, however old.
  private func seconds(_ member: Member, _ method: TeacherMethod, _ work: Double, _ now: Duration?) -> Double {
    member.questions.values.reduce(work / speed(of: member, method, at: now)) {
      $0 + $1.work / speed(of: member, $1.method, at: now)
    }
  }

  /// A replica's speed: what was measured, and the more the longer that is ago the best of all. Unknown speeds are taken to be the best, and
  /// so are those near it: chance would give one of several equals nearly all.
  private func speed(of member: Member, _ method: TeacherMethod, at now: Duration?) -> Double {
    let best = present.compactMap { $0.speeds[method]?.value }.max() ?? 1
    guard let speed = member.speeds[method], speed.value < best else { return best }
    guard let now else { return speed.value }
    let age = (now - speed.measured) / .seconds(1)
    let halfLife = limits.halfLifeFactor * speed.seconds
    func aged(by halfLife: Double) -> Double { best + (speed.value - best) * Self.kept(after: age / halfLife) }
    // To try a slow one while a fast one is free costs what it takes.
    if aged(by: halfLife) * limits.equality >= best { return best }
    return min(aged(by: min(limits.halfLife / .seconds(1), halfLife)), best * (1 - 1e-9))
  }

  /// What is left of knowledge after so many half-lives.
  private static func kept(after halves: Double) -> Double {
    let halves = max(halves, 0)
    var kept = 1.0
    for _ in 0..<Int(min(halves, 64)) { kept /= 2 }
    return kept * (1 - (halves - halves.rounded(.down)) / 2)
  }

  // MARK: Questions

  /// A replica is asked; returns the question's number.
  package mutating func begin(
    _ address: String, _ method: TeacherMethod, work: Int, hasMoved: Bool, at now: Duration
  ) -> UInt64 {
    lastID += 1
    guard let member = members.first(where: { $0.address == address }) else { return lastID }
    let question = Question(
      method: method, work: Double(work), begin: now, speed: speed(of: member, method, at: now),
      expected: seconds(member, method, Double(work), now), hasMoved: hasMoved)
    change(address) { [lastID] in ($0.questions[lastID], $0.lastAsked) = (question, lastID) }
    return lastID
  }

  /// Something of an answer has come, and is read or was read.
  package mutating func heard(_ address: String, _ id: UInt64, isRead: Bool, at now: Duration) {
    change(address) { member in
      member.heard = now
      member.questions[id]?.heard = now
      member.questions[id]?.isRead = isRead
    }
  }

  /// What came of a question.
  package enum Outcome: Sendable {
    case answered
    /// It was taken from a slow replica.
    case moved
    case failed
  }

  /// A question is no replica's any more.
  package mutating func end(_ address: String, _ id: UInt64, _ outcome: Outcome, at now: Duration) {
    guard let member = members.first(where: { $0.address == address }), let question = member.questions[id] else {
      return
    }
    let own = member.speeds[question.method]?.value
    let seconds = max((now - question.begin) / .seconds(1), 1e-6)
    let measured = question.speed * question.expected / seconds
    change(address) { [limits] member in
      member.questions[id] = nil
      switch outcome {
      case .answered:
        member.answered += 1
        member.isSlow = false
        (member.heard, member.patience) = (now, limits.silence)
        // The mean of old and new, in ratios.
        member.speeds[question.method] = Speed(
          value: own.map { ($0 * measured).squareRoot() } ?? measured, measured: now, seconds: seconds)
      case .moved:
        member.moved += 1
        member.isSlow = true
        member.speeds[question.method] = Speed(
          value: min(own ?? measured, measured), measured: now, seconds: seconds)
      case .failed: break
      }
    }
  }

  /// Questions that are to be asked again elsewhere: they stand much longer than another replica would take. Nothing has come of them.
  package func overdue(at now: Duration) -> [(address: String, id: UInt64)] {
    guard !mayCharge else { return [] }
    return present.flatMap { member in
      member.questions.filter { _, question in
        guard question.heard == nil, !question.hasMoved, now - question.begin > limits.slowness else { return false }
        let others = present.filter { $0.address != member.address && $0.speeds[question.method] != nil }
        let least = others.map { seconds($0, question.method, question.work, nil) }.min()
        return least.map { (now - question.begin) / .seconds(1) > limits.slownessFactor * $0 } ?? false
      }.map { (member.address, $0.key) }
    }
  }

  /// A replica has shown that it is alive.
  package mutating func heard(_ address: String, at now: Duration) { change(address) { $0.heard = now } }

  /// Replicas that are to show that they are alive: they have a question and were silent for long.
  package func silent(at now: Duration) -> [Member] {
    present.filter { member in
      let since = member.questions.values.filter { !$0.isRead }.map { max($0.begin, member.heard) }.min()
      return since.map { now - $0 > member.patience } ?? false
    }
  }
}
