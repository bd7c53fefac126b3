import GRPCCore
import NIOConcurrencyHelpers
import NIOCore

/// The way from any task to a connection's event loop.
///
/// Operations gather in a mailbox; the first of a batch wakes the loop, which then takes all that came meanwhile.
final class ConnectionLink: Sendable {
  /// What a task asks of the connection. A token names a call.
  enum Operation: Sendable {
    /// Client: opens the stream of a call.
    case open(StreamCall, HeaderFields, maxMessageBytes: Int)
    /// Server: sends response headers.
    case head(UInt64, HeaderFields)
    /// Sends a framed message.
    case message(UInt64, ByteBuffer)
    /// Client: sends no more.
    case finish(UInt64)
    /// Server: ends the call; without headers before, these are all of the answer.
    case trailers(UInt64, HeaderFields)
    /// Ends the call at once, unless it has ended.
    case reset(UInt64, HTTP2ErrorCode)
    /// The reader has caught up with a peer that was made to wait.
    case readerCaughtUp(UInt64)
    /// Server: the handler has returned.
    case handlerFinished(UInt64)
    /// Takes no new calls, finishes those under way, then closes.
    case drain
    /// Closes now.
    case close(RPCError)
  }

  private struct Mailbox {
    var operations: [Operation] = []
    var isAwake = false
    var isClosed = false
  }

  /// Room that the mailbox keeps when it is emptied.
  private static let usualOperations = 64

  let eventLoop: any EventLoop
  /// Server: what all calls of the connection have written and that did not leave.
  let unsent: UnsentTotal?
  private let mailbox = NIOLockedValueBox(Mailbox())
  fileprivate let handler: NIOLoopBoundBox<ConnectionHandler?>

  init(eventLoop: any EventLoop, maxUnsentBytes: Int? = nil) {
    self.eventLoop = eventLoop
    self.unsent = maxUnsentBytes.map { UnsentTotal(limit: $0) }
    self.handler = .makeEmptyBox(eventLoop: eventLoop)
  }

  /// Posts an operation; returns false when the connection is closed, and nothing will be done.
  ///
  /// - Parameter wakes: False where it is enough that the loop takes the operation when it does something anyway.
  @discardableResult
  func post(_ operation: Operation, wakes: Bool = true) -> Bool {
    post(wakes: wakes) { $0.append(operation) }
  }

  /// Posts operations in order; returns false when the connection is closed, and nothing will be done.
  @discardableResult
  func post(contentsOf operations: [Operation]) -> Bool {
    post(wakes: true) { $0.append(contentsOf: operations) }
  }

  private func post(wakes: Bool, _ add: (inout [Operation]) -> Void) -> Bool {
    let (isOpen, wakesNow) = mailbox.withLockedValue { mailbox -> (Bool, Bool) in
      guard !mailbox.isClosed else { return (false, false) }
      add(&mailbox.operations)
      guard wakes else { return (true, false) }
      defer { mailbox.isAwake = true }
      return (true, !mailbox.isAwake)
    }
    if wakesNow { eventLoop.execute { self.handler.value?.performMailbox() } }
    return isOpen
  }

  /// The loop takes what was posted.
  ///
  /// - Parameter isWake: Whether a post woke the loop for this; otherwise one that has may still be on its way.
  func takeOperations(isWake: Bool) -> [Operation] {
    mailbox.withLockedValue { mailbox in
      if isWake { mailbox.isAwake = false }
      guard !mailbox.operations.isEmpty else { return [] }
      let operations = mailbox.operations
      mailbox.operations = []
      mailbox.operations.reserveCapacity(min(operations.count, Self.usualOperations))
      return operations
    }
  }

  /// The loop connects its handler.
  func attach(_ handler: ConnectionHandler) {
    self.handler.value = handler
    if !mailbox.withLockedValue({ $0.operations.isEmpty }) { handler.performMailbox() }
  }

  /// The loop closes the mailbox and takes what is left in it.
  func close() -> [Operation] {
    handler.value = nil
    return mailbox.withLockedValue { mailbox in
      mailbox.isClosed = true
      defer { mailbox.operations = [] }
      return mailbox.operations
    }
  }
}

// MARK: - Timers, on the loop

extension ConnectionLink {
  func checkHeldWindow() {
    handler.value?.checkHeldWindow()
  }

  func tick() {
    handler.value?.tick()
  }

  func finishDraining() {
    handler.value?.sendLastGoAway()
    handler.value?.performMailbox()
  }
}
