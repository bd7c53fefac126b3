/// Writes metrics as Prometheus reads them.
///
///     var text = PrometheusText()
///     text.family("retort_rpc_calls_total", .counter, "Calls that have ended.")
///     text.sample(["rpc": "retort.v1.TeacherService/Score"], 12)
///
/// - SeeAlso: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
public struct PrometheusText: Sendable {
  /// What a metric means.
  public enum Kind: String, Sendable, Hashable {
    /// Only ever grows, from zero at the process's begin.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts by size.
    case histogram
  }

  /// What is written so far.
  public private(set) var text = ""
  private var name = ""

  /// The content type of an answer with such text.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// Begins an empty text.
  public init() {}

  /// Begins a metric; its samples follow.
  ///
  /// - Parameters:
  ///   - name: Letters, digits and underscores, with the unit: `…_seconds`, `…_bytes_total`.
  ///   - help: One line.
  public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// Adds a value of the metric.
  ///
  /// - Parameter suffix: What follows the metric's name: `_bucket`, `_sum` and `_count` of a histogram.
  public mutating func sample(_ labels: KeyValuePairs<String, String>, suffix: String = "", _ value: Double) {
    let pairs = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
    text += "\(name)\(suffix)\(pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") \(Self.number(value))\n"
  }

  /// Adds the metric's only value.
  public mutating func sample(_ value: Double) { sample([:], value) }

  private static func number(_ value: Double) -> String {
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  private static func escaped(_ label: String) -> String {
    label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
