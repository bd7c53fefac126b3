import Foundation
import Glibc

/// What standard error can show.
public struct Terminal: Sendable, Hashable {
  /// True where lines can be rewritten in place.
  public var isInteractive: Bool
  /// True where colour is wanted: an interactive terminal, `NO_COLOR` unset and `TERM` not `dumb`.
  public var usesColor: Bool
  /// True where block characters can be shown.
  public var usesUnicode: Bool

  /// Describes a terminal.
  public init(isInteractive: Bool, usesColor: Bool, usesUnicode: Bool) {
    self.isInteractive = isInteractive
    self.usesColor = usesColor
    self.usesUnicode = usesUnicode
  }

  /// Looks at a file descriptor and the environment.
  public init(descriptor: Int32, environment: [String: String]) {
    let term = environment["TERM"] ?? ""
    isInteractive = isatty(descriptor) == 1 && term != "dumb"
    usesColor = isInteractive && (environment["NO_COLOR"] ?? "").isEmpty
    let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
    usesUnicode = locale.uppercased().contains("UTF")
  }

  /// Standard error of this process.
  public static var standardError: Terminal {
    Terminal(descriptor: STDERR_FILENO, environment: ProcessInfo.processInfo.environment)
  }

  /// Its width in columns now: asked anew, since people resize windows. 80 where nobody knows.
  public var width: Int {
    var size = winsize()
    let known = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : Int(ProcessInfo.processInfo.environment["COLUMNS"] ?? "") ?? 80
  }
}
