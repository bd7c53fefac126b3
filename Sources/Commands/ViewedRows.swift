import CoordinatorService
package import Reports

/// Rows of runs that somebody looks at. Each is read from the journal once, however often a page fetches itself; of long runs
/// every second step is dropped, again and again, so that a page costs no more the longer a run gets.
package actor ViewedRows {
  /// What is known of a run.
  package struct Shelf {
    /// Number of the last row that was read.
    package private(set) var last = 0
    /// The rows that are kept.
    package private(set) var rows: [MetricsRow] = []
    /// Sums over all rows, of dropped ones too.
    package private(set) var totals: [String: Double] = [:]
    fileprivate var lastUse = 0

    /// Makes an empty shelf.
    package init() {}
  }

  /// Rows of a run that are kept.
  package static let rowLimit = 2000
  /// Runs that are kept; the one that was looked at longest ago goes first.
  static let runLimit = 8
  /// Names that are summed.
  static let summed = ["train/compute_seconds", "wait/teacher", "wait/student", "wait/replica"]

  private let coordinator: Coordinator
  private var shelves: [String: Shelf] = [:]
  private var uses = 0

  init(coordinator: Coordinator) { self.coordinator = coordinator }

  /// What is known of a run now.
  func shelf(of runID: String) async -> Shelf {
    let before = shelves[runID] ?? Shelf()
    guard let new = try? await coordinator.metricsRows(of: runID, afterRow: before.last) else { return before }
    var shelf = shelves[runID] ?? Shelf()
    // Another page may have read on meanwhile.
    if shelf.last == before.last { shelf.add(new.rows.compactMap { MetricsRow(json: $0) }, last: new.last) }
    uses += 1
    shelf.lastUse = uses
    shelves[runID] = shelf
    if shelves.count > Self.runLimit, let oldest = shelves.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
      shelves[oldest] = nil
    }
    return shelf
  }
}

extension ViewedRows.Shelf {
  /// Adds rows, and drops others where they are too many.
  package mutating func add(_ new: [MetricsRow], last: Int) {
    self.last = last
    for row in new {
      for name in ViewedRows.summed { totals[name, default: 0] += row.values[name] ?? 0 }
    }
    rows += new
    while rows.count > ViewedRows.rowLimit {
      let before = rows.count
      var isKept = false
      rows.removeAll { row in
        // Evaluations are few, and have a loss of no step.
        guard row.values["loss"] != nil else { return false }
        isKept.toggle()
        return !isKept
      }
      if rows.count == before { break }
    }
  }
}
