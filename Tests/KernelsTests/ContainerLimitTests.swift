import Foundation
import Kernels
import Testing

@Suite("A container's limit")
struct ContainerLimitTests {
  @Test(
    "is its quota over its period, rounded up",
    arguments: [
      (["150000", "100000"], 2), (["200000", "100000"], 2), (["5000", "100000"], 1), (["max", "100000"], nil),
      (["-1", "100000"], nil), (["100000"], nil), (["1", "0"], nil),
    ] as [([String], Int?)])
  func cores(_ parts: [String], _ expected: Int?) {
    #expect(ContainerLimit.cores(quotaAndPeriod: parts) == expected)
  }

  /// Files below a root, and the cores that they allow.
  struct Root: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let files: [String: String]
    let cores: Int?
  }

  @Test(
    "is the smallest one from the process's own group up to the root",
    arguments: [
      Root(testDescription: "no control groups", files: [:], cores: nil),
      Root(testDescription: "version 2, at the root", files: ["sys/fs/cgroup/cpu.max": "150000 100000\n"], cores: 2),
      Root(
        testDescription: "version 2, in the process's own group",
        files: [
          "proc/self/cgroup": "0::/user.slice/run.scope\n",
          "sys/fs/cgroup/user.slice/run.scope/cpu.max": "300000 100000",
          "sys/fs/cgroup/user.slice/cpu.max": "max 100000", "sys/fs/cgroup/other/cpu.max": "100000 100000",
        ], cores: 3),
      Root(
        testDescription: "version 2, in a group around it",
        files: [
          "proc/self/cgroup": "0::/user.slice/run.scope\n",
          "sys/fs/cgroup/user.slice/run.scope/cpu.max": "300000 100000",
          "sys/fs/cgroup/user.slice/cpu.max": "100000 100000",
        ], cores: 1),
      Root(
        testDescription: "version 2, a group that the container does not see",
        files: ["proc/self/cgroup": "0::/docker/5f\n", "sys/fs/cgroup/cpu.max": "50000 100000"], cores: 1),
      Root(
        testDescription: "version 2, a group outside of what is mounted",
        files: [
          "proc/self/cgroup": "0::/../../x\n", "sys/fs/cgroup/cpu.max": "max 100000", "sys/x/cpu.max": "100000 100000",
        ], cores: nil),
      Root(
        testDescription: "version 1, in the process's own group",
        files: [
          "proc/self/cgroup": "5:memory:/docker/5f\n4:cpu,cpuacct:/docker/7a\n1:name=systemd:/\n",
          "sys/fs/cgroup/cpu,cpuacct/docker/7a/cpu.cfs_quota_us": "250000\n",
          "sys/fs/cgroup/cpu,cpuacct/docker/7a/cpu.cfs_period_us": "100000\n",
          "sys/fs/cgroup/cpu,cpuacct/docker/5f/cpu.cfs_quota_us": "100000\n",
          "sys/fs/cgroup/cpu,cpuacct/docker/5f/cpu.cfs_period_us": "100000\n",
          "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
          "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        ], cores: 3),
      Root(
        testDescription: "version 1, at the root of a container",
        files: [
          "proc/self/cgroup": "4:cpu:/docker/7a\n0::/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000\n",
          "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ], cores: 4),
    ])
  func groups(_ root: Root) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "retort-root-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in root.files {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    #expect(ContainerLimit.cores(root: folder) == root.cores)
  }
}
