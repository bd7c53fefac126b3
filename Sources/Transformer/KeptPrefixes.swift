import Kernels
import Sequences
import Synchronization

/// Keys and values of whole pages that prompts began with: a later sequence that begins alike does not read them again.
///
/// A page is found by its own tokens and all before them, so no bit changes. Sequences refer to the pages that they use: these
/// stay as long as anybody does. Those that were not used for longest are forgotten where all hold more than a limit.
public final class KeptPrefixes: Sendable {
  private struct Key: Hashable {
    /// The page before it; 0: none.
    let parent: Int
    let tokenIDs: ArraySlice<TokenID>
  }

  private struct Entry {
    let id: Int
    let depth: Int
    let page: KeyValuePage
    var lastUse: Int
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var (nextID, now) = (1, 0)
  }

  let pool: PagePool
  /// Whether keys and values are rounded to bfloat16.
  let areRounded: Bool
  private let pageLimit: Int
  private let state = Mutex(State())

  /// Keeps at most so many bytes of a model's keys and values, rounded to bfloat16 where `areRounded`.
  public init(_ transformer: Transformer, byteLimit: Int, areRounded: Bool = false) {
    self.areRounded = areRounded
    pool = PagePool(
      pageFloats: transformer.pageAttentions(areRounded: areRounded).reduce(0) { $0 + $1.layerFloats })
    pageLimit = max(0, byteLimit / (4 * pool.pageFloats))
  }

  /// Bytes kept.
  public var byteCount: Int { 4 * pool.pageFloats * state.withLock(\.entries.count) }

  /// Forgets everything: the parameters have changed.
  public func removeAll() {
    state.withLock { $0.entries = [:] }
    trim()
  }

  /// Gives back memory that no sequence uses.
  func trim() { pool.trim() }

  /// Pages that the tokens begin with, of at most `limit`.
  func pages(_ tokenIDs: [TokenID], limit: Int) -> [KeyValuePage] {
    guard pageLimit > 0 else { return [] }
    return state.withLock { state in
      state.now += 1
      var (pages, parent) = ([KeyValuePage](), 0)
      while pages.count < limit {
        let key = Key(parent: parent, tokenIDs: Self.page(pages.count, of: tokenIDs))
        guard let index = state.entries.index(forKey: key) else { break }
        state.entries.values[index].lastUse = state.now
        parent = state.entries.values[index].id
        pages.append(state.entries.values[index].page)
      }
      return pages
    }
  }

  /// Keeps the pages that the tokens begin with.
  func keep(_ pages: ArraySlice<KeyValuePage>, of tokenIDs: [TokenID]) {
    guard pageLimit > 0 else { return }
    state.withLock { state in
      state.now += 1
      var parent = 0
      for (depth, page) in pages.prefix(pageLimit).enumerated() {
        let key = Key(parent: parent, tokenIDs: Self.page(depth, of: tokenIDs))
        if state.entries[key] == nil {
          state.entries[key] = Entry(id: state.nextID, depth: depth, page: page, lastUse: state.now)
          state.nextID += 1
        }
        state.entries[key]?.lastUse = state.now
        parent = state.entries[key]?.id ?? parent
      }
      forget(&state)
    }
  }

  private static func page(_ index: Int, of tokenIDs: [TokenID]) -> ArraySlice<TokenID> {
    tokenIDs[index * PageAttention.pagePositions..<(index + 1) * PageAttention.pagePositions]
  }

  /// Forgets what was used least recently, of one prompt its end first, until a quarter of the room is free.
  private func forget(_ state: inout State) {
    guard state.entries.count > pageLimit else { return }
    let oldest = state.entries.sorted {
      ($0.value.lastUse, -$0.value.depth) < ($1.value.lastUse, -$1.value.depth)
    }
    for (key, _) in oldest.prefix(state.entries.count - max(1, pageLimit * 3 / 4)) { state.entries[key] = nil }
  }
}
