// Generated from retort/v1/teacher_service.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

public import GRPCCore

// MARK: - retort.v1.TeacherService

/// Namespace containing generated types for the "retort.v1.TeacherService" service.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
public enum TeacherServiceRPC: Sendable {
  /// Service descriptor for the "retort.v1.TeacherService" service.
  public static let descriptor = GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.TeacherService")
  /// Namespace for method metadata.
  public enum Method: Sendable {
    /// Namespace for "Describe" metadata.
    public enum Describe: Sendable {
      /// Request type for "Describe".
      public typealias Input = TeacherServiceDescribeRequest
      /// Response type for "Describe".
      public typealias Output = TeacherServiceDescribeResponse
      /// Descriptor for "Describe".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.TeacherService"),
        method: "Describe",
        type: .unary
      )
    }
    /// Namespace for "Generate" metadata.
    public enum Generate: Sendable {
      /// Request type for "Generate".
      public typealias Input = TeacherServiceGenerateRequest
      /// Response type for "Generate".
      public typealias Output = TeacherServiceGenerateResponse
      /// Descriptor for "Generate".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.TeacherService"),
        method: "Generate",
        type: .serverStreaming
      )
    }
    /// Namespace for "Score" metadata.
    public enum Score: Sendable {
      /// Request type for "Score".
      public typealias Input = TeacherServiceScoreRequest
      /// Response type for "Score".
      public typealias Output = TeacherServiceScoreResponse
      /// Descriptor for "Score".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.TeacherService"),
        method: "Score",
        type: .bidirectionalStreaming
      )
    }
    /// Namespace for "GetOutputHead" metadata.
    public enum GetOutputHead: Sendable {
      /// Request type for "GetOutputHead".
      public typealias Input = GetOutputHeadRequest
      /// Response type for "GetOutputHead".
      public typealias Output = GetOutputHeadResponse
      /// Descriptor for "GetOutputHead".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.TeacherService"),
        method: "GetOutputHead",
        type: .serverStreaming
      )
    }
    /// Descriptors for all methods in the "retort.v1.TeacherService" service.
    public static let descriptors: [GRPCCore.MethodDescriptor] = [
      Describe.descriptor,
      Generate.descriptor,
      Score.descriptor,
      GetOutputHead.descriptor
    ]
  }
}

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension GRPCCore.ServiceDescriptor {
  /// Service descriptor for the "retort.v1.TeacherService" service.
  public static let teacherServiceRPC = GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.TeacherService")
}

// MARK: retort.v1.TeacherService (server)

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension TeacherServiceRPC {
  /// Streaming variant of the service protocol for the "retort.v1.TeacherService" service.
  ///
  /// This protocol is the lowest-level of the service protocols generated for this service
  /// giving you the most flexibility over the implementation of your service. This comes at
  /// the cost of more verbose and less strict APIs. Each RPC requires you to implement it in
  /// terms of a request stream and response stream. Where the RPC expects only a single
  /// request or response message, you are responsible for ensuring your implementation
  /// maintains this invariant.
  ///
  /// Where possible, prefer using the stricter, less-verbose ``ServiceProtocol``
  /// or ``SimpleServiceProtocol`` instead.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Answers about a model that is never trained.
  public protocol StreamingServiceProtocol: GRPCCore.RegistrableRPCService {
    /// Handle the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what the model is and what it can answer.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `TeacherServiceDescribeRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `TeacherServiceDescribeResponse` messages.
    func describe(
      request: GRPCCore.StreamingServerRequest<TeacherServiceDescribeRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceDescribeResponse>

    /// Handle the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt; completions arrive as they finish, each prompt once.
    /// > INVALID_ARGUMENT: an id outside the vocabulary, an empty prompt or one that fills the context.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `TeacherServiceGenerateRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `TeacherServiceGenerateResponse` messages.
    func generate(
      request: GRPCCore.StreamingServerRequest<TeacherServiceGenerateRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceGenerateResponse>

    /// Handle the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers each request, in order, about the completion positions of its sequences.
    /// > INVALID_ARGUMENT: an id outside the vocabulary or a sequence over the context length;
    /// > UNIMPLEMENTED: something that `Abilities` does not promise; RESOURCE_EXHAUSTED: a reply over the limit.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `TeacherServiceScoreRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `TeacherServiceScoreResponse` messages.
    func score(
      request: GRPCCore.StreamingServerRequest<TeacherServiceScoreRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceScoreResponse>

    /// Handle the "GetOutputHead" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the output head, rows in order: with it a caller turns hidden states into log-probs itself. It is large and
    /// > never changes: fetch it once and keep it under `ModelDescription.output_head_digest`.
    /// > FAILED_PRECONDITION: the head is not the one named; UNIMPLEMENTED: `Abilities.output_head` is unset.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `GetOutputHeadRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `GetOutputHeadResponse` messages.
    func getOutputHead(
      request: GRPCCore.StreamingServerRequest<GetOutputHeadRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<GetOutputHeadResponse>
  }

  /// Service protocol for the "retort.v1.TeacherService" service.
  ///
  /// This protocol is higher level than ``StreamingServiceProtocol`` but lower level than
  /// the ``SimpleServiceProtocol``, it provides access to request and response metadata and
  /// trailing response metadata. If you don't need these then consider using
  /// the ``SimpleServiceProtocol``. If you need fine grained control over your RPCs then
  /// use ``StreamingServiceProtocol``.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Answers about a model that is never trained.
  public protocol ServiceProtocol: TeacherServiceRPC.StreamingServiceProtocol {
    /// Handle the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what the model is and what it can answer.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `TeacherServiceDescribeRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `TeacherServiceDescribeResponse` message.
    func describe(
      request: GRPCCore.ServerRequest<TeacherServiceDescribeRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<TeacherServiceDescribeResponse>

    /// Handle the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt; completions arrive as they finish, each prompt once.
    /// > INVALID_ARGUMENT: an id outside the vocabulary, an empty prompt or one that fills the context.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `TeacherServiceGenerateRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `TeacherServiceGenerateResponse` messages.
    func generate(
      request: GRPCCore.ServerRequest<TeacherServiceGenerateRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceGenerateResponse>

    /// Handle the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers each request, in order, about the completion positions of its sequences.
    /// > INVALID_ARGUMENT: an id outside the vocabulary or a sequence over the context length;
    /// > UNIMPLEMENTED: something that `Abilities` does not promise; RESOURCE_EXHAUSTED: a reply over the limit.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `TeacherServiceScoreRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `TeacherServiceScoreResponse` messages.
    func score(
      request: GRPCCore.StreamingServerRequest<TeacherServiceScoreRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceScoreResponse>

    /// Handle the "GetOutputHead" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the output head, rows in order: with it a caller turns hidden states into log-probs itself. It is large and
    /// > never changes: fetch it once and keep it under `ModelDescription.output_head_digest`.
    /// > FAILED_PRECONDITION: the head is not the one named; UNIMPLEMENTED: `Abilities.output_head` is unset.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetOutputHeadRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `GetOutputHeadResponse` messages.
    func getOutputHead(
      request: GRPCCore.ServerRequest<GetOutputHeadRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<GetOutputHeadResponse>
  }

  /// Simple service protocol for the "retort.v1.TeacherService" service.
  ///
  /// This is the highest level protocol for the service. The API is the easiest to use but
  /// doesn't provide access to request or response metadata. If you need access to these
  /// then use ``ServiceProtocol`` instead.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Answers about a model that is never trained.
  public protocol SimpleServiceProtocol: TeacherServiceRPC.ServiceProtocol {
    /// Handle the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what the model is and what it can answer.
    ///
    /// - Parameters:
    ///   - request: A `TeacherServiceDescribeRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `TeacherServiceDescribeResponse` to respond with.
    func describe(
      request: TeacherServiceDescribeRequest,
      context: GRPCCore.ServerContext
    ) async throws -> TeacherServiceDescribeResponse

    /// Handle the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt; completions arrive as they finish, each prompt once.
    /// > INVALID_ARGUMENT: an id outside the vocabulary, an empty prompt or one that fills the context.
    ///
    /// - Parameters:
    ///   - request: A `TeacherServiceGenerateRequest` message.
    ///   - response: A response stream of `TeacherServiceGenerateResponse` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    func generate(
      request: TeacherServiceGenerateRequest,
      response: GRPCCore.RPCWriter<TeacherServiceGenerateResponse>,
      context: GRPCCore.ServerContext
    ) async throws

    /// Handle the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers each request, in order, about the completion positions of its sequences.
    /// > INVALID_ARGUMENT: an id outside the vocabulary or a sequence over the context length;
    /// > UNIMPLEMENTED: something that `Abilities` does not promise; RESOURCE_EXHAUSTED: a reply over the limit.
    ///
    /// - Parameters:
    ///   - request: A stream of `TeacherServiceScoreRequest` messages.
    ///   - response: A response stream of `TeacherServiceScoreResponse` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    func score(
      request: GRPCCore.RPCAsyncSequence<TeacherServiceScoreRequest, any Swift.Error>,
      response: GRPCCore.RPCWriter<TeacherServiceScoreResponse>,
      context: GRPCCore.ServerContext
    ) async throws

    /// Handle the "GetOutputHead" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the output head, rows in order: with it a caller turns hidden states into log-probs itself. It is large and
    /// > never changes: fetch it once and keep it under `ModelDescription.output_head_digest`.
    /// > FAILED_PRECONDITION: the head is not the one named; UNIMPLEMENTED: `Abilities.output_head` is unset.
    ///
    /// - Parameters:
    ///   - request: A `GetOutputHeadRequest` message.
    ///   - response: A response stream of `GetOutputHeadResponse` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    func getOutputHead(
      request: GetOutputHeadRequest,
      response: GRPCCore.RPCWriter<GetOutputHeadResponse>,
      context: GRPCCore.ServerContext
    ) async throws
  }
}

// Default implementation of 'registerMethods(with:)'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension TeacherServiceRPC.StreamingServiceProtocol {
  public func registerMethods<Transport>(with router: inout GRPCCore.RPCRouter<Transport>) where Transport: GRPCCore.ServerTransport {
    router.registerHandler(
      forMethod: TeacherServiceRPC.Method.Describe.descriptor,
      deserializer: ProtobufCDeserializer<TeacherServiceDescribeRequest>(),
      serializer: ProtobufCSerializer<TeacherServiceDescribeResponse>(),
      handler: { request, context in
        try await self.describe(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: TeacherServiceRPC.Method.Generate.descriptor,
      deserializer: ProtobufCDeserializer<TeacherServiceGenerateRequest>(),
      serializer: ProtobufCSerializer<TeacherServiceGenerateResponse>(),
      handler: { request, context in
        try await self.generate(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: TeacherServiceRPC.Method.Score.descriptor,
      deserializer: ProtobufCDeserializer<TeacherServiceScoreRequest>(),
      serializer: ProtobufCSerializer<TeacherServiceScoreResponse>(),
      handler: { request, context in
        try await self.score(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: TeacherServiceRPC.Method.GetOutputHead.descriptor,
      deserializer: ProtobufCDeserializer<GetOutputHeadRequest>(),
      serializer: ProtobufCSerializer<GetOutputHeadResponse>(),
      handler: { request, context in
        try await self.getOutputHead(
          request: request,
          context: context
        )
      }
    )
  }
}

// Default implementation of streaming methods from 'StreamingServiceProtocol'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension TeacherServiceRPC.ServiceProtocol {
  public func describe(
    request: GRPCCore.StreamingServerRequest<TeacherServiceDescribeRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceDescribeResponse> {
    let response = try await self.describe(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func generate(
    request: GRPCCore.StreamingServerRequest<TeacherServiceGenerateRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceGenerateResponse> {
    let response = try await self.generate(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return response
  }

  public func getOutputHead(
    request: GRPCCore.StreamingServerRequest<GetOutputHeadRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<GetOutputHeadResponse> {
    let response = try await self.getOutputHead(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return response
  }
}

// Default implementation of methods from 'ServiceProtocol'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension TeacherServiceRPC.SimpleServiceProtocol {
  public func describe(
    request: GRPCCore.ServerRequest<TeacherServiceDescribeRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<TeacherServiceDescribeResponse> {
    return GRPCCore.ServerResponse<TeacherServiceDescribeResponse>(
      message: try await self.describe(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func generate(
    request: GRPCCore.ServerRequest<TeacherServiceGenerateRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceGenerateResponse> {
    return GRPCCore.StreamingServerResponse<TeacherServiceGenerateResponse>(
      metadata: [:],
      producer: { writer in
        try await self.generate(
          request: request.message,
          response: writer,
          context: context
        )
        return [:]
      }
    )
  }

  public func score(
    request: GRPCCore.StreamingServerRequest<TeacherServiceScoreRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<TeacherServiceScoreResponse> {
    return GRPCCore.StreamingServerResponse<TeacherServiceScoreResponse>(
      metadata: [:],
      producer: { writer in
        try await self.score(
          request: request.messages,
          response: writer,
          context: context
        )
        return [:]
      }
    )
  }

  public func getOutputHead(
    request: GRPCCore.ServerRequest<GetOutputHeadRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<GetOutputHeadResponse> {
    return GRPCCore.StreamingServerResponse<GetOutputHeadResponse>(
      metadata: [:],
      producer: { writer in
        try await self.getOutputHead(
          request: request.message,
          response: writer,
          context: context
        )
        return [:]
      }
    )
  }
}

// MARK: retort.v1.TeacherService (client)

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension TeacherServiceRPC {
  /// Generated client protocol for the "retort.v1.TeacherService" service.
  ///
  /// You don't need to implement this protocol directly, use the generated
  /// implementation, ``Client``.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Answers about a model that is never trained.
  public protocol ClientProtocol: Sendable {
    /// Call the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what the model is and what it can answer.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `TeacherServiceDescribeRequest` message.
    ///   - serializer: A serializer for `TeacherServiceDescribeRequest` messages.
    ///   - deserializer: A deserializer for `TeacherServiceDescribeResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func describe<Result>(
      request: GRPCCore.ClientRequest<TeacherServiceDescribeRequest>,
      serializer: some GRPCCore.MessageSerializer<TeacherServiceDescribeRequest>,
      deserializer: some GRPCCore.MessageDeserializer<TeacherServiceDescribeResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<TeacherServiceDescribeResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt; completions arrive as they finish, each prompt once.
    /// > INVALID_ARGUMENT: an id outside the vocabulary, an empty prompt or one that fills the context.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `TeacherServiceGenerateRequest` message.
    ///   - serializer: A serializer for `TeacherServiceGenerateRequest` messages.
    ///   - deserializer: A deserializer for `TeacherServiceGenerateResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func generate<Result>(
      request: GRPCCore.ClientRequest<TeacherServiceGenerateRequest>,
      serializer: some GRPCCore.MessageSerializer<TeacherServiceGenerateRequest>,
      deserializer: some GRPCCore.MessageDeserializer<TeacherServiceGenerateResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TeacherServiceGenerateResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers each request, in order, about the completion positions of its sequences.
    /// > INVALID_ARGUMENT: an id outside the vocabulary or a sequence over the context length;
    /// > UNIMPLEMENTED: something that `Abilities` does not promise; RESOURCE_EXHAUSTED: a reply over the limit.
    ///
    /// - Parameters:
    ///   - request: A streaming request producing `TeacherServiceScoreRequest` messages.
    ///   - serializer: A serializer for `TeacherServiceScoreRequest` messages.
    ///   - deserializer: A deserializer for `TeacherServiceScoreResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func score<Result>(
      request: GRPCCore.StreamingClientRequest<TeacherServiceScoreRequest>,
      serializer: some GRPCCore.MessageSerializer<TeacherServiceScoreRequest>,
      deserializer: some GRPCCore.MessageDeserializer<TeacherServiceScoreResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TeacherServiceScoreResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "GetOutputHead" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the output head, rows in order: with it a caller turns hidden states into log-probs itself. It is large and
    /// > never changes: fetch it once and keep it under `ModelDescription.output_head_digest`.
    /// > FAILED_PRECONDITION: the head is not the one named; UNIMPLEMENTED: `Abilities.output_head` is unset.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetOutputHeadRequest` message.
    ///   - serializer: A serializer for `GetOutputHeadRequest` messages.
    ///   - deserializer: A deserializer for `GetOutputHeadResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func getOutputHead<Result>(
      request: GRPCCore.ClientRequest<GetOutputHeadRequest>,
      serializer: some GRPCCore.MessageSerializer<GetOutputHeadRequest>,
      deserializer: some GRPCCore.MessageDeserializer<GetOutputHeadResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<GetOutputHeadResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable
  }

  /// Generated client for the "retort.v1.TeacherService" service.
  ///
  /// The ``Client`` provides an implementation of ``ClientProtocol`` which wraps
  /// a `GRPCCore.GRPCCClient`. The underlying `GRPCClient` provides the long-lived
  /// means of communication with the remote peer.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Answers about a model that is never trained.
  public struct Client<Transport>: ClientProtocol where Transport: GRPCCore.ClientTransport {
    private let client: GRPCCore.GRPCClient<Transport>

    /// Creates a new client wrapping the provided `GRPCCore.GRPCClient`.
    ///
    /// - Parameters:
    ///   - client: A `GRPCCore.GRPCClient` providing a communication channel to the service.
    public init(wrapping client: GRPCCore.GRPCClient<Transport>) {
      self.client = client
    }

    /// Call the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what the model is and what it can answer.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `TeacherServiceDescribeRequest` message.
    ///   - serializer: A serializer for `TeacherServiceDescribeRequest` messages.
    ///   - deserializer: A deserializer for `TeacherServiceDescribeResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func describe<Result>(
      request: GRPCCore.ClientRequest<TeacherServiceDescribeRequest>,
      serializer: some GRPCCore.MessageSerializer<TeacherServiceDescribeRequest>,
      deserializer: some GRPCCore.MessageDeserializer<TeacherServiceDescribeResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<TeacherServiceDescribeResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: TeacherServiceRPC.Method.Describe.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt; completions arrive as they finish, each prompt once.
    /// > INVALID_ARGUMENT: an id outside the vocabulary, an empty prompt or one that fills the context.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `TeacherServiceGenerateRequest` message.
    ///   - serializer: A serializer for `TeacherServiceGenerateRequest` messages.
    ///   - deserializer: A deserializer for `TeacherServiceGenerateResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func generate<Result>(
      request: GRPCCore.ClientRequest<TeacherServiceGenerateRequest>,
      serializer: some GRPCCore.MessageSerializer<TeacherServiceGenerateRequest>,
      deserializer: some GRPCCore.MessageDeserializer<TeacherServiceGenerateResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TeacherServiceGenerateResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable {
      try await self.client.serverStreaming(
        request: request,
        descriptor: TeacherServiceRPC.Method.Generate.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers each request, in order, about the completion positions of its sequences.
    /// > INVALID_ARGUMENT: an id outside the vocabulary or a sequence over the context length;
    /// > UNIMPLEMENTED: something that `Abilities` does not promise; RESOURCE_EXHAUSTED: a reply over the limit.
    ///
    /// - Parameters:
    ///   - request: A streaming request producing `TeacherServiceScoreRequest` messages.
    ///   - serializer: A serializer for `TeacherServiceScoreRequest` messages.
    ///   - deserializer: A deserializer for `TeacherServiceScoreResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func score<Result>(
      request: GRPCCore.StreamingClientRequest<TeacherServiceScoreRequest>,
      serializer: some GRPCCore.MessageSerializer<TeacherServiceScoreRequest>,
      deserializer: some GRPCCore.MessageDeserializer<TeacherServiceScoreResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TeacherServiceScoreResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable {
      try await self.client.bidirectionalStreaming(
        request: request,
        descriptor: TeacherServiceRPC.Method.Score.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "GetOutputHead" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the output head, rows in order: with it a caller turns hidden states into log-probs itself. It is large and
    /// > never changes: fetch it once and keep it under `ModelDescription.output_head_digest`.
    /// > FAILED_PRECONDITION: the head is not the one named; UNIMPLEMENTED: `Abilities.output_head` is unset.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetOutputHeadRequest` message.
    ///   - serializer: A serializer for `GetOutputHeadRequest` messages.
    ///   - deserializer: A deserializer for `GetOutputHeadResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func getOutputHead<Result>(
      request: GRPCCore.ClientRequest<GetOutputHeadRequest>,
      serializer: some GRPCCore.MessageSerializer<GetOutputHeadRequest>,
      deserializer: some GRPCCore.MessageDeserializer<GetOutputHeadResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<GetOutputHeadResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable {
      try await self.client.serverStreaming(
        request: request,
        descriptor: TeacherServiceRPC.Method.GetOutputHead.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }
  }
}

// Helpers providing default arguments to 'ClientProtocol' methods.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension TeacherServiceRPC.ClientProtocol {
  /// Call the "Describe" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Says what the model is and what it can answer.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `TeacherServiceDescribeRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func describe<Result>(
    request: GRPCCore.ClientRequest<TeacherServiceDescribeRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<TeacherServiceDescribeResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.describe(
      request: request,
      serializer: ProtobufCSerializer<TeacherServiceDescribeRequest>(),
      deserializer: ProtobufCDeserializer<TeacherServiceDescribeResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Generate" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Completes each prompt; completions arrive as they finish, each prompt once.
  /// > INVALID_ARGUMENT: an id outside the vocabulary, an empty prompt or one that fills the context.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `TeacherServiceGenerateRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func generate<Result>(
    request: GRPCCore.ClientRequest<TeacherServiceGenerateRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TeacherServiceGenerateResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    try await self.generate(
      request: request,
      serializer: ProtobufCSerializer<TeacherServiceGenerateRequest>(),
      deserializer: ProtobufCDeserializer<TeacherServiceGenerateResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Score" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Answers each request, in order, about the completion positions of its sequences.
  /// > INVALID_ARGUMENT: an id outside the vocabulary or a sequence over the context length;
  /// > UNIMPLEMENTED: something that `Abilities` does not promise; RESOURCE_EXHAUSTED: a reply over the limit.
  ///
  /// - Parameters:
  ///   - request: A streaming request producing `TeacherServiceScoreRequest` messages.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func score<Result>(
    request: GRPCCore.StreamingClientRequest<TeacherServiceScoreRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TeacherServiceScoreResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    try await self.score(
      request: request,
      serializer: ProtobufCSerializer<TeacherServiceScoreRequest>(),
      deserializer: ProtobufCDeserializer<TeacherServiceScoreResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "GetOutputHead" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Sends the output head, rows in order: with it a caller turns hidden states into log-probs itself. It is large and
  /// > never changes: fetch it once and keep it under `ModelDescription.output_head_digest`.
  /// > FAILED_PRECONDITION: the head is not the one named; UNIMPLEMENTED: `Abilities.output_head` is unset.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `GetOutputHeadRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func getOutputHead<Result>(
    request: GRPCCore.ClientRequest<GetOutputHeadRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<GetOutputHeadResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    try await self.getOutputHead(
      request: request,
      serializer: ProtobufCSerializer<GetOutputHeadRequest>(),
      deserializer: ProtobufCDeserializer<GetOutputHeadResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }
}

// Helpers providing sugared APIs for 'ClientProtocol' methods.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension TeacherServiceRPC.ClientProtocol {
  /// Call the "Describe" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Says what the model is and what it can answer.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func describe<Result>(
    _ message: TeacherServiceDescribeRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<TeacherServiceDescribeResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<TeacherServiceDescribeRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.describe(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Generate" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Completes each prompt; completions arrive as they finish, each prompt once.
  /// > INVALID_ARGUMENT: an id outside the vocabulary, an empty prompt or one that fills the context.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func generate<Result>(
    _ message: TeacherServiceGenerateRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TeacherServiceGenerateResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<TeacherServiceGenerateRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.generate(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Score" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Answers each request, in order, about the completion positions of its sequences.
  /// > INVALID_ARGUMENT: an id outside the vocabulary or a sequence over the context length;
  /// > UNIMPLEMENTED: something that `Abilities` does not promise; RESOURCE_EXHAUSTED: a reply over the limit.
  ///
  /// - Parameters:
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - producer: A closure producing request messages to send to the server. Returning
  ///       from the closure closes the request stream.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func score<Result>(
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    requestProducer producer: @Sendable @escaping (GRPCCore.RPCWriter<TeacherServiceScoreRequest>) async throws -> Void,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TeacherServiceScoreResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.StreamingClientRequest<TeacherServiceScoreRequest>(
      metadata: metadata,
      producer: producer
    )
    return try await self.score(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "GetOutputHead" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Sends the output head, rows in order: with it a caller turns hidden states into log-probs itself. It is large and
  /// > never changes: fetch it once and keep it under `ModelDescription.output_head_digest`.
  /// > FAILED_PRECONDITION: the head is not the one named; UNIMPLEMENTED: `Abilities.output_head` is unset.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func getOutputHead<Result>(
    _ message: GetOutputHeadRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<GetOutputHeadResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<GetOutputHeadRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.getOutputHead(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }
}