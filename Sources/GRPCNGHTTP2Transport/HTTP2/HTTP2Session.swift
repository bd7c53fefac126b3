internal import CNGHTTP2
package import NIOCore
package import WireBytes

/// One end of an HTTP/2 connection, without a socket: bytes and submissions go in, events and bytes come out.
///
/// The engine is libnghttp2. Its callbacks only note what happened; ``takeEvents()`` hands it out afterwards, so that
/// nothing that reacts to an event runs inside the engine. Confined to one event loop.
@safe package final class HTTP2Session {
  /// Which end this is.
  package enum Role: Sendable {
    case client, server
  }

  /// What the peer did.
  package enum Event {
    /// A header list is complete. Trailers are those that come second on a client, or second on a server.
    case headers(HTTP2Stream, HeaderFields, isFirst: Bool, overflow: Bool, endStream: Bool)
    /// A message is complete.
    case message(HTTP2Stream, WireBytes)
    /// The bytes of a stream are not a message that may be taken; what follows on it is thrown away.
    case refused(HTTP2Stream, MessageError)
    /// The peer sends no more on the stream.
    case remoteEnd(HTTP2Stream)
    /// The stream is gone.
    case closed(HTTP2Stream, code: UInt32)
    /// SETTINGS came from the peer.
    case settings
    /// The peer opens no streams, or takes none above the last id.
    case goAway(lastStreamID: Int32, code: UInt32)
    /// The answer to ``submitPing(_:)``.
    case pingAnswer(UInt8)
    /// The peer does something more often than is allowed.
    case flood(TransportLimit)
  }

  package let role: Role
  let configuration: ConnectionConfiguration
  let now: () -> Duration
  /// Room for what a few calls do in a turn.
  private static let usualEvents = 16
  var handle: OpaquePointer?
  var streams: [Int32: HTTP2Stream] = [:]
  var events: [Event] = []
  var output = OutputCollector()
  var outputLimit = 0
  var flood: FloodGuard
  var isFlooded = false
  var inbound: InboundLoad
  /// CONTINUATION frames of the header list that is arriving.
  var continuations = 0
  /// The peer's SETTINGS changed the windows of streams, and what follows from that was not sent yet.
  var hasNewInitialWindow = false
  /// The header list that is arriving, and its stream, which is looked up once: none where it belongs to none that is open.
  var openHeaderBlock: (id: Int32, stream: HTTP2Stream?)?
  /// Streams that the peer has opened, or header lists that it has begun on a client.
  package internal(set) var headerBlocksBegun = 0
  /// The greatest id of a stream that the peer has opened.
  var lastPeerStream: Int32 = 0
  /// What the peer's last GOAWAY said besides its code.
  package internal(set) var goAwayText = ""
  /// A GOAWAY was submitted after which nothing is sent.
  var isTerminating = false
  var isTerminated = false
  /// The code of the GOAWAY that the engine or its owner sent, unless that was NO_ERROR.
  package internal(set) var sentError: UInt32?
  /// Streams that sent bytes since ``takeProgressed()``.
  var progressed: [HTTP2Stream] = []

  /// Makes an end that will send its SETTINGS first.
  ///
  /// - Parameter now: The time since any fixed moment, for counting floods.
  /// - Throws: ``HTTP2SessionError`` when the engine has no memory.
  package init(
    role: Role, configuration: ConnectionConfiguration, now: @escaping () -> Duration
  ) throws(HTTP2SessionError) {
    self.role = role
    self.configuration = configuration
    self.now = now
    self.flood = FloodGuard(configuration)
    self.inbound = InboundLoad(configuration)
    try makeHandle()
    try submitSettings()
  }

  deinit {
    unsafe nghttp2_session_del(handle)
  }

  private func makeHandle() throws(HTTP2SessionError) {
    var callbacks: OpaquePointer?
    var option: OpaquePointer?
    try check(unsafe nghttp2_session_callbacks_new(&callbacks))
    defer { unsafe nghttp2_session_callbacks_del(callbacks) }
    try check(unsafe nghttp2_option_new(&option))
    defer { unsafe nghttp2_option_del(option) }
    unsafe Self.install(on: callbacks)
    unsafe nghttp2_option_set_no_auto_window_update(option, 1)
    // The engine's own count also counts each piece of a frame's header that arrives by itself.
    unsafe nghttp2_option_set_max_continuations(option, (configuration.maxContinuationFrames + 1) * 16)
    unsafe nghttp2_option_set_max_settings(option, 32)
    unsafe nghttp2_option_set_max_outbound_ack(option, configuration.maxQueuedAcknowledgements)
    // Resets are counted here, by the same clock as the rest; the engine's own count is for the worst.
    let resets = UInt64(max(configuration.maxResetsPerWindow, 1000) * 2)
    unsafe nghttp2_option_set_stream_reset_rate_limit(option, resets, resets)
    // Frames of unknown types are reported as well: they count among the control frames.
    for type in UInt8(10)...255 { unsafe nghttp2_option_set_user_recv_extension_type(option, type) }
    let user = unsafe Unmanaged.passUnretained(self).toOpaque()
    switch role {
    case .client: try check(unsafe nghttp2_session_client_new2(&handle, callbacks, user, option))
    case .server: try check(unsafe nghttp2_session_server_new2(&handle, callbacks, user, option))
    }
  }

  private func submitSettings() throws(HTTP2SessionError) {
    var entries = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
        value: UInt32(configuration.maxConcurrentStreams)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(configuration.streamWindowBytes)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
        value: UInt32(configuration.maxHeaderListBytes)),
    ]
    if configuration.maxFrameBytes(role) > ConnectionConfiguration.smallestMaxFrameBytes {
      entries.append(
        nghttp2_settings_entry(
          settings_id: Int32(NGHTTP2_SETTINGS_MAX_FRAME_SIZE.rawValue),
          value: UInt32(configuration.maxFrameBytes(role))))
    }
    if role == .client {
      entries[0] = nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0)
    }
    try check(
      unsafe entries.withUnsafeBufferPointer { entries in
        unsafe nghttp2_submit_settings(
          handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries.baseAddress, entries.count)
      })
    try check(
      unsafe nghttp2_session_set_local_window_size(
        handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(configuration.connectionWindowBytes)))
  }

  // MARK: Bytes

  /// Takes bytes from the peer.
  ///
  /// - Throws: ``HTTP2SessionError`` when the connection cannot go on; what is to be sent should still be sent.
  package func receive(_ buffer: ByteBuffer) throws(HTTP2SessionError) {
    let count = unsafe buffer.withUnsafeReadableBytes { bytes in
      unsafe nghttp2_session_mem_recv(handle, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    }
    // The flood itself is among the events.
    if count < 0, !isFlooded { throw HTTP2SessionError(code: Int32(count)) }
  }

  /// Gives about `limit` bytes to be sent, fewer when there are no more.
  ///
  /// - Throws: ``HTTP2SessionError`` when the connection cannot go on.
  package func produce(limit: Int) throws(HTTP2SessionError) -> [ByteBuffer] {
    outputLimit = limit
    while output.count < limit, !isTerminated {
      var bytes: UnsafePointer<UInt8>?
      let count = unsafe nghttp2_session_mem_send(handle, &bytes)
      if count < 0 { throw HTTP2SessionError(code: Int32(count)) }
      if count == 0 { break }
      unsafe output.append(UnsafeRawBufferPointer(start: bytes, count: count))
    }
    hasNewInitialWindow = false
    return output.take()
  }

  /// Whether the connection still has a purpose; when false it should be closed.
  package var isAlive: Bool {
    unsafe !isTerminated && (nghttp2_session_want_read(handle) != 0 || nghttp2_session_want_write(handle) != 0)
  }

  /// Whether ``takeEvents()`` has anything to give.
  package var hasEvents: Bool { !events.isEmpty }

  /// What happened since the last call, in order.
  package func takeEvents() -> [Event] {
    guard !events.isEmpty else { return [] }
    defer {
      events = []
      events.reserveCapacity(Self.usualEvents)
    }
    return events
  }

  /// Streams whose bytes went out since the last call, each perhaps more than once.
  package func takeProgressed() -> [HTTP2Stream] {
    guard !progressed.isEmpty else { return [] }
    defer { progressed = [] }
    return progressed
  }

  // MARK: Submissions

  /// Opens a stream with a request. Returns nothing when the connection opens no more.
  package func submitRequest(_ headers: HeaderFields, maxMessageBytes: Int) -> HTTP2Stream? {
    var provider = unsafe Self.dataProvider
    let id = unsafe headers.withPairs { pairs, count in
      unsafe nghttp2_submit_request(handle, nil, pairs, count, &provider, nil)
    }
    guard id > 0 else { return nil }
    let stream = HTTP2Stream(id: id, maxMessageBytes: maxMessageBytes)
    stream.submittedHeaders = true
    streams[id] = stream
    return stream
  }

  /// Answers a request; with `endStream` that is all of the answer.
  package func submitResponse(_ headers: HeaderFields, on stream: HTTP2Stream, endStream: Bool) {
    guard !stream.submittedHeaders else { return }
    stream.submittedHeaders = true
    if endStream { stream.ending = .endStream }
    var provider = unsafe Self.dataProvider
    let result = unsafe headers.withPairs { pairs, count in
      unsafe withUnsafePointer(to: &provider) { provider in
        unsafe nghttp2_submit_response(handle, stream.id, pairs, count, endStream ? nil : provider)
      }
    }
    if result != 0 { reset(stream, .internalError) }
  }

  /// Sends bytes of DATA after those before them.
  package func send(_ buffer: ByteBuffer, on stream: HTTP2Stream) {
    guard stream.ending == nil, streams[stream.id] != nil else { return }
    stream.enqueue(buffer)
    resume(stream)
  }

  /// Ends this side of a stream, after the DATA before it.
  func end(_ stream: HTTP2Stream, with ending: HTTP2Stream.Ending) {
    guard stream.ending == nil, streams[stream.id] != nil else { return }
    stream.ending = ending
    resume(stream)
  }

  /// Ends this side of a stream with trailers.
  package func end(_ stream: HTTP2Stream, trailers: HeaderFields) {
    end(stream, with: .trailers(trailers))
  }

  /// Ends this side of a stream.
  package func end(_ stream: HTTP2Stream) {
    end(stream, with: .endStream)
  }

  /// Ends a stream at once, in both directions.
  package func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
    // A request that waits to be sent is taken back; a second RST_STREAM would go out, for a stream that never was.
    guard streams[stream.id] != nil, !stream.isReset else { return }
    stream.isReset = true
    stream.discardsData = true
    stream.dropOutbound()
    unsafe nghttp2_submit_rst_stream(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
    // The engine says nothing of a request that it has not sent, and may not send for long.
    if role == .client, !stream.sentHeaders { didClose(id: stream.id, code: code.rawValue) }
  }

  /// Gives the peer back what it may send, now that the reader has caught up.
  package func readerCaughtUp(_ stream: HTTP2Stream) {
    stream.isCongested = false
    returnWindow(stream)
  }

  /// Tells the peer that the end is near: it should open no streams, and those under way are finished.
  package func submitShutdownNotice() {
    unsafe nghttp2_submit_shutdown_notice(handle)
  }

  /// Tells the peer which streams are still served. No stream opened later is.
  package func submitGoAway(_ code: HTTP2ErrorCode = .noError, reason: String = "") {
    let last = unsafe nghttp2_session_get_last_proc_stream_id(handle)
    let reason = Array(reason.utf8)
    _ = unsafe reason.withUnsafeBufferPointer { bytes in
      unsafe nghttp2_submit_goaway(
        handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, bytes.baseAddress, bytes.count)
    }
  }

  /// Ends the connection with GOAWAY, whatever is under way; `reason` is its debug data.
  package func terminate(_ code: HTTP2ErrorCode, reason: String = "") {
    guard !isTerminating else { return }
    isTerminating = true
    submitGoAway(code, reason: reason)
  }

  /// Asks the peer for a sign of life that carries `mark`.
  package func submitPing(_ mark: UInt8) {
    let opaque = [UInt8](repeating: mark, count: 8)
    _ = unsafe opaque.withUnsafeBufferPointer { bytes in
      unsafe nghttp2_submit_ping(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), bytes.baseAddress)
    }
  }

  // MARK: Inside

  private func resume(_ stream: HTTP2Stream) {
    guard stream.isDeferred else { return }
    stream.isDeferred = false
    unsafe nghttp2_session_resume_data(handle, stream.id)
  }

  /// Returns window to the peer for all that arrived, unless the reader lags behind.
  func returnWindow(_ stream: HTTP2Stream) {
    guard stream.withheldBytes > 0, !stream.isCongested || stream.discardsData, streams[stream.id] != nil else {
      return
    }
    unsafe nghttp2_session_consume_stream(handle, stream.id, stream.withheldBytes)
    stream.withheldBytes = 0
  }

  private func check(_ result: Int32) throws(HTTP2SessionError) {
    if result != 0 { throw HTTP2SessionError(code: result) }
  }
}
