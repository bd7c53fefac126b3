internal import CNGHTTP2

/// How much a connection of a server holds of what its peer sent, as far as it is known.
///
/// It is counted over all streams once in a while: whenever so much has come that it may matter.
struct InboundLoad {
  let maxUnread: Int
  let maxIncomplete: Int
  private let step: Int
  /// What came since the last count.
  var uncheckedBytes = 0
  /// Bytes whose window the peer was not given back.
  var withheldBytes = 0
  /// No window of the connection is given back: too much waits for its readers.
  var isHeld = false

  init(_ configuration: ConnectionConfiguration) {
    maxUnread = configuration.maxUnreadBytes
    maxIncomplete = configuration.maxIncompleteBytes
    step = max(min(maxUnread, maxIncomplete) / 16, 1)
  }

  /// Whether it is time to count.
  var isDue: Bool { uncheckedBytes >= step }
}

extension HTTP2Session {
  /// Counts what the connection holds, stops its window when that is too much, and refuses the message on `current` when
  /// messages that only the peer can complete are too much.
  func checkInbound(_ current: HTTP2Stream? = nil) {
    inbound.uncheckedBytes = 0
    var unread = 0
    var incomplete = 0
    var incompleteStreams = 0
    for stream in streams.values {
      unread += stream.call?.inbound.footprint ?? 0
      let bytes = stream.discardsData ? 0 : stream.assembler.incompleteBytes
      incomplete += bytes
      if bytes > 0 { incompleteStreams += 1 }
    }
    setHeld(unread > inbound.maxUnread)
    guard let current, incomplete > inbound.maxIncomplete, incompleteStreams > 1, !current.discardsData,
      current.assembler.incompleteBytes > 0
    else { return }
    current.discardsData = true
    current.assembler = MessageAssembler(limit: configuration.maxReceiveMessageBytes)
    events.append(.refused(current, .tooManyIncomplete(limit: inbound.maxIncomplete)))
  }

  private func setHeld(_ isHeld: Bool) {
    inbound.isHeld = isHeld
    guard !isHeld, inbound.withheldBytes > 0 else { return }
    unsafe nghttp2_session_consume_connection(handle, inbound.withheldBytes)
    inbound.withheldBytes = 0
  }
}
