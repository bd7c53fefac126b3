import Foundation
import Synchronization

/// Threads for arithmetic, apart from Swift's cooperative pool.
///
/// Work is split into pieces that do not depend on the number of threads, so that a result does not either.
public enum ComputePool {
  /// Threads that work at once: `RETORT_THREADS` if that is set to a number from 1 to 1024, else the number of cores.
  public static let threadCount: Int = {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    guard let text = ProcessInfo.processInfo.environment["RETORT_THREADS"], let count = Int(text) else { return cores }
    return (1...1024).contains(count) ? count : cores
  }()

  /// Runs `body` for `0..<count`, in any order, on the calling thread and the pool's; returns when all are done.
  ///
  /// Inside `body`, another `forEach` runs on its own thread alone.
  public static func forEach(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    guard count > 1, threadCount > 1, !Crew.isWorking else {
      for index in 0..<max(count, 0) { body(index) }
      return
    }
    Crew.shared.work(Job(count: count, body: body))
  }

  /// The results of `body` for `0..<count`, in order, computed as ``forEach(_:_:)`` does.
  public static func map<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) -> [Result] {
    let results = Results<Result>(count: count)
    forEach(count) { index in
      let result = body(index)
      results.values.withLock { $0[index] = result }
    }
    return results.values.withLock { $0.compactMap(\.self) }
  }

  /// Runs `body` on a thread of its own, so that long arithmetic does not hold a thread of Swift's pool.
  public static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread { continuation.resume(with: Swift.Result(catching: body)) }
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

/// Pieces of one `forEach`, claimed one after another by whoever is free.
private final class Job: Sendable {
  private let next = Atomic(0)
  private let finished = Atomic(0)
  let count: Int
  private let body: @Sendable (Int) -> Void

  init(count: Int, body: @escaping @Sendable (Int) -> Void) {
    self.count = count
    self.body = body
  }

  var isExhausted: Bool { next.load(ordering: .relaxed) >= count }
  var isFinished: Bool { finished.load(ordering: .acquiring) == count }

  /// Works until no piece is left to claim. Returns true if this call finished the job's last piece.
  func claimPieces() -> Bool {
    var finishedLast = false
    while true {
      let piece = next.add(1, ordering: .relaxed).oldValue
      guard piece < count else { return finishedLast }
      body(piece)
      finishedLast = finished.add(1, ordering: .acquiringAndReleasing).newValue == count
    }
  }
}

/// The pool's threads. They start at the first job and wait between jobs.
private final class Crew: @unchecked Sendable {
  static let shared = Crew(threads: ComputePool.threadCount - 1)
  // SAFETY: `jobs` is touched under `condition` alone.
  private let condition = NSCondition()
  private var jobs: [Job] = []

  private static let workingKey = "retort.compute"
  static var isWorking: Bool { Thread.current.threadDictionary[workingKey] != nil }

  private init(threads: Int) {
    for _ in 0..<threads {
      let thread = Thread { [unowned self] in serve() }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  /// Does a job together with the pool's threads.
  func work(_ job: Job) {
    condition.withLock {
      jobs.append(job)
      condition.broadcast()
    }
    Thread.current.threadDictionary[Crew.workingKey] = true
    _ = job.claimPieces()
    Thread.current.threadDictionary[Crew.workingKey] = nil
    condition.withLock {
      jobs.removeAll { $0 === job }
      while !job.isFinished { condition.wait() }
    }
  }

  private func serve() {
    Thread.current.threadDictionary[Crew.workingKey] = true
    while true {
      let job = condition.withLock {
        while true {
          if let job = jobs.first(where: { !$0.isExhausted }) { return job }
          condition.wait()
        }
      }
      if job.claimPieces() { condition.withLock { condition.broadcast() } }
    }
  }
}
