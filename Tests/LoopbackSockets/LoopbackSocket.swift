import Glibc

/// A plain TCP socket on 127.0.0.1, for what a test does beneath every library of ours. It blocks.
public struct LoopbackSocket: ~Copyable {
  /// Its descriptor, which it closes in the end.
  public let descriptor: Int32

  /// A socket that has no port yet.
  public init() { descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }

  deinit { close(descriptor) }

  /// Takes a port, 0: any that is free; `errno` says why it could not.
  public func bind(port: UInt16 = 0) -> Bool { Self.withAddress(port) { Glibc.bind(descriptor, $0, $1) } == 0 }

  /// Connects to a port; `errno` says why it could not.
  public func connect(port: UInt16) -> Bool { Self.withAddress(port) { Glibc.connect(descriptor, $0, $1) } == 0 }

  /// Takes connections, which nobody answers.
  public func listen() -> Bool { Glibc.listen(descriptor, 8) == 0 }

  /// The port that it has; 0: none.
  public var port: UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return status == 0 ? UInt16(bigEndian: address.sin_port) : 0
  }

  /// Sends bytes; whether all went.
  public func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// What the other side sends until it closes.
  public func receiveAll() -> [UInt8] {
    var (received, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while case let count = recv(descriptor, &bytes, bytes.count, 0), count > 0 { received += bytes[..<count] }
    return received
  }

  /// Has closing it reset its connection.
  public func resetOnClose() {
    var noLinger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &noLinger, socklen_t(MemoryLayout<linger>.size))
  }

  private static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}
