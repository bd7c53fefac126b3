import Foundation
import Logging
public import Reports
import ServiceRuntime
import Synchronization
import WireFormat

/// Shows a run on standard error.
public final class RunDisplay: Sendable {
  private struct State {
    var display: ProgressDisplay
    var run = WireRun()
    var phase = ""
    var isAbsent = false
  }

  private let start = ContinuousClock.now
  private let state: Mutex<State>

  /// Shows a run of a method.
  public init(method: String, terminal: Terminal, write: @escaping @Sendable (String) -> Void) {
    state = Mutex(State(display: ProgressDisplay(label: method, terminal: terminal, write: write)))
  }

  /// Writes what goes wrong on the way above the bar.
  var logger: Logger {
    LogSetup.logger(label: "retort.run", level: .warning) { [weak self] line in
      self?.state.withLock { $0.display.note(String(line.dropLast())) }
    }
  }

  /// Says which run it is.
  func begin(_ run: WireRun) {
    state.withLock { $0.display.note("run \(run.runID) writes to \(run.outputDir)") }
  }

  /// Shows an event.
  func show(_ event: RunWatch.Event) {
    state.withLock { state in
      switch event {
      case .progress(let newest, let rows):
        state.isAbsent = false
        state.run = newest ?? state.run
        // Why a run failed is said once, by the command's last line.
        if state.run.state != .failed {
          state.phase = state.run.message.hasPrefix("training") ? "" : state.run.message
        }
        state.display.update(
          step: Int(state.run.step), maxSteps: Int(state.run.maxSteps),
          phase: state.phase, rows: rows,
          time: (ContinuousClock.now - start) / .seconds(1))
      case .coordinatorAbsent:
        if !state.isAbsent { state.display.note("the coordinator is away; waiting for it") }
        state.isAbsent = true
      }
    }
  }

  /// Writes a line of its own above the bar.
  func note(_ text: String) { state.withLock { $0.display.note(text) } }

  /// Leaves the last bar standing.
  func finish() { state.withLock { $0.display.finish() } }
}
