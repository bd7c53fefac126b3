// Generated from grpc/health/v1/health.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

public import GRPCCore

// MARK: - grpc.health.v1.Health

/// Namespace containing generated types for the "grpc.health.v1.Health" service.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
public enum HealthRPC: Sendable {
  /// Service descriptor for the "grpc.health.v1.Health" service.
  public static let descriptor = GRPCCore.ServiceDescriptor(fullyQualifiedService: "grpc.health.v1.Health")
  /// Namespace for method metadata.
  public enum Method: Sendable {
    /// Namespace for "Check" metadata.
    public enum Check: Sendable {
      /// Request type for "Check".
      public typealias Input = HealthCheckRequest
      /// Response type for "Check".
      public typealias Output = HealthCheckResponse
      /// Descriptor for "Check".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "grpc.health.v1.Health"),
        method: "Check",
        type: .unary
      )
    }
    /// Namespace for "Watch" metadata.
    public enum Watch: Sendable {
      /// Request type for "Watch".
      public typealias Input = HealthCheckRequest
      /// Response type for "Watch".
      public typealias Output = HealthCheckResponse
      /// Descriptor for "Watch".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "grpc.health.v1.Health"),
        method: "Watch",
        type: .serverStreaming
      )
    }
    /// Namespace for "List" metadata.
    public enum List: Sendable {
      /// Request type for "List".
      public typealias Input = HealthListRequest
      /// Response type for "List".
      public typealias Output = HealthListResponse
      /// Descriptor for "List".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "grpc.health.v1.Health"),
        method: "List",
        type: .unary
      )
    }
    /// Descriptors for all methods in the "grpc.health.v1.Health" service.
    public static let descriptors: [GRPCCore.MethodDescriptor] = [
      Check.descriptor,
      Watch.descriptor,
      List.descriptor
    ]
  }
}

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension GRPCCore.ServiceDescriptor {
  /// Service descriptor for the "grpc.health.v1.Health" service.
  public static let healthRPC = GRPCCore.ServiceDescriptor(fullyQualifiedService: "grpc.health.v1.Health")
}

// MARK: grpc.health.v1.Health (server)

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension HealthRPC {
  /// Streaming variant of the service protocol for the "grpc.health.v1.Health" service.
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
  /// > Health of a server's services.
  public protocol StreamingServiceProtocol: GRPCCore.RegistrableRPCService {
    /// Handle the "Check" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state. NOT_FOUND: no such service.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `HealthCheckRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `HealthCheckResponse` messages.
    func check(
      request: GRPCCore.StreamingServerRequest<HealthCheckRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<HealthCheckResponse>

    /// Handle the "Watch" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state, then each change.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `HealthCheckRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `HealthCheckResponse` messages.
    func watch(
      request: GRPCCore.StreamingServerRequest<HealthCheckRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<HealthCheckResponse>

    /// Handle the "List" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present states of all services.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `HealthListRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `HealthListResponse` messages.
    func list(
      request: GRPCCore.StreamingServerRequest<HealthListRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<HealthListResponse>
  }

  /// Service protocol for the "grpc.health.v1.Health" service.
  ///
  /// This protocol is higher level than ``StreamingServiceProtocol`` but lower level than
  /// the ``SimpleServiceProtocol``, it provides access to request and response metadata and
  /// trailing response metadata. If you don't need these then consider using
  /// the ``SimpleServiceProtocol``. If you need fine grained control over your RPCs then
  /// use ``StreamingServiceProtocol``.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Health of a server's services.
  public protocol ServiceProtocol: HealthRPC.StreamingServiceProtocol {
    /// Handle the "Check" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state. NOT_FOUND: no such service.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthCheckRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `HealthCheckResponse` message.
    func check(
      request: GRPCCore.ServerRequest<HealthCheckRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<HealthCheckResponse>

    /// Handle the "Watch" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state, then each change.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthCheckRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `HealthCheckResponse` messages.
    func watch(
      request: GRPCCore.ServerRequest<HealthCheckRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<HealthCheckResponse>

    /// Handle the "List" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present states of all services.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthListRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `HealthListResponse` message.
    func list(
      request: GRPCCore.ServerRequest<HealthListRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<HealthListResponse>
  }

  /// Simple service protocol for the "grpc.health.v1.Health" service.
  ///
  /// This is the highest level protocol for the service. The API is the easiest to use but
  /// doesn't provide access to request or response metadata. If you need access to these
  /// then use ``ServiceProtocol`` instead.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Health of a server's services.
  public protocol SimpleServiceProtocol: HealthRPC.ServiceProtocol {
    /// Handle the "Check" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state. NOT_FOUND: no such service.
    ///
    /// - Parameters:
    ///   - request: A `HealthCheckRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `HealthCheckResponse` to respond with.
    func check(
      request: HealthCheckRequest,
      context: GRPCCore.ServerContext
    ) async throws -> HealthCheckResponse

    /// Handle the "Watch" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state, then each change.
    ///
    /// - Parameters:
    ///   - request: A `HealthCheckRequest` message.
    ///   - response: A response stream of `HealthCheckResponse` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    func watch(
      request: HealthCheckRequest,
      response: GRPCCore.RPCWriter<HealthCheckResponse>,
      context: GRPCCore.ServerContext
    ) async throws

    /// Handle the "List" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present states of all services.
    ///
    /// - Parameters:
    ///   - request: A `HealthListRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `HealthListResponse` to respond with.
    func list(
      request: HealthListRequest,
      context: GRPCCore.ServerContext
    ) async throws -> HealthListResponse
  }
}

// Default implementation of 'registerMethods(with:)'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension HealthRPC.StreamingServiceProtocol {
  public func registerMethods<Transport>(with router: inout GRPCCore.RPCRouter<Transport>) where Transport: GRPCCore.ServerTransport {
    router.registerHandler(
      forMethod: HealthRPC.Method.Check.descriptor,
      deserializer: ProtobufCDeserializer<HealthCheckRequest>(),
      serializer: ProtobufCSerializer<HealthCheckResponse>(),
      handler: { request, context in
        try await self.check(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: HealthRPC.Method.Watch.descriptor,
      deserializer: ProtobufCDeserializer<HealthCheckRequest>(),
      serializer: ProtobufCSerializer<HealthCheckResponse>(),
      handler: { request, context in
        try await self.watch(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: HealthRPC.Method.List.descriptor,
      deserializer: ProtobufCDeserializer<HealthListRequest>(),
      serializer: ProtobufCSerializer<HealthListResponse>(),
      handler: { request, context in
        try await self.list(
          request: request,
          context: context
        )
      }
    )
  }
}

// Default implementation of streaming methods from 'StreamingServiceProtocol'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension HealthRPC.ServiceProtocol {
  public func check(
    request: GRPCCore.StreamingServerRequest<HealthCheckRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<HealthCheckResponse> {
    let response = try await self.check(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func watch(
    request: GRPCCore.StreamingServerRequest<HealthCheckRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<HealthCheckResponse> {
    let response = try await self.watch(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return response
  }

  public func list(
    request: GRPCCore.StreamingServerRequest<HealthListRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<HealthListResponse> {
    let response = try await self.list(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }
}

// Default implementation of methods from 'ServiceProtocol'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension HealthRPC.SimpleServiceProtocol {
  public func check(
    request: GRPCCore.ServerRequest<HealthCheckRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<HealthCheckResponse> {
    return GRPCCore.ServerResponse<HealthCheckResponse>(
      message: try await self.check(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func watch(
    request: GRPCCore.ServerRequest<HealthCheckRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<HealthCheckResponse> {
    return GRPCCore.StreamingServerResponse<HealthCheckResponse>(
      metadata: [:],
      producer: { writer in
        try await self.watch(
          request: request.message,
          response: writer,
          context: context
        )
        return [:]
      }
    )
  }

  public func list(
    request: GRPCCore.ServerRequest<HealthListRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<HealthListResponse> {
    return GRPCCore.ServerResponse<HealthListResponse>(
      message: try await self.list(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }
}

// MARK: grpc.health.v1.Health (client)

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension HealthRPC {
  /// Generated client protocol for the "grpc.health.v1.Health" service.
  ///
  /// You don't need to implement this protocol directly, use the generated
  /// implementation, ``Client``.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Health of a server's services.
  public protocol ClientProtocol: Sendable {
    /// Call the "Check" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state. NOT_FOUND: no such service.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthCheckRequest` message.
    ///   - serializer: A serializer for `HealthCheckRequest` messages.
    ///   - deserializer: A deserializer for `HealthCheckResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func check<Result>(
      request: GRPCCore.ClientRequest<HealthCheckRequest>,
      serializer: some GRPCCore.MessageSerializer<HealthCheckRequest>,
      deserializer: some GRPCCore.MessageDeserializer<HealthCheckResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<HealthCheckResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Watch" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state, then each change.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthCheckRequest` message.
    ///   - serializer: A serializer for `HealthCheckRequest` messages.
    ///   - deserializer: A deserializer for `HealthCheckResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func watch<Result>(
      request: GRPCCore.ClientRequest<HealthCheckRequest>,
      serializer: some GRPCCore.MessageSerializer<HealthCheckRequest>,
      deserializer: some GRPCCore.MessageDeserializer<HealthCheckResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<HealthCheckResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "List" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present states of all services.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthListRequest` message.
    ///   - serializer: A serializer for `HealthListRequest` messages.
    ///   - deserializer: A deserializer for `HealthListResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func list<Result>(
      request: GRPCCore.ClientRequest<HealthListRequest>,
      serializer: some GRPCCore.MessageSerializer<HealthListRequest>,
      deserializer: some GRPCCore.MessageDeserializer<HealthListResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<HealthListResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable
  }

  /// Generated client for the "grpc.health.v1.Health" service.
  ///
  /// The ``Client`` provides an implementation of ``ClientProtocol`` which wraps
  /// a `GRPCCore.GRPCCClient`. The underlying `GRPCClient` provides the long-lived
  /// means of communication with the remote peer.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Health of a server's services.
  public struct Client<Transport>: ClientProtocol where Transport: GRPCCore.ClientTransport {
    private let client: GRPCCore.GRPCClient<Transport>

    /// Creates a new client wrapping the provided `GRPCCore.GRPCClient`.
    ///
    /// - Parameters:
    ///   - client: A `GRPCCore.GRPCClient` providing a communication channel to the service.
    public init(wrapping client: GRPCCore.GRPCClient<Transport>) {
      self.client = client
    }

    /// Call the "Check" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state. NOT_FOUND: no such service.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthCheckRequest` message.
    ///   - serializer: A serializer for `HealthCheckRequest` messages.
    ///   - deserializer: A deserializer for `HealthCheckResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func check<Result>(
      request: GRPCCore.ClientRequest<HealthCheckRequest>,
      serializer: some GRPCCore.MessageSerializer<HealthCheckRequest>,
      deserializer: some GRPCCore.MessageDeserializer<HealthCheckResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<HealthCheckResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: HealthRPC.Method.Check.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "Watch" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present state, then each change.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthCheckRequest` message.
    ///   - serializer: A serializer for `HealthCheckRequest` messages.
    ///   - deserializer: A deserializer for `HealthCheckResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func watch<Result>(
      request: GRPCCore.ClientRequest<HealthCheckRequest>,
      serializer: some GRPCCore.MessageSerializer<HealthCheckRequest>,
      deserializer: some GRPCCore.MessageDeserializer<HealthCheckResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<HealthCheckResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable {
      try await self.client.serverStreaming(
        request: request,
        descriptor: HealthRPC.Method.Watch.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "List" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > The present states of all services.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `HealthListRequest` message.
    ///   - serializer: A serializer for `HealthListRequest` messages.
    ///   - deserializer: A deserializer for `HealthListResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func list<Result>(
      request: GRPCCore.ClientRequest<HealthListRequest>,
      serializer: some GRPCCore.MessageSerializer<HealthListRequest>,
      deserializer: some GRPCCore.MessageDeserializer<HealthListResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<HealthListResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: HealthRPC.Method.List.descriptor,
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
extension HealthRPC.ClientProtocol {
  /// Call the "Check" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > The present state. NOT_FOUND: no such service.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `HealthCheckRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func check<Result>(
    request: GRPCCore.ClientRequest<HealthCheckRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<HealthCheckResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.check(
      request: request,
      serializer: ProtobufCSerializer<HealthCheckRequest>(),
      deserializer: ProtobufCDeserializer<HealthCheckResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Watch" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > The present state, then each change.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `HealthCheckRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func watch<Result>(
    request: GRPCCore.ClientRequest<HealthCheckRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<HealthCheckResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    try await self.watch(
      request: request,
      serializer: ProtobufCSerializer<HealthCheckRequest>(),
      deserializer: ProtobufCDeserializer<HealthCheckResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "List" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > The present states of all services.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `HealthListRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func list<Result>(
    request: GRPCCore.ClientRequest<HealthListRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<HealthListResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.list(
      request: request,
      serializer: ProtobufCSerializer<HealthListRequest>(),
      deserializer: ProtobufCDeserializer<HealthListResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }
}

// Helpers providing sugared APIs for 'ClientProtocol' methods.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension HealthRPC.ClientProtocol {
  /// Call the "Check" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > The present state. NOT_FOUND: no such service.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func check<Result>(
    _ message: HealthCheckRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<HealthCheckResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<HealthCheckRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.check(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Watch" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > The present state, then each change.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func watch<Result>(
    _ message: HealthCheckRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<HealthCheckResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<HealthCheckRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.watch(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "List" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > The present states of all services.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func list<Result>(
    _ message: HealthListRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<HealthListResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<HealthListRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.list(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }
}