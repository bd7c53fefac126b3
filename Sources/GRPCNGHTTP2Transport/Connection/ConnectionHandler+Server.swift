import GRPCCore
import NIOCore

/// A call that a server has taken.
struct AcceptedCall: Sendable {
  let call: StreamCall
  let remotePeer: String
  let localPeer: String
  let securedPeer: SecuredPeer?
}

/// What a connection of a server needs of its owner.
final class ServerRole {
  let remotePeer: String
  let localPeer: String
  /// The peer of a secured connection.
  let securedPeer: () -> SecuredPeer?
  /// Hands calls to the task that runs handlers.
  let accept: ([AcceptedCall]) -> Void
  /// What is served, by the path of a request.
  let methods: [String: MethodDescriptor]
  /// Handlers run on the connection's loop.
  let runsHandlersHere: Bool
  /// Is told of calls; nil: nobody.
  let observer: (any CallObserver)?
  /// The connection is gone.
  let didClose: () -> Void

  init(
    remotePeer: String, localPeer: String, securedPeer: @escaping () -> SecuredPeer?,
    accept: @escaping ([AcceptedCall]) -> Void, methods: [String: MethodDescriptor], runsHandlersHere: Bool = false,
    observer: (any CallObserver)?, didClose: @escaping () -> Void
  ) {
    (self.remotePeer, self.localPeer, self.methods, self.observer) = (remotePeer, localPeer, methods, observer)
    (self.securedPeer, self.accept, self.didClose) = (securedPeer, accept, didClose)
    self.runsHandlersHere = runsHandlersHere
  }
}

extension ConnectionHandler {
  func receiveRequest(_ stream: HTTP2Stream, _ headers: HeaderFields, overflow: Bool, server: ServerRole) {
    if overflow {
      limits.record(.headerList)
      let status = Status(
        code: .resourceExhausted,
        message:
          "headers exceed \(configuration.maxHeaderListBytes) bytes or \(configuration.maxHeaderFields) fields")
      return refuse(stream, status)
    }
    do throws(RequestHead.Refusal) {
      let method = try RequestHead.parse(headers, known: server.methods)
      guard streams.count + orphans.count < configuration.maxConcurrentStreams else {
        limits.record(.runningCalls)
        CallAccount.open(server.observer, role: .server, method: method, remotePeer: server.remotePeer)?
          .end(.refused, status: .unavailable)
        return session.reset(stream, .refusedStream)
      }
      accept(stream, method, headers, server: server)
    } catch {
      switch error {
      case .http(let status, let text): answerHTTP(stream, status: status, text: text)
      case .call(let code, let message): refuse(stream, Status(code: code, message: message))
      }
    }
  }

  private func accept(_ stream: HTTP2Stream, _ method: MethodDescriptor, _ headers: HeaderFields, server: ServerRole) {
    let account = CallAccount.open(server.observer, role: .server, method: method, remotePeer: server.remotePeer)
    account?.began(headers)
    let call = StreamCall(
      descriptor: method, link: link, token: UInt64(stream.id), configuration: configuration,
      peerReadsGzip: headers.acceptGzip, timeout: headers.timeout, account: account)
    stream.call = call
    stream.callTime = CallTime(method, headers, configuration)
    streams[call.token] = stream
    _ = push(.metadata(headers.metadata), to: call)
    accepted.append(
      AcceptedCall(
        call: call, remotePeer: server.remotePeer, localPeer: server.localPeer, securedPeer: server.securedPeer()))
  }

  /// Lets the calls that came begin.
  func handOver() {
    guard !accepted.isEmpty, case .server(let server) = role else { return }
    var calls = accepted
    // A buffer of its own for the next: the reader has this one, on another thread.
    accepted = []
    accepted.reserveCapacity(calls.count)
    // What its peer has ended in this very turn need not begin; where the connection ends, nothing need.
    if isClosing { return }
    if !orphans.isEmpty { calls.removeAll { orphans.remove($0.call.token) != nil } }
    if !calls.isEmpty { server.accept(calls) }
  }

  private func refuse(_ stream: HTTP2Stream, _ status: Status) {
    stream.discardsData = true
    answer(stream, trailers: ResponseHead.trailers(status, [:], areAll: true))
  }

  private func answerHTTP(_ stream: HTTP2Stream, status: Int, text: String) {
    stream.discardsData = true
    var headers: HeaderFields = [
      ":status": String(status), "content-type": "text/plain", "content-length": String(text.utf8.count),
    ]
    if status == 405 { headers.append("allow", "POST") }
    session.submitResponse(headers, on: stream, endStream: false)
    session.send(ByteBuffer(string: text), on: stream)
    session.end(stream)
  }

  func handlerFinished(_ token: UInt64) {
    orphans.remove(token)
    guard let stream = streams[token] else { return }
    stream.handlerReturned = true
    guard stream.ending == nil, !stream.localEnded else { return }
    let status = Status(code: .unknown, message: "the handler returned without a status")
    answer(stream, trailers: ResponseHead.trailers(status, [:], areAll: !stream.submittedHeaders))
  }
}
