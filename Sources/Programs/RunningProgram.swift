import Dispatch
import Foundation
import Glibc
import Synchronization

extension ProgramStart {
  /// Starts the program.
  public func run() throws(ProgramError) -> RunningProgram { try RunningProgram(self) }
}

/// A program from its start to its end.
///
/// A thread of its own starts it and waits for it: Linux can end a program with the thread that started it
/// (`PR_SET_PDEATHSIG`), and that thread must then last as long as the program.
public final class RunningProgram: Sendable {
  /// What the thread and this object share.
  private final class Life: Sendable {
    let state = Mutex<(start: Result<Int32, ProgramError>?, exit: ProgramExit?)>((nil, nil))
    let (hasStarted, hasEnded) = (DispatchSemaphore(value: 0), DispatchGroup())
  }

  /// The process's number, which another process may have once this one has ended.
  public let processID: Int32
  private let life: Life

  fileprivate init(_ start: ProgramStart) throws(ProgramError) {
    let life = Life()
    life.hasEnded.enter()
    Thread.detachNewThread { Self.live(life, start) }
    life.hasStarted.wait()
    self.life = life
    processID = try life.state.withLock { state throws(ProgramError) in try state.start?.get() ?? 0 }
  }

  private static func live(_ life: Life, _ start: ProgramStart) {
    defer { life.hasEnded.leave() }
    let pid: Int32
    do throws(ProgramError) {
      pid = try start.spawn()
    } catch {
      life.state.withLock { $0.start = .failure(error) }
      life.hasStarted.signal()
      return
    }
    life.state.withLock { $0.start = .success(pid) }
    life.hasStarted.signal()
    var info = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    // Under the lock: a signal never reaches another process of the same number.
    life.state.withLock { state in
      var status: Int32 = 0
      _ = unsafe waitpid(pid, &status, 0)
      state.exit = ProgramExit(waitStatus: status)
    }
  }

  /// Sends a signal if the program has not ended.
  public func send(_ signal: Int32) {
    life.state.withLock { state in
      if state.exit == nil { _ = kill(processID, signal) }
    }
  }

  /// Blocks until the program has ended; kills it where it lasts longer than `limit`.
  @discardableResult
  public func wait(_ limit: Duration = .seconds(600)) -> ProgramExit {
    if life.hasEnded.wait(timeout: .now() + limit / .seconds(1)) == .timedOut {
      send(SIGKILL)
      life.hasEnded.wait()
    }
    return life.state.withLock { $0.exit } ?? .status(-1)
  }

  /// Waits until the program has ended, whether or not the task is cancelled meanwhile.
  public func end() async -> ProgramExit {
    await withCheckedContinuation { continuation in
      life.hasEnded.notify(queue: .global()) { [self] in
        continuation.resume(returning: life.state.withLock { $0.exit } ?? .status(-1))
      }
    }
  }
}
