import GRPCNGHTTP2Transport
import ServiceMetrics
import WireFormat

/// What a service counts, and how it shows it.
struct ServiceInstruments: Sendable {
  /// Adds metrics of a service's own.
  typealias Source = @Sendable (inout PrometheusText) -> Void

  /// What calls cost, those that are made and those that are answered.
  let ledger = CallLedger()

  /// Counts the calls of a transport.
  var observer: LedgerObserver { LedgerObserver(ledger: ledger) }

  /// All metrics, as Prometheus reads them.
  func page(_ sources: [Source]) -> String {
    var text = PrometheusText()
    text.family("retort_build_info", .gauge, "The version that runs; always 1.")
    text.sample(["version": Version.current], 1)
    ledger.write(to: &text)
    Self.writeCodecs(to: &text)
    for source in sources { source(&text) }
    ProcessFigures.write(to: &text)
    return text.text
  }

  /// What this process's calls of others cost so far: its codecs' counts, and the waits and retries of its transports.
  func traffic() -> [WireCallTraffic] {
    let made = ledger.sums.filter { $0.key.role == CallReport.Role.client.rawValue }
    return WireCallTraffic.made.map { counted in
      var traffic = counted
      for (key, sum) in made where key.rpc == traffic.rpc {
        traffic.writeWaitSeconds += sum.sent.waitSeconds
        traffic.readWaitSeconds += sum.received.waitSeconds
        // Whoever finds nobody asks again.
        if key.code == "UNAVAILABLE" { traffic.retries += UInt64(sum.calls) }
      }
      return traffic
    }
  }

  /// How often peers have passed limits of the transport.
  static func limits(_ counts: @escaping @Sendable () -> LimitCounts) -> Source {
    { text in
      let counts = counts()
      text.family("retort_transport_limit_exceeded_total", .counter, "How often peers have passed a limit.")
      for limit in TransportLimit.allCases { text.sample(["limit": limit.rawValue], Double(counts[limit])) }
    }
  }

  private static func writeCodecs(to text: inout PrometheusText) {
    let counters = Dictionary(
      WireMethod.all.flatMap { [$0.request, $0.response] }.map { ($0.message, $0) },
      uniquingKeysWith: { first, _ in first }
    ).sorted { $0.key < $1.key }.map(\.value)
    func write(_ name: String, _ help: String, _ value: (CodecCounter.Work) -> Double) {
      text.family(name, .counter, help)
      for counter in counters {
        for (operation, work) in [("encode", counter.encoded), ("decode", counter.decoded)] where work.messages > 0 {
          text.sample(["message": counter.message, "operation": operation], value(work))
        }
      }
    }
    write("retort_codec_messages_total", "Messages that were encoded or decoded.") { Double($0.messages) }
    write("retort_codec_bytes_total", "Bytes of their encodings.") { Double($0.bytes) }
    write("retort_codec_seconds_total", "Time that it took.") { $0.seconds }
  }
}
