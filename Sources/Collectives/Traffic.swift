/// What a member has exchanged so far.
public struct Traffic: Sendable, Equatable {
  /// Bytes of buffers that went to other members.
  public internal(set) var bytesSent = 0
  /// Bytes of buffers that came from other members.
  public internal(set) var bytesReceived = 0
  /// Calls that ended well.
  public internal(set) var calls = 0
  /// Time within calls, those that failed and the wait for others included.
  public internal(set) var duration = Duration.zero
}
