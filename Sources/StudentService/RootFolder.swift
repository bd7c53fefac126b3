public import Foundation

/// The folder that every path of a request is relative to, and that none may leave.
public struct RootFolder: Sendable {
  private let root: URL

  /// Makes a root; symbolic links in its own path are followed once.
  public init(_ root: URL) { self.root = root.standardizedFileURL.resolvingSymlinksInPath() }

  /// Returns the place of a request's path. An absolute path must lie in the root.
  ///
  /// - Throws: ``StudentError/pathOutsideRoot(path:root:)`` where it is empty, climbs, or leads out by a symbolic link.
  public func resolve(_ path: String) throws(StudentError) -> URL {
    let refusal = StudentError.pathOutsideRoot(path: path, root: root.path(percentEncoded: false))
    guard !path.isEmpty, !path.split(separator: "/").contains("..") else { throw refusal }
    let place = path.hasPrefix("/") ? URL(filePath: path) : root.appending(path: path)
    // Links are followed in the part that exists; the rest is made by us.
    let followed = place.standardizedFileURL.resolvingSymlinksInPath()
    let inside = root.pathComponents == ["/"] || followed.pathComponents.starts(with: root.pathComponents)
    guard inside, followed.pathComponents.count > root.pathComponents.count else { throw refusal }
    return followed
  }
}
