import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

/// A python with grpcio: RETORT_PYTHON, or the package's virtual environment.
private enum Python {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Interop")

  static let path: String? = {
    let root = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["RETORT_PYTHON"]
    let path = named ?? root.appending(path: ".venv/bin/python").path(percentEncoded: false)
    guard FileManager.default.isExecutableFile(atPath: path) else { return nil }
    let process = make(path, ["-c", "import grpc"])
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    return process.terminationStatus == 0 ? path : nil
  }()

  static func make(_ path: String, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    return process
  }

  static func script(_ name: String, _ arguments: String...) throws -> Process {
    make(try #require(path), [folder.appending(path: name).path(percentEncoded: false)] + arguments)
  }
}

/// Runs a process to its end without blocking a thread of Swift's.
private func exitStatus(of process: Process) async throws -> Int32 {
  try await withCheckedThrowingContinuation { waiter in
    process.terminationHandler = { waiter.resume(returning: $0.terminationStatus) }
    do { try process.run() } catch { waiter.resume(throwing: error) }
  }
}

/// What a process says first, read without blocking a thread of Swift's.
private func firstLine(of handle: FileHandle) async -> String {
  await withCheckedContinuation { waiter in
    Thread.detachNewThread { waiter.resume(returning: String(decoding: handle.availableData, as: UTF8.self)) }
  }
}

@Suite(
  "Python grpcio as the peer",
  .enabled(if: Python.path != nil, "set RETORT_PYTHON to a python with grpcio, or make venv"),
  .timeLimit(.minutes(2)))
struct InteropTests {
  @Test(
    "its client calls our server",
    arguments: [
      "unary", "metadata", "server_stream", "client_stream", "both_stream", "status", "deadline", "cancel", "many",
      "compressed", "stalled",
    ])
  func foreignClient(name: String) async throws {
    try await Loopback.run { loopback in
      let process = try Python.script("client.py", "\(loopback.address)", name)
      let status = try await exitStatus(of: process)
      #expect(status == 0)
    }
  }

  /// Runs `body` with a client of ours to a server of grpcio.
  private func withForeignServer(
    _ body: @Sendable @escaping (Loopback) async throws -> Void
  ) async throws {
    let process = try Python.script("server.py")
    let output = Pipe()
    let input = Pipe()
    process.standardOutput = output
    process.standardInput = input
    try process.run()
    defer { process.terminate() }
    let line = await firstLine(of: output.fileHandleForReading)
    let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    try await Loopback.run(at: .tcp(host: "127.0.0.1", port: port), body)
    try input.fileHandleForWriting.close()
  }

  @Test("our client makes calls of every kind to its server")
  func foreignServer() async throws {
    try await withForeignServer { loopback in
      for size in [0, 1, 65_536, 3 << 20] {
        let response = try await loopback.unary(WireBytes(patterned: size))
        #expect(try response.message == WireBytes(patterned: size))
      }
      let received = try await loopback.pull(count: 20, size: 2 << 20) { index, message in
        #expect(message == WireBytes(repeating: UInt8(index), count: 2 << 20))
      }
      #expect(received == 20)
      let sum = try await loopback.collect(count: 20, size: 2 << 20)
      #expect(sum == 40 << 20)
      let messages = (0..<100).map { WireBytes(patterned: 10_000, seed: $0) }
      let replies = try await loopback.chat(messages)
      #expect(replies == messages)
    }
  }

  @Test("our client and its server read what the other has compressed")
  func foreignCompression() async throws {
    try await withForeignServer { loopback in
      var options = CallOptions.defaults
      options.compression = .gzip
      let message = WireBytes(patterned: 100_000)
      let response = try await loopback.unary(message, metadata: ["gzip": "on"], options: options)
      #expect(try response.message == message)
      #expect(try response.message.wasCompressed)
    }
  }

  @Test("our client understands its metadata, errors, deadlines and limits")
  func foreignErrors() async throws {
    try await withForeignServer { loopback in
      let response = try await loopback.unary(WireBytes([1]), metadata: ["say-bin": .binary([0, 255])])
      #expect(Array(response.metadata[binaryValues: "said-bin"]) == [[0, 255]])
      #expect(Array(response.trailingMetadata[stringValues: "end"]) == ["1"])
      let text = "50 % – «größer»"
      let failed = try await loopback.unary(WireBytes(text: text), method: EchoService.fail)
      let error = #expect(throws: RPCError.self) { try failed.message }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message == text)
      var options = CallOptions.defaults
      options.timeout = .milliseconds(100)
      let late = await #expect(throws: RPCError.self) {
        try await loopback.unary(WireBytes([1]), method: EchoService.hang, options: options).message
      }
      #expect(late?.code == .deadlineExceeded)
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<500 {
          group.addTask { try await loopback.unary(WireBytes(text: "\(index)")).message.text == "\(index)" }
        }
        for try await isSame in group { #expect(isSame) }
      }
    }
  }
}
