internal import Foundation

/// A new file that is on the disk once it is finished. Its size and SHA-256 are kept for a manifest.
final class DurableFile {
  let path: String
  private(set) var size = 0
  private var descriptor: Int32
  private var digest = Digest()

  init(_ url: URL) throws(CheckpointError) {
    path = url.path(percentEncoded: false)
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .writeFailed(path: path, code: errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func write(_ bytes: [UInt8]) throws(CheckpointError) {
    digest.add(bytes)
    size += bytes.count
    var code: Int32 = 0
    unsafe bytes.withUnsafeBytes { raw in
      var rest = unsafe raw[...]
      while unsafe !rest.isEmpty, code == 0 {
        let count = unsafe Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 { code = errno == EINTR ? 0 : errno } else { unsafe rest = rest.dropFirst(count) }
      }
    }
    guard code == 0 else { throw .writeFailed(path: path, code: code) }
  }

  /// Waits until the bytes are on the disk; returns their SHA-256. Whoever reads them next reads the disk, not memory.
  func finish() throws(CheckpointError) -> String {
    guard fsync(descriptor) == 0 else { throw .writeFailed(path: path, code: errno) }
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    let result = close(descriptor)
    descriptor = -1
    guard result == 0 else { throw .writeFailed(path: path, code: errno) }
    return digest.hex
  }

  /// Waits until a folder's names are on the disk.
  ///
  /// - Parameter whereAllowed: Whether a folder that may not be opened is passed over.
  static func synchronize(folder url: URL, whereAllowed: Bool = false) throws(CheckpointError) {
    let path = url.path(percentEncoded: false)
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0, whereAllowed, errno == EACCES { return }
    guard descriptor >= 0 else { throw .writeFailed(path: path, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .writeFailed(path: path, code: errno) }
  }
}
