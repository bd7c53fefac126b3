import Foundation

/// Why a file or folder could not be used, in plain words for the parentheses of a message.
public enum FileProblem {
  /// The words for an error of Foundation.
  public static func words(_ error: any Error) -> String {
    let error = error as NSError
    if error.domain == NSPOSIXErrorDomain, let code = POSIXErrorCode(rawValue: Int32(error.code)) { return words(code) }
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return words(cause) }
    switch CocoaError.Code(rawValue: error.code) {
    case .fileNoSuchFile, .fileReadNoSuchFile: return "no such file"
    case .fileReadNoPermission, .fileWriteNoPermission: return "permission denied"
    case .fileReadInapplicableStringEncoding, .fileReadUnknownStringEncoding: return "not text in UTF-8"
    case .fileWriteFileExists: return "a file is in the way"
    case .fileWriteOutOfSpace: return "no space left on the disk"
    case .fileWriteVolumeReadOnly: return "read-only file system"
    default: return error.localizedDescription
    }
  }

  private static func words(_ code: POSIXErrorCode) -> String {
    switch code {
    case .ENOENT: "no such file"
    case .EACCES, .EPERM: "permission denied"
    case .EISDIR: "a folder"
    case .ENOTDIR, .EEXIST: "a file is in the way"
    case .ENOSPC: "no space left on the disk"
    case .EROFS: "read-only file system"
    default: POSIXError(code).localizedDescription
    }
  }
}
