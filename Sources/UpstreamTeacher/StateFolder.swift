public import Foundation

/// The folder of ledger and cache, held by one process at a time.
public final class StateFolder: Sendable {
  /// The ledger's file.
  public let ledgerPath: String
  private let lock: Int32

  /// Makes the folder where it is not there, and holds it until this value is gone.
  ///
  /// - Throws: ``UpstreamError/stateUnusable(folder:problem:)`` where another process holds it.
  public init(_ folder: URL) throws(UpstreamError) {
    let path = folder.path(percentEncoded: false)
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .stateUnusable(folder: path, problem: "cannot be made: choose another --state")
    }
    ledgerPath = folder.appending(path: "ledger.sqlite").path(percentEncoded: false)
    // The ledger's name is on the disk with its folder's, lest a power cut take what was paid for.
    var above = folder.standardizedFileURL
    while above.path != "/" {
      above.deleteLastPathComponent()
      Self.synchronize(above)
    }
    lock = open(folder.appending(path: "lock").path(percentEncoded: false), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw .stateUnusable(folder: path, problem: "cannot be written: choose another --state") }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw .stateUnusable(folder: path, problem: "another teacher uses it: stop that one, or choose another --state")
    }
  }

  deinit { close(lock) }

  private static func synchronize(_ folder: URL) {
    let descriptor = open(folder.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Whether a process holds a folder just now.
  public static func isHeld(_ folder: URL) -> Bool {
    let lock = open(folder.appending(path: "lock").path(percentEncoded: false), O_RDWR | O_CLOEXEC)
    guard lock >= 0 else { return false }
    defer { close(lock) }
    return flock(lock, LOCK_EX | LOCK_NB) != 0
  }
}
