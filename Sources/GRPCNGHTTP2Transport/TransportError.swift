internal import Glibc
import NIOCore

/// Why a transport could not start.
public enum TransportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Another process listens there.
  case addressInUse(NetworkAddress)
  /// The system refused to listen there, and says why.
  case cannotListen(NetworkAddress, reason: String)
  /// Not `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`.
  case malformedAddress(String)
  /// Not a target as ``ServiceTarget`` reads it.
  case malformedTarget(String)
  /// The transport was started twice, or after its end.
  case alreadyStarted
  /// The transport ended before it listened.
  case stopped

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .addressInUse(let address):
      "\(address) is in use: stop the process that listens there, or choose another address"
    case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
    case .malformedAddress(let text): "'\(text)' is not an address: write HOST:PORT, [IPv6]:PORT or unix:PATH"
    case .malformedTarget(let text):
      "'\(text)' is not a target: write HOST:PORT, dns:HOST:PORT, ipv4:IP:PORT, ipv6:[IP]:PORT or unix:PATH"
    case .alreadyStarted: "the transport was started before: make a new one"
    case .stopped: "the transport was stopped before it listened"
    }
  }
}

extension TransportError {
  /// Why a server cannot listen.
  static func describe(_ error: any Error, at address: NetworkAddress) -> TransportError {
    if let error = error as? TransportError { return error }
    if let error = error as? IOError, error.errnoCode == EADDRINUSE { return .addressInUse(address) }
    return .cannotListen(address, reason: "\(error)")
  }
}
