/// What a run's calls cost in all: the sums of `wire/<rpc>/…` and `wait/<rpc>_…` over its steps.
struct WireTable: Sendable, Hashable {
  /// One RPC.
  struct Row: Sendable, Hashable {
    let rpc: String
    /// Sums in the order of ``WireTable/columns`` and ``WireTable/waits``.
    let values: [Double]
  }

  /// The figures that are shown, with their headings.
  static let columns = [
    ("messages_sent", "messages sent"), ("bytes_sent", "bytes sent"), ("messages_received", "messages received"),
    ("bytes_received", "bytes received"), ("encode_s", "encoding, s"), ("decode_s", "decoding, s"),
  ]
  /// Seconds in which a stream stood still, with their headings: they come after ``columns``.
  static let waits = [("write_s", "waited to send, s"), ("read_s", "waited to receive, s")]

  /// RPCs in alphabetical order.
  let rows: [Row]
  /// Where the bytes of the teacher's replies came from: its cache, or the teacher.
  let fromCache: Double
  let fetched: Double

  init(_ log: MetricsLog) {
    let names = log.names.filter { $0.isOfOneRPC && $0.hasSuffix("/bytes_sent") }
    rows = names.map { name in
      let stem = name.dropLast("bytes_sent".count)
      let rpc = String(stem.dropFirst("wire/".count).dropLast())
      return Row(
        rpc: rpc,
        values: Self.columns.map { log.total(stem + $0.0) } + Self.waits.map { log.total("wait/\(rpc)_\($0.0)") })
    }
    fromCache = log.total("wire/teacher/bytes_from_cache")
    fetched = log.total("wire/teacher/bytes_fetched")
  }

  /// The table as HTML; empty where nothing was counted.
  var html: String {
    guard !rows.isEmpty else { return "" }
    let heads = (Self.columns + Self.waits).map { "<th scope=\"col\">\($0.1)</th>" }.joined()
    let lines = rows.map { row in
      let cells = row.values.map { "<td>\(FigureFormat.number($0))</td>" }.joined()
      return "<tr><th scope=\"row\">\(row.rpc.escaped)</th>\(cells)</tr>"
    }
    let replies =
      fromCache + fetched > 0
      ? "<p>Teacher's replies: \(FigureFormat.count(fetched)) bytes fetched, \(FigureFormat.count(fromCache)) from the cache.</p>"
      : ""
    return """
      <section><h2>Wire</h2><div class="scroll"><table><thead><tr><th scope="col">calls</th>\(heads)</tr></thead><tbody>
      \(lines.joined(separator: "\n"))
      </tbody></table></div>\(replies)</section>
      """
  }
}

extension String {
  /// True for `wire/<rpc>/<figure>` and `wait/<rpc>_read_s`, which the table sums up, and false for `wire/bytes_per_token` and `wait/teacher`.
  var isOfOneRPC: Bool {
    hasPrefix("wire/") && split(separator: "/").count == 3
      || hasPrefix("wait/") && (hasSuffix("_read_s") || hasSuffix("_write_s"))
  }
}
