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

  func reply(to request: WireBytes, of method: TeacherMethod) async throws -> [WireBytes] {
    let isAway = state.withLock { state in
      state.calls += 1
      state.failures -= 1
      return state.failures >= 0
    }
    if isAway { throw RPCError(code: .unavailable, message: "connection refused") }
    if let gate { for await _ in gate { break } }
    return [request, request]
  }
}

private let quick = Backoff(first: .microseconds(1), limit: .microseconds(2))

private func makeFacade(_ teacher: FakeTeacher, _ folder: URL, limit: Int = 1 << 20) throws -> TeacherFacade {
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

  @Test("a torn file is a miss", arguments: [0, 3, 12, 27])
  func torn(length: Int) async throws {
    try await withFolder { folder in
      let teacher = FakeTeacher()
      _ = try await makeFacade(teacher, folder).reply(to: bytes("abc"), of: .score)
      let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL]
      let file = try #require(files?.first { $0.lastPathComponent.count == 64 })
      let data = try Data(contentsOf: file)
      #expect(data.count == 34)  // mark, two messages of three bytes with their lengths, end
      try data.prefix(length).write(to: file)
      let reply = try await makeFacade(teacher, folder).reply(to: bytes("abc"), of: .score)
      #expect(reply.count == 2)
      #expect(teacher.calls == 2)
    }
  }

  @Test("above its limit the cache lets the least recently used reply go")
  func eviction() async throws {
    try await withFolder { folder in
      let teacher = FakeTeacher()
      // Each reply takes 4 + 2·(8 + 1) + 8 = 30 bytes: two fit.
      let facade = try makeFacade(teacher, folder, limit: 65)
      for text in ["a", "b", "a", "c"] { _ = try await facade.reply(to: bytes(text), of: .score) }
      #expect(teacher.calls == 3)
      _ = try await facade.reply(to: bytes("a"), of: .score)
      #expect(teacher.calls == 3)
      _ = try await facade.reply(to: bytes("b"), of: .score)
      #expect(teacher.calls == 4)
    }
  }
}
