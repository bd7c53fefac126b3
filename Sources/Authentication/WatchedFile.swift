public import Foundation
import NIOConcurrencyHelpers

/// A small file whose contents are read again when it changes, so that secrets can be replaced without a restart.
///
/// It is looked at once a second at most. While what is there cannot be used, what was last good stays.
public final class WatchedFile<Value: Sendable>: Sendable {
  /// Turns the file's bytes into what they mean.
  public typealias Parse = @Sendable (Data) throws(AuthenticationError) -> Value

  private struct State {
    var value: Value
    var stamp: FileState
    var lookedAt: ContinuousClock.Instant
  }

  private let path: String
  private let access: FileState.Access
  private let parse: Parse
  private let state: NIOLockedValueBox<State>

  /// Reads the file.
  ///
  /// - Throws: ``AuthenticationError`` where it cannot be used, or its permissions are too wide.
  init(path: String, access: FileState.Access, parse: @escaping Parse) throws(AuthenticationError) {
    self.path = path
    self.access = access
    self.parse = parse
    let (value, stamp) = try Self.read(path, access, parse)
    state = NIOLockedValueBox(State(value: value, stamp: stamp, lookedAt: .now))
  }

  /// What the file says now.
  public var value: Value {
    state.withLockedValue { state in
      guard state.lookedAt.duration(to: .now) >= .seconds(1) else { return state.value }
      state.lookedAt = .now
      if let stamp = try? FileState(path), stamp != state.stamp,
        let (value, stamp) = try? Self.read(path, access, parse)
      {
        (state.value, state.stamp) = (value, stamp)
      }
      return state.value
    }
  }

  private static func read(
    _ path: String, _ access: FileState.Access, _ parse: Parse
  ) throws(AuthenticationError) -> (Value, FileState) {
    let stamp = try FileState(path)
    try stamp.check(access)
    return (try parse(try FileState.contents(of: path)), stamp)
  }
}

/// What tells one state of a file from another, and who may read and change it.
struct FileState: Equatable {
  /// What its permissions may be.
  enum Access {
    /// Nobody but its owner may read it.
    case secret
    /// Nobody but its owner may change it.
    case unchangeable
  }

  private let path: String
  private let modified: Date?
  private let size: Int
  private let inode: Int
  private let mode: Int

  /// Looks at a file.
  init(_ path: String) throws(AuthenticationError) {
    let attributes: [FileAttributeKey: Any]
    do {
      // Through links, as kubelet and others mount secrets.
      attributes = try FileManager.default.attributesOfItem(
        atPath: URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false))
    } catch {
      throw .unreadable(file: path, reason: Self.words(error))
    }
    self.path = path
    modified = attributes[.modificationDate] as? Date
    size = (attributes[.size] as? NSNumber)?.intValue ?? 0
    inode = (attributes[.systemFileNumber] as? NSNumber)?.intValue ?? 0
    mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
  }

  /// Checks that the permissions are narrow enough.
  func check(_ access: Access) throws(AuthenticationError) {
    let octal = String(mode & 0o777, radix: 8)
    switch access {
    case .secret: if mode & 0o077 != 0 { throw .exposedSecret(file: path, mode: octal) }
    case .unchangeable: if mode & 0o022 != 0 { throw .changeableByOthers(file: path, mode: octal) }
    }
  }

  /// All of a file.
  static func contents(of path: String) throws(AuthenticationError) -> Data {
    do { return try Data(contentsOf: URL(filePath: path)) } catch {
      throw .unreadable(file: path, reason: words(error))
    }
  }

  /// The system's own words, without Foundation's about it.
  static func words(_ error: any Error) -> String {
    let error = error as NSError
    let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    if underlying.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(underlying.code))) }
    switch CocoaError.Code(rawValue: error.code) {
    case .fileReadNoSuchFile, .fileNoSuchFile: return "no such file"
    case .fileReadNoPermission, .fileWriteNoPermission: return "permission denied"
    default: return error.localizedDescription
    }
  }
}

/// Checks that nobody but the owner may read a file.
public func checkSecret(file: String) throws(AuthenticationError) {
  try FileState(file).check(.secret)
}
