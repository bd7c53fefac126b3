package import GRPCCore
package import NIOCore
package import WireBytes

/// The client's end of one connection, on the connection's event loop: the other half of ``InlineServer``.
package enum InlineClient {
  /// What can be done with the connection.
  package struct Connection {
    private let link: ConnectionLink
    private let configuration: ConnectionConfiguration

    init(_ link: ConnectionLink, _ configuration: ConnectionConfiguration) {
      self.link = link
      self.configuration = configuration
    }

    /// Opens a call that sends nothing and ends nothing.
    ///
    /// - Parameter token: Names the call: another one each time.
    package func open(_ method: MethodDescriptor, token: UInt64) throws {
      let call = StreamCall(descriptor: method, link: link, token: token, configuration: configuration)
      let headers = try RequestHead.make(method: method, authority: "memory", userAgent: "memory", metadata: [:])
      link.post(.open(call, headers, maxMessageBytes: configuration.maxReceiveMessageBytes))
    }

    /// Sends a message, and no more after it.
    package func finish(_ message: WireBytes, token: UInt64) {
      link.post(contentsOf: [.message(token, message.framed), .finish(token)])
    }

    /// Leaves a call.
    package func cancel(token: UInt64) {
      link.post(.reset(token, .cancel))
    }
  }

  /// Adds the client's end to a channel.
  package static func add(
    to channel: any Channel, configuration: ConnectionConfiguration, stretch: KeepaliveStretch,
    didClose: @escaping (RPCError) -> Void
  ) throws -> Connection {
    let link = ConnectionLink(eventLoop: channel.eventLoop)
    let role = ClientRole(didBecomeReady: {}, didStartDraining: {}, didClose: didClose)
    let handler = try ConnectionHandler(
      role: .client(role), link: link, peer: "memory", configuration: configuration, recorder: PeakRecorder(),
      stretch: stretch)
    try channel.pipeline.syncOperations.addHandler(handler)
    return Connection(link, configuration)
  }
}
