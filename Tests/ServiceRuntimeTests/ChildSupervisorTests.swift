import Foundation
import Glibc
import Logging
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1))) struct ChildSupervisorTests {
  private let folder: URL
  private let quiet = LogSetup.logger(label: "test", level: .critical) { _ in }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "retort-child-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func shell(_ script: String) -> ChildCommand {
    ChildCommand(
      name: "child", executable: URL(filePath: "/bin/sh"), arguments: ["-c", script],
      environment: ["FOLDER": folder.path(percentEncoded: false)], logFile: folder.appending(path: "child.log"))
  }

  /// Waits until a file has content: a child's way to say how far it is.
  private func content(of name: String, when isReady: @Sendable (String) -> Bool = { !$0.isEmpty }) async throws
    -> String
  {
    let file = folder.appending(path: name)
    while true {
      if let text = try? String(contentsOf: file, encoding: .utf8), isReady(text) { return text }
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  private let fast = RestartPolicy(maxRestarts: 2, firstDelay: .milliseconds(1))

  @Test("delays double up to the limit")
  func delays() {
    let policy = RestartPolicy(firstDelay: .milliseconds(100), maxDelay: .seconds(5))
    #expect(
      (0..<7).map(policy.delay) == [
        .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1600),
        .milliseconds(3200), .seconds(5),
      ])
  }

  @Test("a child that refuses is not started again, and its line comes out")
  func refusal() async {
    let log = folder.appending(path: "child.log").path(percentEncoded: false)
    await #expect(
      throws: ServiceRuntimeError.childExited(
        name: "child", status: 1, lastLine: "no model in x: give --model", logFile: log)
    ) {
      try await ChildSupervisor(policy: fast, logger: quiet).supervise(
        shell("echo 'retort: no model in x: give --model' >&2; exit 1"))
    }
  }

  @Test("a child that keeps dying is started again so often and no more")
  func keepsDying() async throws {
    let log = folder.appending(path: "child.log").path(percentEncoded: false)
    await #expect(
      throws: ServiceRuntimeError.childKeepsDying(name: "child", restarts: 2, signal: SIGKILL, logFile: log)
    ) {
      try await ChildSupervisor(policy: fast, logger: quiet).supervise(
        shell("echo start >> $FOLDER/starts; kill -9 $$"))
    }
    #expect(try await content(of: "starts") == "start\nstart\nstart\n")
  }

  @Test("a program that does not exist is one clear error")
  func missingProgram() async {
    let file = URL(filePath: "/does/not/exist")
    let command = ChildCommand(
      name: "child", executable: file, arguments: [], logFile: folder.appending(path: "child.log"))
    await #expect(throws: ServiceRuntimeError.self) {
      try await ChildSupervisor(logger: quiet).supervise(command)
    }
  }

  @Test("children run beside the body, come back after a kill, and end with SIGTERM when it returns")
  func lifetime() async throws {
    let script =
      "trap 'echo ended > $FOLDER/ended; exit 0' TERM; echo $$ >> $FOLDER/pids; while read -r line; do :; done"
    let pid = try await ChildSupervisor(policy: fast, logger: quiet).withChildren([shell(script)]) {
      let first = try await content(of: "pids") { $0.hasSuffix("\n") }
      #expect(kill(try #require(pid_t(first.dropLast())), SIGKILL) == 0)
      let both = try await content(of: "pids") { $0.split(separator: "\n").count == 2 && $0.hasSuffix("\n") }
      return try #require(pid_t(both.split(separator: "\n")[1]))
    }
    #expect(try await content(of: "ended") == "ended\n")
    #expect(kill(pid, 0) == -1)
  }

  @Test("the body is cancelled when a child cannot go on")
  func bodyCancelled() async {
    await #expect(throws: ServiceRuntimeError.self) {
      try await ChildSupervisor(policy: fast, logger: quiet).withChildren([shell("exit 3")]) {
        try await Task.sleep(for: .seconds(3600))
      }
    }
  }

  @Test("a child's standard input ends only with its parent")
  func parentPipe() async throws {
    try await ChildSupervisor(policy: fast, logger: quiet).withChildren([
      shell("echo $RETORT_PARENT_PIPE > $FOLDER/watched; cat; echo gone > $FOLDER/gone")
    ]) {
      _ = try await content(of: "watched") { $0 == "1\n" }
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "gone").path(percentEncoded: false)))
    }
  }
}
