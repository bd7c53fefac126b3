internal import Curation
internal import Foundation
internal import Lion
internal import Recipes

extension MetricsEntry {
  /// The row of an iteration whose attempts are decided: its step is the iteration's number, from 1.
  init(_ iteration: TrajectoryIteration, number: Int) {
    var row = MetricsRowText(step: number + 1)
    func add(_ name: String, _ value: Double) { row.add("data/\(name)", value) }
    add("attempts", Double(iteration.attemptCount))
    add("sampling_rounds", Double(iteration.rounds.count))
    for (outcome, count) in iteration.outcomes.sorted(by: { $0.key < $1.key }) {
      add("attempts_\(outcome)", Double(count))
    }
    add("improvements", Double(iteration.sampleCounts.improvements))
    add("feedback_samples", Double(iteration.sampleCounts.others))
    add("kept", Double(iteration.lessons.count))
    add("teacher_requests", Double(iteration.usage.requests))
    add("teacher_tokens", Double(iteration.usage.promptTokens + iteration.usage.completionTokens))
    self.init(step: number + 1, kind: .evaluation, row: row.json)
  }
}

/// A line of `trajectories.jsonl`.
private struct TrajectoryLine: Encodable {
  struct Feedback: Encodable {
    let text: String
    let isEdited: Bool
  }

  let iteration: Int
  let round: Int
  let line: Int
  let outcome: String?
  let answers: [String]
  let feedback: [Feedback]
}

extension Trajectory.Outcome {
  /// A word.
  fileprivate var word: String {
    switch self {
    case .right: "right"
    case .improved: "improved"
    case .stalled: "stalled"
    case .discarded(let reason): "discarded: \(reason)"
    }
  }
}

extension LoopFolder {
  /// `trajectories.jsonl`: every attempt, its edits, and what became of it.
  func writeTrajectories(_ machine: TrajectoryMachine, _ material: TrajectoryMaterial) throws {
    var lines: [TrajectoryLine] = []
    for (number, iteration) in machine.iterations.enumerated() {
      for (round, rows) in iteration.rounds.enumerated() {
        for (row, trajectory) in rows.enumerated() {
          guard let trajectory else { continue }
          lines.append(
            TrajectoryLine(
              iteration: number, round: round, line: material.rows[row].line, outcome: trajectory.outcome?.word,
              answers: trajectory.answers,
              feedback: trajectory.feedback.map { TrajectoryLine.Feedback(text: $0.text, isEdited: $0.isEdited) }))
        }
      }
    }
    try write(lines, to: "\(run.path)/trajectories.jsonl")
  }
}
