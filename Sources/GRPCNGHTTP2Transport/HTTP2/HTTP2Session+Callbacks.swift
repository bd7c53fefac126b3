internal import CNGHTTP2

/// The C side of ``HTTP2Session``: each callback finds its session and hands over plain values.
extension HTTP2Session {
  private static func session(_ user: UnsafeMutableRawPointer?) -> HTTP2Session? {
    // SAFETY: `user` is the session that owns the C handle, and callbacks run only inside its methods.
    unsafe user.map { unsafe Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
  }

  static var dataProvider: nghttp2_data_provider {
    unsafe nghttp2_data_provider(source: nghttp2_data_source(), read_callback: readData)
  }

  static func install(on callbacks: OpaquePointer?) {
    unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, beginFrame)
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, beginHeaders)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, header)
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameReceived)
    unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalidFrameReceived)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, dataReceived)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frameSent)
    unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, frameNotSent)
    unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks, sendData)
    unsafe nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, dataLength)
    unsafe nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(callbacks) { _, _, _, _, _ in 0 }
    unsafe nghttp2_session_callbacks_set_unpack_extension_callback(callbacks) { _, _, _, _ in
      Int32(NGHTTP2_ERR_CANCEL.rawValue)
    }
  }

  private static let endStreamFlag = UInt8(NGHTTP2_FLAG_END_STREAM.rawValue)

  private static let beginFrame: nghttp2_on_begin_frame_callback = { _, head, user in
    guard let session = unsafe session(user), let head = unsafe head?.pointee else { return 0 }
    session.didBeginFrame(type: head.type, flags: head.flags, length: head.length, id: head.stream_id)
    return session.isFlooded ? Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) : 0
  }

  private static let beginHeaders: nghttp2_on_begin_headers_callback = { _, frame, user in
    guard let session = unsafe session(user), let frame = unsafe frame else { return 0 }
    let isRequest = unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
    session.didBeginHeaders(id: unsafe frame.pointee.hd.stream_id, isRequest: isRequest)
    return 0
  }

  private static let header: nghttp2_on_header_callback = { _, frame, name, nameLength, value, valueLength, _, user in
    guard let session = unsafe session(user), let frame = unsafe frame else { return 0 }
    unsafe session.didReceiveHeader(
      id: frame.pointee.hd.stream_id, name: UnsafeRawBufferPointer(start: name, count: nameLength),
      value: UnsafeRawBufferPointer(start: value, count: valueLength))
    return 0
  }

  private static let frameReceived: nghttp2_on_frame_recv_callback = { _, frame, user in
    guard let session = unsafe session(user), let frame = unsafe frame else { return 0 }
    let head = unsafe frame.pointee.hd
    let endsStream = head.flags & endStreamFlag != 0
    switch UInt32(head.type) {
    case NGHTTP2_HEADERS.rawValue: session.didReceiveHeaders(id: head.stream_id, endStream: endsStream)
    case NGHTTP2_DATA.rawValue: if endsStream { session.didReceiveEnd(id: head.stream_id) }
    case NGHTTP2_RST_STREAM.rawValue: session.countReset()
    case NGHTTP2_SETTINGS.rawValue:
      guard head.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0 else { break }
      let entries = unsafe UnsafeBufferPointer(start: frame.pointee.settings.iv, count: frame.pointee.settings.niv)
      let window = Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue)
      if unsafe entries.contains(where: { $0.settings_id == window }) { session.hasNewInitialWindow = true }
      session.didReceive(.settings)
    case NGHTTP2_PING.rawValue:
      if head.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 {
        session.didReceive(.pingAnswer(unsafe frame.pointee.ping.opaque_data.0))
      }
    case NGHTTP2_GOAWAY.rawValue:
      let goaway = unsafe frame.pointee.goaway
      let text = unsafe UnsafeBufferPointer(start: goaway.opaque_data, count: min(goaway.opaque_data_len, 256))
      session.goAwayText = unsafe String(decoding: text, as: UTF8.self)
      unsafe session.didReceive(.goAway(lastStreamID: goaway.last_stream_id, code: goaway.error_code))
    default: break
    }
    return 0
  }

  /// A header list that is refused as a whole has ended too.
  private static let invalidFrameReceived: nghttp2_on_invalid_frame_recv_callback = { _, frame, _, user in
    guard let session = unsafe session(user), let frame = unsafe frame else { return 0 }
    if unsafe UInt32(frame.pointee.hd.type) == NGHTTP2_HEADERS.rawValue { session.openHeaderBlock = nil }
    return 0
  }

  private static let dataReceived: nghttp2_on_data_chunk_recv_callback = { _, _, id, bytes, count, user in
    guard let session = unsafe session(user) else { return 0 }
    unsafe session.didReceiveData(id: id, bytes: UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
  }

  private static let streamClosed: nghttp2_on_stream_close_callback = { _, id, code, user in
    unsafe session(user)?.didClose(id: id, code: code)
    return 0
  }

  private static let frameSent: nghttp2_on_frame_send_callback = { _, frame, user in
    guard let session = unsafe session(user), let frame = unsafe frame else { return 0 }
    let head = unsafe frame.pointee.hd
    switch UInt32(head.type) {
    case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue:
      session.flood.didSendFrame()
      if session.role == .client, head.type == 1 { session.streams[head.stream_id]?.sentHeaders = true }
      if head.flags & endStreamFlag != 0 { session.didSendEnd(id: head.stream_id) }
    case NGHTTP2_GOAWAY.rawValue:
      let code = unsafe frame.pointee.goaway.error_code
      if code != HTTP2ErrorCode.noError.rawValue { session.sentError = code }
      if session.isTerminating { session.isTerminated = true }
    case NGHTTP2_RST_STREAM.rawValue:
      // What a peer makes us reset counts, but not what we end of our own accord.
      switch HTTP2ErrorCode(rawValue: unsafe frame.pointee.rst_stream.error_code) {
      case .noError, .cancel: break
      // A stream beyond those that may be open was never one of ours.
      case .refusedStream where session.streams[head.stream_id] != nil: session.countRefusal()
      // A window that SETTINGS made too large is an error of the connection (RFC 9113, section 6.9.2).
      case .flowControlError where session.hasNewInitialWindow:
        session.terminate(.flowControlError, reason: "SETTINGS: a window exceeds 2^31-1")
      default: session.countForcedReset()
      }
    default: break
    }
    return 0
  }

  /// A request that could not be sent any more has no stream that could close.
  private static let frameNotSent: nghttp2_on_frame_not_send_callback = { _, frame, _, user in
    guard let session = unsafe session(user), let frame = unsafe frame else { return 0 }
    let head = unsafe frame.pointee.hd
    if UInt32(head.type) == NGHTTP2_HEADERS.rawValue, unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
      session.didClose(id: head.stream_id, code: HTTP2ErrorCode.refusedStream.rawValue)
    }
    return 0
  }

  /// Largest DATA frame that is sent to a peer that takes it: four times the least, so that streams still interleave.
  private static let largestDataFrame: UInt32 = 64 << 10

  private static let dataLength: nghttp2_data_source_read_length_callback = {
    _, _, _, connectionWindow, streamWindow, peerLimit, _ in
    let window = max(1, min(connectionWindow, streamWindow))
    return Int(min(UInt32(window), peerLimit, largestDataFrame))
  }

  private static let readData: nghttp2_data_source_read_callback = { _, id, _, length, flags, _, user in
    guard let session = unsafe session(user) else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
    guard let next = session.nextData(id: id, length: length) else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
    unsafe flags?.pointee |= next.flags
    return next.count
  }

  private static let sendData: nghttp2_send_data_callback = { _, frame, head, length, _, user in
    guard let session = unsafe session(user), let frame = unsafe frame else {
      return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }
    let moved = unsafe session.moveData(
      id: frame.pointee.hd.stream_id, head: UnsafeRawBufferPointer(start: head, count: 9), length: length)
    return moved ? 0 : Int32(NGHTTP2_ERR_WOULDBLOCK.rawValue)
  }
}
