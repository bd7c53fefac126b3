import CHeapUse
import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

/// What this process holds.
private struct Holdings: CustomStringConvertible {
  let descriptors: Int
  let threads: Int
  let heapBytes: Int
  let residentBytes: Int

  static var now: Holdings {
    func count(_ folder: String) -> Int { (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0 }
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    return Holdings(
      descriptors: count("/proc/self/fd"), threads: count("/proc/self/task"), heapBytes: heap_bytes_in_use(),
      residentBytes: (pages.flatMap { Int($0[1]) } ?? 0) * 4096)
  }

  var description: String {
    let mebi = 1_048_576.0
    return String(
      format: "%d descriptors, %d threads, %.1f MiB of heap in use, %.1f MiB resident", descriptors, threads,
      Double(heapBytes) / mebi, Double(residentBytes) / mebi)
  }
}

private let environment = ProcessInfo.processInfo.environment

/// They measure the whole process, so nothing else may run in it.
@Suite(
  "Endurance", .serialized,
  .enabled(if: environment["RETORT_ENDURANCE"] != nil, "they run alone: scripts/test.sh sets RETORT_ENDURANCE"))
struct EnduranceTests {
  /// Servers that take many cancelled calls from one client.
  private static var patient: Loopback.ServerConfiguration {
    var configuration = Loopback.ServerConfiguration()
    configuration.connection.maxResetsPerWindow = 1_000_000
    return configuration
  }

  @Test("ten thousand connections and a hundred thousand calls leave nothing behind", .timeLimit(.minutes(10)))
  func leavesNothing() async throws {
    let scale = environment["RETORT_ENDURANCE_PERCENT"].flatMap { Int($0) } ?? 100
    // What is made once, and stays, is made here: the event loops keep room for as many timers as they ever had.
    for _ in 0..<2 { try await Self.round(connections: 100 * scale, calls: 10_000) }
    let before = try await Self.settled()
    print("endurance: before: \(before)")
    for (connections, calls) in [(0, 1000 * scale), (100 * scale, 0)] {
      let start = ContinuousClock.now
      try await Self.round(connections: connections, calls: calls)
      print("endurance: \(connections) connections, \(calls) calls, \(ContinuousClock.now - start): \(Holdings.now)")
    }
    // Timers of what has ended hold a little until they fire, at most a minute later.
    let end = ContinuousClock.now
    while Holdings.now.heapBytes - before.heapBytes >= 1 << 20, ContinuousClock.now - end < .seconds(75) {
      try await Task.sleep(for: .seconds(1))
    }
    let after = Holdings.now
    print("endurance: \(ContinuousClock.now - end) later: \(after)")
    #expect(after.descriptors == before.descriptors)
    // Swift's pool starts threads as it needs them, up to one for each core and a few more.
    #expect(after.threads <= before.threads + ProcessInfo.processInfo.activeProcessorCount + 4)
    // Ten bytes for each call: less than any object.
    #expect(after.heapBytes - before.heapBytes < 1 << 20)
  }

  /// What is held once the last timers have fired and the last tasks have gone: when it has not become less for 2 s.
  private static func settled() async throws -> Holdings {
    var least = Holdings.now
    var quiet = 0
    while quiet < 20 {
      try await Task.sleep(for: .milliseconds(100))
      let now = Holdings.now
      quiet = now.heapBytes < least.heapBytes ? 0 : quiet + 1
      if now.heapBytes < least.heapBytes { least = now }
    }
    return least
  }

  @Test(
    "memory is flat for as long as it is watched", .enabled(if: environment["RETORT_SOAK_SECONDS"] != nil, "make soak"))
  func soak() async throws {
    let seconds = environment["RETORT_SOAK_SECONDS"].flatMap { Int($0) } ?? 120
    let start = ContinuousClock.now
    var marks: [(second: Int, holdings: Holdings)] = []
    var printed = -10
    while true {
      try await Self.round(connections: 100, calls: 2000)
      try await Self.streams()
      let second = Int((ContinuousClock.now - start) / .seconds(1))
      marks.append((second, .now))
      if second >= printed + 10, let last = marks.last {
        printed = second
        print("soak: \(second) s: \(last.holdings)")
      }
      if second >= seconds { break }
    }
    // Half of the time threads and their pools of memory still come; single samples stray by a tenth.
    let third = Array(marks[(marks.count / 2)..<(marks.count * 3 / 4)].map(\.holdings))
    let fourth = Array(marks[(marks.count * 3 / 4)...].map(\.holdings))
    let settled = try #require(third.first)
    let last = try #require(fourth.last)
    let resident = Self.growth(from: third.map(\.residentBytes), to: fourth.map(\.residentBytes))
    let heap = Self.median(fourth.map(\.heapBytes)) - Self.median(third.map(\.heapBytes))
    print("soak: from the third quarter to the last: resident memory \(resident) ‰, heap in use \(heap) bytes")
    // In less time the pools still fill: what leaks shows in the heap.
    #expect(resident <= 50 || seconds < 300)
    #expect(heap < 1 << 19)
    #expect(last.descriptors == settled.descriptors)
    #expect(last.threads <= settled.threads + ProcessInfo.processInfo.activeProcessorCount)
  }

  private static func median(_ values: [Int]) -> Int { values.sorted()[values.count / 2] }

  /// How many thousandths the median has grown by.
  private static func growth(from before: [Int], to after: [Int]) -> Int {
    (median(after) - median(before)) * 1000 / median(before)
  }

  /// A server, a client that makes `calls`, and `connections` more clients that make one call each.
  private static func round(connections: Int, calls: Int) async throws {
    try await Loopback.run(server: patient) { loopback in
      try await repeated(calls, atOnce: 32) { try await loopback.someCall($0) }
      try await repeated(connections, atOnce: 16) { index in
        try await withRunningClient(NGHTTP2ClientTransport(target: loopback.address)) { client in
          let reply = try await client.unary(
            request: ClientRequest(message: WireBytes([1])), descriptor: EchoService.echo, serializer: RawCoding(),
            deserializer: RawCoding(), options: .defaults
          ) { try $0.message }
          #expect(reply.count == 1)
          // Some leave politely, others are cut off.
          if index % 4 > 0 { client.beginGracefulShutdown() }
        }
      }
    }
  }

  /// Large messages both ways, and streams that are left half read.
  private static func streams() async throws {
    try await Loopback.run(server: patient) { loopback in
      try await repeated(8, atOnce: 4) { _ in
        let pulled = try await loopback.pull(count: 8, size: 2 << 20) { _, _ in }
        #expect(pulled == 8)
        let collected = try await loopback.collect(count: 8, size: 2 << 20)
        #expect(collected == 16 << 20)
        await #expect(throws: (any Error).self) {
          try await loopback.pull(count: 100, size: 1 << 20) { index, _ in if index == 2 { throw Left() } }
        }
      }
    }
  }

  private static func repeated(
    _ count: Int, atOnce: Int, _ body: @escaping @Sendable (Int) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<count {
        if index >= atOnce { try await group.next() }
        group.addTask { try await body(index) }
      }
      try await group.waitForAll()
    }
  }
}

/// A reader leaves a stream.
private struct Left: Error {}

extension Loopback {
  /// A call of some kind: most are plain, one in twenty each fails, is left by its reader, or is out of time.
  fileprivate func someCall(_ index: Int) async throws {
    switch index % 20 {
    case 0:
      let failed = try await unary(WireBytes(text: "no"), method: EchoService.fail)
      #expect(throws: RPCError.self) { try failed.message }
    case 1:
      await #expect(throws: (any Error).self) {
        try await pull(count: 50, size: 1000) { index, _ in if index == 1 { throw Left() } }
      }
    case 2:
      var options = CallOptions.defaults
      options.timeout = .milliseconds(1)
      let late = await #expect(throws: RPCError.self) {
        try await unary(WireBytes([1]), method: EchoService.hang, options: options).message
      }
      // The server's own clock may be the first, and its handler says that it was cancelled.
      #expect(late?.code == .deadlineExceeded || late?.code == .cancelled)
    case 3:
      let messages = (0..<4).map { WireBytes(patterned: 500, seed: $0) }
      let replies = try await chat(messages)
      #expect(replies == messages)
    default:
      let reply = try await unary(WireBytes(patterned: 100, seed: index)).message
      #expect(reply.count == 100)
    }
  }
}
