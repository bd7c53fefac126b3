import CKernels
import Foundation
import Synchronization

/// What processes that compute on the same cores tell each other, so that together they take no more threads than there are
/// cores: in a file, who computes just now. Each takes the cores divided by their number.
///
/// Pieces of work follow from shapes alone, so no bit of a result depends on it.
@safe package final class ComputeShare: Sendable {
  // SAFETY: the C functions take atomic steps; the pointer is freed by `deinit` alone.
  private nonisolated(unsafe) let share: OpaquePointer
  /// Pieces of long arithmetic under way in this process.
  private let running = Atomic(0)

  /// The variable that names the file: `retort run` sets it for the services that it starts.
  package static let variable = "RETORT_COMPUTE_SHARE"

  /// That of this process; nil: it has the cores for itself.
  static let ofProcess: ComputeShare? = ProcessInfo.processInfo.environment[variable].flatMap {
    $0.isEmpty ? nil : ComputeShare(path: $0)
  }

  /// Takes part in a file, which is made where there is none; nil where it cannot be had, and then nothing is shared.
  package init?(path: String) {
    guard let share = unsafe retort_share_join(path) else { return nil }
    unsafe self.share = share
  }

  deinit { unsafe retort_share_leave(share) }

  /// Does some long arithmetic, which the others see.
  package func computing<Result>(_ body: () throws -> Result) rethrows -> Result {
    if running.add(1, ordering: .relaxed).oldValue == 0 { unsafe retort_share_tell(share, true) }
    defer { if running.subtract(1, ordering: .relaxed).newValue == 0 { unsafe retort_share_tell(share, false) } }
    return try body()
  }

  /// How many of so many threads this process is to use just now.
  package func threads(of count: Int) -> Int { max(1, count / (1 + Int(unsafe retort_share_others(share)))) }
}
