import Foundation
import GRPCCore
import Measurement

/// Puts a case's load on a server and measures both processes.
struct BenchmarkClient<Transport: ClientTransport, Codec: BenchmarkCodec>: Sendable {
  /// What happened in an interval.
  private struct Tally: Sendable {
    var messages = 0
    var bytes = 0
    /// Length of each call, in nanoseconds.
    var latencies: [Int64] = []

    mutating func add(_ other: Tally) {
      messages += other.messages
      bytes += other.bytes
      latencies += other.latencies
    }
  }

  let client: GRPCClient<Transport>
  /// The server's process, whose figures are read as well.
  let serverProcess: Int32

  /// Runs the case for a while unmeasured, then measured for `seconds`.
  func measure(_ benchmarkCase: BenchmarkCase, seconds: Double) async throws -> CaseFigures {
    let load = benchmarkCase.load
    if case .stall = load {} else { _ = try await run(load, for: .seconds(min(0.25, seconds))) }
    let ownProcess = ProcessInfo.processInfo.processIdentifier
    let clock = ContinuousClock()
    let (ownBefore, serverBefore) = (try usage(of: ownProcess), try usage(of: serverProcess))
    let start = clock.now
    let tally = try await run(load, for: .seconds(seconds))
    let elapsed = (clock.now - start) / .seconds(1)
    let (ownAfter, serverAfter) = (try usage(of: ownProcess), try usage(of: serverProcess))
    let latencies = tally.latencies.sorted()
    return CaseFigures(
      seconds: elapsed, calls: latencies.count, messages: tally.messages, bytes: tally.bytes,
      clientCPUSeconds: ownAfter.cpuSeconds - ownBefore.cpuSeconds,
      serverCPUSeconds: serverAfter.cpuSeconds - serverBefore.cpuSeconds,
      clientPeakBytes: ownAfter.peakBytes, serverPeakBytes: serverAfter.peakBytes,
      p50Microseconds: Self.percentile(0.5, of: latencies), p99Microseconds: Self.percentile(0.99, of: latencies))
  }

  private func usage(of process: Int32) throws(BenchmarkError) -> ProcessUsage {
    guard let usage = ProcessUsage(of: process) else { throw .noProcess(process) }
    return usage
  }

  private static func percentile(_ share: Double, of sorted: [Int64]) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]) / 1e3
  }

  private func run(_ load: BenchmarkCase.Load, for duration: Duration) async throws -> Tally {
    let end = ContinuousClock.now + duration
    switch load {
    case .echo(let inFlight):
      let message = Codec.payload(byteCount: BenchmarkCase.echoBytes)
      return try await together(inFlight) { try await self.repeated(until: end) { try await self.echo(message) } }
    case .pull(let messageCount, let rows):
      let order = Codec.order(messageCount: messageCount, rows: rows)
      return try await repeated(until: end) { try await self.pull(order) }
    case .push(let messageCount, let rows):
      let message = Codec.columns(rows: rows)
      return try await repeated(until: end) { try await self.push(message, messageCount, bytes: rows * 8) }
    case .stall(let streams, let messageCount, let rows):
      let order = Codec.order(messageCount: messageCount, rows: rows)
      return try await together(streams) { try await self.stall(order, until: end) }
    }
  }

  private func together(_ count: Int, _ body: @escaping @Sendable () async throws -> Tally) async throws -> Tally {
    try await withThrowingTaskGroup(of: Tally.self) { group in
      for _ in 0..<count { group.addTask { try await body() } }
      return try await group.reduce(into: Tally()) { $0.add($1) }
    }
  }

  private func repeated(
    until end: ContinuousClock.Instant, _ call: () async throws -> Tally
  ) async throws -> Tally {
    var tally = Tally()
    var start = ContinuousClock.now
    while start < end {
      let part = try await call()
      let now = ContinuousClock.now
      tally.messages += part.messages
      tally.bytes += part.bytes
      tally.latencies.append(Int64((now - start) / .nanoseconds(1)))
      start = now
    }
    return tally
  }

  // MARK: Calls

  private func echo(_ message: Codec.Message) async throws -> Tally {
    let bytes = try await client.unary(
      request: ClientRequest(message: message), descriptor: BenchmarkMethod.echo, serializer: Codec.serializer,
      deserializer: Codec.deserializer, options: .defaults
    ) { Codec.contentBytes(of: try $0.message) }
    return Tally(messages: 1, bytes: bytes)
  }

  private func pull(_ order: Codec.Message) async throws -> Tally {
    try await client.serverStreaming(
      request: ClientRequest(message: order), descriptor: BenchmarkMethod.pull, serializer: Codec.serializer,
      deserializer: Codec.deserializer, options: .defaults
    ) { response in
      var tally = Tally()
      for try await message in response.messages {
        tally.messages += 1
        tally.bytes += Codec.contentBytes(of: message)
      }
      return tally
    }
  }

  private func push(_ message: Codec.Message, _ messageCount: Int, bytes: Int) async throws -> Tally {
    let request = StreamingClientRequest(of: Codec.Message.self) { writer in
      for _ in 0..<messageCount { try await writer.write(message) }
    }
    let taken = try await client.clientStreaming(
      request: request, descriptor: BenchmarkMethod.push, serializer: Codec.serializer,
      deserializer: Codec.deserializer, options: .defaults
    ) { Codec.readOrder(try $0.message).messageCount }
    return Tally(messages: taken, bytes: taken * bytes)
  }

  /// Takes one message, then none until the time is over, and leaves.
  private func stall(_ order: Codec.Message, until end: ContinuousClock.Instant) async throws -> Tally {
    try await client.serverStreaming(
      request: ClientRequest(message: order), descriptor: BenchmarkMethod.pull, serializer: Codec.serializer,
      deserializer: Codec.deserializer, options: .defaults
    ) { response in
      var messages = response.messages.makeAsyncIterator()
      let bytes = Codec.contentBytes(of: try await messages.next() ?? Codec.order(messageCount: 0, rows: 0))
      try await Task.sleep(until: end, clock: .continuous)
      return Tally(messages: 1, bytes: bytes)
    }
  }
}
