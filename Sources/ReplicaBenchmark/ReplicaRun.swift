public import Foundation

/// How replicas are measured.
public struct ReplicaRunOptions: Sendable {
  /// The step.
  public var step = ReplicaCase()
  /// Rounds that count, after one that warms up.
  public var rounds = 5
  /// Numbers of replicas, on this machine, to hold the model against.
  public var checks = [3, 4]
  /// Numbers of members whose calls are measured.
  public var links = [2, 4, 8]
  /// Cores of this machine.
  public var cores = ProcessInfo.processInfo.activeProcessorCount
  /// Seconds that a member may live.
  public var patience = 1800

  /// The defaults.
  public init() {}
}

/// Measures one replica on one core beside two on two: processes that stay, whose turns alternate, so that whatever else the machine
/// does meanwhile falls on all.
public struct ReplicaRun {
  private let command: [String]
  private let options: ReplicaRunOptions
  private let place: URL

  /// Some members that make steps together.
  private struct Team {
    let name: String
    let members: [MemberProcess]
    let step: ReplicaCase
    /// By round, then by member.
    var steps: [[MemberStep]] = []
    var digest = ""
  }

  /// Makes a run.
  ///
  /// - Parameters:
  ///   - command: The words that start a member.
  ///   - place: An empty folder where groups meet.
  public init(command: [String], options: ReplicaRunOptions, place: URL) {
    (self.command, self.options, self.place) = (command, options, place)
  }

  /// Measures; `progress` hears of each round.
  public func run(progress: (String) -> Void) throws(ReplicaBenchmarkError) -> ReplicaResult {
    var members: [MemberProcess] = []
    defer { for member in members { member.end() } }
    for rank in 0..<max(7, (options.checks + options.links).max() ?? 0) {
      members.append(try MemberProcess(command, folder: place, rank: rank, patience: options.patience))
    }
    var (sharded, after) = (options.step, options.step)
    (sharded.shardsOptimizer, after.overlaps) = (true, false)
    var teams = [
      Team(name: "1 replica", members: Array(members[..<1]), step: options.step),
      Team(name: "2 replicas", members: Array(members[1..<3]), step: options.step),
      Team(name: "2, all summed at the end", members: Array(members[3..<5]), step: after),
      Team(name: "2, optimizer sharded", members: Array(members[5..<7]), step: sharded),
    ]
    var parameterCount = 0
    for team in teams { parameterCount = try prepare(team) }
    for round in 0...options.rounds {
      progress(round == 0 ? "warming up" : "round \(round) of \(options.rounds)")
      // Each is early and late equally often.
      for place in teams.indices {
        let index = (place + round) % teams.count
        teams[index].steps.append(try step(teams[index].members))
      }
    }
    for index in teams.indices { teams[index].digest = try digest(teams[index].members) }
    let contestants = teams.map { contestant($0, first: teams[0]) }
    progress("exchanging \(parameterCount) floats")
    let links = try options.links.map { count throws(ReplicaBenchmarkError) in
      try link(Array(members[..<count]), floats: parameterCount)
    }
    let model = model(contestants, links, parameterCount: parameterCount)
    let checks = try options.checks.map { count throws(ReplicaBenchmarkError) in
      progress("\(count) replicas")
      return try check(Array(members[..<count]), model)
    }
    return ReplicaResult(
      step: options.step, parameterCount: parameterCount, cores: options.cores, rounds: options.rounds,
      contestants: contestants, links: links, model: model, checks: checks)
  }

  private func meet(_ members: [MemberProcess]) throws(ReplicaBenchmarkError) {
    let name = UUID().uuidString
    for (rank, member) in members.enumerated() {
      try member.order(.meet(name: name, rank: rank, size: members.count))
    }
    for member in members { _ = try member.answer([String: Int].self) }
  }

  /// Returns the number of the student's parameters.
  private func prepare(_ team: Team) throws(ReplicaBenchmarkError) -> Int {
    try meet(team.members)
    for member in team.members { try member.order(.prepare(team.step)) }
    var count = 0
    for member in team.members { count = try member.answer(MemberStudent.self).parameterCount }
    return count
  }

  private func step(_ members: [MemberProcess]) throws(ReplicaBenchmarkError) -> [MemberStep] {
    for member in members { try member.order(.step) }
    return try members.map { member throws(ReplicaBenchmarkError) in try member.answer() }
  }

  /// The digest of all members' parameters, where it is one.
  private func digest(_ members: [MemberProcess]) throws(ReplicaBenchmarkError) -> String {
    for member in members { try member.order(.digest) }
    let digests = try members.map { member throws(ReplicaBenchmarkError) in
      try member.answer(MemberStudent.self).digest
    }
    return Set(digests).count == 1 ? digests[0] : digests.joined(separator: " / ")
  }

  private func link(_ members: [MemberProcess], floats: Int) throws(ReplicaBenchmarkError) -> ReplicaResult.Link {
    try meet(members)
    for member in members { try member.order(.link(floats: floats, calls: 7)) }
    let found = try members.map { member throws(ReplicaBenchmarkError) in try member.answer(MemberLink.self) }
    return ReplicaResult.Link(
      count: members.count, call: found.map(\.call).max() ?? 0, exchange: found.map(\.exchange).max() ?? 0,
      gather: found.map(\.gather).max() ?? 0)
  }

  private func check(
    _ members: [MemberProcess], _ model: ScalingModel
  ) throws(ReplicaBenchmarkError) -> ReplicaResult.Check {
    var step = options.step
    (step.partCount, step.overlaps) = (members.count, false)
    _ = try prepare(Team(name: "", members: members, step: step))
    var rounds: [[MemberStep]] = []
    for _ in 0..<3 { rounds.append(try self.step(members)) }
    let fastest = Self.fastest(rounds.dropFirst().map(Self.last))
    return ReplicaResult.Check(
      count: members.count, modelled: model.step(of: members.count, cores: options.cores),
      seconds: fastest.seconds, exchange: fastest.waiting + fastest.sum)
  }

  /// The member that others waited for.
  private static func last(_ members: [MemberStep]) -> MemberStep {
    members.max { $0.compute < $1.compute } ?? MemberStep()
  }

  private static func fastest(_ steps: [MemberStep]) -> MemberStep {
    steps.min { $0.seconds < $1.seconds } ?? MemberStep()
  }

  private static func median(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.sorted()[values.count / 2]
  }

  private func contestant(_ team: Team, first: Team) -> ReplicaResult.Contestant {
    let (rounds, alone) = (team.steps.dropFirst(), first.steps.dropFirst())
    let fastest = Self.fastest(rounds.map(Self.last))
    func median(_ number: (MemberStep) -> Double) -> Double { Self.median(rounds.map { number(Self.last($0)) }) }
    return ReplicaResult.Contestant(
      name: team.name, count: team.members.count, seconds: median(\.seconds), fastest: fastest.seconds,
      compute: median(\.compute),
      waiting: median(\.waiting), sum: median(\.sum), update: median(\.update), hidden: median(\.hidden),
      processor: Self.median(rounds.map { $0.reduce(0) { $0 + $1.processor } }),
      bytes: Int(median { Double($0.bytes) }), peakBytes: rounds.joined().map(\.peakBytes).max() ?? 0,
      speedup: Self.median(zip(alone, rounds).map { Self.last($0).seconds / Self.last($1).seconds }),
      fastestSpeedup: Self.fastest(alone.map(Self.last)).seconds / fastest.seconds,
      digest: team.digest)
  }

  private func model(
    _ contestants: [ReplicaResult.Contestant], _ links: [ReplicaResult.Link], parameterCount: Int
  ) -> ScalingModel {
    // The two whose sum waits for the end: nothing of it is hidden, and its waiting is apart.
    let (alone, pair) = (contestants[0], contestants[2])
    func crowding(_ count: Int) -> Double { ScalingModel.crowding(count, options.cores) }
    let calls = ScalingModel.line(
      links.map { (x: Double($0.count - 1), y: $0.call / crowding($0.count)) })
    let byte = ScalingModel.slope(
      links.map { link in
        let n = Double(link.count)
        let call = calls.a + calls.b * (n - 1)
        return (
          x: 8 * Double(parameterCount) * (n - 1) / n,
          y: (link.exchange + link.gather) / crowding(link.count) - 2 * call
        )
      })
    let two = links.first { $0.count == 2 }
    let added = max(0, pair.sum - (two.map { $0.exchange + $0.gather } ?? 0))
    return ScalingModel(
      parameterCount: parameterCount, compute: max(0, alone.fastest - pair.update), update: pair.update, call: calls.a,
      message: calls.b, bytesPerSecond: byte > 0 ? 1 / byte : .greatestFiniteMagnitude,
      addition: added / (Double(parameterCount) / 2))
  }
}
