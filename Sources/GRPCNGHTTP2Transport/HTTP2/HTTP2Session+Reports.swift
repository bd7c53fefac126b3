internal import CNGHTTP2
import NIOCore
import WireBytes

/// What the engine reports, as plain values: each callback notes it, and nothing reacts before the engine is left.
extension HTTP2Session {
  func didBeginHeaders(id: Int32, isRequest: Bool) {
    headerBlocksBegun += 1
    if isRequest, role == .server, streams[id] == nil {
      streams[id] = HTTP2Stream(id: id, maxMessageBytes: configuration.maxReceiveMessageBytes)
      lastPeerStream = id
    }
    let stream = streams[id]
    openHeaderBlock = (id, stream)
    stream?.beginHeaders()
  }

  func didReceiveHeader(id: Int32, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    guard let stream = openHeaderBlock?.stream, stream.id == id, !stream.headersOverflow else { return }
    stream.headerBytes += name.count + value.count + 32
    guard stream.headerBytes <= configuration.maxHeaderListBytes,
      stream.headers.fields.count < configuration.maxHeaderFields
    else {
      stream.headersOverflow = true
      return
    }
    unsafe stream.headers.append(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
  }

  func didReceiveHeaders(id: Int32, endStream: Bool) {
    openHeaderBlock = nil
    guard let stream = streams[id] else { return }
    let headers = stream.headers
    let overflow = stream.headersOverflow
    stream.headers = HeaderFields()
    let isFirst = !stream.receivedHeaders
    let isInformational = role == .client && headers[":status"]?.hasPrefix("1") == true
    guard !isInformational else { return }
    stream.receivedHeaders = true
    // Counted here, so that nothing is read that comes after too many of them.
    if overflow, isFirst { countOversizedList() }
    if isFirst, headers["grpc-encoding"] == "gzip" { stream.assembler.takesCompressed = true }
    if endStream { stream.remoteEnded = true }
    events.append(.headers(stream, headers, isFirst: isFirst, overflow: overflow, endStream: endStream))
    if endStream { events.append(.remoteEnd(stream)) }
  }

  func didReceiveData(id: Int32, bytes: UnsafeRawBufferPointer) {
    if inbound.isHeld {
      inbound.withheldBytes += bytes.count
    } else {
      unsafe nghttp2_session_consume_connection(handle, bytes.count)
    }
    flood.didReceiveData()
    guard let stream = streams[id] else { return }
    inbound.uncheckedBytes += bytes.count
    stream.withheldBytes += bytes.count
    stream.movedBytes &+= bytes.count
    stream.totalReceivedBytes += bytes.count
    if !stream.discardsData {
      do throws(MessageError) {
        try unsafe stream.assembler.append(bytes) { deliver($0, on: stream) }
      } catch {
        stream.discardsData = true
        events.append(.refused(stream, error))
      }
    }
    if role == .server, inbound.isDue { checkInbound(stream) }
    returnWindow(stream)
  }

  /// Hands a message straight to the stream's reader, unless events wait that must be seen before it.
  private func deliver(_ message: WireBytes, on stream: HTTP2Stream) {
    inbound.uncheckedBytes += InboundQueue.partBytes
    if events.isEmpty, let call = stream.call {
      let (delivery, isCongested) = call.inbound.push(.message(message))
      if isCongested { stream.isCongested = true }
      delivery?.complete()
    } else {
      events.append(.message(stream, message))
    }
  }

  func didReceiveEnd(id: Int32) {
    guard let stream = streams[id], !stream.remoteEnded else { return }
    stream.remoteEnded = true
    events.append(.remoteEnd(stream))
  }

  func didClose(id: Int32, code: UInt32) {
    if openHeaderBlock?.id == id { openHeaderBlock = nil }
    guard let stream = streams.removeValue(forKey: id) else { return }
    stream.dropOutbound()
    progressed.append(stream)
    events.append(.closed(stream, code: code))
  }

  func didReceive(_ event: Event) {
    events.append(event)
  }

  /// Sends nothing more on the stream; a server tells a client that still sends to stop.
  func didSendEnd(id: Int32) {
    guard let stream = streams[id] else { return }
    stream.localEnded = true
    guard role == .server, !stream.remoteEnded else { return }
    stream.discardsData = true
    unsafe nghttp2_submit_rst_stream(
      handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, HTTP2ErrorCode.noError.rawValue)
  }

  /// Says how many bytes of the stream come next, at most `length`; nil when there are none yet.
  func nextData(id: Int32, length: Int) -> (count: Int, flags: UInt32)? {
    guard let stream = streams[id] else { return (0, NGHTTP2_DATA_FLAG_EOF.rawValue) }
    let count = min(length, stream.outboundBytes)
    var flags = NGHTTP2_DATA_FLAG_NO_COPY.rawValue
    if count == stream.outboundBytes, let ending = stream.ending {
      flags |= NGHTTP2_DATA_FLAG_EOF.rawValue
      if case .trailers(let trailers) = ending {
        flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
        _ = unsafe trailers.withPairs { pairs, count in
          unsafe nghttp2_submit_trailer(handle, id, pairs, count)
        }
      }
    } else if count == 0 {
      stream.isDeferred = true
      return nil
    }
    return (count, flags)
  }

  /// Moves a DATA frame to the output; returns false when there is no room now.
  func moveData(id: Int32, head: UnsafeRawBufferPointer, length: Int) -> Bool {
    guard output.count < outputLimit else { return false }
    unsafe output.append(head)
    if let stream = streams[id] {
      if stream.sentBytes == 0 { progressed.append(stream) }
      stream.takeOutbound(length, into: &output)
    }
    return true
  }
}
