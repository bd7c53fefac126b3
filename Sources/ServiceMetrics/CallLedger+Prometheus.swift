extension CallLedger {
  /// Writes all sums: `retort_rpc_…`.
  public func write(to text: inout PrometheusText) {
    let sums = sums.sorted { $0.key.order.lexicographicallyPrecedes($1.key.order) }
    text.family("retort_rpc_calls_total", .counter, "Calls that have ended; each attempt of a client is one.")
    for (key, sum) in sums {
      text.sample(
        ["rpc": key.rpc, "role": key.role, "code": key.code, "cause": key.cause, "attempt": key.attempt],
        Double(sum.calls))
    }
    func byDirection(_ name: String, _ help: String, _ value: (Traffic) -> Double) {
      text.family(name, .counter, help)
      for (key, traffic) in Self.traffic(sums) {
        let sides = [("sent", traffic.sent), ("received", traffic.received)]
        for (direction, side) in sides where value(side) > 0 {
          text.sample(
            ["rpc": key[0], "role": key[1], "direction": direction, "cause": key[2], "attempt": key[3]], value(side))
        }
      }
    }
    byDirection("retort_rpc_messages_total", "Messages of calls that have ended.") { Double($0.messages) }
    byDirection("retort_rpc_bytes_total", "Bytes of these messages as they are encoded.") { Double($0.messageBytes) }
    byDirection("retort_rpc_wire_bytes_total", "Bytes of DATA on connections: prefixes and compression included.") {
      Double($0.wireBytes)
    }
    byDirection(
      "retort_rpc_wait_seconds_total",
      "Time that writers waited for the peer to take more (sent), and readers for something to come (received)."
    ) { $0.waitSeconds }
    writeDurations(to: &text)
  }

  /// Sums over the codes: bytes are told apart by cause.
  private static func traffic(_ sums: [(key: Key, value: Sum)]) -> [(key: [String], value: Sum)] {
    var traffic: [[String]: Sum] = [:]
    for (key, sum) in sums {
      let name = [key.rpc, key.role, key.cause, key.attempt]
      traffic[name, default: Sum()].sent += sum.sent
      traffic[name, default: Sum()].received += sum.received
    }
    return traffic.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  private func writeDurations(to text: inout PrometheusText) {
    text.family("retort_rpc_duration_seconds", .histogram, "From a call's begin to the end of its stream.")
    for (line, histogram) in durations.sorted(by: { ($0.key.rpc, $0.key.role) < ($1.key.rpc, $1.key.role) }) {
      let counts = histogram.cumulative
      for (bound, count) in zip(DurationHistogram.bounds.map { "\($0)" } + ["+Inf"], counts) {
        text.sample(["rpc": line.rpc, "role": line.role, "le": bound], suffix: "_bucket", Double(count))
      }
      text.sample(["rpc": line.rpc, "role": line.role], suffix: "_sum", histogram.sum)
      text.sample(["rpc": line.rpc, "role": line.role], suffix: "_count", Double(counts.last ?? 0))
    }
  }
}

extension CallLedger.Key {
  fileprivate var attempt: String { isRetry ? "retry" : "first" }
  fileprivate var order: [String] { [rpc, role, code, cause, attempt] }
}
