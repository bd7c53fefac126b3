import GRPCCore

/// What a connection of a client tells its owner.
struct ClientRole {
  /// The server's SETTINGS have come.
  let didBecomeReady: () -> Void
  /// The server wants no new calls here.
  let didStartDraining: () -> Void
  /// The connection is gone, and why.
  let didClose: (RPCError) -> Void
}

extension ConnectionHandler {
  func open(_ call: StreamCall, _ headers: HeaderFields, maxMessageBytes: Int) {
    guard !isDraining, let stream = session.submitRequest(headers, maxMessageBytes: maxMessageBytes) else {
      let error = RPCError(code: .unavailable, message: "the connection takes no new calls: the server is closing it")
      call.account?.end(.unreachable, status: Status.Code(error.code))
      return call.abort(error, untaken: .unsent)
    }
    call.account?.began(headers)
    stream.call = call
    streams[call.token] = stream
  }

  func receiveResponse(
    _ stream: HTTP2Stream, _ headers: HeaderFields, isFirst: Bool, overflow: Bool, endStream: Bool
  ) {
    guard let call = stream.call else { return }
    if overflow {
      let status = Status(code: .resourceExhausted, message: "the server's headers exceed the limit")
      return fail(stream, call, status, as: .refused)
    }
    if isFirst, let status = ResponseHead.refusal(headers) { return fail(stream, call, status) }
    if endStream {
      guard isFirst || stream.assembler.isAtBoundary else {
        return fail(stream, call, Status(code: .internalError, message: "the answer ended inside a message"))
      }
      finish(call, ResponseHead.status(headers), headers.metadata)
    } else if isFirst {
      _ = push(.metadata(headers.metadata), to: call)
    }
  }

  private func finish(_ call: StreamCall, _ status: Status, _ metadata: Metadata) {
    call.account?.answered(status.code)
    _ = push(.status(status, metadata), to: call)
    call.inbound.finish()
    call.gate.close(RPCError(code: .cancelled, message: "the server has ended the call"))
  }

  private func fail(_ stream: HTTP2Stream, _ call: StreamCall, _ status: Status, as end: CallEnd = .malformed) {
    call.account?.failed(end)
    finish(call, status, [:])
    session.reset(stream, .cancel)
  }

  func receiveGoAway(lastStreamID: Int32, code: UInt32) {
    if code != HTTP2ErrorCode.noError.rawValue {
      let name = HTTP2ErrorCode(rawValue: code)?.name ?? "\(code)"
      let text = String(session.goAwayText.unicodeScalars.map { $0.isASCII && $0.value >= 0x20 ? Character($0) : "?" })
      lossReason.message = "the server closed the connection: \(name)\(text.isEmpty ? "" : " (\(text))")"
      if code == HTTP2ErrorCode.enhanceYourCalm.rawValue, text == TransportLimit.pings.rawValue { stretch.double() }
    }
    guard case .client(let client) = role, !isDraining else { return }
    isDraining = true
    client.didStartDraining()
  }
}
