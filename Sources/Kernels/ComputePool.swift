import Foundation
import Synchronization

/// Threads for arithmetic, apart from Swift's cooperative pool.
///
/// Work is split into pieces that do not depend on the number of threads, so that a result does not either. Processes that
/// `retort run` starts side by side divide the cores among those that compute just now.
public enum ComputePool {
  /// Threads that work at once: `RETORT_THREADS` if that is set to a number from 1 to 1024, else the number of cores that
  /// this process may use at once: the machine's, or fewer where a container has a limit. Another value is told on standard
  /// error and changes nothing.
  public static let threadCount: Int = {
    let cores = max(1, min(ProcessInfo.processInfo.activeProcessorCount, ContainerLimit.cores ?? .max))
    guard let text = ProcessInfo.processInfo.environment["RETORT_THREADS"], !text.isEmpty else { return cores }
    if let count = threadCount(setting: text) { return count }
    let complaint =
      "retort: RETORT_THREADS=\(text.prefix(40)) is no number from 1 to 1024; \(cores) threads are taken\n"
    try? FileHandle.standardError.write(contentsOf: Data(complaint.utf8))
    return cores
  }()

  /// What `RETORT_THREADS` asks for; nil where it is no number of threads.
  private static func threadCount(setting text: String) -> Int? {
    Int(text).flatMap { (1...1024).contains($0) ? $0 : nil }
  }

  /// Runs `body` for `0..<count`, in any order, on the calling thread and the pool's; returns when all are done.
  ///
  /// Inside `body`, another `forEach` runs on its own thread alone.
  public static func forEach(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    forEachInLane(count) { index, _ in body(index) }
  }

  /// Does ``forEach(_:_:)`` and tells `body` its lane as well: a number below ``threadCount`` that no other piece of the
  /// same call has at the same time. What a lane holds is scratch: results must not depend on it.
  public static func forEachInLane(_ count: Int, _ body: @escaping @Sendable (_ index: Int, _ lane: Int) -> Void) {
    let threads = ComputeShare.ofProcess?.threads(of: threadCount) ?? threadCount
    guard count > 1, threads > 1, !Crew.isWorking else {
      for index in 0..<max(count, 0) { body(index, 0) }
      return
    }
    Crew.shared.work(Job(count: count, threads: threads, body: body))
  }

  /// Cuts `0..<count` into pieces of `size`, the last one maybe shorter, and runs `body` on each as ``forEach(_:_:)`` does.
  public static func forEachPiece(of count: Int, size: Int, _ body: @escaping @Sendable (Range<Int>) -> Void) {
    forEach((count + size - 1) / size) { body($0 * size..<min(($0 + 1) * size, count)) }
  }

  /// The results of `body` for `0..<count`, in order, computed as ``forEach(_:_:)`` does.
  public static func map<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) -> [Result] {
    mapInLane(count) { index, _ in body(index) }
  }

  /// The results of `body` for `0..<count`, in order, computed as ``forEachInLane(_:_:)`` does.
  public static func mapInLane<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (_ index: Int, _ lane: Int) -> Result
  ) -> [Result] {
    let results = Results<Result>(count: count)
    forEachInLane(count) { index, lane in
      let result = body(index, lane)
      results.values.withLock { $0[index] = result }
    }
    return results.values.withLock { $0.compactMap(\.self) }
  }

  /// Runs `body` on a thread of its own, so that long arithmetic does not hold a thread of Swift's pool.
  public static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread {
        let result = Swift.Result { try ComputeShare.ofProcess?.computing(body) ?? body() }
        continuation.resume(with: result)
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }
}

/// Results of a `map` as they come.
private final class Results<Value: Sendable>: Sendable {
  let values: Mutex<[Value?]>

  init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }
}
