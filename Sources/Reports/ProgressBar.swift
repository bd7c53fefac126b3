/// Writes a progress state as one line.
public struct ProgressBar: Sendable {
  private let label: String
  private let usesColor: Bool
  private let usesUnicode: Bool

  /// Makes a bar with a name before it, such as the method's.
  public init(label: String, usesColor: Bool = false, usesUnicode: Bool = true) {
    self.label = label
    self.usesColor = usesColor
    self.usesUnicode = usesUnicode
  }

  /// A line of at most `width` columns. The bar takes what the figures leave; where nothing is left, figures go, the last first.
  public func line(_ state: ProgressState, width: Int) -> String {
    var fields = figures(state)
    let counter = "\(label)  \(state.maxSteps > 0 ? "\(state.step)/\(state.maxSteps)" : "…")"
    while true {
      let tail = fields.joined(separator: "  ")
      let room = width - TerminalWidth.columns(of: counter) - TerminalWidth.columns(of: tail) - 6
      if room >= 8 || (fields.isEmpty && room >= 0) {
        return "\(counter)  \(bar(state.share, width: min(room, 40)))  \(tail)"
      }
      guard !fields.isEmpty else { return TerminalWidth.clipped(counter, to: width) }
      fields.removeLast()
    }
  }

  /// A line without a bar, for files and pipes.
  public func plainLine(_ state: ProgressState) -> String {
    "\(label)  step \(state.step)/\(state.maxSteps)  \(figures(state).joined(separator: "  "))"
  }

  private func figures(_ state: ProgressState) -> [String] {
    [
      FigureFormat.percent(state.share),
      state.phase.isEmpty ? nil : state.phase,
      state.loss.map { "loss \(FigureFormat.number($0))" },
      state.remainingSeconds.map { "\(FigureFormat.duration(seconds: $0)) left" },
      state.tokensPerSecond.map { "\(FigureFormat.count($0)) tok/s" },
      waits(state),
    ].compactMap { $0 }
  }

  /// What the run waits for, where that takes a hundredth of its time or more.
  private func waits(_ state: ProgressState) -> String? {
    let told = state.waits.filter { $0.share >= 0.01 }.map { "\($0.cause) \(FigureFormat.percent($0.share))" }
    return told.isEmpty ? nil : "waits: \(told.joined(separator: ", "))"
  }

  private func bar(_ share: Double, width: Int) -> String {
    guard usesUnicode else {
      let filled = Int(share * Double(width))
      return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
    }
    let eighths = Int((share * Double(width) * 8).rounded(.down))
    var done = String(repeating: "█", count: eighths / 8)
    if eighths % 8 > 0 { done.append(["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1]) }
    let rest = String(repeating: "·", count: width - (eighths + 7) / 8)
    return usesColor ? "▕\u{1B}[36m\(done)\u{1B}[2m\(rest)\u{1B}[0m▏" : "▕\(done)\(rest)▏"
  }
}
