import ServiceMetrics
import Testing

@Suite("Call ledger")
struct CallLedgerTests {
  private static let score = CallLedger.Key(
    rpc: "retort.v1.TeacherService/Score", role: "client", code: "OK", cause: "completed", isRetry: false)

  @Test("sums up by key")
  func sums() {
    let ledger = CallLedger()
    ledger.add(Self.score, seconds: 0.2, sent: Self.traffic(1, 100), received: Self.traffic(3, 5000))
    ledger.add(Self.score, seconds: 0.4, sent: Self.traffic(1, 50), received: Self.traffic(1, 70))
    var lost = Self.score
    (lost.code, lost.cause, lost.isRetry) = ("UNAVAILABLE", "connection_lost", true)
    ledger.add(lost, seconds: 0, sent: Self.traffic(1, 9), received: CallLedger.Traffic())
    #expect(ledger.sums[Self.score]?.calls == 2)
    #expect(ledger.sums[Self.score]?.sent == Self.traffic(2, 150))
    #expect(ledger.sums[Self.score]?.received == Self.traffic(4, 5070))
    #expect(ledger.sums[lost]?.sent == Self.traffic(1, 9))
    #expect(ledger.sums.count == 2)
  }

  @Test("writes what Prometheus reads: every sample under its metric, bytes by direction and cause")
  func exposition() {
    let ledger = CallLedger()
    ledger.add(Self.score, seconds: 0.2, sent: Self.traffic(1, 100), received: Self.traffic(3, 5000))
    ledger.add(Self.score, seconds: 400, sent: Self.traffic(1, 1), received: CallLedger.Traffic())
    var text = PrometheusText()
    ledger.write(to: &text)
    let lines = text.text.split(separator: "\n").map(String.init)
    let labels = #"rpc="retort.v1.TeacherService/Score",role="client""#
    #expect(
      lines.contains(
        #"retort_rpc_calls_total{\#(labels),code="OK",cause="completed",attempt="first"} 2"#))
    let sent = #"{\#(labels),direction="sent",cause="completed",attempt="first"}"#
    #expect(lines.contains("retort_rpc_bytes_total\(sent) 101"))
    #expect(lines.contains("retort_rpc_wire_bytes_total\(sent) 111"))
    #expect(lines.contains("retort_rpc_wait_seconds_total\(sent) 0.5"))
    #expect(lines.contains(#"retort_rpc_duration_seconds_bucket{\#(labels),le="0.1"} 0"#))
    #expect(lines.contains(#"retort_rpc_duration_seconds_bucket{\#(labels),le="0.25"} 1"#))
    #expect(lines.contains(#"retort_rpc_duration_seconds_bucket{\#(labels),le="300.0"} 1"#))
    #expect(lines.contains(#"retort_rpc_duration_seconds_bucket{\#(labels),le="+Inf"} 2"#))
    #expect(lines.contains(#"retort_rpc_duration_seconds_count{\#(labels)} 2"#))
    var metric = ""
    for line in lines {
      if line.hasPrefix("# TYPE ") { metric = String(line.split(separator: " ")[2]) }
      if !line.hasPrefix("#") { #expect(line.hasPrefix(metric)) }
    }
  }

  @Test("escapes labels, and writes numbers that Prometheus reads")
  func text() {
    var text = PrometheusText()
    text.family("a_total", .counter, "Help.")
    text.sample(["b": "x\"y\\z\nw"], 1)
    text.sample(2.5)
    text.sample(.infinity)
    #expect(
      text.text == """
        # HELP a_total Help.
        # TYPE a_total counter
        a_total{b="x\\"y\\\\z\\nw"} 1
        a_total 2.5
        a_total +Inf

        """)
  }

  @Test("says how much memory and time this process uses")
  func process() {
    var text = PrometheusText()
    ProcessFigures.write(to: &text)
    let values = text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    #expect(values.map { $0[0] } == ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"])
    #expect((Double(values[1][1]) ?? 0) > 1e6)
  }

  private static func traffic(_ messages: Int, _ bytes: Int) -> CallLedger.Traffic {
    var traffic = CallLedger.Traffic()
    (traffic.messages, traffic.messageBytes, traffic.wireBytes) = (messages, bytes, bytes + 5 * messages)
    traffic.waitSeconds = 0.25 * Double(messages)
    return traffic
  }
}
