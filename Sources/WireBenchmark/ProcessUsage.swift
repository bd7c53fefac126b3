import Foundation

/// What a process has used, as Linux counts it.
struct ProcessUsage: Sendable {
  /// Time on a processor, of threads that have ended too, in seconds; counted in hundredths.
  var cpuSeconds: Double
  /// The most memory that was resident at once.
  var peakBytes: Int

  /// Reads the figures of a process of the same user.
  ///
  /// - Throws: ``BenchmarkError/noProcess(_:)``.
  static func read(of process: Int32) throws(BenchmarkError) -> ProcessUsage {
    let folder = "/proc/\(process)"
    guard let stat = try? String(contentsOfFile: folder + "/stat", encoding: .utf8),
      let status = try? String(contentsOfFile: folder + "/status", encoding: .utf8),
      let peak = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { throw .noProcess(process) }
    // The second field is the program's name in parentheses, which may hold spaces; the 14th and 15th count ticks.
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = fields.dropFirst(11).prefix(2).compactMap { Double($0) }.reduce(0, +)
    let kibibytes = peak.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    return ProcessUsage(cpuSeconds: ticks / ticksPerSecond, peakBytes: kibibytes << 10)
  }

  private static let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
}
