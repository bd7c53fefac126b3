/// The rounds of one case on one stack, as medians: rounds are compared by what is usual in them.
package struct CaseSummary: Sendable, Encodable, Hashable {
  package let stack: String
  package let benchmarkCase: String
  package let rounds: Int
  package let callsPerSecond: Double
  package let messagesPerSecond: Double
  package let megabytesPerSecond: Double
  /// Processor time of each side for a call, in microseconds; nil for streams.
  package let clientMicrosecondsPerCall: Double?
  package let serverMicrosecondsPerCall: Double?
  /// Processor time of each side for 10⁹ bytes; nil for single calls.
  package let clientSecondsPerGigabyte: Double?
  package let serverSecondsPerGigabyte: Double?
  package let p50Microseconds: Double
  package let p99Microseconds: Double
  package let clientPeakBytes: Double
  package let serverPeakBytes: Double

  /// Processor time of both sides for 10⁹ bytes.
  var secondsPerGigabyte: Double? {
    guard let clientSecondsPerGigabyte, let serverSecondsPerGigabyte else { return nil }
    return clientSecondsPerGigabyte + serverSecondsPerGigabyte
  }

  /// Takes the medians. Returns nil without rounds.
  package init?(stack: String, benchmarkCase: BenchmarkCase, rounds: [CaseFigures]) {
    guard !rounds.isEmpty else { return nil }
    func median(_ value: (CaseFigures) -> Double) -> Double {
      let sorted = rounds.map(value).sorted()
      return sorted[sorted.count / 2]
    }
    let isEcho = if case .echo = benchmarkCase.load { true } else { false }
    let isStream = !isEcho && benchmarkCase != .stalled16
    self.stack = stack
    self.benchmarkCase = benchmarkCase.rawValue
    self.rounds = rounds.count
    callsPerSecond = median { Double($0.calls) / $0.seconds }
    messagesPerSecond = median { Double($0.messages) / $0.seconds }
    megabytesPerSecond = median { Double($0.bytes) / $0.seconds / 1e6 }
    clientMicrosecondsPerCall = isEcho ? median { $0.clientCPUSeconds / Double(max(1, $0.calls)) * 1e6 } : nil
    serverMicrosecondsPerCall = isEcho ? median { $0.serverCPUSeconds / Double(max(1, $0.calls)) * 1e6 } : nil
    clientSecondsPerGigabyte = isStream ? median { $0.clientCPUSeconds / Double(max(1, $0.bytes)) * 1e9 } : nil
    serverSecondsPerGigabyte = isStream ? median { $0.serverCPUSeconds / Double(max(1, $0.bytes)) * 1e9 } : nil
    p50Microseconds = median(\.p50Microseconds)
    p99Microseconds = median(\.p99Microseconds)
    clientPeakBytes = median { Double($0.clientPeakBytes) }
    serverPeakBytes = median { Double($0.serverPeakBytes) }
  }
}
