import Foundation
import Glibc

/// What a process has used, as Linux counts it.
public struct ProcessUsage: Sendable {
  /// Time on a processor, of threads that have ended too, in seconds; counted in hundredths.
  public var cpuSeconds: Double
  /// The most memory that was resident at once, in bytes.
  public var peakBytes: Int
  /// Memory that is resident now, in bytes.
  public var residentBytes: Int

  /// Reads the figures of a process of the same user. Returns nil where it cannot: no Linux, or no such process.
  public init?(of process: Int32) {
    let folder = "/proc/\(process)"
    guard let stat = try? String(contentsOfFile: folder + "/stat", encoding: .utf8),
      let status = try? String(contentsOfFile: folder + "/status", encoding: .utf8),
      let peak = Self.bytes("VmHWM:", in: status), let resident = Self.bytes("VmRSS:", in: status)
    else { return nil }
    // The second field is the program's name in parentheses, which may hold spaces; the 14th and 15th count ticks.
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = fields.dropFirst(11).prefix(2).compactMap { Double($0) }.reduce(0, +)
    (cpuSeconds, peakBytes, residentBytes) = (ticks / Self.ticksPerSecond, peak, resident)
  }

  /// Lets this process's ``peakBytes`` begin again from what is resident now; without effect where the system forbids it.
  /// What was freed is given back first, so that what is resident is in use.
  public static func resetOwnPeak() {
    // malloc.h is in no module.
    if let trim = unsafe dlsym(nil, "malloc_trim") {
      _ = unsafe unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
    }
    try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
  }

  private static func bytes(_ key: String, in status: String) -> Int? {
    let line = status.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }

  private static let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
}
