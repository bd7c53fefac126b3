import Foundation
public import GRPCNGHTTP2Transport

extension NetworkAddress {
  /// Refuses an address that others reach, unless the service is secured or the user insists.
  ///
  /// A Unix socket is this machine's alone, and the permissions of its file say whose.
  ///
  /// - Parameter isSecured: Whether the service has TLS and asks for tokens. Without them, whoever reaches the port may do
  ///   everything.
  /// - Returns: True where the address is exposed and the service not secured, so that the caller logs it.
  /// - Throws: ``ServiceRuntimeError/exposedAddress(_:)``.
  @discardableResult public func checkExposure(isSecured: Bool, insecure: Bool) throws(ServiceRuntimeError) -> Bool {
    guard !isLocal, !isSecured else { return false }
    guard insecure else { throw .exposedAddress(self) }
    return true
  }

  /// The address with a free port of loopback in place of port 0.
  ///
  /// - Throws: ``ServiceRuntimeError/noFreePort(reason:)``.
  public func withPort() throws(ServiceRuntimeError) -> NetworkAddress {
    guard case .tcp(let host, 0) = self else { return self }
    return .tcp(host: host, port: try PortProbe.freePorts(1)[0])
  }

  /// Where others find a service that listens here: an address that stands for all of a machine's becomes its name, a path
  /// an absolute one.
  public var reachable: NetworkAddress {
    switch self {
    case .tcp("0.0.0.0", let port), .tcp("::", let port): .tcp(host: ProcessInfo.processInfo.hostName, port: port)
    case .tcp: self
    case .unixSocket(let path): .unixSocket(path: URL(filePath: path).path(percentEncoded: false))
    }
  }
}
