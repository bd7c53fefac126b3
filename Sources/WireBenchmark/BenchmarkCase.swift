/// What is measured.
public enum BenchmarkCase: String, Sendable, CaseIterable {
  /// Calls of 100 bytes, one at a time.
  case echo1 = "echo-1"
  /// Calls of 100 bytes, 32 in flight.
  case echo32 = "echo-32"
  /// Messages of 4 KiB from the server.
  case pull4K = "pull-4k"
  /// Messages of 4 KiB to the server.
  case push4K = "push-4k"
  /// Messages of 2 MiB from the server.
  case pull2M = "pull-2m"
  /// Messages of 2 MiB to the server.
  case push2M = "push-2m"
  /// Sixteen streams of 2 MiB messages whose reader takes one message and no more.
  case stalled16 = "stalled-16"

  /// What a case does.
  enum Load: Sendable {
    case echo(inFlight: Int)
    case pull(messageCount: Int, rows: Int)
    case push(messageCount: Int, rows: Int)
    case stall(streams: Int, messageCount: Int, rows: Int)
  }

  /// Bytes of an echoed message.
  static let echoBytes = 100
  /// Rows of a message of 4 KiB, and of one of 2 MiB: a token id and a log-prob each, eight bytes.
  private static let (smallRows, largeRows) = (512, 262_144)

  var load: Load {
    switch self {
    case .echo1: .echo(inFlight: 1)
    case .echo32: .echo(inFlight: 32)
    case .pull4K: .pull(messageCount: 4096, rows: Self.smallRows)
    case .push4K: .push(messageCount: 4096, rows: Self.smallRows)
    case .pull2M: .pull(messageCount: 32, rows: Self.largeRows)
    case .push2M: .push(messageCount: 32, rows: Self.largeRows)
    case .stalled16: .stall(streams: 16, messageCount: 24, rows: Self.largeRows)
    }
  }
}
