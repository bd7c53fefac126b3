internal import Dispatch
internal import NIOConcurrencyHelpers

/// Hands pieces of an answer from a computing thread, which may block, to a task, which may not.
///
/// The thread waits while `capacity` pieces are unread, so a slow reader slows the computation instead of filling memory.
final class ChunkRelay<Chunk: Sendable>: Sendable {
  /// The pieces, in order.
  let chunks: AsyncStream<Chunk>
  private let input: AsyncStream<Chunk>.Continuation
  private let free = DispatchSemaphore(value: 0)
  private let isClosed = NIOLockedValueBox(false)
  private let patience: Duration

  init(capacity: Int, patience: Duration) {
    (chunks, input) = AsyncStream.makeStream(of: Chunk.self)
    self.patience = patience
    // A semaphore must not end with a lower value than it began with, so it begins with none.
    for _ in 0..<max(capacity, 1) { free.signal() }
  }

  /// Gives a piece, from a thread that may block.
  ///
  /// - Throws: `CancellationError` once the reader has gone, ``ServingError/readerStalled(patience:)``.
  func send(_ chunk: Chunk) throws {
    let limit = DispatchTime.now() + .milliseconds(Int(patience / .milliseconds(1)))
    guard free.wait(timeout: limit) == .success else { throw ServingError.readerStalled(patience: patience) }
    guard !isClosed.withLockedValue({ $0 }) else { throw CancellationError() }
    input.yield(chunk)
  }

  /// Says that a piece has been dealt with.
  func release() { free.signal() }

  /// Says that no piece will follow.
  func finish() { input.finish() }

  /// Says that nobody reads any more.
  func close() {
    isClosed.withLockedValue { $0 = true }
    free.signal()
  }
}

extension ComputeQueue {
  /// Runs `work` in its turn and writes what it emits, as it comes.
  ///
  /// - Parameters:
  ///   - caller: Whose work it is.
  ///   - bytes: What the caller holds while it waits for its turn.
  ///   - work: Runs on a thread of its own with its turn and passes each piece to its other argument, which throws once nobody reads.
  ///   - write: Writes a piece; suspends as long as the peer is slow.
  func relay<Chunk: Sendable>(
    limits: ServingLimits, of caller: Caller, bytes: Int = 0,
    _ work: @escaping @Sendable (ComputeTurn, (Chunk) throws -> Void) throws -> Void,
    write: (Chunk) async throws -> Void
  ) async throws {
    let relay = ChunkRelay<Chunk>(capacity: limits.waitingChunks, patience: limits.readerPatience)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { relay.finish() }
        try await self.run(for: caller, bytes: bytes) { try work($0, relay.send) }
      }
      defer { relay.close() }
      for await chunk in relay.chunks {
        try await write(chunk)
        relay.release()
      }
      relay.close()
      try await group.waitForAll()
    }
  }
}
