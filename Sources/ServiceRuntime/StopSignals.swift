import Dispatch
import Foundation
import Glibc

/// Why a process is asked to stop.
public enum StopReason: Sendable, Hashable {
  /// A signal arrived.
  case signal(Int32)
  /// The process that started this one has closed its end of standard input, or died.
  case parentGone
}

/// Turns what asks a process to stop into a stream.
public enum StopSignals {
  /// Environment variable that tells a child to stop when its standard input ends.
  ///
  /// A pipe and not `PR_SET_PDEATHSIG`: that one fires when the *thread* that made the child ends, and Swift's threads come and go.
  public static let parentPipeVariable = "RETORT_PARENT_PIPE"

  /// SIGTERM and SIGINT from now on, and the end of standard input where the environment says that a parent watches.
  public static func stream() -> AsyncStream<StopReason> {
    AsyncStream { continuation in
      // SAFETY: the sources are made here and from then on only cancelled, which any thread may do.
      nonisolated(unsafe) let sources = [SIGTERM, SIGINT].map { number in
        _ = signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number)
        source.setEventHandler { continuation.yield(.signal(number)) }
        source.activate()
        return source
      }
      if ProcessInfo.processInfo.environment[parentPipeVariable] != nil {
        // A thread of its own that waits in `read`, and no dispatch source: of one whose pipe hangs up while the process starts
        // others, libdispatch's event loop was seen to use freed memory.
        Thread.detachNewThread {
          Self.waitForEnd(of: STDIN_FILENO)
          continuation.yield(.parentGone)
        }
      }
      continuation.onTermination = { _ in for source in unsafe sources { source.cancel() } }
    }
  }
  /// Blocks until a descriptor has nothing more to read, whatever came before.
  private static func waitForEnd(of file: Int32) {
    var bytes = [UInt8](repeating: 0, count: 256)
    while true {
      let count = unsafe read(file, &bytes, bytes.count)
      if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { return }
      if count < 0, errno == EAGAIN {
        // Whoever shares the descriptor made it non-blocking.
        var wait = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&wait, 1, -1)
      }
    }
  }
}
