internal import GRPCCore

/// What the driver of a loop is told while it works.
enum LoopPost<Event: Sendable>: Sendable {
  case event(Event)
  /// Work without an event of its own is done, whose events were posted before.
  case done
  case failed(String)
  case cancel
}

/// Where the tasks of a loop, and who owns it, leave what happened.
struct LoopInbox<Event: Sendable>: Sendable {
  let posts: AsyncStream<LoopPost<Event>>
  private let continuation: AsyncStream<LoopPost<Event>>.Continuation

  init() { (posts, continuation) = AsyncStream<LoopPost<Event>>.makeStream() }

  func post(_ post: LoopPost<Event>) { continuation.yield(post) }

  /// Posts what a body gives, or why it failed; nothing where it was only ended with its run.
  func reporting(_ who: String, _ body: () async throws -> LoopPost<Event>) async {
    do {
      post(try await body())
    } catch {
      if error is CancellationError || Task.isCancelled { return }
      let reason = (error as? RPCError).map { $0.message.isEmpty ? "\($0.code)" : $0.message } ?? "\(error)"
      post(.failed("\(who): \(reason)"))
    }
  }
}

/// Work of one kind, of which so much is under way at a time.
struct WorkLane<Item> {
  private let limit: Int
  private var waiting: ArraySlice<Item> = []
  private var underWay = 0

  init(limit: Int) { self.limit = limit }

  mutating func add(_ items: some Sequence<Item>) { waiting += items }

  /// What waits is not to be done any more.
  mutating func clear() { waiting.removeAll() }

  /// The next item to begin with; nil: nothing waits, or enough is under way.
  mutating func next() -> Item? {
    guard underWay < limit, let item = waiting.popFirst() else { return nil }
    underWay += 1
    return item
  }

  /// An item is done.
  mutating func end() { underWay -= 1 }
}
