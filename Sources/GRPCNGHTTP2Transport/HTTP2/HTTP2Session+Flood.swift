internal import CNGHTTP2

/// What a session counts, to end a connection whose peer does too much of it.
extension HTTP2Session {
  /// A frame begins to arrive.
  func didBeginFrame(type: UInt8, flags: UInt8, length: Int, id: Int32) {
    guard !isFlooded else { return }
    switch UInt32(type) {
    case NGHTTP2_DATA.rawValue:
      let endsStream = flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
      let mayBeEmpty = length == 0 || flags & UInt8(NGHTTP2_FLAG_PADDED.rawValue) != 0
      if mayBeEmpty, !endsStream { report(flood.didReceiveEmptyData(at: now())) }
    case NGHTTP2_HEADERS.rawValue:
      continuations = 0
      // Headers on a stream that is over are read by the engine, and lead to nothing.
      if role == .server, id <= lastPeerStream, streams[id] == nil {
        report(flood.didReceiveUselessFrame(at: now()))
      }
    case NGHTTP2_RST_STREAM.rawValue: break
    case NGHTTP2_CONTINUATION.rawValue:
      continuations += 1
      if continuations > configuration.maxContinuationFrames { report(.continuations) }
    case NGHTTP2_WINDOW_UPDATE.rawValue:
      report(flood.didReceiveWindowUpdate(at: now))
      streams[id]?.movedBytes &+= 1
    case NGHTTP2_PING.rawValue where flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0:
      report(flood.didReceivePing(hasCalls: role == .server ? !streams.isEmpty : nil, at: now()))
    case NGHTTP2_PRIORITY.rawValue, NGHTTP2_SETTINGS.rawValue, NGHTTP2_PUSH_PROMISE.rawValue, NGHTTP2_PING.rawValue,
      NGHTTP2_GOAWAY.rawValue:
      report(flood.didReceiveControlFrame(at: now()))
    default:
      report(flood.didReceiveUselessFrame(at: now()))
    }
  }

  /// The peer reset a stream. A server may reset its client's as it likes: each has cost a request.
  func countReset() {
    guard role == .server, !isFlooded else { return }
    report(flood.didReceiveReset(at: now()))
  }

  /// A request's headers exceed their limit: each of their fields was decoded, which costs as much as four other refusals.
  func countOversizedList() {
    for _ in 0..<4 { countForcedReset() }
  }

  /// The peer made this side reset a stream, or refuse one beyond the limit.
  func countForcedReset() {
    guard role == .server, !isFlooded else { return }
    report(flood.didForceReset(at: now()))
  }

  /// A request was not taken, for too many handlers run.
  func countRefusal() {
    guard role == .server, !isFlooded else { return }
    report(flood.didReceiveUselessFrame(at: now()))
  }

  private func report(_ limit: TransportLimit?) {
    guard let limit else { return }
    isFlooded = true
    events.append(.flood(limit))
  }
}
