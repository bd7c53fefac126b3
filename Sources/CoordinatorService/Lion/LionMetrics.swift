internal import Lion

extension MetricsEntry {
  /// The row of a round: its step is the round's number, from 1.
  init(_ report: LionRoundReport) {
    var row = MetricsRowText(step: report.round + 1)
    func add(_ name: String, _ value: Double?) {
      if let value { row.add("lion/\(name)", value) }
    }
    add("scored", Double(report.scoredCount))
    add("unscored", Double(report.unscoredCount))
    add("hard_share", report.hardShare)
    add("teacher_score", report.teacherScore)
    add("student_score", report.studentScore)
    add("mean_gap", report.meanGap)
    add("median_gap", report.medianGap)
    add("position_bias", report.positionBias)
    add("yield", report.yield)
    for (origin, inventions) in report.inventions.sorted(by: { $0.key < $1.key }) {
      add("\(origin)_accepted", Double(inventions.accepted))
      for (reason, count) in inventions.rejected.sorted(by: { $0.key < $1.key }) {
        add("\(origin)_rejected_\(reason)", Double(count))
      }
    }
    for (role, usage) in report.usage.sorted(by: { $0.key < $1.key }) {
      add("\(role)_requests", Double(usage.requests))
      add("\(role)_tokens", Double(usage.promptTokens + usage.completionTokens))
    }
    self.init(step: report.round + 1, kind: .evaluation, row: row.json)
  }
}
