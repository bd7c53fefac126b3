package import GRPCCore
package import NIOCore
package import WireBytes

/// A client's end of one connection whose calls are begun on the connection's event loop, without tasks and sockets.
///
/// So what a server sends can be looked at in memory, on an `EmbeddedChannel`.
package struct InlineClient {
  private let link: ConnectionLink
  private let configuration: ConnectionConfiguration

  /// Adds a client's end to a channel.
  package init(addingTo channel: any Channel, configuration: ConnectionConfiguration) throws {
    self.link = ConnectionLink(eventLoop: channel.eventLoop)
    self.configuration = configuration
    let role = ClientRole(didBecomeReady: {}, didStartDraining: {}, didClose: { _ in })
    let handler = try ConnectionHandler(
      role: .client(role), link: link, peer: "memory", configuration: configuration, recorder: PeakRecorder())
    try channel.pipeline.syncOperations.addHandler(handler)
  }

  /// Begins a call of one request; what is answered waits, up to the stream's window, and is not read.
  ///
  /// - Parameter token: Names the call: each its own.
  package func begin(_ method: MethodDescriptor, token: UInt64, message: WireBytes) throws {
    let headers = try RequestHead.make(method: method, authority: "memory", userAgent: "memory", metadata: [:])
    let call = StreamCall(descriptor: method, link: link, token: token, configuration: configuration)
    link.post(contentsOf: [
      .open(call, headers, maxMessageBytes: configuration.maxReceiveMessageBytes), .message(token, message.framed),
      .finish(token),
    ])
  }

  /// Leaves a call.
  package func cancel(token: UInt64) {
    link.post(.reset(token, .cancel))
  }
}
