package import GRPCCore
package import NIOCore
package import WireBytes

/// The server's end of one connection, whose calls are answered where they arrive: on the connection's event loop.
///
/// So the way from frames to answers can be looked at in memory, on an `EmbeddedChannel`, without tasks and sockets.
package enum InlineServer {
  /// A call that has begun. All of it happens on the event loop.
  package struct Call {
    /// The method that the call names.
    package let method: MethodDescriptor
    private let call: StreamCall

    init(_ call: StreamCall) {
      self.method = call.descriptor
      self.call = call
    }

    /// Sends headers.
    package func begin() {
      call.link.post(.head(call.token, (try? ResponseHead.make([:])) ?? [:]))
    }

    /// Sends a message.
    package func send(_ message: WireBytes) {
      call.link.post(.message(call.token, message.framed))
    }

    /// Sends trailers, and ends the handler.
    package func end(_ code: Status.Code, hasBegun: Bool) {
      let trailers = ResponseHead.trailers(Status(code: code, message: ""), [:], areAll: !hasBegun)
      call.link.post(contentsOf: [.trailers(call.token, trailers), .handlerFinished(call.token)])
    }

    /// Ends the handler without an answer.
    package func leave() {
      call.link.post(.handlerFinished(call.token))
    }
  }

  /// What can be done with the connection.
  package struct Connection {
    fileprivate let link: ConnectionLink

    /// Takes no new calls, finishes those under way, then closes.
    package func drain() { link.post(.drain) }
    /// Closes now.
    package func close() { link.post(.close(.serverStopped)) }
  }

  /// Adds the server's end to a channel.
  @discardableResult
  package static func add(
    to channel: any Channel, configuration: ConnectionConfiguration, limits: LimitRecorder,
    onCall: @escaping (Call) -> Void
  ) throws -> Connection {
    let link = ConnectionLink(eventLoop: channel.eventLoop)
    let role = ServerRole(
      remotePeer: "memory", localPeer: "memory", securedPeer: { nil },
      accept: { for accepted in $0 { onCall(Call(accepted.call)) } }, methods: [:], observer: nil,
      didClose: {})
    let handler = try ConnectionHandler(
      role: .server(role), link: link, peer: "memory",
      configuration: configuration, recorder: PeakRecorder(), limits: limits)
    try channel.pipeline.syncOperations.addHandler(handler)
    return Connection(link: link)
  }
}
