package import Foundation

/// What a container allows of the processor: the quota of Linux's control groups, version 2 or 1.
package enum ContainerLimit {
  /// Cores' worth of time that this process may use, rounded up; nil without a limit.
  package static let cores: Int? = cores(root: URL(filePath: "/"))

  /// The same from the files below another root than `/`.
  ///
  /// A quota of a group counts for all groups within it: the smallest one from the process's own group, which
  /// `/proc/self/cgroup` names, up to the root is taken. A container may not see the folder of its group; what it does see
  /// at the root is its own then.
  package static func cores(root: URL) -> Int? {
    let text = (try? String(contentsOf: root.appending(path: "proc/self/cgroup"), encoding: .utf8)) ?? ""
    let mount = root.appending(path: "sys/fs/cgroup")
    let groups =
      text.split(separator: "\n").compactMap { Group(line: String($0)) } + [Group(), Group(controllers: "cpu")]
    return groups.flatMap { group in group.folders(below: mount).compactMap(cores(of:)) }.min()
  }

  /// `["150000", "100000"]` is two cores; `["max", …]` and `["-1", …]` have no limit.
  package static func cores(quotaAndPeriod parts: [String]) -> Int? {
    guard parts.count == 2, let quota = Int(parts[0]), let period = Int(parts[1]), quota > 0, period > 0 else {
      return nil
    }
    return quota / period + (quota % period == 0 ? 0 : 1)
  }

  /// The limit that a group's folder names: `cpu.max` in version 2, two files in version 1.
  private static func cores(of folder: URL) -> Int? {
    func read(_ name: String) -> String? { try? String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    let parts = read("cpu.max").map { [$0] } ?? ["cpu.cfs_quota_us", "cpu.cfs_period_us"].compactMap(read)
    return cores(quotaAndPeriod: parts.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) })
  }
}

/// A control group: a line of `/proc/self/cgroup`, such as `0::/user.slice` or `4:cpu,cpuacct:/docker/5f`.
private struct Group {
  /// Of version 1, with commas between them; empty in version 2.
  var controllers = ""
  /// Names of the group and of those around it, the outermost first.
  var path: [String] = []
}

extension Group {
  /// Nil where a line is no group that limits the processor. A path that leaves the mounted tree counts as its root.
  init?(line: String) {
    let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("cpu") else { return nil }
    let path = parts[2].split(separator: "/").map(String.init)
    self.init(controllers: parts[1], path: path.contains("..") ? [] : path)
  }

  /// The group's folder and those around it, where they are mounted.
  func folders(below mount: URL) -> [URL] {
    let trees = controllers.isEmpty ? [mount] : Set([controllers, "cpu"]).map { mount.appending(path: $0) }
    return trees.flatMap { tree in
      (0...path.count).map { count in path.prefix(count).reduce(tree) { $0.appending(path: $1) } }
    }
  }
}
