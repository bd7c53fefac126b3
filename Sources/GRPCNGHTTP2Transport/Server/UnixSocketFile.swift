internal import Glibc

/// The file of a Unix socket that a server of this process listens on: who may connect is who may write it.
struct UnixSocketFile: Sendable, Hashable {
  private let path: String
  /// Which file it is, so that none that was put in its place is taken away.
  private let device: UInt64
  private let inode: UInt64

  /// What stands at a path.
  private enum Finding {
    case nothing
    /// A socket that nobody answers on: its server died.
    case stale
  }

  /// Says why nobody may listen at a path now, if so. A stale socket is no reason.
  static func check(_ path: String) throws(TransportError) {
    _ = try finding(at: path)
  }

  /// Listens at a path, in place of a stale socket there.
  ///
  /// - Parameter permissions: Of the file, from the moment at which it is there.
  /// - Returns: The file, and a descriptor that listens, which the caller closes.
  static func listen(
    at path: String, permissions: UInt32, backlog: Int32
  ) throws(TransportError) -> (file: UnixSocketFile, descriptor: Int32) {
    let lock = lockFolder(of: path)
    defer { if lock >= 0 { close(lock) } }
    if try finding(at: path) == .stale { unsafe unlink(path) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw failure(at: path) }
    do throws(TransportError) {
      // On Linux the file has the socket's own mode, less the umask: at no time more than it should.
      guard fchmod(descriptor, permissions) == 0 else { throw failure(at: path) }
      guard try unsafe withAddress(of: path, { unsafe bind(descriptor, $0, $1) }) == 0 else { throw failure(at: path) }
      guard unsafe chmod(path, permissions) == 0 else { throw failure(at: path) }
      guard Glibc.listen(descriptor, backlog) == 0, let file = UnixSocketFile(path) else { throw failure(at: path) }
      return (file, descriptor)
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Takes the file away, unless another one has its place.
  func remove() {
    let lock = Self.lockFolder(of: path)
    defer { if lock >= 0 { close(lock) } }
    if UnixSocketFile(path) == self { unsafe unlink(path) }
  }

  private init?(_ path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    (self.path, device, inode) = (path, UInt64(status.st_dev), UInt64(status.st_ino))
  }

  /// Two that find the same stale socket take turns. Where the folder cannot be locked within a second, they do not: whoever
  /// may read the folder may hold its lock.
  private static func lockFolder(of path: String) -> Int32 {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
    let descriptor = unsafe open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return descriptor }
    var tries = 100
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0, tries > 0 {
      usleep(10_000)
      tries -= 1
    }
    return descriptor
  }

  private static func finding(at path: String) throws(TransportError) -> Finding {
    _ = try unsafe withAddress(of: path) { _, _ in 0 }
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return .nothing }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw .cannotListen(
        .unixSocket(path: path), reason: "the file is no socket: choose another path, or take it away")
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw failure(at: path) }
    defer { close(descriptor) }
    let result = try unsafe withAddress(of: path) { unsafe connect(descriptor, $0, $1) }
    if result == 0 || errno == EAGAIN { throw .addressInUse(.unixSocket(path: path)) }
    guard errno == ECONNREFUSED else { throw failure(at: path) }
    return .stale
  }

  /// Calls with a path as the system takes it.
  private static func withAddress(
    of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(TransportError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity, !path.isEmpty, !path.utf8.contains(0) else {
      throw .cannotListen(.unixSocket(path: path), reason: "the path must have 1 to \(capacity - 1) bytes")
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func failure(at path: String) -> TransportError {
    let code = errno
    if code == EADDRINUSE { return .addressInUse(.unixSocket(path: path)) }
    return .cannotListen(.unixSocket(path: path), reason: unsafe String(cString: strerror(code)))
  }
}

extension NetworkAddress {
  /// Says why no server could listen on a Unix socket's path now, if so.
  ///
  /// - Throws: ``TransportError/addressInUse(_:)`` where somebody answers there, ``TransportError/cannotListen(_:reason:)`` where
  ///   something else than a socket has the path.
  public func checkSocketFile() throws(TransportError) {
    if case .unixSocket(let path) = self { try UnixSocketFile.check(path) }
  }
}
