import ModelServing
import ServiceMetrics

/// What a teacher counts of those that ask it: `retort_caller_…`.
struct TeacherInstruments: Sendable {
  let queue: ComputeQueue
  /// No caller's name has a space.
  private static let others = "all others"

  /// Writes all of it.
  var source: ServiceInstruments.Source {
    { text in
      let reports = queue.callers
      func write(_ name: String, _ kind: PrometheusText.Kind, _ help: String, _ value: (CallerReport) -> Double) {
        text.family(name, kind, help)
        for report in reports {
          text.sample(["key": report.caller?.key ?? "", "run": report.caller.map(\.run) ?? Self.others], value(report))
        }
      }
      write("retort_caller_tokens_total", .counter, "Tokens that went through the model for a caller.") {
        Double($0.tokens)
      }
      write("retort_caller_turns_total", .counter, "Pieces of a caller's work that began, or went on.") {
        Double($0.turns)
      }
      write("retort_caller_wait_seconds_total", .counter, "Time that these waited for their turns.") { $0.waitSeconds }
      write("retort_caller_waiting", .gauge, "Pieces of a caller's work that wait now.") { Double($0.waiting) }
    }
  }
}
