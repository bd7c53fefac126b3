extension OperatorTables {
  /// The models, and how the services behind each name stand.
  ///
  /// - Parameter cache: What the cache of their replies did; nil: nothing is said of it.
  static func teachers(_ teachers: [OperatorView.Teacher], _ cache: (hits: Int, asked: Int)?) -> String {
    let rows = teachers.map { teacher in
      row([
        teacher.name.escaped, "<code>\(teacher.address.escaped)</code>",
        teacher.waitingReason.map { "\(badge("waiting")) \($0.escaped)" } ?? "nobody waits for it",
        teacher.waitedSeconds > 0 ? FigureFormat.duration(seconds: teacher.waitedSeconds) : "–", "\(teacher.retries)",
        "\(teacher.replicas.reduce(0) { $0 + $1.answered })",
      ])
    }
    let note = cache.flatMap { cache in
      cache.asked > 0
        ? "<p class=\"note\">The cache had \(FigureFormat.percent(Double(cache.hits) / Double(cache.asked))) of "
          + "\(FigureFormat.count(Double(cache.asked))) replies.</p>" : nil
    }
    return section(
      "teachers", "Teachers", ["teacher", "address", "state", "unreachable for", "asked again", "answered"], rows,
      none: "No teacher.") + (note ?? "") + replicas(of: teachers)
  }

  /// The services behind names that stand for several; nothing where there is none.
  private static func replicas(of teachers: [OperatorView.Teacher]) -> String {
    let several = teachers.filter { $0.replicas.count > 1 }
    guard !several.isEmpty else { return "" }
    let rows = several.flatMap { teacher in
      let most = teacher.replicas.map(\.answered).max() ?? 0
      return teacher.replicas.map { replica in
        row([
          "<code>\(replica.address.escaped)</code>", teacher.name.escaped, badge(replica.state) + reason(replica),
          share(replica.answered, of: most), "\(replica.outstanding)", "\(replica.moved)",
        ])
      }
    }
    return section(
      "teacher-replicas", "Replicas of teachers",
      ["replica", "of", "state", "answered", "has now", "taken from it"], rows, none: "")
  }

  private static func reason(_ replica: OperatorView.TeacherReplica) -> String {
    replica.trouble.isEmpty ? "" : " \(replica.trouble.escaped)"
  }

  /// A count beside a bar of its part of the greatest.
  private static func share(_ count: Int, of most: Int) -> String {
    guard most > 0 else { return "\(count)" }
    return """
      <svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" \
      class="rest"/><rect width="\(100 * count / most)" height="8"/></svg> \(count)
      """
  }
}
