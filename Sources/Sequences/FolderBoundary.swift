/// Where the files of a model folder may lie: in the folder, or where a hub's cache keeps what its snapshots link to.
///
/// Pure text: the caller resolves symbolic links and reads.
package enum FolderBoundary {
  /// Whether a file may be read.
  ///
  /// - Parameters:
  ///   - file: The file's path with every symbolic link resolved.
  ///   - folder: The path of the folder that names the file, resolved too.
  package static func allows(_ file: String, in folder: String) -> Bool {
    if isBelow(file, folder) { return true }
    // CACHE/models--A--B/snapshots/REVISION holds links to CACHE/models--A--B/blobs.
    var parts = folder.split(separator: "/", omittingEmptySubsequences: true)
    guard parts.count >= 3, parts[parts.count - 2] == "snapshots" else { return false }
    parts.removeLast(2)
    return isBelow(file, "/" + parts.joined(separator: "/") + "/blobs")
  }

  private static func isBelow(_ file: String, _ folder: String) -> Bool {
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    return file.utf8.starts(with: start.utf8) && file.utf8.count > start.utf8.count
  }
}
