/// What one run of one case measured. Peers in other languages print the same keys.
package struct CaseFigures: Sendable, Codable, Hashable {
  /// Length of the measured interval.
  package var seconds: Double
  /// Calls that ended in it.
  package var calls: Int
  /// Streamed messages that arrived in it.
  package var messages: Int
  /// Bytes of those messages' content.
  package var bytes: Int
  /// Processor time of the client in it.
  package var clientCPUSeconds: Double
  /// Processor time of the server in it.
  package var serverCPUSeconds: Double
  /// The most memory that the client ever had resident.
  package var clientPeakBytes: Int
  /// The most memory that the server ever had resident.
  package var serverPeakBytes: Int
  /// Median time of a call.
  package var p50Microseconds: Double
  /// The time that one call in a hundred exceeds.
  package var p99Microseconds: Double

  enum CodingKeys: String, CodingKey {
    case seconds, calls, messages, bytes
    case clientCPUSeconds = "client_cpu_seconds"
    case serverCPUSeconds = "server_cpu_seconds"
    case clientPeakBytes = "client_peak_bytes"
    case serverPeakBytes = "server_peak_bytes"
    case p50Microseconds = "p50_microseconds"
    case p99Microseconds = "p99_microseconds"
  }
}
