import Glibc

/// Files that the system would write of a process that crashed: they would hold its keys and tokens.
public enum CoreDumps {
  /// Lets the system write none, from now on.
  public static func forbid() {
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = unsafe setrlimit(.init(RLIMIT_CORE.rawValue), &limit)
  }
}
