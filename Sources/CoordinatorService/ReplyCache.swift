public import Foundation
internal import Synchronization
internal import WireBytes

/// Replies of the teacher on disk, each named by the SHA-256 of what it depends on.
///
/// `<folder>/xx/<name>`: `RTC3`, then for each message its length (UInt64, little-endian), the first eight bytes of its SHA-256, and
/// its bytes, then a length of all ones, then the microseconds that the teacher took. A reply is written to `<folder>/drafts` while it
/// comes and gets its name once it is whole. Nobody waits for the disk: what a power cut tore, or left as zeros, is asked for again.
/// Above the size limit the least recently used files go.
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
    /// What the replies from disk took the teacher when they came.
    public var savedTime = Duration.zero
    /// What the other replies took the teacher.
    public var teacherTime = Duration.zero
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
  private var drafts: URL { folder.appendingPathComponent("drafts") }

  /// Opens the cache of a folder; files of earlier runs count, drafts of earlier runs go.
  public init(folder: URL, byteLimit: Int = 8 << 30) throws {
    (self.folder, self.byteLimit) = (folder, byteLimit)
    let drafts = folder.appendingPathComponent("drafts")
    try? FileManager.default.removeItem(at: drafts)
    try FolderError.explaining(folder.path) {
      try FileManager.default.createDirectory(at: drafts, withIntermediateDirectories: true)
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

  /// A reply that is there, whole; nil: not there.
  func reply(named name: String) -> StoredReply? {
    guard state.withLock({ $0.entries[name] != nil }) else { return nil }
    guard let reply = StoredReply(file: file(name)) else {
      forget(name)
      return nil
    }
    state.withLock { state in
      state.uses += 1
      state.entries[name]?.lastUse = state.uses
      state.counters.hits += 1
      state.counters.hitBytes += reply.byteCount
      state.counters.savedTime += reply.teacherTime
    }
    // The date orders the files when the cache is opened again.
    try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: file(name).path)
    return reply
  }

  /// A place for a reply that is about to come.
  func makeDraft() -> ReplyDraft {
    ReplyDraft(file: drafts.appendingPathComponent(UUID().uuidString), byteLimit: byteLimit)
  }

  /// Keeps a reply that is whole. A reply that could not be written is only not kept.
  ///
  /// - Parameter teacherTime: What the reply took the teacher.
  func keep(_ draft: ReplyDraft, named name: String, teacherTime: Duration) {
    let byteCount = draft.byteCount
    state.withLock { state in
      state.counters.misses += 1
      state.counters.missBytes += byteCount
      state.counters.teacherTime += teacherTime
    }
    guard draft.finish(teacherTime: teacherTime) else { return }
    makeRoom(for: byteCount)
    do {
      try FileManager.default.createDirectory(
        at: file(name).deletingLastPathComponent(), withIntermediateDirectories: true)
      try draft.move(to: file(name))
    } catch {
      draft.discard()
      return
    }
    state.withLock { state in
      state.uses += 1
      state.byteCount += byteCount - (state.entries[name]?.byteCount ?? 0)
      state.entries[name] = Entry(byteCount: byteCount, lastUse: state.uses)
    }
  }

  /// Takes a reply away.
  func forget(_ name: String) {
    state.withLock { state in
      if let entry = state.entries.removeValue(forKey: name) { state.byteCount -= entry.byteCount }
    }
    try? FileManager.default.removeItem(at: file(name))
  }

  private func makeRoom(for byteCount: Int) {
    while let oldest = state.withLock({ state in
      state.byteCount + byteCount > byteLimit ? state.entries.min { $0.value.lastUse < $1.value.lastUse }?.key : nil
    }) {
      forget(oldest)
    }
  }

  private func file(_ name: String) -> URL {
    folder.appendingPathComponent(String(name.prefix(2))).appendingPathComponent(name)
  }
}
