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
        FileHandle.standardInput.readabilityHandler = { handle in
          guard handle.availableData.isEmpty else { return }
          handle.readabilityHandler = nil
          continuation.yield(.parentGone)
        }
      }
      continuation.onTermination = { _ in for source in unsafe sources { source.cancel() } }
    }
  }
}
