internal import NIOConcurrencyHelpers

/// What one caller had of a processor, and waits for.
public struct CallerReport: Sendable, Hashable {
  /// Who; nil: all that are not named apart.
  public let caller: Caller?
  /// Tokens that went through the model for it.
  public var tokens = 0
  /// Pieces of work that began, or went on after others had their turn.
  public var turns = 0
  /// Time that these waited for their turns, added up. Seconds.
  public var waitSeconds = 0.0
  /// Pieces of work that wait now.
  public var waiting = 0
}

extension ComputeQueue {
  /// What callers had so far: at most so many of them by name, those that were busy last, and the others together.
  public var callers: [CallerReport] {
    let (figures, waiters) = state.withLockedValue { ($0.figures, $0.waiters.values.map(\.caller)) }
    var waiting = Dictionary(waiters.map { ($0, 1) }, uniquingKeysWith: +)
    func report(_ caller: Caller?, _ sums: CallerFigures.Sums) -> CallerReport {
      var report = CallerReport(caller: caller)
      (report.tokens, report.turns, report.waitSeconds) = (sums.tokens, sums.turns, sums.waited / .seconds(1))
      report.waiting = caller.flatMap { waiting.removeValue(forKey: $0) } ?? 0
      return report
    }
    var reports = figures.named.map { report($0.key, $0.value) }
    for caller in waiting.keys.sorted(by: { ($0.key, $0.run) < ($1.key, $1.run) })
    where reports.count < figures.capacity {
      reports.append(report(caller, CallerFigures.Sums()))
    }
    reports.sort { ($0.caller?.key ?? "", $0.caller?.run ?? "") < ($1.caller?.key ?? "", $1.caller?.run ?? "") }
    var others = report(nil, figures.others)
    others.waiting = waiting.values.reduce(0, +)
    return reports + [others]
  }
}
