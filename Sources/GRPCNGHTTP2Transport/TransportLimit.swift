internal import NIOConcurrencyHelpers

/// A limit of the transport that a peer may pass.
///
/// The raw value names it in the debug data of GOAWAY, in messages and in metrics. What each does, with its default,
/// stands in `docs/transport-limits.md`.
public enum TransportLimit: String, Sendable, Hashable, CaseIterable {
  /// Streams that the peer reset.
  case resetsReceived = "resets_received"
  /// Streams that this side had to reset for the peer's errors.
  case resetsSent = "resets_sent"
  /// PING, SETTINGS, PRIORITY, GOAWAY and the like.
  case controlFrames = "control_frames"
  /// Frames that do nothing: of unknown types, empty, on closed streams, and WINDOW_UPDATE for what was never sent.
  case uselessFrames = "useless_frames"
  /// DATA frames without data, one after another.
  case emptyData = "empty_data"
  /// CONTINUATION frames of one header list.
  case continuations
  /// Pings more often than gRFC A8 allows.
  case pings = "too_many_pings"
  /// Answers to PING and SETTINGS that the peer does not read.
  case acknowledgements
  /// Time for the preface and SETTINGS.
  case handshakeTime = "handshake_timeout"
  /// Time for one header list.
  case headersTime = "headers_timeout"
  /// Time in which a stream that waits for its peer did not move.
  case streamStall = "stream_stall"
  /// Bytes or fields of a decoded header list.
  case headerList = "header_list"
  /// Bytes of a message.
  case messageBytes = "message_bytes"
  /// Received bytes of one connection whose messages are not complete.
  case incompleteBytes = "incomplete_bytes"
  /// Handlers that run for one connection.
  case runningCalls = "running_calls"
  /// How long a call may last.
  case callDuration = "call_duration"
  /// Connections that are open.
  case connections
  /// Connections from one address that are open.
  case connectionsPerPeer = "connections_per_peer"
  /// Time for the answer to a keepalive ping.
  case keepaliveTimeout = "keepalive_timeout"
  /// Time for calls to end on a connection that is being closed for its age.
  case ageGrace = "age_grace"
  /// HTTP/2 itself, as the engine checks it.
  case protocolErrors = "protocol_errors"
}

/// How often each limit was passed, since the transport was made.
public struct LimitCounts: Sendable, Hashable {
  package private(set) var counts: [TransportLimit: Int] = [:]

  /// How often `limit` was passed.
  public subscript(limit: TransportLimit) -> Int { counts[limit, default: 0] }

  /// How often any limit was passed.
  public var total: Int { counts.values.reduce(0, +) }

  mutating func add(_ limit: TransportLimit) { counts[limit, default: 0] += 1 }
}

/// Counts what the connections of a transport refuse. Touched only when something is refused.
package final class LimitRecorder: Sendable {
  private let state = NIOLockedValueBox(LimitCounts())

  package init() {}

  /// What was refused so far.
  package var counts: LimitCounts { state.withLockedValue { $0 } }

  package func record(_ limit: TransportLimit) {
    state.withLockedValue { $0.add(limit) }
  }
}
