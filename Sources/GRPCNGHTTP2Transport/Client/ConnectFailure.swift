import GRPCCore
import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Says in one line why a server could not be reached.
enum ConnectFailure {
  static func describe(_ error: any Error, at target: ServerAddress, within timeout: Duration) -> RPCError {
    if let error = error as? RPCError { return error }
    return RPCError(code: .unavailable, message: message(error, at: target, within: timeout), cause: error)
  }

  private static func message(_ error: any Error, at target: ServerAddress, within timeout: Duration) -> String {
    if let error = error as? NIOConnectionError {
      if let first = error.connectionErrors.first { return message(first.error, at: target, within: timeout) }
      return "\(target): the host name is not known"
    }
    if let error = error as? ConnectionSecurityError { return "\(error)" }
    if case .connectTimeout = error as? ChannelError { return "\(target) did not answer within \(timeout)" }
    if let error = error as? IOError {
      switch error.errnoCode {
      case ECONNREFUSED, ENOENT: return "nothing listens on \(target)"
      case EHOSTUNREACH, ENETUNREACH: return "\(target) cannot be reached from here"
      default: break
      }
    }
    return "cannot connect to \(target): \(error)"
  }
}
