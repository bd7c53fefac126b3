internal import Foundation
internal import Synchronization

/// Notices where a loss of pairs is lowered by making both texts improbable, as DistiLLM-2's Figure 1b shows of DPKD: the
/// margin between them grows while the student forgets how to write either.
package final class CollapseWatch: Sendable {
  /// Mean log-probs of a token of a step's texts, in nats.
  package struct Figures: Sendable, Hashable, Decodable {
    let chosen, rejected: Double

    /// Of preferred texts, and of the others.
    package init(chosen: Double, rejected: Double) { (self.chosen, self.rejected) = (chosen, rejected) }

    enum CodingKeys: String, CodingKey {
      case chosen = "logps/chosen_per_token"
      case rejected = "logps/rejected_per_token"
    }
  }

  /// Nats per token by which the preferred texts may become less probable than they were at first.
  private static let chosenFall = 0.5
  /// Steps whose mean is compared.
  private static let span = 5

  private struct State {
    /// Of all steps that were made, in their order.
    var steps: [(step: Int, figures: Figures)] = []
    var hasWarned = false
  }

  private let state = Mutex(State())

  /// A watch that has seen nothing.
  package init() {}

  /// Takes rows that the run has: what a student is compared with outlives the coordinator.
  package func recall(_ rows: [MetricsEntry]) {
    for row in rows where row.kind == .step {
      guard let figures = try? JSONDecoder().decode(Figures.self, from: Data(row.row.utf8)) else { continue }
      _ = take(figures, step: row.step)
    }
  }

  /// Takes a step's figures. One that was taken before is made again, and so are those after it.
  ///
  /// - Returns: Whether the student has collapsed, and a line for people the first time.
  package func take(_ figures: Figures, step: Int) -> (hasCollapsed: Bool, warning: String?) {
    state.withLock { state in
      while let last = state.steps.last, last.step >= step { state.steps.removeLast() }
      state.steps.append((step, figures))
      let before = Self.mean(state.steps.prefix(Self.span))
      let now = Self.mean(state.steps.suffix(Self.span))
      guard now.chosen < before.chosen - Self.chosenFall else { return (false, nil) }
      defer { state.hasWarned = true }
      return (true, state.hasWarned ? nil : Self.line(step, before, now))
    }
  }

  private static func mean(_ steps: ArraySlice<(step: Int, figures: Figures)>) -> Figures {
    let count = Double(steps.count)
    return Figures(
      chosen: steps.reduce(0) { $0 + $1.figures.chosen } / count,
      rejected: steps.reduce(0) { $0 + $1.figures.rejected } / count)
  }

  private static func line(_ step: Int, _ before: Figures, _ now: Figures) -> String {
    func figure(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
    return "step \(step): the student collapses: the preferred texts fell from \(figure(before.chosen)) to "
      + "\(figure(now.chosen)) nats a token, the others from \(figure(before.rejected)) to \(figure(now.rejected)); "
      + "raise objective.lm_weight, or lower training.learning_rate"
  }
}
