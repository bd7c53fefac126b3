import Foundation

/// What a container allows of the processor: the quota of Linux's control groups, version 2 or 1.
package enum ContainerLimit {
  /// Cores' worth of time that this process may use, rounded up; nil without a limit.
  package static let cores: Int? = {
    let group = URL(filePath: "/sys/fs/cgroup")
    if let line = try? String(contentsOf: group.appending(path: "cpu.max"), encoding: .utf8) {
      return cores(quotaAndPeriod: line.split(whereSeparator: \.isWhitespace).map(String.init))
    }
    let parts = ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"].compactMap {
      try? String(contentsOf: group.appending(path: $0), encoding: .utf8)
    }
    return cores(quotaAndPeriod: parts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) })
  }()

  /// `["150000", "100000"]` is two cores; `["max", …]` and `["-1", …]` have no limit.
  package static func cores(quotaAndPeriod parts: [String]) -> Int? {
    guard parts.count == 2, let quota = Int(parts[0]), let period = Int(parts[1]), quota > 0, period > 0 else {
      return nil
    }
    return (quota + period - 1) / period
  }
}
