internal import Crypto
internal import Foundation
internal import Synchronization
internal import WireBytes

/// The layout of a reply's file.
private enum ReplyFile {
  static let magic = Data("RTC3".utf8)
  static let end = UInt64.max
  static let lengthBytes = 8
  static let checkBytes = 8
  /// What stands before a message.
  static let headBytes = lengthBytes + checkBytes
  /// The end mark and the microseconds after it.
  static let trailerBytes = 16

  static func encode(_ length: UInt64) -> Data { withUnsafeBytes(of: length.littleEndian) { Data($0) } }

  /// The check of a message: a file may have all its bytes after a power cut, and zeros for some.
  static func check(_ message: UnsafeRawBufferPointer) -> Data {
    Data(SHA256.hash(data: message).prefix(checkBytes))
  }

  static func check(_ message: Data) -> Data { message.withUnsafeBytes { check($0) } }

  static func readLength(_ file: FileHandle) -> UInt64? {
    guard let data = try? file.read(upToCount: lengthBytes), data.count == lengthBytes else { return nil }
    return data.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  }
}

/// A whole reply on disk, read message by message.
struct StoredReply: Sendable {
  /// Bytes of the file.
  let byteCount: Int
  /// What the reply took the teacher.
  let teacherTime: Duration
  private let url: URL
  private let lengths: [Int]

  /// Opens a file; nil where it is not there or torn.
  init?(file url: URL) {
    guard let file = try? FileHandle(forReadingFrom: url), let size = try? file.seekToEnd() else { return nil }
    defer { try? file.close() }
    var lengths: [Int] = []
    var place = UInt64(ReplyFile.magic.count)
    guard (try? file.seek(toOffset: 0)) != nil, (try? file.read(upToCount: Int(place))) == ReplyFile.magic else {
      return nil
    }
    while true {
      guard let length = ReplyFile.readLength(file) else { return nil }
      place += UInt64(ReplyFile.lengthBytes)
      if length == ReplyFile.end { break }
      place += UInt64(ReplyFile.checkBytes)
      guard length <= size - min(size, place), (try? file.seek(toOffset: place + length)) != nil else { return nil }
      place += length
      lengths.append(Int(length))
    }
    guard let microseconds = ReplyFile.readLength(file), microseconds <= UInt64(Int64.max),
      place + UInt64(ReplyFile.lengthBytes) == size
    else { return nil }
    (self.url, self.lengths, byteCount) = (url, lengths, Int(size))
    teacherTime = .microseconds(Int64(microseconds))
  }

  /// Passes the messages on, one in memory at a time.
  ///
  /// - Returns: False where the file went, or has not the bytes that were written; then some messages may have been passed on.
  @concurrent
  func forEach(_ body: (WireBytes) async throws -> Void) async throws -> Bool {
    guard let file = try? FileHandle(forReadingFrom: url) else { return false }
    defer { try? file.close() }
    guard (try? file.seek(toOffset: UInt64(ReplyFile.magic.count))) != nil else { return false }
    for length in lengths {
      guard ReplyFile.readLength(file) == UInt64(length) else { return false }
      let check = try? file.read(upToCount: ReplyFile.checkBytes)
      let data = length == 0 ? Data() : (try? file.read(upToCount: length)) ?? Data()
      guard data.count == length, check == ReplyFile.check(data) else { return false }
      try await body(WireBytes(data))
    }
    return true
  }
}

/// A reply that is being written. Once something goes wrong it writes nothing more and is never kept.
final class ReplyDraft: Sendable {
  private struct State {
    var file: FileHandle?
    var offsets: [UInt64] = []
    var byteCount: Int
  }

  private let url: URL
  private let byteLimit: Int
  private let state: Mutex<State>

  /// Begins a file.
  init(file url: URL, byteLimit: Int) {
    (self.url, self.byteLimit) = (url, byteLimit)
    let isMade = FileManager.default.createFile(atPath: url.path, contents: ReplyFile.magic)
    let file = isMade ? try? FileHandle(forUpdating: url) : nil
    _ = try? file?.seekToEnd()
    state = Mutex(State(file: file, byteCount: ReplyFile.magic.count + ReplyFile.trailerBytes))
  }

  deinit { discard() }

  /// Bytes of the finished file.
  var byteCount: Int { state.withLock { $0.byteCount } }

  /// Adds a message.
  func append(_ message: WireBytes) {
    state.withLock { state in
      state.offsets.append(UInt64(state.byteCount - ReplyFile.trailerBytes))
      state.byteCount += ReplyFile.headBytes + message.count
      guard let file = state.file else { return }
      do {
        guard state.byteCount <= byteLimit else { throw CocoaError(.fileWriteOutOfSpace) }
        try file.write(
          contentsOf: ReplyFile.encode(UInt64(message.count)) + message.withUnsafeBytes { ReplyFile.check($0) })
        try message.withUnsafeBytes { bytes in
          guard let start = bytes.baseAddress else { return }
          let data = Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none)
          try file.write(contentsOf: data)
        }
      } catch {
        Self.close(&state, url)
      }
    }
  }

  /// Whether a message that was added before has these bytes.
  func holds(_ message: WireBytes, at index: Int) -> Bool {
    state.withLock { state in
      guard let file = state.file, state.offsets.indices.contains(index) else { return false }
      defer { _ = try? file.seekToEnd() }
      guard (try? file.seek(toOffset: state.offsets[index])) != nil,
        ReplyFile.readLength(file) == UInt64(message.count),
        (try? file.seek(toOffset: state.offsets[index] + UInt64(ReplyFile.headBytes))) != nil
      else { return false }
      let data = message.count == 0 ? Data() : (try? file.read(upToCount: message.count)) ?? Data()
      return message.withUnsafeBytes { data.elementsEqual($0) }
    }
  }

  /// Marks the end; false where the file is not whole.
  ///
  /// - Parameter teacherTime: What the reply took the teacher.
  func finish(teacherTime: Duration) -> Bool {
    state.withLock { state in
      guard let file = state.file else { return false }
      do {
        let microseconds = max(0, Int64(teacherTime / .microseconds(1)))
        try file.write(contentsOf: ReplyFile.encode(ReplyFile.end) + ReplyFile.encode(UInt64(microseconds)))
        return true
      } catch {
        Self.close(&state, url)
        return false
      }
    }
  }

  /// Gives a finished file its name, in one step.
  func move(to target: URL) throws {
    try state.withLock { state in
      try state.file?.close()
      state.file = nil
      guard rename(url.path, target.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
  }

  /// Takes the file away, unless it was moved.
  func discard() {
    state.withLock { Self.close(&$0, url) }
  }

  private static func close(_ state: inout State, _ url: URL) {
    guard let file = state.file else { return }
    try? file.close()
    try? FileManager.default.removeItem(at: url)
    state.file = nil
  }
}
