import Foundation
import Glibc
import Isolation
import LoopbackSockets
import Synchronization
import Testing

/// Why bubblewrap cannot be used here; nil: it can.
private let sandboxProblem: String? = {
  let answer = Mutex<String?>("no answer")
  let done = DispatchSemaphore(value: 0)
  Task.detached {
    do {
      try await IsolatedProgram(command: ["true"]).probe()
      answer.withLock { $0 = nil }
    } catch { answer.withLock { $0 = "\(error)" } }
    done.signal()
  }
  done.wait()
  return answer.withLock { $0 }
}()

@Suite(
  "Programs in isolation", .enabled(if: sandboxProblem == nil, "bubblewrap cannot be used here"),
  .timeLimit(.minutes(1)))
struct IsolatedProgramTests {
  private static func python(
    _ code: String, _ limits: ProgramLimits = ProgramLimits(seconds: 60), isolation: ProgramIsolation = .bubblewrap,
    input: String = ""
  ) async throws -> ProgramOutcome {
    try await IsolatedProgram(command: ["python3", "-c", code], isolation: isolation, limits: limits)
      .run(input: Data(input.utf8))
  }

  @Test("answers by its exit status, from what it reads", arguments: ProgramIsolation.allCases)
  func answers(isolation: ProgramIsolation) async throws {
    let code = "import json,sys; sys.exit(0 if json.load(sys.stdin)['a'] == 7 else 3)"
    #expect(try await Self.python(code, isolation: isolation, input: #"{"a":7}"#) == .status(0))
    #expect(try await Self.python(code, isolation: isolation, input: #"{"a":8}"#) == .status(3))
    // Input that nobody reads is no trouble, whatever its length.
    let long = String(repeating: "x", count: 1 << 20)
    #expect(try await Self.python("", isolation: isolation, input: long) == .status(0))
  }

  @Test("one that loops is ended at its time", arguments: ProgramIsolation.allCases)
  func loops(isolation: ProgramIsolation) async throws {
    let start = ContinuousClock.now
    #expect(
      try await Self.python("while True: pass", ProgramLimits(seconds: 0.5), isolation: isolation) == .timeLimit)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("one that forks without end stops at the number of processes, and all of them end with it")
  func forks() async throws {
    let mark = "retort-\(UUID().uuidString)"
    let code = """
      import os, sys, time
      children = 0
      try:
        while True:
          if os.fork() == 0: time.sleep(1000)  # \(mark)
          children += 1
      except OSError: sys.exit(0 if 10 < children < 20 else 1)
      """
    #expect(try await Self.python(code, ProgramLimits(seconds: 60, processes: 20)) == .status(0))
    // The system ends them with the sandbox, which takes it a moment.
    let deadline = ContinuousClock.now + .seconds(20)
    while try Self.isRunning(mark), ContinuousClock.now < deadline { await Task.yield() }
    #expect(try !Self.isRunning(mark))
  }

  private static func isRunning(_ mark: String) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").contains { name in
      let line = Int(name).flatMap { try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8) }
      return line?.contains(mark) ?? false
    }
  }

  @Test("one that floods its output is ended", arguments: ProgramIsolation.allCases)
  func floods(isolation: ProgramIsolation) async throws {
    let code = "import sys\nwhile True: sys.stderr.write('x' * 65536)"
    #expect(
      try await Self.python(code, ProgramLimits(seconds: 60, outputBytes: 1 << 20), isolation: isolation)
        == .outputLimit)
    // Just as much as it may is no flood.
    #expect(
      try await Self.python("print('x' * 999)", ProgramLimits(seconds: 60, outputBytes: 1000), isolation: isolation)
        == .status(0))
    #expect(
      try await Self.python("print('x' * 1000)", ProgramLimits(seconds: 60, outputBytes: 1000), isolation: isolation)
        == .outputLimit)
  }

  @Test("one that takes memory or files without end fails")
  func memory() async throws {
    let memory = "b = bytearray(300 << 20)"
    #expect(try await Self.python(memory, ProgramLimits(seconds: 60, memoryBytes: 256 << 20)) == .status(1))
    #expect(try await Self.python(memory, ProgramLimits(seconds: 60, memoryBytes: 1 << 30)) == .status(0))
    let files = """
      for number in range(100):
        with open(f"/work/{number}", "wb") as file: file.write(bytes(1 << 20))
      """
    #expect(try await Self.python(files, ProgramLimits(seconds: 60, fileBytes: 8 << 20)) == .status(1))
    #expect(try await Self.python("open('/work/a', 'wb').write(bytes(1 << 20))") == .status(0))
  }

  @Test("reaches neither network nor files, nor anything to write to")
  func walls() async throws {
    let network = "import socket\nsocket.create_connection(('127.0.0.1', %d), 2)"
    let listener = LoopbackSocket()
    try #require(listener.bind() && listener.listen())
    let reach = network.replacing("%d", with: "\(listener.port)")
    #expect(try await Self.python(reach, isolation: .none) == .status(0))
    #expect(try await Self.python(reach) == .status(1))
    let secret = FileManager.default.temporaryDirectory.appendingPathComponent("retort-\(UUID().uuidString)")
    try Data("secret".utf8).write(to: secret)
    defer { try? FileManager.default.removeItem(at: secret) }
    let reading = "open('\(secret.path)').read()"
    #expect(try await Self.python(reading, isolation: .none) == .status(0))
    #expect(try await Self.python(reading) == .status(1))
    for place in ["/usr/x", "/x", "/dev/x", "/etc/x"] {
      #expect(try await Self.python("open('\(place)', 'w')") == .status(1), "\(place)")
    }
    // What the command names can be read, and not written by anybody.
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: secret.path)
    for (mode, status) in [("r", 0), ("a", 1)] {
      let code = "import sys; open(sys.argv[1], '\(mode)').close()"
      let named = IsolatedProgram(command: ["/usr/bin/python3", "-c", code, secret.path])
      #expect(try await named.run(input: Data()) == .status(status), "\(mode)")
    }
  }

  @Test("sees nothing of the variables of whoever runs it", arguments: ProgramIsolation.allCases)
  func variables(isolation: ProgramIsolation) async throws {
    setenv("RETORT_TEST_SECRET", "1", 1)
    let code = "import os, sys; sys.exit('RETORT_TEST_SECRET' in os.environ)"
    #expect(try await Self.python(code, isolation: isolation) == .status(0))
  }

  @Test("a program that is not there is found out before anything is asked", arguments: ProgramIsolation.allCases)
  func missing(isolation: ProgramIsolation) async throws {
    await #expect(throws: IsolationError.notExecutable(program: "no-such-program")) {
      try await IsolatedProgram(command: ["no-such-program"], isolation: isolation).probe()
    }
    try await IsolatedProgram(command: ["python3"], isolation: isolation).probe()
    // What an answer makes of it is the answer's fault: a checker's own status.
    let missing = IsolatedProgram(command: ["sh", "-c", "no-such-program"], isolation: isolation)
    #expect(try await missing.run(input: Data()) == .status(127))
  }

  @Test("a sandbox that cannot be made is no answer, whatever status it leaves")
  func refused() async throws {
    let unreadable = IsolatedProgram(command: ["true"], readable: ["/no/such/file"])
    await #expect(throws: IsolationError.self) { try await unreadable.probe() }
    await #expect(throws: IsolationError.self) { _ = try await unreadable.run(input: Data()) }
  }

  @Test("one that ends whoever reports about it has died")
  func reporterKilled() async throws {
    #expect(try await Self.python("import os; os.kill(os.getppid(), 9)") == .signal(9))
    #expect(try await Self.python("import os; os.kill(os.getpid(), 11)") == .signal(11))
    // It has no descriptor to report on itself.
    #expect(try await Self.python("import os; os.write(3, b'0')") == .status(1))
  }
}
