/// What one HTTP/2 connection allows, on either side, and how it is kept alive.
///
/// Each limit, with what happens beyond it, stands in `docs/transport-limits.md`.
public struct ConnectionConfiguration: Sendable, Hashable {
  // MARK: Streams and messages

  /// Bytes that a peer may send on one stream before the reader has taken any.
  public var streamWindowBytes = 8 << 20
  /// Bytes that a peer may have under way on the connection.
  public var connectionWindowBytes = 8 << 20
  /// Streams that the peer may have open at once, and handlers that run for it, those of streams it reset included.
  public var maxConcurrentStreams = 100
  /// The largest message that is accepted; a larger one ends its call with RESOURCE_EXHAUSTED before memory is taken for it.
  public var maxReceiveMessageBytes = 64 << 20
  /// The largest message that is sent.
  public var maxSendMessageBytes = Int(UInt32.max)
  /// The longest frame that is accepted, 2¹⁴ to 2²⁴ − 1 bytes; nil: 64 KiB on a client, 16 KiB on a server.
  ///
  /// Longer frames cost less for each byte, but a stream's frame holds up all others. None over 64 KiB is sent.
  public var maxFrameBytes: Int?
  /// Received messages that wait for their reader beyond so many bytes stop the stream's window.
  public var inboundHighWaterBytes = 1 << 20
  /// Server: received messages of one connection that wait for their readers beyond so many bytes stop the connection's
  /// window: its client sends no more on any stream until readers have caught up.
  public var maxUnreadBytes = 64 << 20
  /// Server: messages of one connection that have begun and are not complete, beyond so many bytes, end their calls with
  /// RESOURCE_EXHAUSTED, but never the only one.
  public var maxIncompleteBytes = 128 << 20
  /// Writers wait while so many bytes of their stream have not reached the socket.
  public var outboundHighWaterBytes = 1 << 20
  /// Server: while the streams of one connection have written so many bytes that did not leave, each writes only one
  /// message at a time.
  public var maxUnsentBytes = 4 << 20
  /// Server: how long a call may last that names no earlier deadline; nil: as long as it likes.
  public var maxCallDuration: Duration?
  /// Server: how long calls of single methods may last, by `SERVICE/METHOD`; it wins over ``maxCallDuration``.
  public var callTimeLimits: [String: CallTimeLimit] = [:]

  // MARK: Headers

  /// Bytes of one decoded header list, counted as RFC 9113 does: names, values, and 32 per field.
  public var maxHeaderListBytes = 8 << 10
  /// Fields of one header list, each crumb of a cookie included.
  public var maxHeaderFields = 64
  /// CONTINUATION frames of one header list.
  public var maxContinuationFrames = 8

  // MARK: Floods

  /// Streams that a client may reset in one ``floodWindow``.
  public var maxResetsPerWindow = 200
  /// Streams that a server must reset for its client's errors, or that exceed the limit, in one ``floodWindow``.
  public var maxForcedResetsPerWindow = 200
  /// PING, SETTINGS, PRIORITY and GOAWAY frames in one ``floodWindow``.
  public var maxControlFramesPerWindow = 200
  /// The time over which resets and control frames are counted.
  public var floodWindow: Duration = .seconds(30)
  /// Frames that do nothing, at once: of unknown types, empty, on closed streams, WINDOW_UPDATE for what was never sent.
  public var maxUselessFrames = 1000
  /// How many frames that do nothing are forgotten in a second.
  public var uselessFramesPerSecond = 50
  /// DATA frames without data, one after another.
  public var maxEmptyDataFrames = 10
  /// Answers to PING and SETTINGS that wait for a peer that does not read.
  public var maxQueuedAcknowledgements = 1000

  // MARK: Slow peers

  /// Server: time for the client's preface and SETTINGS.
  public var handshakeTimeout: Duration = .seconds(10)
  /// Server: time for one header list, from its first byte.
  public var headersTimeout: Duration = .seconds(10)
  /// Server: time in which a stream that waits for its client must move 1 KiB, or all that waits; nil: no limit.
  ///
  /// A stream waits for its client while output is there that the client gives no window for, or does not read, and
  /// while a message that was begun is not complete. A handler that reads slowly does not count.
  public var streamStallTimeout: Duration? = .seconds(60)

  // MARK: Life

  /// When a client asks its server for a sign of life: after a minute without one, while calls are under way.
  public var clientKeepalive = Keepalive(interval: .seconds(60))
  /// When a server asks its client for a sign of life: after two hours without one.
  public var serverKeepalive = Keepalive(interval: .seconds(2 * 60 * 60), withoutCalls: true)
  /// Server: how often a client may ping.
  public var pingPolicy = PingPolicy()
  /// Server: how long a connection may be without calls before it is closed; nil: for ever.
  public var maxIdle: Duration? = .seconds(30 * 60)
  /// Server: how old a connection may become, 10 % more or less at random, before it is closed; nil: no limit.
  public var maxAge: Duration? = .seconds(12 * 60 * 60)
  /// Server: how long calls may go on when a connection is being closed for its age; nil: until they end.
  public var maxAgeGrace: Duration? = .seconds(60)

  /// Makes a configuration of the defaults.
  public init() {}
}

extension ConnectionConfiguration {
  /// What every HTTP/2 endpoint accepts.
  static let smallestMaxFrameBytes = 16 << 10

  func maxFrameBytes(_ role: HTTP2Session.Role) -> Int {
    let bytes = maxFrameBytes ?? (role == .client ? 64 << 10 : Self.smallestMaxFrameBytes)
    return min(max(bytes, Self.smallestMaxFrameBytes), (1 << 24) - 1)
  }
}

/// How long calls of a method may last on a server.
public struct CallTimeLimit: Sendable, Hashable {
  /// For a call whose client names no deadline.
  public var unnamed: Duration
  /// For every call; a client that names a later deadline does not get it.
  public var longest: Duration

  /// Makes a limit.
  public init(unnamed: Duration, longest: Duration) {
    (self.unnamed, self.longest) = (unnamed, longest)
  }
}

/// When a connection asks its peer for a sign of life.
///
/// - SeeAlso: gRFC A8, <https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md>.
public struct Keepalive: Sendable, Hashable {
  /// The shortest interval of a client; a shorter one is taken as this.
  public static let shortestClientInterval: Duration = .seconds(10)

  /// How long nothing has come from the peer when a ping is sent; nil: none is sent.
  public var interval: Duration?
  /// How long the peer may take to answer, with anything, before the connection is closed.
  public var timeout: Duration
  /// Whether to ping while no call is under way.
  public var withoutCalls: Bool

  /// Makes a keepalive.
  public init(interval: Duration?, timeout: Duration = .seconds(20), withoutCalls: Bool = false) {
    self.interval = interval
    self.timeout = timeout
    self.withoutCalls = withoutCalls
  }
}

/// How often a client may ping its server, unless the server has sent headers or data in between.
///
/// - SeeAlso: gRFC A8, "Server Enforcement".
public struct PingPolicy: Sendable, Hashable {
  /// The shortest time between two pings while calls are under way.
  public var minInterval: Duration = .seconds(30)
  /// The shortest time between two pings while there are none.
  public var minIntervalWithoutCalls: Duration = .seconds(5 * 60)
  /// Pings that may come too early; one more closes the connection with GOAWAY "too_many_pings".
  public var maxStrikes = 2

  /// Makes the policy of the defaults.
  public init() {}
}
