extension OperatorTables {
  /// The replicas of a run; nothing where it never had several.
  static func replicas(_ replicas: [OperatorView.Replica]) -> String {
    guard !replicas.isEmpty else { return "" }
    let rows = replicas.map { replica in
      let isMeasured = replica.computeSeconds > 0 && !replica.isGone
      return row([
        "<code>\(replica.address.escaped)</code>",
        badge(replica.state) + (replica.reason.isEmpty ? "" : " \(replica.reason.escaped)"), "\(replica.step)",
        replica.partCount > 0 ? "\(replica.partCount) of \(replica.plannedPartCount)" : "–",
        isMeasured ? bar(replica) : "–",
        replica.heartbeatSeconds.map { "\(FigureFormat.stepTime(seconds: $0)) ago" } ?? "–",
      ])
    }
    let note =
      "<p class=\"note\">Students that share the run's steps. Of the newest step's time the lighter part went to the others, and to "
      + "waiting for them.</p>"
    return section(
      "replicas", "Replicas", ["replica", "state", "step", "parts of a step", "time of a step", "last heard"], rows,
      none: "") + note
  }

  /// How the time of a step divides.
  private static func bar(_ replica: OperatorView.Replica) -> String {
    let own = max(0, replica.computeSeconds - replica.exchangeSeconds)
    let share = Int((100 * own / replica.computeSeconds).rounded())
    let words =
      "computing \(FigureFormat.stepTime(seconds: own)), exchange \(FigureFormat.stepTime(seconds: replica.exchangeSeconds))"
    return """
      <svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="\(words)"><rect width="100" height="8" \
      class="rest"/><rect width="\(share)" height="8"/></svg> \(words)
      """
  }
}
