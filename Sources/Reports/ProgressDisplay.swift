/// Shows a run's progress on standard error: one line rewritten in place on a terminal, else one line now and then.
public struct ProgressDisplay: Sendable {
  private let terminal: Terminal
  private let bar: ProgressBar
  private let interval: Double
  private let write: @Sendable (String) -> Void
  private var state = ProgressState()
  private var lastShown = -Double.infinity
  private var lastPhase = ""
  private var hasLine = false

  /// Makes a display.
  ///
  /// - Parameters:
  ///   - label: A name before the bar.
  ///   - terminal: What can be shown.
  ///   - interval: Seconds between two lines where the terminal is not interactive.
  ///   - write: Takes text for standard error.
  public init(label: String, terminal: Terminal, interval: Double = 10, write: @escaping @Sendable (String) -> Void) {
    self.terminal = terminal
    self.interval = interval
    self.write = write
    bar = ProgressBar(label: label, usesColor: terminal.usesColor, usesUnicode: terminal.usesUnicode)
  }

  /// Takes note of the run's state and new rows, and shows them if it is time.
  public mutating func update(step: Int, maxSteps: Int, phase: String, rows: [MetricsRow], time: Double) {
    state.update(step: step, maxSteps: maxSteps, phase: phase, time: time)
    for row in rows { state.update(row: row, time: time) }
    if terminal.isInteractive {
      guard time - lastShown >= 0.1 || phase != lastPhase || step == maxSteps else { return }
      write("\r\u{1B}[2K\(bar.line(state, width: terminal.width - 1))")
      hasLine = true
    } else {
      let isLast = step == maxSteps && maxSteps > 0 && !rows.isEmpty
      guard time - lastShown >= interval || Self.kind(of: phase) != Self.kind(of: lastPhase) || isLast else { return }
      write(bar.plainLine(state) + "\n")
    }
    (lastShown, lastPhase) = (time, phase)
  }

  /// A phase without its count: «the student writes» of «the student writes (3 of 125)».
  private static func kind(of phase: String) -> Substring { phase.prefix { $0 != "(" } }

  /// Writes a line of its own above the bar.
  public mutating func note(_ text: String) {
    write(hasLine ? "\r\u{1B}[2K\(text)\n" : "\(text)\n")
    hasLine = false
    lastShown = -Double.infinity
  }

  /// Leaves the last bar standing and goes to the next line.
  public mutating func finish() {
    if hasLine { write("\n") }
    hasLine = false
  }
}
