internal import Synchronization

/// Notices where a loss of pairs is lowered by making both texts improbable, as DistiLLM-2's Figure 1b shows of DPKD: the
/// margin between them grows while the student forgets how to write either.
final class CollapseWatch: Sendable {
  /// Nats per token by which the preferred texts may become less probable than they were at first.
  static let chosenFall = 0.5
  /// Steps whose mean is compared.
  static let span = 5

  private struct State {
    var first: [PairFigures] = []
    var recent: [PairFigures] = []
    var hasWarned = false
  }

  private let state = Mutex(State())

  /// Takes a step's figures.
  ///
  /// - Returns: Whether the student has collapsed, and a line for people the first time.
  func take(_ figures: PairFigures, step: Int) -> (hasCollapsed: Bool, warning: String?) {
    state.withLock { state in
      if state.first.count < Self.span { state.first.append(figures) }
      state.recent = Array((state.recent + [figures]).suffix(Self.span))
      let (before, now) = (Self.perToken(state.first), Self.perToken(state.recent))
      guard now.chosen < before.chosen - Self.chosenFall else { return (false, nil) }
      defer { state.hasWarned = true }
      return (true, state.hasWarned ? nil : Self.line(step, before, now))
    }
  }

  private static func perToken(_ figures: [PairFigures]) -> (chosen: Double, rejected: Double) {
    let count = Double(max(figures.count, 1))
    return (
      figures.reduce(0) { $0 + $1.chosenPerToken } / count, figures.reduce(0) { $0 + $1.rejectedPerToken } / count
    )
  }

  private static func line(
    _ step: Int, _ before: (chosen: Double, rejected: Double), _ now: (chosen: Double, rejected: Double)
  ) -> String {
    func figure(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
    return "step \(step): the student collapses: the preferred texts fell from \(figure(before.chosen)) to "
      + "\(figure(now.chosen)) nats a token, the others from \(figure(before.rejected)) to \(figure(now.rejected)); "
      + "raise objective.lm_weight, or lower training.learning_rate"
  }
}
