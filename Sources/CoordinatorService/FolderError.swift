internal import Foundation

/// Why nothing can be written into a folder.
enum FolderError: Error, Hashable, CustomStringConvertible {
  /// No space left, or no quota.
  case full(folder: String)
  /// The system refuses for another reason.
  case unwritable(folder: String, reason: String)

  /// One line: what, where, what to do.
  var description: String {
    switch self {
    case .full(let folder): "the disk of \(folder) is full: free some space, then go on with --resume"
    case .unwritable(let folder, let reason): "\(folder) cannot be written (\(reason)): choose another folder"
    }
  }

  /// Writes into a folder: what the system says against it becomes one of these errors, all others pass.
  static func explaining<T>(_ folder: String, _ body: () throws -> T) throws -> T {
    do { return try body() } catch { throw explained(error, folder) }
  }

  private static func explained(_ error: any Error, _ folder: String) -> any Error {
    let whole = error as NSError
    guard whole.domain == NSCocoaErrorDomain || whole.domain == NSPOSIXErrorDomain else { return error }
    let cause = (whole.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError } ?? whole
    if whole.domain == NSCocoaErrorDomain, whole.code == CocoaError.fileWriteOutOfSpace.rawValue {
      return Self.full(folder: folder)
    }
    guard cause.domain == NSPOSIXErrorDomain, let code = Int32(exactly: cause.code) else {
      return Self.unwritable(folder: folder, reason: whole.localizedDescription)
    }
    if code == ENOSPC || code == EDQUOT { return Self.full(folder: folder) }
    return Self.unwritable(folder: folder, reason: String(cString: strerror(code)))
  }
}
