/// Watches on one connection for what a peer does too often. Has no I/O and no clock.
///
/// Each method notes one thing that happened and returns the limit that it passed, if any. What every call does costs
/// an addition; the clock is read only for what a good peer seldom does.
package struct FloodGuard: Sendable {
  /// WINDOW_UPDATE frames that a peer may send for each frame of headers or data that it got.
  private static let windowUpdatesPerFrame = 4
  private static let mostWindowUpdates = 10_000

  private let pingPolicy: PingPolicy
  private let maxEmptyData: Int
  private var resetsReceived: FloodCounter
  private var resetsSent: FloodCounter
  private var controlFrames: FloodCounter
  private var uselessFrames: FloodCounter
  private var emptyData = 0
  private var windowUpdates = 0
  /// Headers or data went out since the last ping came.
  private var hasSentSincePing = false
  private var lastPing: Duration?
  private var strikes = 0

  package init(_ configuration: ConnectionConfiguration) {
    let window = configuration.floodWindow
    pingPolicy = configuration.pingPolicy
    maxEmptyData = configuration.maxEmptyDataFrames
    resetsReceived = FloodCounter(limit: configuration.maxResetsPerWindow, window: window)
    resetsSent = FloodCounter(limit: configuration.maxForcedResetsPerWindow, window: window)
    controlFrames = FloodCounter(limit: configuration.maxControlFramesPerWindow, window: window)
    uselessFrames = FloodCounter(
      burst: configuration.maxUselessFrames, perSecond: Double(configuration.uselessFramesPerSecond))
  }

  /// Headers or data went to the peer: it may answer with updates of its window, and measure with a ping.
  package mutating func didSendFrame() {
    hasSentSincePing = true
    windowUpdates = min(windowUpdates + Self.windowUpdatesPerFrame, Self.mostWindowUpdates)
  }

  /// Bytes of DATA came.
  package mutating func didReceiveData() {
    emptyData = 0
  }

  /// A DATA frame came that has no data and does not end its stream.
  package mutating func didReceiveEmptyData(at now: Duration) -> TransportLimit? {
    emptyData += 1
    return emptyData > maxEmptyData ? .emptyData : didReceiveUselessFrame(at: now)
  }

  /// A frame came that does nothing.
  package mutating func didReceiveUselessFrame(at now: Duration) -> TransportLimit? {
    uselessFrames.count(at: now) ? nil : .uselessFrames
  }

  /// WINDOW_UPDATE came.
  package mutating func didReceiveWindowUpdate(at now: () -> Duration) -> TransportLimit? {
    guard windowUpdates == 0 else {
      windowUpdates -= 1
      return nil
    }
    return didReceiveUselessFrame(at: now())
  }

  /// A frame came that a peer should send only now and then.
  package mutating func didReceiveControlFrame(at now: Duration) -> TransportLimit? {
    controlFrames.count(at: now) ? nil : .controlFrames
  }

  /// A PING came that is no answer.
  ///
  /// - Parameter hasCalls: Whether calls are under way; nil on a client, which takes pings at any time.
  package mutating func didReceivePing(hasCalls: Bool?, at now: Duration) -> TransportLimit? {
    // Peers measure their bandwidth with a ping for each batch of data: those have been paid for.
    let isPaid = hasSentSincePing
    hasSentSincePing = false
    defer { lastPing = now }
    if isPaid {
      strikes = 0
      return nil
    }
    if let hasCalls, let lastPing {
      let shortest = hasCalls ? pingPolicy.minInterval : pingPolicy.minIntervalWithoutCalls
      if now - lastPing < shortest { strikes += 1 }
      if strikes > pingPolicy.maxStrikes { return .pings }
    }
    return didReceiveControlFrame(at: now)
  }

  /// The peer reset a stream.
  package mutating func didReceiveReset(at now: Duration) -> TransportLimit? {
    resetsReceived.count(at: now) ? nil : .resetsReceived
  }

  /// The peer made this side reset a stream, or refuse a request.
  package mutating func didForceReset(at now: Duration) -> TransportLimit? {
    resetsSent.count(at: now) ? nil : .resetsSent
  }
}
