import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import WireBytes

/// A part of a call that came from the peer.
enum InboundPart: Sendable {
  case metadata(Metadata)
  case message(WireBytes)
  case status(Status, Metadata)

  /// What counts as unread until the reader takes it: a message with its prefix.
  var byteCount: Int {
    if case .message(let bytes) = self { bytes.count + WireBytes.prefixLength } else { 0 }
  }
}

/// Parts on their way from the event loop to the one task that reads a call.
///
/// It never refuses a part: the stream's window bounds it. ``push(_:)`` says when the window should stop.
final class InboundQueue: Sendable {
  /// The task that waits for a part.
  // SAFETY: the state gives a reader out once, under its lock, and whoever has it resumes it once.
  @safe fileprivate struct Reader: Sendable {
    private let continuation: UnsafeContinuation<InboundPart?, any Error>

    init(_ continuation: UnsafeContinuation<InboundPart?, any Error>) {
      unsafe self.continuation = continuation
    }

    func resume(with result: Result<InboundPart?, any Error>) {
      unsafe continuation.resume(with: result)
    }
  }

  /// A reader and the part that it waited for: whoever holds it must ``complete()`` it.
  struct Delivery: Sendable {
    fileprivate let reader: Reader
    fileprivate let part: InboundPart

    /// Lets the reader go on.
    func complete() { reader.resume(with: .success(part)) }
  }

  private struct State {
    var parts = CircularBuffer<InboundPart>(initialCapacity: 4)
    var unreadBytes = 0
    var peakBytes = 0
    /// The loop holds window back and wants to hear when the reader has caught up.
    var isCongested = false
    /// What follows the last part.
    var end: Result<Void, RPCError>?
    var reader: Reader?

    /// Takes the first part; says whether the reader has now caught up with a peer that was made to wait.
    mutating func pop(highWater: Int) -> (part: InboundPart, caughtUp: Bool)? {
      guard let part = parts.popFirst() else { return nil }
      unreadBytes -= part.byteCount
      guard isCongested, unreadBytes < highWater else { return (part, false) }
      isCongested = false
      return (part, true)
    }
  }

  private let state = NIOLockedValueBox(State())
  private let highWater: Int

  init(highWater: Int) {
    self.highWater = highWater
  }

  /// Adds a part; says whether the reader lags so far behind that the peer should wait.
  ///
  /// Where the reader waits already, the part is its delivery, which the caller completes.
  func push(_ part: InboundPart) -> (delivery: Delivery?, isCongested: Bool) {
    state.withLockedValue { state in
      guard state.end == nil else { return (nil, false) }
      if let reader = state.reader {
        state.reader = nil
        state.peakBytes = max(state.peakBytes, part.byteCount)
        return (Delivery(reader: reader, part: part), false)
      }
      state.parts.append(part)
      state.unreadBytes += part.byteCount
      state.peakBytes = max(state.peakBytes, state.unreadBytes)
      if state.unreadBytes >= highWater { state.isCongested = true }
      return (nil, state.isCongested)
    }
  }

  /// Ends the queue after the parts that are in it.
  func finish(_ result: Result<Void, RPCError> = .success(())) {
    end(result, discarding: false)
  }

  /// Ends the queue at once: parts that nobody read are dropped.
  func abort(_ error: RPCError) {
    end(.failure(error), discarding: true)
  }

  private func end(_ result: Result<Void, RPCError>, discarding: Bool) {
    let reader = state.withLockedValue { state -> Reader? in
      if discarding, !(state.end.isFailure) {
        state.parts.removeAll()
        state.unreadBytes = 0
        state.end = result
      } else if state.end == nil {
        state.end = result
      }
      defer { state.reader = nil }
      return state.reader
    }
    switch result {
    case .success: reader?.resume(with: .success(nil))
    case .failure(let error): reader?.resume(with: .failure(error))
    }
  }

  /// Whether nothing more will come.
  var hasEnded: Bool { state.withLockedValue { $0.end != nil } }

  /// About the memory that waits for the reader: small messages need more than their bytes.
  var footprint: Int { state.withLockedValue { $0.unreadBytes + $0.parts.count * Self.partBytes } }
  /// About the memory that a message needs besides its bytes.
  static let partBytes = 160

  /// The most bytes that waited at once.
  var peakBytes: Int { state.withLockedValue { $0.peakBytes } }

  /// The next part, or nil after the last.
  ///
  /// - Parameter caughtUp: Called when the reader has caught up with a peer that was made to wait.
  /// - Throws: `RPCError`, with code cancelled when the task is.
  func next(caughtUp: () -> Void) async throws -> InboundPart? {
    if let result = takeNow(caughtUp: caughtUp) { return try result.get() }
    return try await withTaskCancellationHandler {
      try await unsafe withUnsafeThrowingContinuation { unsafe wait(Reader($0), caughtUp: caughtUp) }
    } onCancel: {
      cancelReader()
    }
  }

  /// The next part or the end, if either is there.
  func takeNow(caughtUp: () -> Void) -> Result<InboundPart?, RPCError>? {
    takeNow(caughtUp: caughtUp, otherwise: nil)
  }

  /// The next part or the end, if either is there; else registers `reader` for it.
  private func takeNow(caughtUp: () -> Void, otherwise reader: Reader?) -> Result<InboundPart?, RPCError>? {
    let taken = state.withLockedValue { state -> (result: Result<InboundPart?, RPCError>?, caughtUp: Bool) in
      // Under the lock: a cancellation that comes later finds the reader.
      if reader != nil, Task.isCancelled { return (.failure(.cancelledByReader), false) }
      if let (part, caughtUp) = state.pop(highWater: highWater) { return (.success(part), caughtUp) }
      if let end = state.end { return (end.map { nil }, false) }
      guard let reader else { return (nil, false) }
      if state.reader != nil { return (.failure(.secondReader), false) }
      state.reader = reader
      return (nil, false)
    }
    if taken.caughtUp { caughtUp() }
    return taken.result
  }

  private func wait(_ reader: Reader, caughtUp: () -> Void) {
    let result = takeNow(caughtUp: caughtUp, otherwise: reader)
    if let result { reader.resume(with: result.mapError { $0 as any Error }) }
  }

  private func cancelReader() {
    let reader = state.withLockedValue { state in
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(with: .failure(RPCError.cancelledByReader))
  }
}

extension RPCError {
  static var cancelledByReader: RPCError {
    RPCError(code: .cancelled, message: "the task that read the call was cancelled")
  }

  static var secondReader: RPCError {
    RPCError(code: .internalError, message: "two tasks read one call: let one read it")
  }
}

extension Result<Void, RPCError>? {
  fileprivate var isFailure: Bool {
    if case .failure = self { true } else { false }
  }
}
