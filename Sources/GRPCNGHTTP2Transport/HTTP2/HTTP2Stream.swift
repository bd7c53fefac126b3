import NIOCore

/// What one end of a connection knows of a stream. Confined to the connection's event loop.
package final class HTTP2Stream {
  /// What follows the last byte of DATA.
  enum Ending {
    case endStream
    case trailers(HeaderFields)
  }

  package let id: Int32
  /// The call that the stream carries; none before its headers were taken, and none where it was refused.
  var call: StreamCall?

  /// The server's handler of the call has returned.
  var handlerReturned = false

  // Headers that are arriving.
  var headers = HeaderFields()
  var headerBytes = 0
  var headersOverflow = false

  // Inbound data.
  var assembler: MessageAssembler
  /// Received bytes that the peer was not given back.
  var withheldBytes = 0
  /// The reader lags behind: no window is given back.
  var isCongested = false
  /// What arrives is thrown away.
  var discardsData = false
  /// This side has ended the stream at once.
  var isReset = false
  package internal(set) var remoteEnded = false
  var receivedHeaders = false

  // Progress, as ``isStalled(at:timeout:isHeld:)`` looks at it now and then.
  var movedBytes = 0
  private var stallMark: (movedBytes: Int, since: Duration)?
  /// When the stream was first looked at.
  var openedAt: Duration?
  /// Server: how long the call may last.
  var callTime: CallTime?

  // Outbound data.
  private var outbound = CircularBuffer<ByteBuffer>(initialCapacity: 2)
  private(set) var outboundBytes = 0
  var ending: Ending?
  /// nghttp2 asked for data when there was none, and waits to be resumed.
  var isDeferred = false
  /// Bytes that left since the writer was last told.
  var sentBytes = 0
  /// Bytes of DATA that went to the connection, and that came from it, over the stream's life.
  private(set) var totalSentBytes = 0
  var totalReceivedBytes = 0
  /// Response headers, or the request's, were submitted.
  var submittedHeaders = false
  /// The request's headers have left.
  var sentHeaders = false
  package internal(set) var localEnded = false

  init(id: Int32, maxMessageBytes: Int) {
    self.id = id
    self.assembler = MessageAssembler(limit: maxMessageBytes)
  }

  func beginHeaders() {
    headers = HeaderFields(reservingCapacity: 10)
    headerBytes = 0
    headersOverflow = false
  }

  /// Whether the stream waits for the peer to take or to complete something.
  private func waitsForPeer(isHeld: Bool) -> Bool {
    if outboundBytes > 0 || (ending != nil && !localEnded) { return true }
    return !assembler.isAtBoundary && !isCongested && !isHeld && !discardsData && !remoteEnded
  }

  /// Whether the peer has let the stream wait for `timeout` in which less than 1 KiB moved.
  ///
  /// - Parameter isHeld: Whether the connection gives its peer no window.
  func isStalled(at now: Duration, timeout: Duration, isHeld: Bool) -> Bool {
    guard waitsForPeer(isHeld: isHeld) else {
      stallMark = nil
      return false
    }
    if let mark = stallMark, movedBytes &- mark.movedBytes < 1024 { return now - mark.since >= timeout }
    stallMark = (movedBytes, now)
    return false
  }

  func enqueue(_ buffer: ByteBuffer) {
    outboundBytes += buffer.readableBytes
    outbound.append(buffer)
  }

  func dropOutbound() {
    outbound.removeAll()
    sentBytes += outboundBytes
    outboundBytes = 0
  }

  /// Moves the next `count` bytes to the output.
  func takeOutbound(_ count: Int, into output: inout OutputCollector) {
    var count = count
    outboundBytes -= count
    sentBytes += count
    movedBytes &+= count
    totalSentBytes += count
    while count > 0, !outbound.isEmpty {
      let first = outbound.startIndex
      let taken = min(count, outbound[first].readableBytes)
      if let slice = outbound[first].readSlice(length: taken) { output.append(slice) }
      count -= taken
      if outbound[first].readableBytes == 0 { outbound.removeFirst() }
    }
  }
}

/// Gathers what a session sends: small pieces are copied together, large ones passed on as they are.
package struct OutputCollector {
  /// Payloads of at least so many bytes are not copied.
  static let copyBelow = 2048

  /// Bytes that were copied; the large pieces lie between them.
  private var copied = ByteBuffer()
  /// Room for the frames of a few calls: the buffer need not grow by and by.
  private static let usualBytes = 2048
  /// Large pieces, each with the number of copied bytes before it.
  private var large: [(copiedBefore: Int, piece: ByteBuffer)] = []
  private(set) var count = 0

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    count += bytes.count
    if copied.capacity == 0 { copied = ByteBufferAllocator().buffer(capacity: Self.usualBytes) }
    unsafe copied.writeBytes(bytes)
  }

  mutating func append(_ slice: ByteBuffer) {
    count += slice.readableBytes
    if slice.readableBytes < Self.copyBelow {
      copied.writeImmutableBuffer(slice)
    } else {
      large.append((copied.readableBytes, slice))
    }
  }

  /// Takes what was gathered, in order.
  mutating func take() -> [ByteBuffer] {
    defer { self = OutputCollector() }
    guard !large.isEmpty else { return copied.readableBytes == 0 ? [] : [copied] }
    var pieces: [ByteBuffer] = []
    pieces.reserveCapacity(2 * large.count + 1)
    var taken = 0
    for (copiedBefore, piece) in large {
      if copiedBefore > taken, let before = copied.readSlice(length: copiedBefore - taken) { pieces.append(before) }
      taken = copiedBefore
      pieces.append(piece)
    }
    if copied.readableBytes > 0 { pieces.append(copied) }
    return pieces
  }
}
