import GRPCCore
import NIOCore

/// What both ends do with a stream.
extension ConnectionHandler {
  /// Marks the ping whose answer says that a shutdown notice was read.
  static let drainMark: UInt8 = 0xD5
  /// Marks a ping that asks for a sign of life.
  static let keepaliveMark: UInt8 = 0xA8
  /// How long a client may take to read a shutdown notice: streams that it opens later are lost to it.
  private static let drainPatience: TimeAmount = .seconds(5)

  /// Does what a task asked for.
  func perform(_ operation: ConnectionLink.Operation) {
    switch operation {
    case .open(let call, let headers, let maxMessageBytes):
      open(call, headers, maxMessageBytes: maxMessageBytes)
    case .head(let token, let headers):
      if let stream = streams[token] { session.submitResponse(headers, on: stream, endStream: false) }
    case .message(let token, let buffer):
      if let stream = streams[token] {
        stream.call?.account?.sent(buffer)
        session.send(buffer, on: stream)
      }
    case .finish(let token):
      if let stream = streams[token] { session.end(stream) }
    case .trailers(let token, let headers):
      if let stream = streams[token] { answer(stream, trailers: headers) }
    case .reset(let token, let code):
      if let stream = streams[token] { session.reset(stream, code) }
    case .readerCaughtUp(let token):
      if let stream = streams[token] { session.readerCaughtUp(stream) }
    case .handlerFinished(let token):
      handlerFinished(token)
    case .drain:
      drain()
    case .close(let reason):
      if isClosing { context?.close(promise: nil) } else { lose(reason, code: .noError) }
    }
  }

  /// Gives a part to the reader of a call; returns true when the peer should wait.
  func push(_ part: InboundPart, to call: StreamCall) -> Bool {
    let (delivery, isCongested) = call.inbound.push(part)
    if let delivery { deliveries.append(delivery) }
    return isCongested
  }

  private var runsHandlersHere: Bool {
    if case .server(let server) = role { server.runsHandlersHere } else { false }
  }

  /// Lets the readers go on who have waited.
  ///
  /// Several are woken by one task: each would else wake a thread, which takes this one's core before the next is served.
  /// Nobody awaits that task, for it has nothing to wait for: it ends when it has told them.
  func deliver() {
    guard !deliveries.isEmpty else { return }
    let ready = deliveries
    deliveries = []
    if ready.count == 1 || runsHandlersHere {
      for delivery in ready { delivery.complete() }
      return
    }
    Task.detached { for delivery in ready { delivery.complete() } }
  }

  func remoteEnded(_ stream: HTTP2Stream) {
    guard let call = stream.call else { return }
    if case .client = role {
      let error = RPCError(code: .internalError, message: "the server ended the call without a status")
      call.inbound.finish(.failure(error))
    } else if stream.assembler.isAtBoundary {
      call.inbound.finish()
    } else {
      call.inbound.finish(.failure(RPCError(code: .internalError, message: "the call ended inside a message")))
    }
  }

  func closed(_ stream: HTTP2Stream, code: UInt32) {
    guard let call = stream.call else { return }
    streams.removeValue(forKey: call.token)
    recorder.record(call)
    let code = HTTP2ErrorCode(rawValue: code) ?? .internalError
    if code == .noError, stream.localEnded {
      reportEnd(of: call, stream, nil, status: .internalError)
      call.gate.close(RPCError(code: .cancelled, message: "the call is over"))
      if case .client = role {
        let error = RPCError(code: .internalError, message: "the server ended the call without a status")
        call.inbound.finish(.failure(error))
      }
      return
    }
    reportEnd(of: call, stream, code.callEnd, status: Status.Code(code.status))
    if case .server = role, !stream.handlerReturned { orphans.insert(call.token) }
    let what = code == .refusedStream ? "the peer did not take the call" : "the peer reset the call"
    let error = RPCError(code: code.status, message: "\(what) (\(code.name))")
    if case .client = role, code == .refusedStream {
      return call.abort(error, untaken: stream.sentHeaders ? .refused : .unsent)
    }
    call.abort(error, discarding: session.role == .server)
  }

  func refuse(_ stream: HTTP2Stream, _ reason: MessageError) {
    let status =
      switch reason {
      case .oversize(let announced, let limit):
        Status(code: .resourceExhausted, message: "a message of \(announced) bytes exceeds the limit of \(limit)")
      case .tooManyIncomplete(let limit):
        Status(code: .resourceExhausted, message: "messages under way on the connection exceed \(limit) bytes")
      case .compressed:
        Status(code: .internalError, message: "a message is compressed, but no encoding was named")
      case .badFlag(let flag):
        Status(code: .internalError, message: "a message begins with flag \(flag): 0 or 1 is known")
      }
    switch reason {
    case .oversize: limits.record(.messageBytes)
    case .tooManyIncomplete: limits.record(.incompleteBytes)
    case .compressed, .badFlag: break
    }
    let error = RPCError(code: RPCError.Code(status.code) ?? .internalError, message: status.message)
    if let account = stream.call?.account {
      if case .oversize = reason { account.failed(.refused) } else { account.failed(.malformed) }
      account.answered(status.code)
    }
    stream.call?.inbound.finish(.failure(error))
    if case .client = role {
      session.reset(stream, .cancel)
    } else {
      stream.call?.abort(error, discarding: true)
      stream.dropOutbound()
      answer(stream, trailers: ResponseHead.trailers(status, [:], areAll: !stream.submittedHeaders))
    }
  }

  /// Ends a call of a server; without headers before, the trailers are all of the answer.
  func answer(_ stream: HTTP2Stream, trailers: HeaderFields) {
    if let account = stream.call?.account { account.answered(ResponseHead.status(trailers).code) }
    if stream.submittedHeaders {
      session.end(stream, trailers: trailers)
    } else {
      session.submitResponse(trailers, on: stream, endStream: true)
    }
  }

  /// Tells who observes what the call cost.
  func reportEnd(of call: StreamCall, _ stream: HTTP2Stream, _ cause: CallEnd?, status: Status.Code) {
    call.account?.end(
      cause, status: status, sentBytes: stream.totalSentBytes, receivedBytes: stream.totalReceivedBytes)
  }

  /// Takes no new calls, finishes those under way, then closes.
  func drain() {
    guard !isDraining else { return }
    isDraining = true
    guard case .server = role else { return }
    session.submitShutdownNotice()
    session.submitPing(Self.drainMark)
    let link = link
    // Who has not said yet that it speaks HTTP/2 has opened nothing, and may never answer.
    let patience = pendingPreface == 0 ? Self.drainPatience : .seconds(1)
    link.eventLoop.scheduleTask(in: patience) { link.finishDraining() }
  }

  /// The peer has read the notice, or had time to: from here on no stream is taken.
  func sendLastGoAway() {
    guard isDraining, !hasSentLastGoAway else { return }
    hasSentLastGoAway = true
    session.submitGoAway(reason: drainReason)
  }
}

extension HTTP2ErrorCode {
  /// Why a call ended whose stream was reset with the code.
  fileprivate var callEnd: CallEnd {
    switch self {
    case .refusedStream: .refused
    case .noError, .cancel: .cancelled
    default: .reset
    }
  }
}
