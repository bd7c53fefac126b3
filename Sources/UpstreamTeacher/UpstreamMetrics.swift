public import ServiceMetrics

/// Metrics of an endpoint's teacher: where answers came from, what they cost, what went wrong.
public struct UpstreamMetrics: Sendable {
  private let desk: DeskCounters.Counts
  private let ledger: Ledger.Totals

  /// Shows counts.
  public init(desk: DeskCounters.Counts, ledger: Ledger.Totals) { (self.desk, self.ledger) = (desk, ledger) }

  /// Writes them as Prometheus reads them.
  public func write(to text: inout PrometheusText) {
    text.family("retort_upstream_answers_total", .counter, "Questions answered, by where the answer came from.")
    text.sample(["source": "cache"], Double(desk.hits))
    text.sample(["source": "endpoint"], Double(desk.asked))
    text.family("retort_upstream_cache_hit_ratio", .gauge, "Share of questions answered from the cache.")
    text.sample(desk.hits + desk.asked == 0 ? 0 : Double(desk.hits) / Double(desk.hits + desk.asked))
    text.family(
      "retort_upstream_saved_seconds_total", .counter, "Time that the endpoint took for what the cache answered.")
    text.sample(desk.savedSeconds)
    text.family("retort_upstream_endpoint_seconds_total", .counter, "Time that the endpoint took.")
    text.sample(desk.endpointSeconds)
    text.family("retort_upstream_failures_total", .counter, "Calls without a usable answer.")
    text.sample(["kind": "passing"], Double(desk.passingFailures))
    text.sample(["kind": "lost"], Double(desk.lostAnswers))
    text.sample(["kind": "closed"], Double(desk.closedCalls))
    text.family("retort_upstream_filtered_total", .counter, "Answers whose text the endpoint held back.")
    text.sample(Double(desk.filtered))
    text.family(
      "retort_upstream_skipped_total", .counter, "Questions left without an answer, since they may have been billed.")
    text.sample(Double(desk.skipped))
    text.family(
      "retort_upstream_other_models_total", .counter, "Answers of another model than the one that answered before.")
    text.sample(Double(desk.otherModels))
    text.family("retort_upstream_calls", .gauge, "Calls in the ledger, of all processes so far.")
    text.sample(["state": "settled"], Double(ledger.settledCalls))
    text.sample(["state": "released"], Double(ledger.releasedCalls))
    text.sample(["state": "failed"], Double(ledger.failedCalls))
    text.sample(["state": "doubtful"], Double(ledger.doubtfulCalls))
    text.family("retort_upstream_tokens", .gauge, "Tokens of settled calls, of all processes so far.")
    text.sample(["kind": "prompt"], Double(ledger.promptTokens))
    text.sample(["kind": "completion"], Double(ledger.completionTokens))
    text.family("retort_upstream_price", .gauge, "Price of the ledger's calls in units of the price table.")
    text.sample(["state": "settled"], ledger.settled.units)
    text.sample(["state": "reserved"], ledger.reserved.units)
    text.sample(["state": "failed"], ledger.failed.units)
    text.sample(["state": "doubtful"], ledger.doubtful.units)
  }
}
