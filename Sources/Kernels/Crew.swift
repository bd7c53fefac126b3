import CKernels
import Foundation
import Synchronization

/// Pieces of one `forEach`, claimed one after another by whoever is free.
final class Job: Sendable {
  private let next = Atomic(0)
  private let finished = Atomic(0)
  let count: Int
  /// Threads that may take part.
  private let threads: Int
  private let body: @Sendable (_ index: Int, _ lane: Int) -> Void

  init(count: Int, threads: Int, body: @escaping @Sendable (Int, Int) -> Void) {
    self.count = count
    self.threads = threads
    self.body = body
  }

  /// Whether a thread finds something to do here.
  func hasWork(lane: Int) -> Bool { lane < threads && next.load(ordering: .relaxed) < count }
  var isFinished: Bool { finished.load(ordering: .acquiring) == count }

  /// Works until no piece is left to claim. Returns true if this call finished the job's last piece.
  func claimPieces(lane: Int) -> Bool {
    var finishedLast = false
    while true {
      let piece = next.add(1, ordering: .relaxed).oldValue
      guard piece < count else { return finishedLast }
      body(piece, lane)
      finishedLast = finished.add(1, ordering: .acquiringAndReleasing).newValue == count
    }
  }
}

/// The pool's threads. They start at the first job, wait awake for the next one for a moment, and then sleep.
///
/// A model's step is thousands of short jobs, one after another: waking a thread for each would cost more than many of them.
final class Crew: @unchecked Sendable {
  static let shared = Crew(threads: ComputePool.threadCount - 1)

  // SAFETY: `jobs` and `sleepers` are touched under `condition` alone.
  private let condition = NSCondition()
  private var jobs: [Job] = []
  private var sleepers = 0
  /// Jobs posted so far: what threads that are awake watch.
  private let posted = Atomic(0)

  /// Looks at `posted` before a thread sleeps: some tens of microseconds.
  private static let watches = 4000

  private init(threads: Int) {
    for lane in 0..<threads {
      let thread = Thread { [unowned self] in serve(lane: lane + 1) }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  /// Whether the calling thread is inside a piece of a job.
  static var isWorking: Bool { unsafe pthread_getspecific(workingKey) != nil }

  private static let workingKey: pthread_key_t = {
    var key = pthread_key_t()
    unsafe pthread_key_create(&key, nil)
    return key
  }()

  private static func setWorking(_ isWorking: Bool) {
    unsafe pthread_setspecific(workingKey, isWorking ? UnsafeRawPointer(bitPattern: 1) : nil)
  }

  /// Does a job together with the pool's threads.
  func work(_ job: Job) {
    condition.withLock {
      jobs.append(job)
      posted.add(1, ordering: .releasing)
      if sleepers > 0 { condition.broadcast() }
    }
    Crew.setWorking(true)
    _ = job.claimPieces(lane: 0)
    Crew.setWorking(false)
    var watches = 0
    while !job.isFinished, watches < Crew.watches { watches += Crew.pause() }
    condition.withLock {
      jobs.removeAll { $0 === job }
      sleepers += 1
      while !job.isFinished { condition.wait() }
      sleepers -= 1
    }
  }

  private func serve(lane: Int) {
    Crew.setWorking(true)
    while true {
      let seen = posted.load(ordering: .acquiring)
      if let job = condition.withLock({ jobs.first { $0.hasWork(lane: lane) } }) {
        if job.claimPieces(lane: lane) { condition.withLock { condition.broadcast() } }
        continue
      }
      var watches = 0
      while posted.load(ordering: .acquiring) == seen, watches < Crew.watches { watches += Crew.pause() }
      if watches >= Crew.watches { sleep(until: seen) }
    }
  }

  /// Sleeps until a job is posted after the `seen`th.
  private func sleep(until seen: Int) {
    condition.withLock {
      sleepers += 1
      while posted.load(ordering: .acquiring) == seen { condition.wait() }
      sleepers -= 1
    }
  }

  /// Tells the processor that this thread only watches. Returns 1.
  private static func pause() -> Int {
    retort_pause()
    return 1
  }
}
