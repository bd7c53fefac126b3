/// Who gets the processor next, of all that wait for it. Pure: time is passed in.
///
/// Keys share it equally, and the runs of a key what the key gets; where there are no keys the runs share it. The work of one run goes in the order of its
/// coming. What counts is tokens computed, and not calls. Who has used its quota waits, and comes back as one that was away.
package struct FairLine: Sendable {
  /// What is to happen.
  package enum Choice: Sendable, Hashable {
    /// This one has its turn.
    case serve(Int)
    /// All that wait have used their quotas; the first may go on then.
    case wait(until: Duration)
    /// Nobody waits.
    case nobody
  }

  private struct Party {
    var lines: [String: [Int]] = [:]
    var runs = FairShares()
    var quota: TokenQuota?
    /// Whether it was found to have used its quota, and has not been served since.
    var isHeld = false
  }

  private let quotas: CallerQuotas
  /// Those that wait, and those with a quota that is not paid for.
  private var parties: [String: Party] = [:]
  private var shares = FairShares()

  package init(quotas: CallerQuotas = CallerQuotas()) { self.quotas = quotas }

  /// Callers that wait, each counted once however much of theirs does.
  package var partyCount: Int { parties.values.count { !$0.lines.isEmpty } }

  /// Somebody waits.
  ///
  /// - Parameters:
  ///   - id: Lower than those of who came later.
  ///   - isGoingOn: Whether its work has begun: then it goes before the others of its run.
  package mutating func enter(_ id: Int, of caller: Caller, isGoingOn: Bool = false) {
    var party = parties[caller.party] ?? Party(quota: quotas.quota(of: caller.party))
    if party.lines.isEmpty { shares.enter(caller.party) }
    if party.lines[caller.run] == nil { party.runs.enter(caller.run) }
    party.lines[caller.run, default: []].insert(id, at: isGoingOn ? 0 : party.lines[caller.run]?.count ?? 0)
    parties[caller.party] = party
  }

  /// Somebody waits no more.
  package mutating func remove(_ id: Int, of caller: Caller) {
    guard var party = parties[caller.party], var line = party.lines[caller.run],
      let place = line.firstIndex(of: id)
    else { return }
    line.remove(at: place)
    party.lines[caller.run] = line.isEmpty ? nil : line
    if line.isEmpty { party.runs.leave(caller.run) }
    parties[caller.party] = party
    if party.lines.isEmpty { shares.leave(caller.party) }
  }

  /// Tokens were computed for somebody, who may have left.
  package mutating func charge(_ tokens: Int, to caller: Caller, at now: Duration) {
    shares.charge(caller.party, Double(tokens))
    if parties[caller.party] == nil, let quota = quotas.quota(of: caller.party) {
      parties[caller.party] = Party(quota: quota)
    }
    parties[caller.party]?.runs.charge(caller.run, Double(tokens))
    parties[caller.party]?.quota?.use(tokens, at: now)
  }

  /// Whether somebody has used its quota.
  package func isHeld(_ caller: Caller, at now: Duration) -> Bool {
    parties[caller.party]?.quota.map { $0.opensAt > now } ?? false
  }

  /// Gives the next turn; who gets it waits no more.
  package mutating func next(at now: Duration) -> Choice {
    parties = parties.filter { !$0.value.lines.isEmpty || $0.value.quota?.isPaid(at: now) == false }
    var opening: Duration?
    for (name, party) in parties where !party.lines.isEmpty {
      if let opensAt = party.quota?.opensAt, opensAt > now {
        opening = min(opening ?? opensAt, opensAt)
        parties[name]?.isHeld = true
      } else if party.isHeld {
        parties[name]?.isHeld = false
        shares.enter(name)
      }
    }
    let ready = parties.filter { !$0.value.lines.isEmpty && !$0.value.isHeld }
    guard let (name, party) = ready.min(by: { isBefore($0, $1) }), let run = Self.nextRun(party),
      let id = party.lines[run]?.first
    else { return opening.map { .wait(until: $0) } ?? .nobody }
    let present = parties
    shares.serve(name) { present[$0]?.lines.isEmpty == false }
    parties[name]?.runs.serve(run) { party.lines[$0] != nil }
    remove(id, of: Caller(key: name, run: run))
    return .serve(id)
  }

  /// Less virtual time first; of equal ones who has waited longest.
  private func isBefore(_ one: (key: String, value: Party), _ other: (key: String, value: Party)) -> Bool {
    let (mine, its) = (shares.time(one.key), shares.time(other.key))
    return mine == its ? Self.first(one.value) < Self.first(other.value) : mine < its
  }

  private static func first(_ party: Party) -> Int { party.lines.values.compactMap(\.first).min() ?? .max }

  private static func nextRun(_ party: Party) -> String? {
    party.lines.min { one, other in
      let (mine, its) = (party.runs.time(one.key), party.runs.time(other.key))
      return mine == its ? (one.value.first ?? .max) < (other.value.first ?? .max) : mine < its
    }?.key
  }
}
