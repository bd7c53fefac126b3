import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import WireBytes

/// Passes messages through as they are.
struct RawCoding: MessageSerializer, MessageDeserializer {
  typealias Message = WireBytes

  func serialize<Bytes: GRPCContiguousBytes>(_ message: WireBytes) throws -> Bytes {
    message as? Bytes ?? message.withUnsafeBytes { Bytes($0) }
  }

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> WireBytes {
    bytes as? WireBytes ?? bytes.withUnsafeBytes { WireBytes($0) }
  }
}

extension WireBytes {
  /// The message's bytes.
  var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// The message as text.
  var text: String { String(decoding: array, as: UTF8.self) }

  init(text: String) {
    self.init(text.utf8)
  }

  /// `count` bytes that depend on their position and on `seed`.
  init(patterned count: Int, seed: Int = 0) {
    self.init(capacity: count) { buffer in
      for index in 0..<count { buffer[index] = UInt8(truncatingIfNeeded: index &* 31 &+ (index >> 8) &+ seed) }
      return count
    }
  }
}

/// What a service of the tests does, by method; the requests say how.
struct EchoService: RegistrableRPCService {
  static let service = "test.Echo"

  static func method(_ name: String, _ type: MethodDescriptor.RPCType?) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: service, method: name, type: type)
  }

  static let echo = method("Echo", .unary)
  static let collect = method("Collect", .clientStreaming)
  static let pull = method("Pull", .serverStreaming)
  static let chat = method("Chat", .bidirectionalStreaming)
  static let fail = method("Fail", .unary)
  static let hang = method("Hang", .unary)

  /// Calls of `Echo` that were answered.
  let echoed = Tally()
  /// Calls of `Hang` that have begun, and that were cancelled.
  let hanging = Tally()
  let cancelled = Tally()
  /// Messages of `Pull` whose writing has begun.
  let pulled = Tally()

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    register(Self.echo, with: &router) { request, context in
      let message = try await request.messages.first { _ in true } ?? WireBytes([])
      var initial: Metadata = [
        "peer": .string(context.remotePeer), "came-compressed": .string("\(message.wasCompressed)"),
      ]
      for value in request.metadata[stringValues: "say"] { initial.addString(value, forKey: "said") }
      for value in request.metadata[binaryValues: "say-bin"] { initial.addBinary(value, forKey: "said-bin") }
      echoed.add()
      initial.responseCompression = request.metadata.wantedCompression
      return StreamingServerResponse(
        single: ServerResponse(message: message, metadata: initial, trailingMetadata: ["end": "1"]))
    }
    register(Self.collect, with: &router) { request, _ in
      var sum = 0
      for try await message in request.messages { sum += message.count }
      return StreamingServerResponse(single: ServerResponse(message: WireBytes(text: "\(sum)")))
    }
    register(Self.pull, with: &router) { request, _ in
      let text = try await request.messages.first { _ in true }?.text ?? "0 0"
      let numbers = text.split(separator: " ").compactMap { Int($0) }
      return StreamingServerResponse { writer in
        for index in 0..<numbers[0] {
          pulled.add()
          try await writer.write(WireBytes(patterned: numbers[1], seed: index))
        }
        return [:]
      }
    }
    register(Self.chat, with: &router) { request, _ in
      var initial = Metadata()
      initial.responseCompression = request.metadata.wantedCompression
      return StreamingServerResponse(metadata: initial) { writer in
        for try await message in request.messages {
          // A compressed answer mirrors what came, message by message.
          if !message.wasCompressed {
            try await MessageCompression.skip { try await writer.write(message) }
          } else {
            try await writer.write(message)
          }
        }
        return ["end": "chat"]
      }
    }
    register(Self.fail, with: &router) { request, _ in
      let message = try await request.messages.first { _ in true }
      let number = Array(request.metadata[stringValues: "code"]).first.flatMap { Int($0) }
      let code = number.flatMap { Status.Code(rawValue: $0) }.flatMap { RPCError.Code($0) } ?? .failedPrecondition
      throw RPCError(
        code: code, message: message?.text ?? "", metadata: ["why": "asked for", "why-bin": .binary([0, 255])])
    }
    register(Self.hang, with: &router) { _, context in
      hanging.add()
      try await context.cancellation.cancelled
      cancelled.add()
      throw RPCError(code: .cancelled, message: "cancelled")
    }
  }

  private func register<Transport: ServerTransport>(
    _ method: MethodDescriptor, with router: inout RPCRouter<Transport>,
    handler:
      @escaping @Sendable @concurrent (StreamingServerRequest<WireBytes>, ServerContext) async throws ->
      StreamingServerResponse<WireBytes>
  ) {
    router.registerHandler(
      forMethod: method, deserializer: RawCoding(), serializer: RawCoding(), handler: handler)
  }
}

extension Metadata {
  /// What `gzip` asks for: `on`, `off`, or neither.
  fileprivate var wantedCompression: CompressionAlgorithm? {
    switch Array(self[stringValues: "gzip"]).first {
    case "on": .gzip
    case "off": CompressionAlgorithm.none
    default: nil
    }
  }
}

/// A count that tasks can wait for.
final class Tally: Sendable {
  private struct State {
    var count = 0
    var nextWaiter = 0
    var waiters: [Int: (threshold: Int, waiter: CheckedContinuation<Void, Never>)] = [:]
  }

  private let state = NIOLockedValueBox(State())

  var count: Int { state.withLockedValue { $0.count } }

  func add() {
    let ready = state.withLockedValue { state in
      state.count += 1
      let ready = state.waiters.filter { $0.value.threshold <= state.count }
      for id in ready.keys { state.waiters[id] = nil }
      return ready
    }
    for entry in ready.values { entry.waiter.resume() }
  }

  /// Waits until the count is at least `threshold`, or the task is cancelled.
  func reaches(_ threshold: Int) async {
    let id = state.withLockedValue { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let isReached = state.withLockedValue { state in
          let isReached = state.count >= threshold || Task.isCancelled
          if !isReached { state.waiters[id] = (threshold, waiter) }
          return isReached
        }
        if isReached { waiter.resume() }
      }
    } onCancel: {
      state.withLockedValue { $0.waiters.removeValue(forKey: id) }?.waiter.resume()
    }
  }
}
