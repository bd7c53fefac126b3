import Kernels
import Synchronization

/// Pages of keys and values, each of 16 positions of one sequence in all layers; those given back are used again.
final class PagePool: Sendable {
  /// Floats of a page.
  let pageFloats: Int
  private struct State {
    var free: [Page] = []
    var usedCount = 0
  }

  private let state = Mutex(State())

  init(pageFloats: Int) { self.pageFloats = pageFloats }

  /// Pages in use.
  var usedCount: Int { state.withLock(\.usedCount) }

  /// A page of unknown content.
  func take() -> KeyValuePage {
    state.withLock { state in
      state.usedCount += 1
      if state.free.isEmpty {
        // Side by side: fewer and larger pages of memory. What is not taken is not touched.
        let room = FloatStorage(count: PagePool.pagesAtOnce * pageFloats).view
        state.free = (0..<PagePool.pagesAtOnce).reversed().map { room.window($0 * pageFloats, pageFloats) }
      }
      return KeyValuePage(state.free.removeLast(), of: self)
    }
  }

  private static let pagesAtOnce = 16

  /// Frees the pages that nobody uses.
  func trim() { state.withLock { $0.free = [] } }

  fileprivate func giveBack(_ page: Page) {
    state.withLock { state in
      state.usedCount -= 1
      state.free.append(page)
    }
  }
}

/// A page that goes back to its pool when nobody refers to it any more.
final class KeyValuePage: Sendable {
  let view: Page
  private let pool: PagePool

  fileprivate init(_ view: Page, of pool: PagePool) {
    self.view = view
    self.pool = pool
  }

  deinit { pool.giveBack(view) }
}

/// Keys and values of the positions that a sequence has read. Copies share their pages until one of them writes.
struct KeyValueSequence: Sendable {
  private let pool: PagePool
  private(set) var pages: [KeyValuePage] = []
  /// Where the pages stand.
  private(set) var table: PageTable
  /// Positions kept.
  private(set) var length = 0

  init(_ pool: PagePool) {
    self.pool = pool
    table = PageTable(pageFloats: pool.pageFloats)
  }

  /// Begins with whole pages.
  init(_ pool: PagePool, pages: [KeyValuePage]) {
    self.init(pool)
    self.pages = pages
    for page in pages { table.append(page.view) }
    length = pages.count * PageAttention.pagePositions
  }

  /// The first positions; their pages are shared.
  func prefix(_ length: Int) -> KeyValueSequence {
    let size = PageAttention.pagePositions
    var prefix = KeyValueSequence(pool, pages: Array(pages.prefix((length + size - 1) / size)))
    prefix.length = length
    return prefix
  }

  /// Makes room for `count` positions more, which the caller writes; a page that others share is copied first.
  mutating func extend(by count: Int) {
    let size = PageAttention.pagePositions
    for index in length / size..<(length + count + size - 1) / size {
      if index == pages.count {
        pages.append(pool.take())
        table.append(pages[index].view)
      } else if !isKnownUniquelyReferenced(&pages[index]) {
        let copy = pool.take()
        copy.view.copy(from: pages[index].view)
        pages[index] = copy
        table.replace(index, by: copy.view)
      }
    }
    length += count
  }
}
