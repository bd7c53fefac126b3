import Foundation
import Glibc
import Programs
import Testing
import TiedPrograms

@Suite("A program that is started", .timeLimit(.minutes(1)))
struct PipedProgramTests {
  private func shell(
    _ script: String, _ environment: [String: String] = [:], output: PipedProgram.Output = .piped,
    errors: PipedProgram.Output? = .inherited
  ) throws -> PipedProgram {
    try PipedProgram("/bin/sh", ["-c", script], environment: environment, output: output, errors: errors)
  }

  @Test("gets its words and variables, and what it prints and complains of is apart or together")
  func streams() async throws {
    let apart = try shell("echo $WORD; echo no >&2; exit 3", ["WORD": "a b"], errors: .piped)
    #expect(await apart.printed() == "a b\n")
    #expect(String(decoding: apart.errors.readDataToEndOfFile(), as: UTF8.self) == "no\n")
    #expect(await apart.end() == .status(3))
    let together = try shell("echo yes; echo no >&2", errors: nil)
    #expect(await together.printed() == "yes\nno\n")
    let silent = try shell("echo yes", output: .discarded)
    #expect(await silent.end() == .status(0))
  }

  @Test("is read while it runs, and sees the end of its input")
  func conversation() async throws {
    let program = try shell("while read -r line; do echo \"<$line>\"; done; exit 7")
    for word in ["one", "two"] {
      try program.input.write(contentsOf: Data("\(word)\n".utf8))
      #expect(await program.nextPrinted() == "<\(word)>")
    }
    try program.input.close()
    #expect(await program.end() == .status(7))
    #expect(throws: (any Error).self) { try shell("exit 0").input.write(contentsOf: Data(count: 1 << 20)) }
  }

  @Test("is stopped, goes on and is killed; a signal after its end is sent to nobody")
  func signals() async throws {
    let program = try shell("echo $$; read -r line; echo $line")
    let pid = try #require(Int32(await program.nextPrinted()))
    #expect(pid == program.running.processID)
    program.running.send(SIGSTOP)
    while state(of: pid) != "T" { await Task.yield() }
    program.running.send(SIGCONT)
    try program.input.write(contentsOf: Data("on\n".utf8))
    #expect(await program.printed() == "on\n")
    #expect(await program.end() == .status(0))
    program.running.send(SIGKILL)
    let killed = try shell("read -r line")
    killed.running.send(SIGKILL)
    #expect(await killed.end() == .signal(SIGKILL))
  }

  @Test("is killed when its time is over, when its task is cancelled, and when nobody holds it")
  func limits() async throws {
    let late = try shell("read -r line")
    #expect(late.running.wait(.milliseconds(50)) == .signal(SIGKILL))
    let cancelled = try shell("read -r line")
    await withTaskGroup(of: ProgramExit.self) { group in
      group.addTask { await cancelled.end() }
      group.cancelAll()
      let exit = await group.next()
      #expect(exit == .signal(SIGKILL))
    }
    let running: RunningProgram
    do { running = try PipedProgram("/bin/sleep", ["90"]).running }
    #expect(await running.end() == .signal(SIGKILL))
  }

  @Test("that does not exist is an error that says so")
  func missing() {
    let error = #expect(throws: ProgramError.self) { try PipedProgram("/no/such/program", []) }
    #expect(error?.description == "cannot start /no/such/program: No such file or directory")
  }

  /// Foundation's `Process` read behind the list of open files where these were 1,365 or more.
  @Test("has none of this process's files, however many there are, and default signals")
  func files() async throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    try #require(limit.rlim_max >= 4096)
    limit.rlim_cur = max(limit.rlim_cur, 4096)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    // Such as programs inherit.
    let open = (0..<2000).map { _ in dup(STDERR_FILENO) }
    defer { for file in open { close(file) } }
    #expect(open.allSatisfy { $0 >= 0 })
    let program = try shell("echo /proc/self/fd/*; grep -E 'Sig(Blk|Ign)' /proc/self/status")
    let lines = await program.printed().split(separator: "\n")
    // The fourth is that of who lists them.
    #expect(lines.first == "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3")
    // Signals 32 and 33 are glibc's own, whatever they are set to.
    let masks = lines.dropFirst().compactMap { UInt64($0.suffix(16), radix: 16) }
    #expect(masks.map { $0 & ~(3 << 31) } == [0, 0])
  }

  // MARK: Tied

  /// Only as what `tied` starts: prints the number of a program that reads no input, and waits.
  @Test("is started by a process that is then killed", .enabled(if: isStartedToDie))
  func starts() async throws {
    let tied = try PipedProgram.tied(URL(filePath: "/bin/sleep"), ["300"])
    let name = "/proc/\(tied.running.processID)/comm"
    while try String(contentsOfFile: name, encoding: .utf8) != "sleep\n" { await Task.yield() }
    tied.running.send(SIGSTOP)
    while state(of: tied.running.processID) != "T" { await Task.yield() }
    try FileHandle.standardOutput.write(contentsOf: Data("tied \(tied.running.processID) end\n".utf8))
    tied.running.wait()
  }

  @Test("ends with the process that started it, though that is killed and it is stopped itself")
  func tied() async throws {
    let again = try PipedProgram.testsAgain(
      "PipedProgramTests/starts", environment: [deathVariable: "1"], output: .piped)
    var text = ""
    while !text.contains(" end") {
      let more = await again.nextPrinted()
      try #require(!more.isEmpty, "\(text)")
      text += more
    }
    let words = text.split(whereSeparator: \.isWhitespace)
    let index = try #require(words.firstIndex { $0.hasSuffix("tied") })
    let pid = try #require(Int32(words[index + 1]))
    #expect(state(of: pid) == "T")
    again.running.send(SIGKILL)
    #expect(await again.end() == .signal(SIGKILL))
    while let state = state(of: pid), state != "Z" { try await Task.sleep(for: .milliseconds(5)) }
  }
}

private let deathVariable = "RETORT_STARTED_TO_DIE"
private let isStartedToDie = ProcessInfo.processInfo.environment[deathVariable] != nil

/// A process's state as `/proc` says: T, stopped; Z, ended; nil: there is none.
private func state(of pid: Int32) -> Character? {
  let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
  return line?.split(separator: ")").last?.first { $0 != " " }
}
