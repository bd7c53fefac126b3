import NIOCore
import NIOPosix
import Testing

/// Runs a test's tasks on a thread of their own, so that its clock measures the transport.
///
/// All other tests share as many threads as the machine has processors, and some compute for seconds: a task that waits
/// for one of those threads is late, whatever it does.
struct OwnThread: TestTrait, TestScoping {
  private final class Executor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
      try await withTaskExecutorPreference(Executor(group.next())) { try await function() }
    } catch {
      try await group.shutdownGracefully()
      throw error
    }
    try await group.shutdownGracefully()
  }
}

extension Trait where Self == OwnThread {
  /// The test's tasks run on a thread of their own.
  static var ownThread: OwnThread { OwnThread() }
}
