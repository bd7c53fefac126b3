/// What one HTTP/2 connection allows, on either side.
public struct ConnectionConfiguration: Sendable, Hashable {
  /// Bytes that a peer may send on one stream before the reader has taken any.
  public var streamWindowBytes = 8 << 20
  /// Bytes that a peer may have under way on the connection.
  public var connectionWindowBytes = 8 << 20
  /// Streams that the peer may have open at once.
  public var maxConcurrentStreams = 1000
  /// The largest message that is accepted; a larger one ends its call with RESOURCE_EXHAUSTED before memory is taken for it.
  public var maxReceiveMessageBytes = 64 << 20
  /// The largest message that is sent.
  public var maxSendMessageBytes = Int(UInt32.max)
  /// Received messages that wait for their reader beyond so many bytes stop the stream's window.
  public var inboundHighWaterBytes = 1 << 20
  /// Writers wait while so many bytes of their stream have not reached the socket.
  public var outboundHighWaterBytes = 1 << 20
  /// Bytes of one decoded header list, counted as RFC 9113 does: names, values, and 32 per field.
  public var maxHeaderListBytes = 16 << 10
  /// Fields of one header list.
  public var maxHeaderFields = 100
  /// Streams that a client may reset, and streams that a server must reset for errors, in one ``floodWindow``.
  public var maxResetsPerWindow = 200
  /// PING, SETTINGS, PRIORITY, unknown and empty DATA frames in one ``floodWindow``.
  public var maxControlFramesPerWindow = 200
  /// The time over which resets and control frames are counted.
  public var floodWindow: Duration = .seconds(30)

  /// Makes a configuration of the defaults.
  public init() {}
}
