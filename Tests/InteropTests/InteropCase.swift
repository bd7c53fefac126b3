import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Testing

/// The cases of gRPC's interoperability tests, and the client's side of each on our transport.
///
/// - SeeAlso: <https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md>.
enum InteropCase: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case emptyUnary = "empty_unary"
  case largeUnary = "large_unary"
  case clientCompressedUnary = "client_compressed_unary"
  case serverCompressedUnary = "server_compressed_unary"
  case clientStreaming = "client_streaming"
  case clientCompressedStreaming = "client_compressed_streaming"
  case serverStreaming = "server_streaming"
  case serverCompressedStreaming = "server_compressed_streaming"
  case pingPong = "ping_pong"
  case emptyStream = "empty_stream"
  case customMetadata = "custom_metadata"
  case statusCodeAndMessage = "status_code_and_message"
  case specialStatusMessage = "special_status_message"
  case unimplementedMethod = "unimplemented_method"
  case unimplementedService = "unimplemented_service"
  case cancelAfterBegin = "cancel_after_begin"
  case cancelAfterFirstResponse = "cancel_after_first_response"
  case timeoutOnSleepingServer = "timeout_on_sleeping_server"

  var testDescription: String { rawValue }

  /// Whether the case asks which messages were compressed on the wire.
  var needsFlags: Bool { rawValue.contains("compressed") }
}

extension InteropClient {
  private static let requestSize = 271_828
  private static let responseSize = 314_159

  func run(_ name: InteropCase) async throws {
    switch name {
    case .emptyUnary: try await emptyUnary()
    case .largeUnary: try await largeUnary()
    case .clientCompressedUnary: try await clientCompressedUnary()
    case .serverCompressedUnary: try await serverCompressedUnary()
    case .clientStreaming: try await clientStreaming()
    case .clientCompressedStreaming: try await clientCompressedStreaming()
    case .serverStreaming: try await serverStreaming()
    case .serverCompressedStreaming: try await serverCompressedStreaming()
    case .pingPong: try await pingPong()
    case .emptyStream: try await emptyStream()
    case .customMetadata: try await customMetadata()
    case .statusCodeAndMessage: try await status("test status message")
    case .specialStatusMessage:
      try await status("\t\ntest with whitespace\r\nand Unicode BMP \u{263A} and non-BMP \u{1F608}\t\n")
    case .unimplementedMethod: try await unimplemented(TestService.unimplementedCall)
    case .unimplementedService: try await unimplemented(TestService.unimplementedService)
    case .cancelAfterBegin: try await cancelAfterBegin()
    case .cancelAfterFirstResponse: try await cancelAfterFirstResponse()
    case .timeoutOnSleepingServer: try await timeoutOnSleepingServer()
    }
  }

  // MARK: Calls of one request and one reply

  private func emptyUnary() async throws {
    let response: ClientResponse<Received<Empty>> = try await unary(Empty(), TestService.emptyCall)
    #expect(try response.message.message == Empty())
  }

  func large(responseCompressed: Bool? = nil, expectCompressed: Bool? = nil) -> SimpleRequest {
    SimpleRequest(
      responseSize: Self.responseSize, payload: Payload(zeros(Self.requestSize)),
      responseCompressed: responseCompressed, expectCompressed: expectCompressed)
  }

  func largeUnary() async throws {
    try expectLarge(try await unary(large()))
  }

  private func expectLarge(_ response: ClientResponse<Received<PayloadResponse>>) throws {
    #expect(try response.message.message == PayloadResponse(size: Self.responseSize))
  }

  private func clientCompressedUnary() async throws {
    let probe = try await unary(large(expectCompressed: true), metadata: marked().metadata)
    let error = #expect(throws: RPCError.self) { try probe.message }
    #expect(error?.code == .invalidArgument)
    for isCompressed in [true, false] {
      let (metadata, mark) = marked()
      let request = large(expectCompressed: isCompressed)
      try expectLarge(try await unary(request, metadata: metadata, isCompressed: isCompressed))
      let flags = try await flags(mark).request
      #expect(flags == [isCompressed ? 1 : 0])
    }
  }

  private func serverCompressedUnary() async throws {
    for isCompressed in [true, false] {
      let (metadata, mark) = marked()
      let response = try await unary(large(responseCompressed: isCompressed), metadata: metadata)
      try expectLarge(response)
      #expect(try response.message.wasCompressed == isCompressed)
      let flags = try await flags(mark).response
      #expect(flags == [isCompressed ? 1 : 0])
    }
  }

  private func customMetadata() async throws {
    let metadata: Metadata = [
      TestService.initialKey: "test_initial_metadata_value", TestService.trailingKey: .binary([0xAB, 0xAB, 0xAB]),
    ]
    func check(_ initial: Metadata, _ trailing: Metadata) {
      #expect(Array(initial[stringValues: TestService.initialKey]) == ["test_initial_metadata_value"])
      #expect(Array(trailing[binaryValues: TestService.trailingKey]) == [[0xAB, 0xAB, 0xAB]])
    }
    let response = try await unary(large(), metadata: metadata)
    try expectLarge(response)
    check(response.metadata, response.trailingMetadata)
    let request = StreamingOutputCallRequest(sizes: [Self.responseSize], payload: Payload(zeros(Self.requestSize)))
    let stream = try await duplex([request], metadata: metadata)
    #expect(stream.sizes == [Self.responseSize])
    check(stream.initial, stream.trailing)
  }

  private func status(_ text: String) async throws {
    let status = EchoStatus(code: 2, message: text)
    let response = try await unary(SimpleRequest(responseStatus: status))
    let unaryError = #expect(throws: RPCError.self) { try response.message }
    let streamError = await #expect(throws: RPCError.self) {
      try await duplex([StreamingOutputCallRequest(responseStatus: status)])
    }
    for error in [unaryError, streamError] {
      #expect(error?.code == .unknown)
      #expect(error?.message == text)
    }
  }

  private func unimplemented(_ method: MethodDescriptor) async throws {
    let response: ClientResponse<Received<Empty>> = try await unary(Empty(), method)
    let error = #expect(throws: RPCError.self) { try response.message }
    #expect(error?.code == .unimplemented)
  }

  // MARK: Streams

  private func clientStreaming() async throws {
    let sizes = [27182, 8, 1828, 45904]
    let sum = try await collect { writer in
      for size in sizes { try await writer.write(StreamingInputCallRequest(payload: Payload(zeros(size)))) }
    }
    #expect(sum == 74922)
  }

  private func clientCompressedStreaming() async throws {
    let first = StreamingInputCallRequest(payload: Payload(zeros(27182)), expectCompressed: true)
    let error = await #expect(throws: RPCError.self) {
      try await collect(metadata: marked().metadata) { try await $0.write(first) }
    }
    #expect(error?.code == .invalidArgument)
    let second = StreamingInputCallRequest(payload: Payload(zeros(45904)), expectCompressed: false)
    let (metadata, mark) = marked()
    let sum = try await collect(metadata: metadata, isCompressed: true) { writer in
      try await writer.write(first)
      try await uncompressed { try await writer.write(second) }
    }
    #expect(sum == 73086)
    let flags = try await flags(mark).request
    #expect(flags == [1, 0])
  }

  private func serverStreaming() async throws {
    let sizes = [31415, 9, 2653, 58979]
    let received = try await pull(StreamingOutputCallRequest(sizes: sizes))
    #expect(received.map(\.message.payload.body.count) == sizes)
  }

  private func serverCompressedStreaming() async throws {
    let (metadata, mark) = marked()
    let request = StreamingOutputCallRequest([
      ResponseParameters(size: 31415, compressed: true), ResponseParameters(size: 92653, compressed: false),
    ])
    let received = try await pull(request, metadata: metadata)
    #expect(received.map(\.message.payload.body.count) == [31415, 92653])
    #expect(received.map(\.wasCompressed) == [true, false])
    let flags = try await flags(mark).response
    #expect(flags == [1, 0])
  }

  private func pingPong() async throws {
    let sizes = [(31415, 27182), (9, 8), (2653, 1828), (58979, 45904)]
    try await converse { send, replies in
      for (size, requestSize) in sizes {
        send.yield(StreamingOutputCallRequest(sizes: [size], payload: Payload(zeros(requestSize))))
        let reply = await replies.next(isolation: #isolation)
        #expect(reply?.message.payload.body.count == size)
      }
      send.finish()
      let more = await replies.next(isolation: #isolation)
      #expect(more == nil)
    }
  }

  private func emptyStream() async throws {
    let stream = try await duplex([])
    #expect(stream.sizes == [])
  }

  // MARK: Ends

  private func cancelAfterBegin() async throws {
    let error = await #expect(throws: RPCError.self) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        let begun = AsyncStream.makeStream(of: Void.self)
        group.addTask {
          try await collect { _ in
            begun.continuation.finish()
            try await Task.sleep(for: .seconds(600))
          }
        }
        for await _ in begun.stream {}
        group.cancelAll()
        try await group.waitForAll()
      }
    }
    #expect(error?.code == .cancelled)
  }

  private func cancelAfterFirstResponse() async throws {
    let error = await #expect(throws: RPCError.self) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        let answered = AsyncStream.makeStream(of: Void.self)
        group.addTask {
          try await converse { send, replies in
            send.yield(StreamingOutputCallRequest(sizes: [31415], payload: Payload(zeros(27182))))
            let reply = await replies.next(isolation: #isolation)
            #expect(reply?.message.payload.body.count == 31415)
            answered.continuation.finish()
            _ = await replies.next(isolation: #isolation)
          }
        }
        for await _ in answered.stream {}
        group.cancelAll()
        try await group.waitForAll()
      }
    }
    #expect(error?.code == .cancelled)
  }

  private func timeoutOnSleepingServer() async throws {
    var options = CallOptions.defaults
    options.timeout = .milliseconds(1)
    let error = await #expect(throws: RPCError.self) {
      try await converse(options: options) { send, replies in
        send.yield(StreamingOutputCallRequest(payload: Payload(zeros(27182))))
        _ = await replies.next(isolation: #isolation)
      }
    }
    #expect(error?.code == .deadlineExceeded)
  }
}
