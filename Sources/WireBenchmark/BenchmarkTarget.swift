/// A ratio between our stack and another that is to hold in one run.
struct BenchmarkTarget: Sendable {
  /// Where the ratio has to be.
  enum Bound: Sendable {
    case atLeast(Double)
    case atMost(Double)

    func holds(_ ratio: Double) -> Bool {
      switch self {
      case .atLeast(let bound): ratio >= bound
      case .atMost(let bound): ratio <= bound
      }
    }
  }

  let benchmarkCase: BenchmarkCase
  let what: String
  let peer: String
  let bound: Bound
  let value: @Sendable (CaseSummary) -> Double?

  /// What the transport promises, by peer.
  static let all: [BenchmarkTarget] = [
    BenchmarkTarget(.echo32, "calls/s", "nio", .atLeast(3.5)) { $0.callsPerSecond },
    BenchmarkTarget(.pull2M, "bytes/s", "nio", .atLeast(2.5)) { $0.megabytesPerSecond },
    BenchmarkTarget(.push2M, "bytes/s", "nio", .atLeast(3.5)) { $0.megabytesPerSecond },
    BenchmarkTarget(.pull2M, "CPU per byte", "nio", .atMost(0.35)) { $0.secondsPerGigabyte },
    BenchmarkTarget(.push2M, "CPU per byte", "nio", .atMost(0.35)) { $0.secondsPerGigabyte },
    BenchmarkTarget(.pull2M, "sender's peak memory", "nio", .atMost(0.4)) { $0.serverPeakBytes },
    BenchmarkTarget(.push2M, "sender's peak memory", "nio", .atMost(0.4)) { $0.clientPeakBytes },
    BenchmarkTarget(.stalled16, "sender's peak memory", "nio", .atMost(0.4)) { $0.serverPeakBytes },
    BenchmarkTarget(.echo32, "calls/s", "grpcio", .atLeast(6)) { $0.callsPerSecond },
    BenchmarkTarget(.pull2M, "bytes/s", "grpcio", .atLeast(1.8)) { $0.megabytesPerSecond },
    BenchmarkTarget(.push2M, "bytes/s", "grpcio", .atLeast(1.8)) { $0.megabytesPerSecond },
  ]

  private init(
    _ benchmarkCase: BenchmarkCase, _ what: String, _ peer: String, _ bound: Bound,
    value: @escaping @Sendable (CaseSummary) -> Double?
  ) {
    self.benchmarkCase = benchmarkCase
    self.what = what
    self.peer = peer
    self.bound = bound
    self.value = value
  }

  /// Our figure over the peer's, or nil where a run has not both.
  func ratio(ours: String, in summaries: [CaseSummary]) -> Double? {
    func figure(_ stack: String) -> Double? {
      summaries.first { $0.stack == stack && $0.benchmarkCase == benchmarkCase.rawValue }.flatMap(value)
    }
    guard let ours = figure(ours), let peer = figure(peer), peer > 0 else { return nil }
    return ours / peer
  }
}
