import Synchronization

/// Floats that one piece of work needs while it runs. They are kept for the next piece: as many as ever ran at once.
enum Scratch {
  private static let shelf = Mutex<[FloatStorage]>([])

  /// Calls `body` with at least `count` floats of any value.
  static func withFloats<Result>(_ count: Int, _ body: (FloatView) -> Result) -> Result {
    let kept = shelf.withLock { $0.popLast() }
    let storage = kept.flatMap { $0.count >= count ? $0 : nil } ?? FloatStorage(count: count)
    defer { shelf.withLock { $0.append(storage) } }
    return body(storage.view)
  }
}
