import NIOCore

extension SocketAddress? {
  /// An address as gRPC writes peers.
  var peerDescription: String {
    switch self {
    case .v4(let address): "ipv4:\(address.host):\(self?.port ?? 0)"
    case .v6(let address): "ipv6:[\(address.host)]:\(self?.port ?? 0)"
    case .unixDomainSocket: "unix:\(self?.pathname ?? "")"
    case nil: "unknown"
    }
  }
}
