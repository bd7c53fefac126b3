public import GRPCNGHTTP2Transport
import Glibc
import Synchronization

/// Asks the system about ports before a server does, so that a refusal is one clear line.
public enum PortProbe {
  /// Checks that a server could listen on an address now.
  ///
  /// - Throws: ``ServiceRuntimeError/portInUse(_:)`` or ``ServiceRuntimeError/addressUnavailable(_:reason:)``.
  public static func check(_ address: NetworkAddress) throws(ServiceRuntimeError) {
    guard case .tcp(let host, let port) = address else { return try checkSocketFile(address) }
    switch bindOnce(host: host, port: port) {
    case .bound: return
    case .failed(EADDRINUSE, _): throw .portInUse(address)
    case .failed(_, let reason): throw .addressUnavailable(address, reason: reason)
    }
  }

  private static func checkSocketFile(_ address: NetworkAddress) throws(ServiceRuntimeError) {
    do { try address.checkSocketFile() } catch {
      switch error {
      case .addressInUse: throw .portInUse(address)
      case .cannotListen(_, let reason): throw .addressUnavailable(address, reason: reason)
      default: throw .addressUnavailable(address, reason: error.description)
      }
    }
  }

  /// Ports below those that Linux hands out by itself, so that no other program is given one before it is listened on.
  private static let candidates = 20_000..<32_000

  /// Sockets that hold the ports that were handed out, until the process ends.
  private static let holders = Mutex<[Int32]>([])

  /// Ports of loopback that are free and differ from each other.
  ///
  /// This process holds them until it ends, so that nobody else is handed one: a socket is bound to each, on which nothing
  /// listens. A server that is started later may bind and listen there all the same, since servers allow addresses to be reused.
  ///
  /// - Throws: ``ServiceRuntimeError/noFreePort(reason:)``.
  public static func freePorts(_ count: Int) throws(ServiceRuntimeError) -> [Int] {
    var ports: [Int] = []
    var lastReason = ""
    for _ in 0..<1000 where ports.count < count {
      switch bindOnce(host: "127.0.0.1", port: Int.random(in: candidates), isHeld: true) {
      case .bound(let port): ports.append(port)
      case .failed(_, let reason): lastReason = reason
      }
    }
    guard ports.count == count else { throw .noFreePort(reason: lastReason) }
    return ports
  }

  private enum Outcome {
    case bound(port: Int)
    case failed(errno: Int32, reason: String)
  }

  /// Binds a socket and listens on it for a moment or, where it `isHeld`, binds one where no other socket is bound, for good.
  private static func bindOnce(host: String, port: Int, isHeld: Bool = false) -> Outcome {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = streamType
    unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard status == 0, let first = unsafe list else {
      return .failed(errno: 0, reason: unsafe String(cString: gai_strerror(status)))
    }
    defer { unsafe freeaddrinfo(list) }
    let descriptor = unsafe socket(first.pointee.ai_family, first.pointee.ai_socktype | closeOnExec, 0)
    guard descriptor >= 0 else { return failure() }
    if !isHeld { allowReuse(descriptor) }
    guard unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0,
      isHeld || listen(descriptor, 1) == 0
    else {
      defer { close(descriptor) }
      return failure()
    }
    let port = boundPort(descriptor)
    if isHeld {
      allowReuse(descriptor)
      holders.withLock { $0.append(descriptor) }
    } else {
      close(descriptor)
    }
    return .bound(port: port)
  }

  private static func allowReuse(_ descriptor: Int32) {
    var yes: Int32 = 1
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  private static var streamType: Int32 { Int32(SOCK_STREAM.rawValue) }
  private static var closeOnExec: Int32 { Int32(SOCK_CLOEXEC.rawValue) }

  private static func failure() -> Outcome {
    let code = errno
    return .failed(errno: code, reason: unsafe String(cString: strerror(code)))
  }

  private static func boundPort(_ descriptor: Int32) -> Int {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
        // The port stands at the same place in sockaddr_in and sockaddr_in6.
        let status = unsafe UnsafeMutableRawPointer(address).withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getsockname(descriptor, $0, &length)
        }
        return status == 0 ? unsafe Int(UInt16(bigEndian: address.pointee.sin_port)) : 0
      }
    }
  }
}
