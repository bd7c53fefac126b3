/// What the engine promises of a figure, held against a run.
public struct EngineTarget: Sendable, Encodable, Hashable {
  /// The case, or the cases.
  public let name: String
  /// The figure.
  public let what: String
  /// Its value in the run.
  public let value: Double
  /// The bound as text, such as `≥ 4.0`.
  public let bound: String
  /// Whether it holds.
  public let isMet: Bool

  private init(_ name: String, _ what: String, _ value: Double, atLeast bound: Double) {
    (self.name, self.what, self.value) = (name, what, value)
    (self.bound, isMet) = ("≥ \(bound)", value >= bound)
  }

  private init(_ name: String, _ what: String, _ value: Double, atMost bound: Double) {
    (self.name, self.what, self.value) = (name, what, value)
    (self.bound, isMet) = ("≤ \(bound)", value <= bound)
  }

  /// Tokens a second over those of the fastest of PyTorch's forms, by case.
  private static let ratios = [("train-23m", 4.0), ("score-110m", 2), ("generate-8", 5), ("generate-64", 5)]
  /// Share of the machine's products in a training step, by precision.
  private static let productShares = [("float32", 0.65), ("bfloat16", 0.5)]
  /// Most memory of GPT-2's step, in bytes.
  private static let gpt2Bytes = 4e9

  /// The targets that a run has figures for.
  package static func all(in results: [CaseResult]) -> [EngineTarget] {
    let byName = Dictionary(results.map { ($0.name, $0) }) { first, _ in first }
    var targets: [EngineTarget] = []
    for (name, bound) in ratios {
      guard let result = byName[name], let ours = result.best(of: Contestant.ours),
        let peer = result.best(of: Contestant.torch), peer.tokensPerSecond > 0
      else { continue }
      let what = "tokens/s of \(ours.form) over torch \(peer.form)"
      targets.append(EngineTarget(name, what, ours.tokensPerSecond / peer.tokensPerSecond, atLeast: bound))
    }
    if let result = byName["train-23m"] {
      for (form, bound) in productShares {
        guard let share = result.best(of: Contestant.ours, form: form)?.productsShare else { continue }
        targets.append(EngineTarget("train-23m", "share of the \(form) products' rate", share, atLeast: bound))
      }
    }
    if let ours = byName["train-gpt2"]?.best(of: Contestant.ours) {
      targets.append(
        EngineTarget("train-gpt2", "peak memory, GB", Double(ours.peakBytes) / 1e9, atMost: gpt2Bytes / 1e9))
    }
    return targets + (byName["generate-1"].map(streams) ?? []) + flatness(byName)
  }

  /// A single stream against llama.cpp's in the same precision, and its share of the bandwidth.
  private static func streams(_ result: CaseResult) -> [EngineTarget] {
    let own = result.contestants.filter { $0.stack == Contestant.ours }
    let ratios = own.compactMap { ours in
      result.best(of: Contestant.llama, form: ours.form).map {
        EngineTarget(
          result.name, "tokens/s over llama.cpp, \(ours.form)", ours.tokensPerSecond / max($0.tokensPerSecond, 1e-9),
          atLeast: 1)
      }
    }
    let shares = own.compactMap { ours in
      ours.bandwidthShare.map { EngineTarget(result.name, "share of the bandwidth, \(ours.form)", $0, atLeast: 0.7) }
    }
    return ratios + shares
  }

  /// Memory of a step over the largest vocabulary against that over the smallest.
  private static func flatness(_ byName: [String: CaseResult]) -> [EngineTarget] {
    let names = ["memory-8k", "memory-128k"]
    return EnginePrecision.allCases.compactMap { precision in
      let bytes = names.compactMap { byName[$0]?.best(of: Contestant.ours, form: precision.rawValue)?.workingBytes }
      guard bytes.count == names.count, let least = bytes.min(), let most = bytes.max(), least > 0 else { return nil }
      let what = "working memory of one over the other's, \(precision.rawValue)"
      return EngineTarget("memory-8k, -128k", what, Double(most) / Double(least), atMost: 1.05)
    }
  }
}
