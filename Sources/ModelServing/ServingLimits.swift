/// Bounds of what one call may ask and hold.
public struct ServingLimits: Sendable, Hashable {
  /// Bytes of one message of a Score reply; a single position may be larger.
  public var chunkBytes: Int
  /// Bytes of all chunks about one request.
  public var replyBytes: Int
  /// Positions of one request times the candidates of each: `top_count`, `gather_count`, `draw_count` and 1.
  public var candidates: Int
  /// Chunks that wait for a slow reader before the computation waits too.
  public var waitingChunks: Int
  /// How long a computation waits for its reader before the call is given up.
  public var readerPatience: Duration

  /// Makes limits.
  public init(
    chunkBytes: Int = 1 << 20, replyBytes: Int = 4 << 30, candidates: Int = 1 << 26, waitingChunks: Int = 4,
    readerPatience: Duration = .seconds(120)
  ) {
    self.chunkBytes = chunkBytes
    self.replyBytes = replyBytes
    self.candidates = candidates
    self.waitingChunks = waitingChunks
    self.readerPatience = readerPatience
  }
}
