import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing
import WireBytes

/// A client that floods a server on a socket, and reads and answers what it must.
final class FloodingPeer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What came of it.
  struct Outcome: Sendable {
    var sent = 0
    var code: HTTP2ErrorCode?
    var text = ""
  }

  private static let most = 5000
  private let flood: FloodKind
  private let isPaced: Bool
  private let done: EventLoopPromise<Outcome>
  private var outcome = Outcome()
  private var received: [UInt8] = []

  init(_ flood: FloodKind, isPaced: Bool, done: EventLoopPromise<Outcome>) {
    self.flood = flood
    self.isPaced = isPaced
    self.done = done
  }

  func channelActive(context: ChannelHandlerContext) {
    send(Frames.magic.bytes + Frames.settings().bytes + Frames.settingsAnswer.bytes + flood.before.bytes, context)
    sendTen(context)
  }

  /// Ten at a time, as fast as the socket takes them or each a little after the ten before.
  private func sendTen(_ context: ChannelHandlerContext) {
    guard outcome.code == nil, outcome.sent < Self.most, context.channel.isActive else { return }
    send((0..<10).flatMap { flood.one(UInt32(outcome.sent + $0)).bytes }, context)
    outcome.sent += 10
    let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: isPaced ? .milliseconds(2) : .nanoseconds(0)) {
      box.value.0.sendTen(box.value.1)
    }
  }

  private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += Array(unwrapInboundIn(data).readableBytesView)
    var used = 0
    for frame in wholeFrames(in: received) {
      used += 9 + frame.payload.count
      if frame.type == 7 {
        outcome.code = HTTP2ErrorCode(rawValue: number(frame.payload.dropFirst(4).prefix(4)))
        outcome.text = String(decoding: frame.payload.dropFirst(8), as: UTF8.self)
      }
      if frame.type == 6, frame.flags == 0 {
        send(GRPCNGHTTP2TransportTests.frame(type: 6, flags: 1, frame.payload), context)
      }
    }
    received.removeFirst(used)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    done.succeed(outcome)
  }

  static func run(_ flood: FloodKind, isPaced: Bool, at address: NetworkAddress) async throws -> Outcome {
    guard case .tcp(let host, let port) = address else { return Outcome() }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let done = loop.makePromise(of: Outcome.self)
    _ = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FloodingPeer(flood, isPaced: isPaced, done: done))
        }
      }
      .connect(host: host, port: port).get()
    return try await done.futureResult.get()
  }
}

/// Floods on sockets, beside a client that behaves. With `RETORT_FLOOD_REPORT=1`, and no other tests beside, it also
/// judges the other client's 99th percentile and the memory, and prints a table.
@Suite("Floods", .serialized, .timeLimit(.minutes(5)))
struct FloodTests {
  private static let reports = ProcessInfo.processInfo.environment["RETORT_FLOOD_REPORT"] == "1"

  private struct Row: Sendable {
    var name: String
    var outcome: FloodingPeer.Outcome
    var percentile: Duration
    var grownKiB: Int
    var cpuSeconds: Double
  }

  @Test("each ends its own connection, and no other", arguments: [false, true])
  func floods(isPaced: Bool) async throws {
    let rows = try await Loopback.run { loopback in
      let quiet = try await Self.percentile(of: 300, loopback)
      var rows: [Row] = []
      for flood in FloodKind.all {
        let before = (Self.residentKiB(), Self.cpuSeconds())
        async let beside = Self.percentile(of: Self.reports ? 300 : 20, loopback)
        let outcome = try await FloodingPeer.run(flood, isPaced: isPaced, at: loopback.address)
        let spent = Self.cpuSeconds() - before.1
        let percentile = try await beside
        rows.append(
          Row(
            name: flood.testDescription, outcome: outcome, percentile: percentile,
            grownKiB: Self.residentKiB() - before.0, cpuSeconds: spent))
      }
      if Self.reports {
        print("p99 without a flood: \(quiet)")
        for row in rows {
          // 5 ms are a time slice that a busy machine may give to somebody else.
          #expect(row.percentile < quiet * 3 + .milliseconds(5), "\(row.name)")
          #expect(row.grownKiB < 64 << 10, "\(row.name)")
        }
      }
      return rows
    }
    for row in rows {
      let outcome = row.outcome
      // Some of it is an error of HTTP/2 before it is too much.
      #expect([.enhanceYourCalm, .protocolError, .streamClosed].contains(outcome.code), "\(row.name): \(outcome)")
      guard Self.reports else { continue }
      print(
        "\(isPaced ? "paced" : "burst") | \(row.name) | \(outcome.sent) | \(outcome.code?.name ?? "-") \(outcome.text)"
          + " | \(row.percentile) | \(row.grownKiB) KiB | \(row.cpuSeconds) s")
    }
  }

  private static func percentile(of count: Int, _ loopback: Loopback) async throws -> Duration {
    let clock = ContinuousClock()
    var times: [Duration] = []
    for _ in 0..<count {
      let start = clock.now
      _ = try await loopback.unary(WireBytes([1])).message
      times.append(clock.now - start)
    }
    return times.sorted()[count * 99 / 100]
  }

  private static func residentKiB() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  // MARK: Connections

  /// Opens a connection; returns it and whether the server let it in: then it says its SETTINGS.
  private static func open(_ address: NetworkAddress) async throws -> (channel: any Channel, isTaken: Bool) {
    guard case .tcp(let host, let port) = address else { throw TransportError.stopped }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let answer = loop.makePromise(of: Bool.self)
    let channel = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FirstAnswer(answer))
        }
      }
      .connect(host: host, port: port).get()
    return (channel, try await answer.futureResult.get())
  }

  /// Says hello, and whether anything is said in return.
  private final class FirstAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: EventLoopPromise<Bool>

    init(_ answer: EventLoopPromise<Bool>) { self.answer = answer }

    func channelActive(context: ChannelHandlerContext) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: clientPreface)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { answer.succeed(true) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) { answer.succeed(false) }
  }

  @Test(
    "so many connections are taken, and one more is not until one ends",
    arguments: [(256, 1000, TransportLimit.connections), (1000, 32, .connectionsPerPeer)])
  func connections(most: Int, perPeer: Int, limit: TransportLimit) async throws {
    let defaults = Loopback.ServerConfiguration()
    #expect(defaults.maxConnections == 256)
    #expect(defaults.maxConnectionsPerPeer == 32)
    var configuration = defaults
    configuration.maxConnections = most
    configuration.maxConnectionsPerPeer = perPeer
    try await Loopback.run(server: configuration) { loopback in
      var channels: [any Channel] = []
      for _ in 0..<min(most, perPeer) {
        let (channel, isTaken) = try await Self.open(loopback.address)
        try #require(isTaken, "number \(channels.count + 1)")
        channels.append(channel)
      }
      let refused = try await Self.open(loopback.address)
      #expect(!refused.isTaken)
      #expect(loopback.serverTransport.limitCounts[limit] == 1)
      try await channels[0].close()
      // The server hears of it a moment later.
      var isTaken = false
      for _ in 0..<1000 where !isTaken {
        let next = try await Self.open(loopback.address)
        isTaken = next.isTaken
        channels.append(next.channel)
      }
      #expect(isTaken)
      for channel in channels where channel.isActive { try? await channel.close() }
    }
  }

  @Test("a message announced beyond the limit takes no memory")
  func announced() async throws {
    try await Loopback.run { loopback in
      let before = Self.residentKiB()
      for _ in 0..<3 {
        let bytes =
          clientPreface + Frames.headers(1, .call("/test.Echo/Collect"), end: false).bytes
          + Frames.data(1, [0, 255, 255, 255, 255]).bytes + Frames.goAway().bytes
        let answer = try await BytesPeer.exchange(bytes, with: loopback.address)
        #expect(!answer.isEmpty)
      }
      if Self.reports { #expect(Self.residentKiB() - before < 16 << 10) }
      #expect(loopback.serverTransport.limitCounts[.messageBytes] == 3)
      #expect(loopback.serverTransport.peaks.inboundBytes == 0)
    }
  }
}
