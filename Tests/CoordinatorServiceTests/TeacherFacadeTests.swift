import CoordinatorService
import Foundation
import GRPCCore
import Logging
import Synchronization
import Testing
import WireBytes
import WireFormat

/// A teacher that answers with the request twice over, and can be away.
final class FakeTeacher: TeacherUpstream {
  let address = "host:7001"
  private let state = Mutex((calls: 0, failures: 0, digest: "digest"))
  let gate: AsyncStream<Void>?

  init(failures: Int = 0, gate: AsyncStream<Void>? = nil) {
    state.withLock { $0.failures = failures }
    self.gate = gate
  }

  var calls: Int { state.withLock { $0.calls } }
  func become(_ digest: String, failures: Int) { state.withLock { ($0.digest, $0.failures) = (digest, failures) } }

  func describe() async throws -> WireModelDescription {
    let digest = state.withLock { $0.digest }
    return makeDescription { $0.modelDigest = digest }
  }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let isAway = state.withLock { state in
      state.calls += 1
      state.failures -= 1
      return state.failures >= 0
    }
    if isAway { throw RPCError(code: .unavailable, message: "connection refused") }
    if let gate { for await _ in gate { break } }
    for _ in 0..<2 { try await receive(request) }
  }
}

/// A teacher that sends what it is told, message by message, and tells what became of its calls.
final class ScriptedTeacher: TeacherUpstream {
  enum Step {
    case send(String)
    /// Waits until the test says so, or the call is cancelled.
    case wait
    case goAway
  }

  let address = "host:7001"
  private let scripts: Mutex<[[Step]]>
  private let goOn: AsyncStream<Void>
  private let tellCancelled: AsyncStream<Void>.Continuation
  /// Yields when a call was cancelled.
  let cancelled: AsyncStream<Void>

  /// Takes one script per call.
  init(_ scripts: [[Step]], goOn: AsyncStream<Void> = AsyncStream { _ in }) {
    self.scripts = Mutex(scripts)
    self.goOn = goOn
    (cancelled, tellCancelled) = AsyncStream.makeStream()
  }

  func describe() async throws -> WireModelDescription { makeDescription() }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    for step in scripts.withLock({ $0.isEmpty ? [] : $0.removeFirst() }) {
      switch step {
      case .send(let text): try await receive(bytes(text))
      case .goAway: throw RPCError(code: .unavailable, message: "gone")
      case .wait:
        for await _ in goOn { break }
        if Task.isCancelled {
          tellCancelled.yield()
          throw CancellationError()
        }
      }
    }
  }
}

private let quick = Backoff(first: .microseconds(1), limit: .microseconds(2))

private func makeFacade(_ teacher: any TeacherUpstream, _ folder: URL, limit: Int = 1 << 20) throws -> TeacherFacade {
  TeacherFacade(
    upstream: teacher, cache: try ReplyCache(folder: folder, byteLimit: limit), pauses: quick,
    logger: Logger(label: "test"))
}

private func bytes(_ text: String) -> WireBytes { WireBytes(text.utf8) }

@Suite("Teacher façade")
struct TeacherFacadeTests {
  @Test("asks the teacher once for the same request, and after a restart not at all")
  func cached() async throws {
    try await withFolder { folder in
      let teacher = FakeTeacher()
      let facade = try makeFacade(teacher, folder)
      for _ in 0..<3 { #expect(try await facade.reply(to: bytes("a"), of: .score) == [bytes("a"), bytes("a")]) }
      #expect(teacher.calls == 1)
      #expect(facade.counters.hits == 2 && facade.counters.misses == 1)
      let reopened = try makeFacade(teacher, folder)
      #expect(try await reopened.reply(to: bytes("a"), of: .score) == [bytes("a"), bytes("a")])
      #expect(teacher.calls == 1)
    }
  }

  @Test("says what each reply took the teacher, and what the cache has saved, after a restart too")
  func savedTime() async throws {
    try await withFolder { folder in
      let facade = try makeFacade(FakeTeacher(), folder)
      let clock = ContinuousClock()
      let taken = try await clock.measure { _ = try await facade.reply(to: bytes("a"), of: .score) }
      let teacherTime = facade.counters.teacherTime
      #expect(teacherTime > .zero && teacherTime < taken && facade.counters.savedTime == .zero)
      let reopened = try makeFacade(FakeTeacher(), folder)
      for _ in 0..<3 { _ = try await reopened.reply(to: bytes("a"), of: .score) }
      // Files hold whole microseconds.
      let saved = reopened.counters.savedTime
      #expect(saved <= teacherTime * 3 && saved > (teacherTime - .microseconds(1)) * 3)
      #expect(reopened.counters.teacherTime == .zero)
    }
  }

  @Test("what a slow reader takes is not the teacher's time")
  func readerTime() async throws {
    try await withFolder { folder in
      let facade = try makeFacade(FakeTeacher(), folder)
      try await facade.reply(to: bytes("a"), of: .score) { _ in
        // Longer than the rest may take on a busy machine.
        try await Task.sleep(for: .milliseconds(200))
      }
      #expect(facade.counters.teacherTime < .milliseconds(200))
    }
  }

  @Test("another request, method or model is asked anew")
  func names() async throws {
    try await withFolder { folder in
      let teacher = FakeTeacher()
      _ = try await makeFacade(teacher, folder).reply(to: bytes("a"), of: .score)
      _ = try await makeFacade(teacher, folder).reply(to: bytes("b"), of: .score)
      _ = try await makeFacade(teacher, folder).reply(to: bytes("a"), of: .generate)
      teacher.become("other", failures: 0)
      _ = try await makeFacade(teacher, folder).reply(to: bytes("a"), of: .score)
      #expect(teacher.calls == 4)
    }
  }

  @Test("identical requests at once are one call")
  func coalesced() async throws {
    try await withFolder { folder in
      let (gate, open) = AsyncStream<Void>.makeStream()
      let teacher = FakeTeacher(gate: gate)
      let facade = try makeFacade(teacher, folder)
      try await withThrowingTaskGroup(of: [WireBytes].self) { group in
        for _ in 0..<8 { group.addTask { try await facade.reply(to: bytes("a"), of: .score) } }
        open.yield()
        for try await reply in group { #expect(reply.count == 2) }
      }
      #expect(teacher.calls == 1)
    }
  }

  @Test("a teacher that is away is waited for; any other error is passed on")
  func away() async throws {
    try await withFolder { folder in
      let teacher = FakeTeacher(failures: 5)
      let reply = try await makeFacade(teacher, folder).reply(to: bytes("a"), of: .score)
      #expect(reply.count == 2)
      #expect(teacher.calls == 6)
    }
  }

  @Test("another model that answers after an outage is refused, and its reply is not kept")
  func changed() async throws {
    try await withFolder { folder in
      let teacher = FakeTeacher()
      let facade = try makeFacade(teacher, folder)
      _ = try await facade.describe()
      teacher.become("other", failures: 1)
      await #expect(throws: HandshakeRefusal.teacherChanged(before: "digest", now: "other")) {
        try await facade.reply(to: bytes("a"), of: .score)
      }
    }
  }

  @Test("a torn file is a miss", arguments: [0, 3, 12, 20, 43, 50, 57])
  func torn(length: Int) async throws {
    try await withFolder { folder in
      let teacher = FakeTeacher()
      _ = try await makeFacade(teacher, folder).reply(to: bytes("abc"), of: .score)
      let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL]
      let file = try #require(files?.first { $0.lastPathComponent.count == 64 })
      let data = try Data(contentsOf: file)
      #expect(data.count == 58)  // mark, two messages of three bytes with their lengths and checks, end, time
      try data.prefix(length).write(to: file)
      let reply = try await makeFacade(teacher, folder).reply(to: bytes("abc"), of: .score)
      #expect(reply.count == 2)
      #expect(teacher.calls == 2)
    }
  }

  @Test("a message with zeros or another bit, as after a power cut, is found and asked for again", arguments: [0, 1])
  func rotten(message: Int) async throws {
    for mask in [UInt8(0x61), 0x01] {
      try await withFolder { folder in
        let teacher = FakeTeacher()
        _ = try await makeFacade(teacher, folder).reply(to: bytes("aaa"), of: .score)
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL]
        let file = try #require(files?.first { $0.lastPathComponent.count == 64 })
        var data = try Data(contentsOf: file)
        // The last byte of a message: all are "a", 0x61.
        data[4 + (16 + 3) * (message + 1) - 1] ^= mask
        try data.write(to: file)
        let facade = try makeFacade(teacher, folder)
        let error = await #expect(throws: RPCError.self) { try await facade.reply(to: bytes("aaa"), of: .score) }
        #expect(error?.code == .unavailable)
        #expect(try await facade.reply(to: bytes("aaa"), of: .score).count == 2)
        #expect(teacher.calls == 2)
      }
    }
  }

  @Test("above its limit the cache lets the least recently used reply go")
  func eviction() async throws {
    try await withFolder { folder in
      let teacher = FakeTeacher()
      // Each reply takes 4 + 2·(8 + 8 + 1) + 16 = 54 bytes: two fit.
      let facade = try makeFacade(teacher, folder, limit: 110)
      for text in ["a", "b", "a", "c"] { _ = try await facade.reply(to: bytes(text), of: .score) }
      #expect(teacher.calls == 3)
      _ = try await facade.reply(to: bytes("a"), of: .score)
      #expect(teacher.calls == 3)
      _ = try await facade.reply(to: bytes("b"), of: .score)
      #expect(teacher.calls == 4)
    }
  }

  @Test("a message reaches the reader before the teacher has made the next")
  func streams() async throws {
    try await withFolder { folder in
      let (goOn, letGo) = AsyncStream<Void>.makeStream()
      let teacher = ScriptedTeacher([[.send("a"), .wait, .send("b")]], goOn: goOn)
      let read = Mutex<[WireBytes]>([])
      try await makeFacade(teacher, folder).reply(to: bytes("q"), of: .score) { message in
        // The teacher waits for this: a façade that held the reply back would hang here.
        read.withLock { $0.append(message) }
        letGo.yield()
      }
      #expect(read.withLock { $0 } == [bytes("a"), bytes("b")])
    }
  }

  @Test("a teacher that goes in the middle is asked again; the reader gets each message once")
  func resumes() async throws {
    try await withFolder { folder in
      let teacher = ScriptedTeacher([
        [.send("a"), .send("bb"), .goAway], [.goAway], [.send("a"), .goAway], [.send("a"), .send("bb"), .send("c")],
      ])
      let facade = try makeFacade(teacher, folder)
      #expect(try await facade.reply(to: bytes("q"), of: .score) == [bytes("a"), bytes("bb"), bytes("c")])
      #expect(try await facade.reply(to: bytes("q"), of: .score) == [bytes("a"), bytes("bb"), bytes("c")])
      #expect(facade.counters.hits == 1 && facade.counters.misses == 1)
    }
  }

  @Test("a teacher that says something else the second time is not believed, and nothing of it is kept")
  func contradiction() async throws {
    try await withFolder { folder in
      let teacher = ScriptedTeacher([[.send("a"), .goAway], [.send("x"), .send("y")], [.send("z")]])
      let facade = try makeFacade(teacher, folder)
      let error = await #expect(throws: RPCError.self) { try await facade.reply(to: bytes("q"), of: .score) }
      #expect(error?.code == .unavailable)
      #expect(try await facade.reply(to: bytes("q"), of: .score) == [bytes("z")])
    }
  }

  @Test("a reply that broke off is never served, now or after a restart")
  func halfWritten() async throws {
    try await withFolder { folder in
      let teacher = ScriptedTeacher([[.send("a"), .send("b")], [.send("c")]])
      struct ReaderLeft: Error {}
      let facade = try makeFacade(teacher, folder)
      await #expect(throws: ReaderLeft.self) {
        try await facade.reply(to: bytes("q"), of: .score) { message in
          if message == bytes("b") { throw ReaderLeft() }
        }
      }
      #expect(try files(in: folder).isEmpty)
      #expect(try await makeFacade(teacher, folder).reply(to: bytes("q"), of: .score) == [bytes("c")])
    }
  }

  @Test("a draft that a killed coordinator left is taken away when the cache is opened")
  func leftDraft() async throws {
    try await withFolder { folder in
      let drafts = folder.appendingPathComponent("drafts")
      try FileManager.default.createDirectory(at: drafts, withIntermediateDirectories: true)
      try Data("RTC1".utf8).write(to: drafts.appendingPathComponent("left"))
      _ = try makeFacade(FakeTeacher(), folder)
      #expect(try files(in: folder).isEmpty)
    }
  }

  @Test("a reader that leaves ends the teacher's call, and who waited for the same asks then")
  func cancelledReader() async throws {
    try await withFolder { folder in
      let teacher = ScriptedTeacher([[.send("a"), .wait], [.send("b")]])
      let facade = try makeFacade(teacher, folder)
      let (read, tellRead) = AsyncStream<Void>.makeStream()
      let first = Task { try await facade.reply(to: bytes("q"), of: .score) { _ in tellRead.yield() } }
      for await _ in read { break }
      let second = Task { try await facade.reply(to: bytes("q"), of: .score) }
      first.cancel()
      for await _ in teacher.cancelled { break }
      #expect(try await second.value == [bytes("b")])
      await #expect(throws: CancellationError.self) { try await first.value }
    }
  }

  @Test("one who waits for somebody else's question can leave")
  func cancelledWaiter() async throws {
    try await withFolder { folder in
      let (goOn, letGo) = AsyncStream<Void>.makeStream()
      let teacher = ScriptedTeacher([[.send("a"), .wait]], goOn: goOn)
      let facade = try makeFacade(teacher, folder)
      let (read, tellRead) = AsyncStream<Void>.makeStream()
      let first = Task { try await facade.reply(to: bytes("q"), of: .score) { _ in tellRead.yield() } }
      for await _ in read { break }
      let second = Task { try await facade.reply(to: bytes("q"), of: .score) }
      second.cancel()
      await #expect(throws: CancellationError.self) { try await second.value }
      letGo.yield()
      try await first.value
    }
  }

  private func files(in folder: URL) throws -> [URL] {
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])?.allObjects
    return try (all as? [URL] ?? []).filter {
      try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
    }
  }
}
