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

  let eventLoop: any EventLoop
  private let mailbox = NIOLockedValueBox(Mailbox())
  fileprivate let handler: NIOLoopBoundBox<ConnectionHandler?>

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    self.handler = .makeEmptyBox(eventLoop: eventLoop)
  }

  /// Posts operations in order; returns false when the connection is closed, and nothing will be done.
  @discardableResult
  func post(_ operations: Operation...) -> Bool {
    post(contentsOf: operations)
  }

  /// Posts operations in order; returns false when the connection is closed, and nothing will be done.
  @discardableResult
  func post(contentsOf operations: [Operation]) -> Bool {
    let (isOpen, wakes) = mailbox.withLockedValue { mailbox -> (Bool, Bool) in
      guard !mailbox.isClosed else { return (false, false) }
      mailbox.operations.append(contentsOf: operations)
      defer { mailbox.isAwake = true }
      return (true, !mailbox.isAwake)
    }
    if wakes { eventLoop.execute { self.handler.value?.performMailbox() } }
    return isOpen
  }

  /// The loop takes what was posted.
  func takeOperations() -> [Operation] {
    mailbox.withLockedValue { mailbox in
      mailbox.isAwake = false
      defer { mailbox.operations = [] }
      return mailbox.operations
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
  func tick() {
    handler.value?.tick()
  }

  func finishDraining() {
    handler.value?.sendLastGoAway()
    handler.value?.performMailbox()
  }
}
