public import Foundation

/// Where this program is, so that it can start itself again in another role.
public enum ExecutableLocation {
  /// The running program's own file.
  public static var current: URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  }
}
