import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Names of the files that TLS is made of.
struct TLSFileNames: Sendable, Hashable {
  let identity: TLSIdentity?
  let roots: String?

  private var all: [String] { [identity?.certificateChainFile, identity?.privateKeyFile, roots].compactMap(\.self) }

  /// What changes when a file is written anew or replaced.
  var stamps: [FileStamp] { all.map(FileStamp.init) }
}

/// What was read from them.
struct TLSFiles {
  var identity: (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey)?
  var roots: [NIOSSLCertificate]?

  init(reading names: TLSFileNames) throws(TLSFileError) {
    if let identity = names.identity {
      let chain = try Self.certificates(identity.certificateChainFile)
      self.identity = (chain, try Self.key(identity.privateKeyFile))
    }
    if let file = names.roots { roots = try Self.certificates(file) }
  }

  private static func certificates(_ file: String) throws(TLSFileError) -> [NIOSSLCertificate] {
    let bytes = try read(file)
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
      throw .noCertificate(file: file)
    }
    return certificates
  }

  private static func key(_ file: String) throws(TLSFileError) -> NIOSSLPrivateKey {
    let bytes = try read(file)
    guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else { throw .noPrivateKey(file: file) }
    return key
  }

  /// All of a small file.
  private static func read(_ file: String) throws(TLSFileError) -> [UInt8] {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(file) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= 1 << 20 {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(file) }
      if count == 0 { return bytes }
      bytes += chunk.prefix(count)
    }
    throw .unreadable(file: file, reason: "it exceeds 1 MiB")
  }

  private static func failure(_ file: String) -> TLSFileError {
    .unreadable(file: file, reason: unsafe String(cString: strerror(errno)))
  }
}

/// Identity, size and time of a file's last change; zeros where there is none.
struct FileStamp: Sendable, Hashable {
  private var device: UInt64 = 0
  private var inode: UInt64 = 0
  private var size: Int64 = 0
  private var seconds: Int = 0
  private var nanoseconds: Int = 0

  init(_ file: String) {
    var status = stat()
    guard unsafe stat(file, &status) == 0 else { return }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}
