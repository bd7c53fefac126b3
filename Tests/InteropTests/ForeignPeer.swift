import ForeignPython
import Foundation
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import Programs
import Testing

/// How a connection is secured.
enum Security: String, CaseIterable, Sendable, Codable, CustomTestStringConvertible {
  case plain, tls, mtls

  var testDescription: String { rawValue }
}

/// A python with what the peer needs.
let python = ForeignPython(importing: "grpc_tools", "hpack", "trustme")

/// The flags of a call's messages as a relay saw them on the wire: 1 where a message is compressed.
struct WireFlags: Sendable {
  let request: [Int]
  let response: [Int]
}

/// The process of `Peer/peer.py`: servers of grpcio, and clients of it that run cases against ours. It ends with us.
final class ForeignPeer: Sendable {
  /// Where grpcio serves, and a relay in front of it that sees compressed flags.
  struct Ports: Codable, Sendable {
    let port: Int
    let relay: Int
  }

  /// What the peer says first.
  struct Greeting: Codable, Sendable {
    let servers: [String: Ports]
    let certificates: [String: String]
  }

  private struct Command: Codable {
    let id: Int
    let security: Security
    var `case`: String?
    var port: Int?
    var flags: String?
  }

  private struct Answer: Codable {
    let id: Int
    var error: String?
    var request: [Int]?
    var response: [Int]?
  }

  private typealias Waiter = CheckedContinuation<Answer, any Error>

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// The one peer of all tests, once somebody has asked for it.
  static let shared = Task { try await ForeignPeer.start() }

  let greeting: Greeting
  private let program: PipedProgram
  private let waiters = NIOLockedValueBox<(next: Int, waiting: [Int: Waiter])>((0, [:]))

  private init(greeting: Greeting, program: PipedProgram) {
    self.greeting = greeting
    self.program = program
  }

  private static func start() async throws -> ForeignPeer {
    let program = try #require(python).start("Peer/peer.py", beside: #filePath)
    // Reads on a thread of its own: nothing of Swift's waits for python.
    return try await withCheckedThrowingContinuation { waiter in
      Thread.detachNewThread {
        let lines = LineReader(program.output)
        guard let line = lines.next(), let greeting = try? JSONDecoder().decode(Greeting.self, from: line) else {
          return waiter.resume(throwing: Failed(description: "the python peer did not start"))
        }
        let peer = ForeignPeer(greeting: greeting, program: program)
        waiter.resume(returning: peer)
        while let line = lines.next() { peer.take(line) }
        peer.fail()
      }
    }
  }

  /// Where a server of grpcio listens: by way of its relay where the flags on the wire matter.
  func address(_ security: Security, byRelay: Bool) throws -> NetworkAddress {
    let ports = try #require(greeting.servers[security.rawValue])
    return .tcp(host: "127.0.0.1", port: byRelay ? ports.relay : ports.port)
  }

  /// Runs a case of grpcio's client against a server of ours.
  func run(_ name: String, _ security: Security, port: Int) async throws {
    let answer = try await ask { Command(id: $0, security: security, case: name, port: port) }
    if let error = answer.error { throw Failed(description: error) }
  }

  /// What the relay in front of grpcio's server has seen of a call.
  func flags(of mark: String, _ security: Security) async throws -> WireFlags {
    let answer = try await ask { Command(id: $0, security: security, flags: mark) }
    return WireFlags(request: try #require(answer.request), response: try #require(answer.response))
  }

  private func ask(_ command: (Int) -> Command) async throws -> Answer {
    try await withCheckedThrowingContinuation { waiter in
      let id = waiters.withLockedValue { waiters in
        waiters.next += 1
        waiters.waiting[waiters.next] = waiter
        return waiters.next
      }
      do {
        try program.input.write(contentsOf: JSONEncoder().encode(command(id)) + Data("\n".utf8))
      } catch {
        waiters.withLockedValue { $0.waiting.removeValue(forKey: id) }?.resume(throwing: error)
      }
    }
  }

  private func take(_ line: Data) {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: line) else { return }
    waiters.withLockedValue { $0.waiting.removeValue(forKey: answer.id) }?.resume(returning: answer)
  }

  private func fail() {
    let left = waiters.withLockedValue { waiters in
      defer { waiters.waiting = [:] }
      return waiters.waiting.values
    }
    for waiter in left { waiter.resume(throwing: Failed(description: "the python peer ended")) }
  }
}

/// Lines of a file handle, read by one thread.
private final class LineReader {
  private let handle: FileHandle
  private var rest = Data()

  init(_ handle: FileHandle) {
    self.handle = handle
  }

  func next() -> Data? {
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        defer { rest = Data(rest[rest.index(after: end)...]) }
        return Data(rest[..<end])
      }
      let more = handle.availableData
      if more.isEmpty { return nil }
      rest += more
    }
  }
}
