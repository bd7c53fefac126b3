internal import Foundation
internal import Sequences

/// A regular file that is read at given places. A symbolic link is followed where it stays within its folder, or leads to
/// the blobs of a hub's cache, of which caches of model folders are made.
final class InputFile: Sendable {
  let path: String
  /// Bytes at the time of opening.
  let size: Int
  private let descriptor: Int32

  init(_ url: URL) throws(CheckpointError) {
    path = url.path(percentEncoded: false)
    guard !path.utf8.contains(0) else { throw .notFound(path: path.debugDescription) }
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      let code = errno
      if code == ENOENT, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
        throw .danglingLink(path: path, target: target)
      }
      throw code == ENOENT || code == ENOTDIR ? .notFound(path: path) : .readFailed(path: path, code: code)
    }
    // Checked before opening: opening a pipe waits, and opening a device may do anything.
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    let place = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
    let folder = url.deletingLastPathComponent().resolvingSymlinksInPath().path(percentEncoded: false)
    guard FolderBoundary.allows(place, in: folder) else { throw .linkEscape(path: path, target: place) }
    descriptor = unsafe open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .readFailed(path: path, code: errno) }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Whether a name is taken, by a link to nothing too: then reading says so, where a file that is left out would say nothing.
  static func isPresent(_ url: URL) -> Bool {
    (try? FileManager.default.attributesOfItem(atPath: url.path(percentEncoded: false))) != nil
  }

  /// Bytes of a range of the file.
  func read(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        let got = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(range.lowerBound + count))
        if got < 0 && errno == EINTR { continue }
        guard got > 0 else {
          failure = got < 0 ? errno : 0
          break
        }
        count += got
      }
    }
    guard failure == 0 else { throw .readFailed(path: path, code: failure) }
    guard bytes.count == range.count else {
      throw .malformed(path: path, offset: size, fault: .truncated(needed: range.upperBound, found: size))
    }
    return bytes
  }

  /// The whole file, if it is not larger than a limit.
  static func contents(of url: URL, limit: Int) throws(CheckpointError) -> Data {
    let file = try InputFile(url)
    guard file.size <= limit else { throw .tooLarge(path: file.path, size: file.size, limit: limit) }
    return Data(try file.read(0..<file.size))
  }

  /// SHA-256 of the whole file, in lower-case hex.
  func digest() throws(CheckpointError) -> String {
    var digest = Digest()
    for start in stride(from: 0, to: size, by: 1 << 20) { digest.add(try read(start..<min(start + 1 << 20, size))) }
    return digest.hex
  }
}
