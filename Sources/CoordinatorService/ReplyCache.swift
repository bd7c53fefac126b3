public import Foundation
internal import Synchronization
internal import WireBytes

/// Replies of the teacher on disk, each named by the SHA-256 of what it depends on.
///
/// `<folder>/xx/<name>`: `RTC1`, then for each message its length (UInt64, little-endian) and bytes, then a zero-length
/// mark of all ones. A file appears whole or not at all; one that is torn is a miss. Above the size limit the least
/// recently used files go.
public final class ReplyCache: Sendable {
  /// What the cache did since it was opened.
  public struct Counters: Sendable, Hashable {
    /// Requests answered from disk.
    public var hits = 0
    /// Requests that went to the teacher.
    public var misses = 0
    /// Bytes of replies served from disk.
    public var hitBytes = 0
    /// Bytes of replies that came from the teacher.
    public var missBytes = 0
  }

  private struct Entry {
    var byteCount: Int
    var lastUse: Int
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var byteCount = 0
    var uses = 0
    var counters = Counters()
  }

  private let folder: URL
  private let byteLimit: Int
  private let state = Mutex(State())

  /// Opens the cache of a folder; files of earlier runs count.
  public init(folder: URL, byteLimit: Int = 8 << 30) throws {
    (self.folder, self.byteLimit) = (folder, byteLimit)
    try FolderError.explaining(folder.path) {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    let keys: [URLResourceKey] = [.fileSizeKey, .contentModificationDateKey]
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: keys)
    var found: [(name: String, size: Int, date: Date)] = []
    while let file = files?.nextObject() as? URL {
      guard file.lastPathComponent.count == 64, let values = try? file.resourceValues(forKeys: Set(keys)),
        let size = values.fileSize
      else { continue }
      found.append((file.lastPathComponent, size, values.contentModificationDate ?? .distantPast))
    }
    state.withLock { state in
      for file in found.sorted(by: { $0.date < $1.date }) {
        state.uses += 1
        state.entries[file.name] = Entry(byteCount: file.size, lastUse: state.uses)
        state.byteCount += file.size
      }
    }
  }

  /// What the cache did since it was opened.
  public var counters: Counters { state.withLock { $0.counters } }

  /// The messages of a reply; nil: not there.
  func messages(named name: String) -> [WireBytes]? {
    guard state.withLock({ $0.entries[name] != nil }) else { return nil }
    guard let data = try? Data(contentsOf: file(name)), let messages = Self.unpack(data) else {
      forget(name)
      return nil
    }
    state.withLock { state in
      state.uses += 1
      state.entries[name]?.lastUse = state.uses
      state.counters.hits += 1
      state.counters.hitBytes += data.count
    }
    // The date orders the files when the cache is opened again.
    try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: file(name).path)
    return messages
  }

  /// Keeps a reply. A reply that cannot be written is only not kept.
  func keep(_ messages: [WireBytes], named name: String) {
    let data = Self.pack(messages)
    state.withLock { state in
      state.counters.misses += 1
      state.counters.missBytes += data.count
    }
    guard data.count <= byteLimit else { return }
    makeRoom(for: data.count)
    do {
      try FileManager.default.createDirectory(
        at: file(name).deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file(name), options: .atomic)
    } catch { return }
    state.withLock { state in
      state.uses += 1
      state.byteCount += data.count - (state.entries[name]?.byteCount ?? 0)
      state.entries[name] = Entry(byteCount: data.count, lastUse: state.uses)
    }
  }

  private func makeRoom(for byteCount: Int) {
    while let oldest = state.withLock({ state in
      state.byteCount + byteCount > byteLimit ? state.entries.min { $0.value.lastUse < $1.value.lastUse }?.key : nil
    }) {
      forget(oldest)
    }
  }

  private func forget(_ name: String) {
    state.withLock { state in
      if let entry = state.entries.removeValue(forKey: name) { state.byteCount -= entry.byteCount }
    }
    try? FileManager.default.removeItem(at: file(name))
  }

  private func file(_ name: String) -> URL {
    folder.appendingPathComponent(String(name.prefix(2))).appendingPathComponent(name)
  }
}

extension ReplyCache {
  private static let magic = Array("RTC1".utf8)

  static func pack(_ messages: [WireBytes]) -> Data {
    var data = Data(magic)
    data.reserveCapacity(messages.reduce(12) { $0 + 8 + $1.count })
    func append(_ length: UInt64) { withUnsafeBytes(of: length.littleEndian) { data.append(contentsOf: $0) } }
    for message in messages {
      append(UInt64(message.count))
      message.withUnsafeBytes { data.append(contentsOf: $0) }
    }
    append(.max)
    return data
  }

  static func unpack(_ data: Data) -> [WireBytes]? {
    guard data.starts(with: magic) else { return nil }
    var messages: [WireBytes] = []
    var place = data.startIndex + magic.count
    while place + 8 <= data.endIndex {
      let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(data[place + $1]) << UInt64(8 * $1) }
      place += 8
      if length == .max { return place == data.endIndex ? messages : nil }
      guard length <= UInt64(data.endIndex - place) else { return nil }
      messages.append(WireBytes(data[place..<place + Int(length)]))
      place += Int(length)
    }
    return nil
  }
}
