/// What a case gave: each contestant's figures, and what the machine could do meanwhile.
public struct CaseResult: Sendable, Encodable, Hashable {
  /// The case's name.
  public let name: String
  /// Operations a second, or bytes a second, by name: medians over the rounds.
  public let machine: [String: Double]
  /// The contestants' figures, ours first.
  public let contestants: [ContestantResult]
  /// Who could not take part, and why.
  public let leftOut: [String: String]

  package init(name: String, machine: [String: Double], contestants: [ContestantResult], leftOut: [String: String]) {
    (self.name, self.machine, self.contestants, self.leftOut) = (name, machine, contestants, leftOut)
  }

  init(
    _ file: CaseFile, cost: EngineCost, machine: WorkerProcess, workers: [WorkerProcess], leftOut: [String: String]
  ) {
    let names = Set(machine.rounds.flatMap { ($0.rates ?? [:]).keys })
    let rates = Dictionary(
      uniqueKeysWithValues: names.map { name in (name, median(machine.rounds.compactMap { $0.rates?[name] })) })
    let reference = workers.first.map { $0.rounds.flatMap(\.values) } ?? []
    self.init(
      name: file.name, machine: rates,
      contestants: workers.map {
        ContestantResult(
          $0.contestant, ready: $0.ready, rounds: $0.rounds, file: file, cost: cost, machine: rates,
          reference: reference)
      }, leftOut: leftOut)
  }

  /// The contestant of a stack with the most tokens a second; with a form, that one.
  func best(of stack: String, form: String? = nil) -> ContestantResult? {
    contestants.filter { $0.stack == stack && (form == nil || $0.form == form) }
      .max { $0.tokensPerSecond < $1.tokensPerSecond }
  }
}

/// The middle one of some numbers, or the upper of the two in the middle; 0 of none.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}
