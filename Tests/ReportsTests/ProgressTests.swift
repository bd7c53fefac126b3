import Reports
import Synchronization
import Testing

@Suite struct ProgressTests {
  private func state() -> ProgressState {
    var state = ProgressState()
    state.update(step: 0, maxSteps: 100, phase: "", time: 0)
    state.update(row: MetricsRow(step: 20, values: ["loss": 1.5, "train/tokens_per_second": 3400]), time: 10)
    state.update(step: 20, maxSteps: 100, phase: "", time: 10)
    return state
  }

  @Test("time left is the average step times the steps to go")
  func remaining() {
    #expect(state().remainingSeconds == 40)
    #expect(state().share == 0.2)
  }

  @Test("a resumed run counts only its own steps")
  func resumed() {
    var state = ProgressState()
    state.update(step: 50, maxSteps: 100, phase: "", time: 5)
    #expect(state.remainingSeconds == nil)
    state.update(step: 60, maxSteps: 100, phase: "", time: 15)
    #expect(state.remainingSeconds == 40)
  }

  @Test("without a speed in the rows, tokens over time give it")
  func speed() {
    var state = ProgressState()
    state.update(row: MetricsRow(step: 1, values: ["loss": 1, "train/tokens": 100]), time: 1)
    state.update(row: MetricsRow(step: 2, values: ["loss": 1, "train/tokens": 100]), time: 3)
    #expect(state.tokensPerSecond == 50)
  }

  @Test("a line fits its width, whatever that is", arguments: 0...140)
  func width(width: Int) {
    for usesUnicode in [true, false] {
      let line = ProgressBar(label: "distillm2", usesUnicode: usesUnicode).line(state(), width: width)
      #expect(TerminalWidth.columns(of: line) <= width)
    }
  }

  @Test("a wide line shows step, share, loss, time left and speed")
  func content() {
    let line = ProgressBar(label: "sft", usesUnicode: false).line(state(), width: 90)
    #expect(line == "sft  20/100  [#######............................]  20%  loss 1.500  40s left  3.40k tok/s")
  }

  @Test("a terminal's line is rewritten in place, a file gets a line for each phase and interval")
  func display() {
    func show(interactive: Bool) -> String {
      let written = Mutex("")
      let terminal = Terminal(isInteractive: interactive, usesColor: false, usesUnicode: false)
      var display = ProgressDisplay(label: "sft", terminal: terminal) { text in written.withLock { $0 += text } }
      display.update(step: 0, maxSteps: 4, phase: "teacher answers (1 of 2)", rows: [], time: 0)
      display.update(step: 0, maxSteps: 4, phase: "teacher answers (2 of 2)", rows: [], time: 0.5)
      display.update(step: 1, maxSteps: 4, phase: "", rows: [], time: 1)
      display.update(step: 2, maxSteps: 4, phase: "", rows: [], time: 2)
      display.update(step: 3, maxSteps: 4, phase: "", rows: [], time: 12)
      display.finish()
      return written.withLock { $0 }
    }
    #expect(show(interactive: false).split(separator: "\n").count == 3)
    #expect(show(interactive: true).split(separator: "\r").count == 5)
    #expect(show(interactive: true).filter { $0 == "\n" }.count == 1)
  }

  @Test(
    "NO_COLOR, dumb terminals and files get no colour",
    arguments: [["NO_COLOR": "1", "TERM": "xterm"], ["TERM": "dumb"], [:]])
  func color(environment: [String: String]) {
    #expect(!Terminal(descriptor: 1, environment: environment).usesColor)
  }
}
