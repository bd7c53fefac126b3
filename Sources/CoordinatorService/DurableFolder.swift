public import Foundation

/// Folders and files that are there after a power cut.
public enum DurableFolder {
  /// Makes a folder, and those above it that are missing, and waits until their names are on the disk.
  public static func make(_ folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // A process that was killed may have made any of them, and not waited.
    var above = folder.standardizedFileURL
    while above.path != "/" {
      above.deleteLastPathComponent()
      try synchronize(above.path)
    }
  }

  /// Waits until all that a folder holds is on the disk.
  static func synchronize(tree folder: URL) throws {
    let keys: Set<URLResourceKey> = [.isRegularFileKey, .isDirectoryKey, .isSymbolicLinkKey]
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: Array(keys))
    while let file = files?.nextObject() as? URL {
      guard let values = try? file.resourceValues(forKeys: keys), values.isSymbolicLink != true else { continue }
      if values.isRegularFile == true || values.isDirectory == true { try synchronize(file.path) }
    }
    try synchronize(folder.path)
  }

  /// Passes over what went meanwhile, what may not be opened, and file systems that know no such call for folders.
  private static func synchronize(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    if descriptor < 0, [ENOENT, EACCES, ELOOP].contains(errno) { return }
    guard descriptor >= 0 else { throw NSError(domain: NSPOSIXErrorDomain, code: Int(errno)) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || [EINVAL, EROFS].contains(errno) else {
      throw NSError(domain: NSPOSIXErrorDomain, code: Int(errno))
    }
  }
}
