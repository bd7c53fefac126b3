import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Synchronization
import Testing
import WireBytes

/// What Swift's runtime orders, ThreadSanitizer must know to be ordered (CThreadEdges), and what nothing orders it must report.
///
/// The races stand in scripts/sanitize.sh: it runs them first, and goes on only if each is reported despite the suppressions.
@Suite("What ThreadSanitizer sees")
struct ThreadEdgesTests {
  private static let plants = ProcessInfo.processInfo.environment["RETORT_PLANT_RACES"] != nil

  @Test("a continuation that is resumed before it is awaited hands over what was written")
  func resumedBeforeAwaited() async {
    for index in 1...100 {
      let cell = Cell()
      let got = await withUnsafeContinuation { (continuation: UnsafeContinuation<Cell, Never>) in
        run(thenWait: true) {
          cell.value = index
          continuation.resume(returning: cell)
        }
      }
      #expect(got.value == index)
    }
  }

  @Test("a continuation that is awaited before it is resumed hands over what was written")
  func awaitedBeforeResumed() async {
    for index in 1...100 {
      let cell = Cell()
      let got = await withUnsafeContinuation { (continuation: UnsafeContinuation<Cell, Never>) in
        run(thenWait: false) {
          usleep(1000)
          cell.value = index
          continuation.resume(returning: cell)
        }
      }
      #expect(got.value == index)
    }
  }

  @Test("a lock that threads wait for hands over what was written")
  func contendedMutex() {
    let cell = Cell()
    let mutex = Mutex(())
    let left = Atomic(4)
    for _ in 0..<4 {
      Thread.detachNewThread {
        for _ in 0..<2000 { mutex.withLock { _ in cell.value += 1 } }
        left.subtract(1, ordering: .relaxed)
      }
    }
    while left.load(ordering: .relaxed) > 0 { usleep(1000) }
    #expect(mutex.withLock { _ in cell.value } == 8000)
  }

  @Test("a write beside a resumed continuation is a race", .enabled(if: plants, "scripts/sanitize.sh runs it"))
  func raceBesideContinuation() async {
    let cell = Cell()
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      run(thenWait: true) {
        continuation.resume()
        cell.value = 1
      }
    }
    cell.value = 2
  }

  @Test("a write beside a lock is a race", .enabled(if: plants, "scripts/sanitize.sh runs it"))
  func raceBesideMutex() {
    let cell = Cell()
    let mutex = Mutex(())
    run(thenWait: true) {
      mutex.withLock { _ in }
      cell.value = 1
    }
    cell.value = 2
    mutex.withLock { _ in }
  }

  @Test("a write to an array that is not empty is a race", .enabled(if: plants, "scripts/sanitize.sh runs it"))
  func raceInArray() {
    let cell = Cell()
    run(thenWait: true) { cell.array[0] = 1 }
    cell.array[0] = 2
  }

  @Test("writes of two handlers of calls are a race", .enabled(if: plants, "scripts/sanitize.sh runs it"))
  func raceInHandler() async throws {
    let service = RacingService()
    let transport = NGHTTP2ServerTransport(address: .tcp(host: "127.0.0.1", port: 0))
    try await withGRPCServer(transport: transport, services: [service]) { _ in
      let address = try await transport.listeningAddress
      // Each connection has its thread.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { try await Self.count(at: address) } }
        try await group.waitForAll()
      }
    }
  }

  private static func count(at address: NetworkAddress) async throws {
    try await withGRPCClient(transport: NGHTTP2ClientTransport(target: address)) { client in
      for _ in 0..<50 {
        try await client.unary(
          request: ClientRequest(message: WireBytes([1])), descriptor: RacingService.method, serializer: Bytes(),
          deserializer: Bytes(), options: .defaults
        ) { _ = try $0.message }
      }
    }
  }
}

/// Counts its calls as nobody should.
private struct RacingService: RegistrableRPCService {
  static let method = MethodDescriptor(fullyQualifiedService: "test.Racing", method: "Count", type: .unary)
  private let cell = Cell()

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(forMethod: Self.method, deserializer: Bytes(), serializer: Bytes()) { _, _ in
      cell.value += 1
      return StreamingServerResponse(single: ServerResponse(message: WireBytes([1])))
    }
  }
}

private struct Bytes: MessageSerializer, MessageDeserializer {
  func serialize<B: GRPCContiguousBytes>(_ message: WireBytes) throws -> B { message.withUnsafeBytes { B($0) } }
  func deserialize<B: GRPCContiguousBytes>(_ bytes: B) throws -> WireBytes { bytes.withUnsafeBytes { WireBytes($0) } }
}

/// Shared without a lock, as the compiler would not allow.
private final class Cell: @unchecked Sendable {
  var value = 0
  var array = [0, 0]
}

/// Runs `body` on a thread of its own and returns at once, or once it has run: in time, but not ordered for ThreadSanitizer.
private func run(thenWait waits: Bool, _ body: @escaping @Sendable () -> Void) {
  let ended = Flag()
  Thread.detachNewThread {
    body()
    ended.value.store(true, ordering: .relaxed)
  }
  while waits, !ended.value.load(ordering: .relaxed) { usleep(100) }
}

private final class Flag: Sendable {
  let value = Atomic(false)
}
