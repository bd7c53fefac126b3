import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Testing

/// A client of `grpc.testing.TestService` on our transport.
struct InteropClient: Sendable {
  typealias Replies = AsyncStream<Received<PayloadResponse>>

  let client: GRPCClient<NGHTTP2ClientTransport>
  /// Asks what a relay saw of the call with a mark.
  let flags: @Sendable (String) async throws -> WireFlags

  /// Metadata that names a call for the relay, and the name.
  func marked() -> (metadata: Metadata, mark: String) {
    let mark = UUID().uuidString
    return (["x-wire-mark": .string(mark)], mark)
  }

  func unary<Request: InteropMessage, Response: InteropMessage>(
    _ request: Request, _ method: MethodDescriptor = TestService.unaryCall, metadata: Metadata = [:],
    isCompressed: Bool = false
  ) async throws -> ClientResponse<Received<Response>> {
    try await client.unary(
      request: ClientRequest(message: request, metadata: metadata), descriptor: method,
      serializer: InteropSerializer(), deserializer: InteropDeserializer(), options: options(isCompressed)
    ) { $0 }
  }

  func unary(
    _ request: SimpleRequest, metadata: Metadata = [:], isCompressed: Bool = false
  ) async throws -> ClientResponse<Received<PayloadResponse>> {
    try await unary(request, TestService.unaryCall, metadata: metadata, isCompressed: isCompressed)
  }

  /// Calls `StreamingInputCall`; returns the sum that it answers.
  @discardableResult
  func collect(
    metadata: Metadata = [:], isCompressed: Bool = false,
    _ producer: @escaping @Sendable @concurrent (RPCWriter<StreamingInputCallRequest>) async throws -> Void
  ) async throws -> Int {
    try await client.clientStreaming(
      request: StreamingClientRequest(metadata: metadata, producer: producer),
      descriptor: TestService.streamingInputCall, serializer: InteropSerializer<StreamingInputCallRequest>(),
      deserializer: InteropDeserializer<StreamingInputCallResponse>(), options: options(isCompressed)
    ) { try $0.message.message.aggregatedPayloadSize }
  }

  /// Calls `StreamingOutputCall`; returns all that it answers.
  func pull(
    _ request: StreamingOutputCallRequest, metadata: Metadata = [:]
  ) async throws -> [Received<PayloadResponse>] {
    try await pull(request, metadata: metadata) { replies in
      var received: [Received<PayloadResponse>] = []
      for try await reply in replies { received.append(reply) }
      return received
    }
  }

  /// Calls `StreamingOutputCall` and hands its replies to `body`.
  func pull<R: Sendable>(
    _ request: StreamingOutputCallRequest, metadata: Metadata = [:],
    _ body:
      @escaping @Sendable @concurrent (RPCAsyncSequence<Received<PayloadResponse>, any Error>) async throws -> R
  ) async throws -> R {
    try await client.serverStreaming(
      request: ClientRequest(message: request, metadata: metadata), descriptor: TestService.streamingOutputCall,
      serializer: InteropSerializer(), deserializer: InteropDeserializer(), options: .defaults
    ) { try await body($0.messages) }
  }

  /// Calls `FullDuplexCall` with requests that are known beforehand.
  func duplex(
    _ requests: [StreamingOutputCallRequest], metadata: Metadata = [:]
  ) async throws -> (initial: Metadata, sizes: [Int], trailing: Metadata) {
    try await client.bidirectionalStreaming(
      request: StreamingClientRequest(metadata: metadata) { writer in
        for request in requests { try await writer.write(request) }
      }, descriptor: TestService.fullDuplexCall, serializer: InteropSerializer(),
      deserializer: InteropDeserializer<PayloadResponse>(), options: .defaults
    ) { response in
      let contents = try response.accepted.get()
      var sizes: [Int] = []
      var trailing = Metadata()
      for try await part in contents.bodyParts {
        switch part {
        case .message(let received): sizes.append(received.message.payload.body.count)
        case .trailingMetadata(let metadata): trailing = metadata
        }
      }
      return (contents.metadata, sizes, trailing)
    }
  }

  /// Calls `FullDuplexCall`; `body` sends requests as it reads replies, from the first: a server may wait for a request
  /// before it answers at all.
  func converse(
    options: CallOptions = .defaults,
    _ body: (AsyncStream<StreamingOutputCallRequest>.Continuation, inout Replies.AsyncIterator) async throws -> Void
  ) async throws {
    let requests = AsyncStream.makeStream(of: StreamingOutputCallRequest.self)
    let replies = Replies.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { replies.continuation.finish() }
        try await client.bidirectionalStreaming(
          request: StreamingClientRequest { writer in
            for await request in requests.stream { try await writer.write(request) }
          }, descriptor: TestService.fullDuplexCall, serializer: InteropSerializer(),
          deserializer: InteropDeserializer<PayloadResponse>(), options: options
        ) { response in
          for try await reply in response.messages { replies.continuation.yield(reply) }
        }
      }
      var iterator = replies.stream.makeAsyncIterator()
      try await body(requests.continuation, &iterator)
      requests.continuation.finish()
      try await group.waitForAll()
    }
  }

  private func options(_ isCompressed: Bool) -> CallOptions {
    var options = CallOptions.defaults
    options.compression = isCompressed ? .gzip : CompressionAlgorithm.none
    return options
  }

  /// Sends what `body` writes as it is, in a call that compresses.
  func uncompressed(_ body: () async throws -> Void) async rethrows {
    try await MessageCompression.skip(body)
  }
}
