/// What came of the requests for one instruction's verdicts.
struct VerdictReadings: Sendable {
  private struct Reading {
    var attempts = 0
    var scores: OrderedScores?
  }

  private var readings: [VerdictRequest.Order: [Reading]]

  init(_ settings: LionSettings) {
    let none = Array(repeating: Reading(), count: settings.samplesPerOrder)
    readings = [.teacherFirst: none, .studentFirst: none]
  }

  /// Requests of a sample that were answered.
  func attempts(_ order: VerdictRequest.Order, _ sample: Int) -> Int { readings[order]?[sample].attempts ?? 0 }

  /// Whether a sample is to be asked for, or is under way.
  func isOpen(_ order: VerdictRequest.Order, _ sample: Int, _ settings: LionSettings) -> Bool {
    guard let reading = readings[order]?[sample] else { return false }
    return reading.scores == nil && reading.attempts < settings.attemptsPerVerdict
  }

  /// Whether any sample is.
  func isOpen(_ settings: LionSettings) -> Bool {
    readings.values.joined().contains { $0.scores == nil && $0.attempts < settings.attemptsPerVerdict }
  }

  mutating func take(_ scores: OrderedScores?, _ request: VerdictRequest) {
    readings[request.order]?[request.sample].attempts += 1
    readings[request.order]?[request.sample].scores = scores
  }

  /// Nil where an order has no score that could be read.
  var verdict: Verdict? {
    Verdict(
      teacherFirst: readings[.teacherFirst]?.compactMap(\.scores) ?? [],
      studentFirst: readings[.studentFirst]?.compactMap(\.scores) ?? [])
  }
}
