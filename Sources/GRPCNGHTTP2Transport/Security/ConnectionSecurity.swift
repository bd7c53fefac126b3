public import GRPCCore
public import NIOCore

/// Secures the connections of a server beneath HTTP/2; with TLS, for example.
///
/// The transport itself knows no TLS: `GRPCNGHTTP2TransportTLS` does.
public protocol ServerConnectionSecurity: Sendable {
  /// Adds handlers to a new connection's pipeline, which is empty. Called on the connection's event loop.
  ///
  /// Once the connection is secured, the last of them fires a ``SecuredPeer`` as a user's inbound event. Where it cannot be,
  /// they fire a ``ConnectionSecurityError`` and close.
  ///
  /// - Throws: ``ConnectionSecurityError`` where there is nothing to secure it with; the connection is closed then.
  func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations) throws
}

/// Secures the connections of a client beneath HTTP/2; with TLS, for example.
public protocol ClientConnectionSecurity: Sendable {
  /// Adds handlers to a new connection's pipeline, as ``ServerConnectionSecurity/addHandlers(to:)`` does.
  ///
  /// - Parameters:
  ///   - pipeline: Still empty.
  ///   - serverName: Who the server must prove to be: the host of its address, a name or a literal IP address.
  /// - Throws: ``ConnectionSecurityError`` where there is nothing to secure it with; the attempt to connect fails then.
  func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations, serverName: String) throws
}

/// What a secured connection knows of its peer. A server's handlers find it in `ServerContext.transportSpecific`.
public struct SecuredPeer: ServerContext.TransportSpecific, Hashable {
  /// Certificates of the peer that were verified, in DER form, its own first; empty where it showed none.
  public let certificates: [[UInt8]]
  /// The protocol that both ends agreed upon (ALPN): `h2`, else the connection is refused.
  public let applicationProtocol: String?

  /// Describes a peer.
  public init(certificates: [[UInt8]], applicationProtocol: String?) {
    self.certificates = certificates
    self.applicationProtocol = applicationProtocol
  }
}

/// Why a connection could not be secured. The description is one line: what is wrong, and what to do.
///
/// A call that fails for it has code UNAVAILABLE, this description, and this as its cause.
public struct ConnectionSecurityError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One line.
  public let description: String

  /// Gives the reason in words.
  public init(_ description: String) { self.description = description }
}

extension NetworkAddress {
  /// Who a server at this address must prove to be.
  var serverName: String {
    switch self {
    case .tcp(let host, _): host
    case .unixSocket: "localhost"
    }
  }
}
