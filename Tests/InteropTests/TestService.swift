import GRPCCore
import GRPCNGHTTP2Transport

/// The server of gRPC's interoperability tests, on our transport.
struct TestService: RegistrableRPCService {
  static func method(
    _ name: String, _ type: MethodDescriptor.RPCType, of service: String = "grpc.testing.TestService"
  ) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: service, method: name, type: type)
  }

  static let emptyCall = method("EmptyCall", .unary)
  static let unaryCall = method("UnaryCall", .unary)
  static let streamingOutputCall = method("StreamingOutputCall", .serverStreaming)
  static let streamingInputCall = method("StreamingInputCall", .clientStreaming)
  static let fullDuplexCall = method("FullDuplexCall", .bidirectionalStreaming)
  /// Served by nobody.
  static let unimplementedCall = method("UnimplementedCall", .unary)
  static let unimplementedService = method("UnimplementedCall", .unary, of: "grpc.testing.UnimplementedService")

  static let initialKey = "x-grpc-test-echo-initial"
  static let trailingKey = "x-grpc-test-echo-trailing-bin"

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    register(Self.emptyCall, with: &router) { (request: StreamingServerRequest<Received<Empty>>, _) in
      for try await _ in request.messages {}
      return StreamingServerResponse(single: ServerResponse(message: Empty()))
    }
    register(Self.unaryCall, with: &router, handler: unary)
    register(Self.streamingInputCall, with: &router, handler: streamingInput)
    register(Self.streamingOutputCall, with: &router, handler: streamingOutput)
    register(Self.fullDuplexCall, with: &router, handler: fullDuplex)
  }

  private func register<Transport: ServerTransport, Request: InteropMessage, Response: InteropMessage>(
    _ method: MethodDescriptor, with router: inout RPCRouter<Transport>,
    handler:
      @escaping @Sendable @concurrent (StreamingServerRequest<Received<Request>>, ServerContext) async throws ->
      StreamingServerResponse<Response>
  ) {
    router.registerHandler(
      forMethod: method, deserializer: InteropDeserializer<Request>(), serializer: InteropSerializer<Response>(),
      handler: handler)
  }

  // MARK: Methods

  @concurrent @Sendable private func unary(
    _ request: StreamingServerRequest<Received<SimpleRequest>>, _ context: ServerContext
  ) async throws -> StreamingServerResponse<PayloadResponse> {
    guard let received = try await request.messages.first(where: { _ in true }) else {
      throw RPCError(code: .invalidArgument, message: "no request")
    }
    try check(received.message.expectCompressed, received.wasCompressed)
    try failIfAsked(received.message.responseStatus)
    var metadata = initial(request.metadata)
    metadata.responseCompression =
      received.message.responseCompressed?.value == true ? .gzip : CompressionAlgorithm.none
    return StreamingServerResponse(
      single: ServerResponse(
        message: PayloadResponse(size: received.message.responseSize), metadata: metadata,
        trailingMetadata: trailing(request.metadata)))
  }

  @concurrent @Sendable private func streamingInput(
    _ request: StreamingServerRequest<Received<StreamingInputCallRequest>>, _ context: ServerContext
  ) async throws -> StreamingServerResponse<StreamingInputCallResponse> {
    var total = 0
    for try await received in request.messages {
      try check(received.message.expectCompressed, received.wasCompressed)
      total += received.message.payload.body.count
    }
    return StreamingServerResponse(
      single: ServerResponse(message: StreamingInputCallResponse(aggregatedPayloadSize: total)))
  }

  @concurrent @Sendable private func streamingOutput(
    _ request: StreamingServerRequest<Received<StreamingOutputCallRequest>>, _ context: ServerContext
  ) async throws -> StreamingServerResponse<PayloadResponse> {
    let parameters = try await request.messages.first { _ in true }?.message.responseParameters ?? []
    var metadata = Metadata()
    metadata.responseCompression =
      parameters.contains { $0.compressed?.value == true } ? .gzip : CompressionAlgorithm.none
    return StreamingServerResponse(metadata: metadata) { writer in
      try await answer(parameters, on: writer)
      return [:]
    }
  }

  @concurrent @Sendable private func fullDuplex(
    _ request: StreamingServerRequest<Received<StreamingOutputCallRequest>>, _ context: ServerContext
  ) async throws -> StreamingServerResponse<PayloadResponse> {
    StreamingServerResponse(metadata: initial(request.metadata)) { writer in
      for try await received in request.messages {
        try failIfAsked(received.message.responseStatus)
        try await answer(received.message.responseParameters, on: writer)
      }
      return trailing(request.metadata)
    }
  }

  // MARK: What they share

  private func answer(_ parameters: [ResponseParameters], on writer: RPCWriter<PayloadResponse>) async throws {
    for parameters in parameters {
      if parameters.intervalMicroseconds > 0 {
        try await Task.sleep(for: .microseconds(parameters.intervalMicroseconds))
      }
      let response = PayloadResponse(size: parameters.size)
      if parameters.compressed?.value == true {
        try await writer.write(response)
      } else {
        try await MessageCompression.skip { try await writer.write(response) }
      }
    }
  }

  private func check(_ expected: BoolValue?, _ wasCompressed: Bool) throws {
    if expected?.value == true, !wasCompressed {
      throw RPCError(code: .invalidArgument, message: "the message is not compressed")
    }
  }

  private func failIfAsked(_ status: EchoStatus?) throws {
    guard let status, let code = Status.Code(rawValue: status.code), let error = RPCError.Code(code) else { return }
    throw RPCError(code: error, message: status.message)
  }

  private func initial(_ metadata: Metadata) -> Metadata {
    echo(Self.initialKey, of: metadata)
  }

  private func trailing(_ metadata: Metadata) -> Metadata {
    echo(Self.trailingKey, of: metadata)
  }

  private func echo(_ key: String, of metadata: Metadata) -> Metadata {
    var echo = Metadata()
    if key.hasSuffix("-bin") {
      for value in metadata[binaryValues: key] { echo.addBinary(value, forKey: key) }
    } else {
      for value in metadata[stringValues: key] { echo.addString(value, forKey: key) }
    }
    return echo
  }
}
