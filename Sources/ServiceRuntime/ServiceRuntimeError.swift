public import GRPCNGHTTP2Transport

/// Why a process could not begin or go on. Each description is one line: what, where, what to do.
public enum ServiceRuntimeError: Error, Hashable, CustomStringConvertible {
  /// An address that other machines reach, without TLS and tokens, and without `--insecure`.
  case exposedAddress(NetworkAddress)
  /// Somebody listens there already.
  case portInUse(NetworkAddress)
  /// The address is not one of this machine's, or may not be used.
  case addressUnavailable(NetworkAddress, reason: String)
  /// The machine has no free port on loopback.
  case noFreePort(reason: String)
  /// A child could not be started.
  case childNotStarted(name: String, executable: String, reason: String)
  /// A child gave up by itself; `lastLine` is what it said last.
  case childExited(name: String, status: Int32, lastLine: String, logFile: String)
  /// A child died too often.
  case childKeepsDying(name: String, restarts: Int, signal: Int32, logFile: String)

  /// The process's exit status: 78 (`EX_CONFIG`) for an address that must not be listened on, else 1.
  public var exitStatus: Int32 {
    if case .exposedAddress = self { 78 } else { 1 }
  }

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .exposedAddress(let address):
      "\(address) is reachable from other machines and the service lacks TLS or tokens: give --credentials with a folder of retort certs, listen on 127.0.0.1, or add --insecure on a network that you trust"
    case .portInUse(let address):
      "\(address) is in use by another process: stop that one or choose another address with --listen"
    case .addressUnavailable(let address, let reason):
      "cannot listen on \(address) (\(reason)): choose an address of this machine with --listen"
    case .noFreePort(let reason):
      "no free port on 127.0.0.1 (\(reason)): close some programs and try again"
    case .childNotStarted(let name, let executable, let reason):
      "could not start the \(name) (\(executable): \(reason)): check that the file exists and may be executed"
    case .childExited(let name, let status, let lastLine, let logFile):
      lastLine.isEmpty ? "the \(name) ended with status \(status): see \(logFile)" : "\(name): \(lastLine)"
    case .childKeepsDying(let name, let restarts, let signal, let logFile):
      "the \(name) died of signal \(signal) and \(restarts) restarts did not help: see \(logFile)"
    }
  }
}
