// Generated from retort/v1/student_service.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

public import GRPCCore

// MARK: - retort.v1.StudentService

/// Namespace containing generated types for the "retort.v1.StudentService" service.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
public enum StudentServiceRPC: Sendable {
  /// Service descriptor for the "retort.v1.StudentService" service.
  public static let descriptor = GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService")
  /// Namespace for method metadata.
  public enum Method: Sendable {
    /// Namespace for "Describe" metadata.
    public enum Describe: Sendable {
      /// Request type for "Describe".
      public typealias Input = StudentServiceDescribeRequest
      /// Response type for "Describe".
      public typealias Output = StudentServiceDescribeResponse
      /// Descriptor for "Describe".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService"),
        method: "Describe",
        type: .unary
      )
    }
    /// Namespace for "Load" metadata.
    public enum Load: Sendable {
      /// Request type for "Load".
      public typealias Input = LoadRequest
      /// Response type for "Load".
      public typealias Output = LoadResponse
      /// Descriptor for "Load".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService"),
        method: "Load",
        type: .unary
      )
    }
    /// Namespace for "Generate" metadata.
    public enum Generate: Sendable {
      /// Request type for "Generate".
      public typealias Input = StudentServiceGenerateRequest
      /// Response type for "Generate".
      public typealias Output = StudentServiceGenerateResponse
      /// Descriptor for "Generate".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService"),
        method: "Generate",
        type: .serverStreaming
      )
    }
    /// Namespace for "Score" metadata.
    public enum Score: Sendable {
      /// Request type for "Score".
      public typealias Input = StudentServiceScoreRequest
      /// Response type for "Score".
      public typealias Output = StudentServiceScoreResponse
      /// Descriptor for "Score".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService"),
        method: "Score",
        type: .bidirectionalStreaming
      )
    }
    /// Namespace for "Train" metadata.
    public enum Train: Sendable {
      /// Request type for "Train".
      public typealias Input = TrainRequest
      /// Response type for "Train".
      public typealias Output = TrainResponse
      /// Descriptor for "Train".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService"),
        method: "Train",
        type: .bidirectionalStreaming
      )
    }
    /// Namespace for "Join" metadata.
    public enum Join: Sendable {
      /// Request type for "Join".
      public typealias Input = JoinRequest
      /// Response type for "Join".
      public typealias Output = JoinResponse
      /// Descriptor for "Join".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService"),
        method: "Join",
        type: .unary
      )
    }
    /// Namespace for "Save" metadata.
    public enum Save: Sendable {
      /// Request type for "Save".
      public typealias Input = SaveRequest
      /// Response type for "Save".
      public typealias Output = SaveResponse
      /// Descriptor for "Save".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService"),
        method: "Save",
        type: .unary
      )
    }
    /// Namespace for "Export" metadata.
    public enum Export: Sendable {
      /// Request type for "Export".
      public typealias Input = ExportRequest
      /// Response type for "Export".
      public typealias Output = ExportResponse
      /// Descriptor for "Export".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService"),
        method: "Export",
        type: .unary
      )
    }
    /// Descriptors for all methods in the "retort.v1.StudentService" service.
    public static let descriptors: [GRPCCore.MethodDescriptor] = [
      Describe.descriptor,
      Load.descriptor,
      Generate.descriptor,
      Score.descriptor,
      Train.descriptor,
      Join.descriptor,
      Save.descriptor,
      Export.descriptor
    ]
  }
}

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension GRPCCore.ServiceDescriptor {
  /// Service descriptor for the "retort.v1.StudentService" service.
  public static let studentServiceRPC = GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.StudentService")
}

// MARK: retort.v1.StudentService (server)

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension StudentServiceRPC {
  /// Streaming variant of the service protocol for the "retort.v1.StudentService" service.
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
  /// > Holds parameters and optimizer state of one student, trains it and samples from it.
  /// > 
  /// > Folders are named relative to the service's own root and never leave it.
  /// > Every RPC but Describe and Load answers FAILED_PRECONDITION until a model is loaded.
  /// > 
  /// > A caller that may have been replaced by another numbers its calls with a fencing token, which grows whenever a student is given to
  /// > somebody. Load begins a token; whatever carries another than that of the newest Load is FAILED_PRECONDITION and changes nothing. 0, or none,
  /// > is the oldest.
  public protocol StreamingServiceProtocol: GRPCCore.RegistrableRPCService {
    /// Handle the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what is loaded, at which step.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `StudentServiceDescribeRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `StudentServiceDescribeResponse` messages.
    func describe(
      request: GRPCCore.StreamingServerRequest<StudentServiceDescribeRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceDescribeResponse>

    /// Handle the "Load" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Replaces the model by that of a folder or checkpoint. NOT_FOUND or INVALID_ARGUMENT names the file.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `LoadRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `LoadResponse` messages.
    func load(
      request: GRPCCore.StreamingServerRequest<LoadRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<LoadResponse>

    /// Handle the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt with the present parameters; completions arrive as they finish.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `StudentServiceGenerateRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `StudentServiceGenerateResponse` messages.
    func generate(
      request: GRPCCore.StreamingServerRequest<StudentServiceGenerateRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceGenerateResponse>

    /// Handle the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers about given sequences with the present parameters.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `StudentServiceScoreRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `StudentServiceScoreResponse` messages.
    func score(
      request: GRPCCore.StreamingServerRequest<StudentServiceScoreRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceScoreResponse>

    /// Handle the "Train" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes one optimizer step per request, in order, and answers each. Log-probs of the next request's sequences
    /// > are fetched from the teacher while the present one trains. A non-finite loss ends the call with
    /// > FAILED_PRECONDITION and leaves the parameters of the last good step.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `TrainRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `TrainResponse` messages.
    func train(
      request: GRPCCore.StreamingServerRequest<TrainRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<TrainResponse>

    /// Handle the "Join" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes the student one of several replicas that share steps, once all of them have been asked to join: the group that it was in is
    /// > left, and it takes the parameters and the optimizer's state of the replica that has made the most steps, unless it has them.
    /// > FAILED_PRECONDITION where one computes with other arithmetic, of which the message tells; ABORTED where another one did not come.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `JoinRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `JoinResponse` messages.
    func join(
      request: GRPCCore.StreamingServerRequest<JoinRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<JoinResponse>

    /// Handle the "Save" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a checkpoint: everything needed to go on, bit for bit.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `SaveRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `SaveResponse` messages.
    func save(
      request: GRPCCore.StreamingServerRequest<SaveRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<SaveResponse>

    /// Handle the "Export" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a model folder for other tools.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `ExportRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `ExportResponse` messages.
    func export(
      request: GRPCCore.StreamingServerRequest<ExportRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<ExportResponse>
  }

  /// Service protocol for the "retort.v1.StudentService" service.
  ///
  /// This protocol is higher level than ``StreamingServiceProtocol`` but lower level than
  /// the ``SimpleServiceProtocol``, it provides access to request and response metadata and
  /// trailing response metadata. If you don't need these then consider using
  /// the ``SimpleServiceProtocol``. If you need fine grained control over your RPCs then
  /// use ``StreamingServiceProtocol``.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Holds parameters and optimizer state of one student, trains it and samples from it.
  /// > 
  /// > Folders are named relative to the service's own root and never leave it.
  /// > Every RPC but Describe and Load answers FAILED_PRECONDITION until a model is loaded.
  /// > 
  /// > A caller that may have been replaced by another numbers its calls with a fencing token, which grows whenever a student is given to
  /// > somebody. Load begins a token; whatever carries another than that of the newest Load is FAILED_PRECONDITION and changes nothing. 0, or none,
  /// > is the oldest.
  public protocol ServiceProtocol: StudentServiceRPC.StreamingServiceProtocol {
    /// Handle the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what is loaded, at which step.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `StudentServiceDescribeRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `StudentServiceDescribeResponse` message.
    func describe(
      request: GRPCCore.ServerRequest<StudentServiceDescribeRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<StudentServiceDescribeResponse>

    /// Handle the "Load" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Replaces the model by that of a folder or checkpoint. NOT_FOUND or INVALID_ARGUMENT names the file.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `LoadRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `LoadResponse` message.
    func load(
      request: GRPCCore.ServerRequest<LoadRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<LoadResponse>

    /// Handle the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt with the present parameters; completions arrive as they finish.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `StudentServiceGenerateRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `StudentServiceGenerateResponse` messages.
    func generate(
      request: GRPCCore.ServerRequest<StudentServiceGenerateRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceGenerateResponse>

    /// Handle the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers about given sequences with the present parameters.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `StudentServiceScoreRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `StudentServiceScoreResponse` messages.
    func score(
      request: GRPCCore.StreamingServerRequest<StudentServiceScoreRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceScoreResponse>

    /// Handle the "Train" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes one optimizer step per request, in order, and answers each. Log-probs of the next request's sequences
    /// > are fetched from the teacher while the present one trains. A non-finite loss ends the call with
    /// > FAILED_PRECONDITION and leaves the parameters of the last good step.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `TrainRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `TrainResponse` messages.
    func train(
      request: GRPCCore.StreamingServerRequest<TrainRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<TrainResponse>

    /// Handle the "Join" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes the student one of several replicas that share steps, once all of them have been asked to join: the group that it was in is
    /// > left, and it takes the parameters and the optimizer's state of the replica that has made the most steps, unless it has them.
    /// > FAILED_PRECONDITION where one computes with other arithmetic, of which the message tells; ABORTED where another one did not come.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `JoinRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `JoinResponse` message.
    func join(
      request: GRPCCore.ServerRequest<JoinRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<JoinResponse>

    /// Handle the "Save" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a checkpoint: everything needed to go on, bit for bit.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `SaveRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `SaveResponse` message.
    func save(
      request: GRPCCore.ServerRequest<SaveRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<SaveResponse>

    /// Handle the "Export" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a model folder for other tools.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ExportRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `ExportResponse` message.
    func export(
      request: GRPCCore.ServerRequest<ExportRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<ExportResponse>
  }

  /// Simple service protocol for the "retort.v1.StudentService" service.
  ///
  /// This is the highest level protocol for the service. The API is the easiest to use but
  /// doesn't provide access to request or response metadata. If you need access to these
  /// then use ``ServiceProtocol`` instead.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Holds parameters and optimizer state of one student, trains it and samples from it.
  /// > 
  /// > Folders are named relative to the service's own root and never leave it.
  /// > Every RPC but Describe and Load answers FAILED_PRECONDITION until a model is loaded.
  /// > 
  /// > A caller that may have been replaced by another numbers its calls with a fencing token, which grows whenever a student is given to
  /// > somebody. Load begins a token; whatever carries another than that of the newest Load is FAILED_PRECONDITION and changes nothing. 0, or none,
  /// > is the oldest.
  public protocol SimpleServiceProtocol: StudentServiceRPC.ServiceProtocol {
    /// Handle the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what is loaded, at which step.
    ///
    /// - Parameters:
    ///   - request: A `StudentServiceDescribeRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `StudentServiceDescribeResponse` to respond with.
    func describe(
      request: StudentServiceDescribeRequest,
      context: GRPCCore.ServerContext
    ) async throws -> StudentServiceDescribeResponse

    /// Handle the "Load" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Replaces the model by that of a folder or checkpoint. NOT_FOUND or INVALID_ARGUMENT names the file.
    ///
    /// - Parameters:
    ///   - request: A `LoadRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `LoadResponse` to respond with.
    func load(
      request: LoadRequest,
      context: GRPCCore.ServerContext
    ) async throws -> LoadResponse

    /// Handle the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt with the present parameters; completions arrive as they finish.
    ///
    /// - Parameters:
    ///   - request: A `StudentServiceGenerateRequest` message.
    ///   - response: A response stream of `StudentServiceGenerateResponse` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    func generate(
      request: StudentServiceGenerateRequest,
      response: GRPCCore.RPCWriter<StudentServiceGenerateResponse>,
      context: GRPCCore.ServerContext
    ) async throws

    /// Handle the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers about given sequences with the present parameters.
    ///
    /// - Parameters:
    ///   - request: A stream of `StudentServiceScoreRequest` messages.
    ///   - response: A response stream of `StudentServiceScoreResponse` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    func score(
      request: GRPCCore.RPCAsyncSequence<StudentServiceScoreRequest, any Swift.Error>,
      response: GRPCCore.RPCWriter<StudentServiceScoreResponse>,
      context: GRPCCore.ServerContext
    ) async throws

    /// Handle the "Train" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes one optimizer step per request, in order, and answers each. Log-probs of the next request's sequences
    /// > are fetched from the teacher while the present one trains. A non-finite loss ends the call with
    /// > FAILED_PRECONDITION and leaves the parameters of the last good step.
    ///
    /// - Parameters:
    ///   - request: A stream of `TrainRequest` messages.
    ///   - response: A response stream of `TrainResponse` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    func train(
      request: GRPCCore.RPCAsyncSequence<TrainRequest, any Swift.Error>,
      response: GRPCCore.RPCWriter<TrainResponse>,
      context: GRPCCore.ServerContext
    ) async throws

    /// Handle the "Join" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes the student one of several replicas that share steps, once all of them have been asked to join: the group that it was in is
    /// > left, and it takes the parameters and the optimizer's state of the replica that has made the most steps, unless it has them.
    /// > FAILED_PRECONDITION where one computes with other arithmetic, of which the message tells; ABORTED where another one did not come.
    ///
    /// - Parameters:
    ///   - request: A `JoinRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `JoinResponse` to respond with.
    func join(
      request: JoinRequest,
      context: GRPCCore.ServerContext
    ) async throws -> JoinResponse

    /// Handle the "Save" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a checkpoint: everything needed to go on, bit for bit.
    ///
    /// - Parameters:
    ///   - request: A `SaveRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `SaveResponse` to respond with.
    func save(
      request: SaveRequest,
      context: GRPCCore.ServerContext
    ) async throws -> SaveResponse

    /// Handle the "Export" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a model folder for other tools.
    ///
    /// - Parameters:
    ///   - request: A `ExportRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `ExportResponse` to respond with.
    func export(
      request: ExportRequest,
      context: GRPCCore.ServerContext
    ) async throws -> ExportResponse
  }
}

// Default implementation of 'registerMethods(with:)'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension StudentServiceRPC.StreamingServiceProtocol {
  public func registerMethods<Transport>(with router: inout GRPCCore.RPCRouter<Transport>) where Transport: GRPCCore.ServerTransport {
    router.registerHandler(
      forMethod: StudentServiceRPC.Method.Describe.descriptor,
      deserializer: ProtobufCDeserializer<StudentServiceDescribeRequest>(),
      serializer: ProtobufCSerializer<StudentServiceDescribeResponse>(),
      handler: { request, context in
        try await self.describe(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: StudentServiceRPC.Method.Load.descriptor,
      deserializer: ProtobufCDeserializer<LoadRequest>(),
      serializer: ProtobufCSerializer<LoadResponse>(),
      handler: { request, context in
        try await self.load(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: StudentServiceRPC.Method.Generate.descriptor,
      deserializer: ProtobufCDeserializer<StudentServiceGenerateRequest>(),
      serializer: ProtobufCSerializer<StudentServiceGenerateResponse>(),
      handler: { request, context in
        try await self.generate(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: StudentServiceRPC.Method.Score.descriptor,
      deserializer: ProtobufCDeserializer<StudentServiceScoreRequest>(),
      serializer: ProtobufCSerializer<StudentServiceScoreResponse>(),
      handler: { request, context in
        try await self.score(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: StudentServiceRPC.Method.Train.descriptor,
      deserializer: ProtobufCDeserializer<TrainRequest>(),
      serializer: ProtobufCSerializer<TrainResponse>(),
      handler: { request, context in
        try await self.train(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: StudentServiceRPC.Method.Join.descriptor,
      deserializer: ProtobufCDeserializer<JoinRequest>(),
      serializer: ProtobufCSerializer<JoinResponse>(),
      handler: { request, context in
        try await self.join(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: StudentServiceRPC.Method.Save.descriptor,
      deserializer: ProtobufCDeserializer<SaveRequest>(),
      serializer: ProtobufCSerializer<SaveResponse>(),
      handler: { request, context in
        try await self.save(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: StudentServiceRPC.Method.Export.descriptor,
      deserializer: ProtobufCDeserializer<ExportRequest>(),
      serializer: ProtobufCSerializer<ExportResponse>(),
      handler: { request, context in
        try await self.export(
          request: request,
          context: context
        )
      }
    )
  }
}

// Default implementation of streaming methods from 'StreamingServiceProtocol'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension StudentServiceRPC.ServiceProtocol {
  public func describe(
    request: GRPCCore.StreamingServerRequest<StudentServiceDescribeRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceDescribeResponse> {
    let response = try await self.describe(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func load(
    request: GRPCCore.StreamingServerRequest<LoadRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<LoadResponse> {
    let response = try await self.load(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func generate(
    request: GRPCCore.StreamingServerRequest<StudentServiceGenerateRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceGenerateResponse> {
    let response = try await self.generate(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return response
  }

  public func join(
    request: GRPCCore.StreamingServerRequest<JoinRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<JoinResponse> {
    let response = try await self.join(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func save(
    request: GRPCCore.StreamingServerRequest<SaveRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<SaveResponse> {
    let response = try await self.save(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func export(
    request: GRPCCore.StreamingServerRequest<ExportRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<ExportResponse> {
    let response = try await self.export(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }
}

// Default implementation of methods from 'ServiceProtocol'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension StudentServiceRPC.SimpleServiceProtocol {
  public func describe(
    request: GRPCCore.ServerRequest<StudentServiceDescribeRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<StudentServiceDescribeResponse> {
    return GRPCCore.ServerResponse<StudentServiceDescribeResponse>(
      message: try await self.describe(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func load(
    request: GRPCCore.ServerRequest<LoadRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<LoadResponse> {
    return GRPCCore.ServerResponse<LoadResponse>(
      message: try await self.load(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func generate(
    request: GRPCCore.ServerRequest<StudentServiceGenerateRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceGenerateResponse> {
    return GRPCCore.StreamingServerResponse<StudentServiceGenerateResponse>(
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
    request: GRPCCore.StreamingServerRequest<StudentServiceScoreRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<StudentServiceScoreResponse> {
    return GRPCCore.StreamingServerResponse<StudentServiceScoreResponse>(
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

  public func train(
    request: GRPCCore.StreamingServerRequest<TrainRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<TrainResponse> {
    return GRPCCore.StreamingServerResponse<TrainResponse>(
      metadata: [:],
      producer: { writer in
        try await self.train(
          request: request.messages,
          response: writer,
          context: context
        )
        return [:]
      }
    )
  }

  public func join(
    request: GRPCCore.ServerRequest<JoinRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<JoinResponse> {
    return GRPCCore.ServerResponse<JoinResponse>(
      message: try await self.join(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func save(
    request: GRPCCore.ServerRequest<SaveRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<SaveResponse> {
    return GRPCCore.ServerResponse<SaveResponse>(
      message: try await self.save(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func export(
    request: GRPCCore.ServerRequest<ExportRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<ExportResponse> {
    return GRPCCore.ServerResponse<ExportResponse>(
      message: try await self.export(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }
}

// MARK: retort.v1.StudentService (client)

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension StudentServiceRPC {
  /// Generated client protocol for the "retort.v1.StudentService" service.
  ///
  /// You don't need to implement this protocol directly, use the generated
  /// implementation, ``Client``.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Holds parameters and optimizer state of one student, trains it and samples from it.
  /// > 
  /// > Folders are named relative to the service's own root and never leave it.
  /// > Every RPC but Describe and Load answers FAILED_PRECONDITION until a model is loaded.
  /// > 
  /// > A caller that may have been replaced by another numbers its calls with a fencing token, which grows whenever a student is given to
  /// > somebody. Load begins a token; whatever carries another than that of the newest Load is FAILED_PRECONDITION and changes nothing. 0, or none,
  /// > is the oldest.
  public protocol ClientProtocol: Sendable {
    /// Call the "Describe" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says what is loaded, at which step.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `StudentServiceDescribeRequest` message.
    ///   - serializer: A serializer for `StudentServiceDescribeRequest` messages.
    ///   - deserializer: A deserializer for `StudentServiceDescribeResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func describe<Result>(
      request: GRPCCore.ClientRequest<StudentServiceDescribeRequest>,
      serializer: some GRPCCore.MessageSerializer<StudentServiceDescribeRequest>,
      deserializer: some GRPCCore.MessageDeserializer<StudentServiceDescribeResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<StudentServiceDescribeResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Load" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Replaces the model by that of a folder or checkpoint. NOT_FOUND or INVALID_ARGUMENT names the file.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `LoadRequest` message.
    ///   - serializer: A serializer for `LoadRequest` messages.
    ///   - deserializer: A deserializer for `LoadResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func load<Result>(
      request: GRPCCore.ClientRequest<LoadRequest>,
      serializer: some GRPCCore.MessageSerializer<LoadRequest>,
      deserializer: some GRPCCore.MessageDeserializer<LoadResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<LoadResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Generate" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Completes each prompt with the present parameters; completions arrive as they finish.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `StudentServiceGenerateRequest` message.
    ///   - serializer: A serializer for `StudentServiceGenerateRequest` messages.
    ///   - deserializer: A deserializer for `StudentServiceGenerateResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func generate<Result>(
      request: GRPCCore.ClientRequest<StudentServiceGenerateRequest>,
      serializer: some GRPCCore.MessageSerializer<StudentServiceGenerateRequest>,
      deserializer: some GRPCCore.MessageDeserializer<StudentServiceGenerateResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<StudentServiceGenerateResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Score" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Answers about given sequences with the present parameters.
    ///
    /// - Parameters:
    ///   - request: A streaming request producing `StudentServiceScoreRequest` messages.
    ///   - serializer: A serializer for `StudentServiceScoreRequest` messages.
    ///   - deserializer: A deserializer for `StudentServiceScoreResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func score<Result>(
      request: GRPCCore.StreamingClientRequest<StudentServiceScoreRequest>,
      serializer: some GRPCCore.MessageSerializer<StudentServiceScoreRequest>,
      deserializer: some GRPCCore.MessageDeserializer<StudentServiceScoreResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<StudentServiceScoreResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Train" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes one optimizer step per request, in order, and answers each. Log-probs of the next request's sequences
    /// > are fetched from the teacher while the present one trains. A non-finite loss ends the call with
    /// > FAILED_PRECONDITION and leaves the parameters of the last good step.
    ///
    /// - Parameters:
    ///   - request: A streaming request producing `TrainRequest` messages.
    ///   - serializer: A serializer for `TrainRequest` messages.
    ///   - deserializer: A deserializer for `TrainResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func train<Result>(
      request: GRPCCore.StreamingClientRequest<TrainRequest>,
      serializer: some GRPCCore.MessageSerializer<TrainRequest>,
      deserializer: some GRPCCore.MessageDeserializer<TrainResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TrainResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Join" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes the student one of several replicas that share steps, once all of them have been asked to join: the group that it was in is
    /// > left, and it takes the parameters and the optimizer's state of the replica that has made the most steps, unless it has them.
    /// > FAILED_PRECONDITION where one computes with other arithmetic, of which the message tells; ABORTED where another one did not come.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `JoinRequest` message.
    ///   - serializer: A serializer for `JoinRequest` messages.
    ///   - deserializer: A deserializer for `JoinResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func join<Result>(
      request: GRPCCore.ClientRequest<JoinRequest>,
      serializer: some GRPCCore.MessageSerializer<JoinRequest>,
      deserializer: some GRPCCore.MessageDeserializer<JoinResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<JoinResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Save" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a checkpoint: everything needed to go on, bit for bit.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `SaveRequest` message.
    ///   - serializer: A serializer for `SaveRequest` messages.
    ///   - deserializer: A deserializer for `SaveResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func save<Result>(
      request: GRPCCore.ClientRequest<SaveRequest>,
      serializer: some GRPCCore.MessageSerializer<SaveRequest>,
      deserializer: some GRPCCore.MessageDeserializer<SaveResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<SaveResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "Export" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a model folder for other tools.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ExportRequest` message.
    ///   - serializer: A serializer for `ExportRequest` messages.
    ///   - deserializer: A deserializer for `ExportResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func export<Result>(
      request: GRPCCore.ClientRequest<ExportRequest>,
      serializer: some GRPCCore.MessageSerializer<ExportRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ExportResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ExportResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable
  }

  /// Generated client for the "retort.v1.StudentService" service.
  ///
  /// The ``Client`` provides an implementation of ``ClientProtocol`` which wraps
  /// a `GRPCCore.GRPCCClient`. The underlying `GRPCClient` provides the long-lived
  /// means of communication with the remote peer.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Holds parameters and optimizer state of one student, trains it and samples from it.
  /// > 
  /// > Folders are named relative to the service's own root and never leave it.
  /// > Every RPC but Describe and Load answers FAILED_PRECONDITION until a model is loaded.
  /// > 
  /// > A caller that may have been replaced by another numbers its calls with a fencing token, which grows whenever a student is given to
  /// > somebody. Load begins a token; whatever carries another than that of the newest Load is FAILED_PRECONDITION and changes nothing. 0, or none,
  /// > is the oldest.
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
    /// > Says what is loaded, at which step.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `StudentServiceDescribeRequest` message.
    ///   - serializer: A serializer for `StudentServiceDescribeRequest` messages.
    ///   - deserializer: A deserializer for `StudentServiceDescribeResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func describe<Result>(
      request: GRPCCore.ClientRequest<StudentServiceDescribeRequest>,
      serializer: some GRPCCore.MessageSerializer<StudentServiceDescribeRequest>,
      deserializer: some GRPCCore.MessageDeserializer<StudentServiceDescribeResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<StudentServiceDescribeResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: StudentServiceRPC.Method.Describe.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "Load" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Replaces the model by that of a folder or checkpoint. NOT_FOUND or INVALID_ARGUMENT names the file.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `LoadRequest` message.
    ///   - serializer: A serializer for `LoadRequest` messages.
    ///   - deserializer: A deserializer for `LoadResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func load<Result>(
      request: GRPCCore.ClientRequest<LoadRequest>,
      serializer: some GRPCCore.MessageSerializer<LoadRequest>,
      deserializer: some GRPCCore.MessageDeserializer<LoadResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<LoadResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: StudentServiceRPC.Method.Load.descriptor,
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
    /// > Completes each prompt with the present parameters; completions arrive as they finish.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `StudentServiceGenerateRequest` message.
    ///   - serializer: A serializer for `StudentServiceGenerateRequest` messages.
    ///   - deserializer: A deserializer for `StudentServiceGenerateResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func generate<Result>(
      request: GRPCCore.ClientRequest<StudentServiceGenerateRequest>,
      serializer: some GRPCCore.MessageSerializer<StudentServiceGenerateRequest>,
      deserializer: some GRPCCore.MessageDeserializer<StudentServiceGenerateResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<StudentServiceGenerateResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable {
      try await self.client.serverStreaming(
        request: request,
        descriptor: StudentServiceRPC.Method.Generate.descriptor,
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
    /// > Answers about given sequences with the present parameters.
    ///
    /// - Parameters:
    ///   - request: A streaming request producing `StudentServiceScoreRequest` messages.
    ///   - serializer: A serializer for `StudentServiceScoreRequest` messages.
    ///   - deserializer: A deserializer for `StudentServiceScoreResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func score<Result>(
      request: GRPCCore.StreamingClientRequest<StudentServiceScoreRequest>,
      serializer: some GRPCCore.MessageSerializer<StudentServiceScoreRequest>,
      deserializer: some GRPCCore.MessageDeserializer<StudentServiceScoreResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<StudentServiceScoreResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable {
      try await self.client.bidirectionalStreaming(
        request: request,
        descriptor: StudentServiceRPC.Method.Score.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "Train" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes one optimizer step per request, in order, and answers each. Log-probs of the next request's sequences
    /// > are fetched from the teacher while the present one trains. A non-finite loss ends the call with
    /// > FAILED_PRECONDITION and leaves the parameters of the last good step.
    ///
    /// - Parameters:
    ///   - request: A streaming request producing `TrainRequest` messages.
    ///   - serializer: A serializer for `TrainRequest` messages.
    ///   - deserializer: A deserializer for `TrainResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func train<Result>(
      request: GRPCCore.StreamingClientRequest<TrainRequest>,
      serializer: some GRPCCore.MessageSerializer<TrainRequest>,
      deserializer: some GRPCCore.MessageDeserializer<TrainResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TrainResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable {
      try await self.client.bidirectionalStreaming(
        request: request,
        descriptor: StudentServiceRPC.Method.Train.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "Join" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes the student one of several replicas that share steps, once all of them have been asked to join: the group that it was in is
    /// > left, and it takes the parameters and the optimizer's state of the replica that has made the most steps, unless it has them.
    /// > FAILED_PRECONDITION where one computes with other arithmetic, of which the message tells; ABORTED where another one did not come.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `JoinRequest` message.
    ///   - serializer: A serializer for `JoinRequest` messages.
    ///   - deserializer: A deserializer for `JoinResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func join<Result>(
      request: GRPCCore.ClientRequest<JoinRequest>,
      serializer: some GRPCCore.MessageSerializer<JoinRequest>,
      deserializer: some GRPCCore.MessageDeserializer<JoinResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<JoinResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: StudentServiceRPC.Method.Join.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "Save" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a checkpoint: everything needed to go on, bit for bit.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `SaveRequest` message.
    ///   - serializer: A serializer for `SaveRequest` messages.
    ///   - deserializer: A deserializer for `SaveResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func save<Result>(
      request: GRPCCore.ClientRequest<SaveRequest>,
      serializer: some GRPCCore.MessageSerializer<SaveRequest>,
      deserializer: some GRPCCore.MessageDeserializer<SaveResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<SaveResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: StudentServiceRPC.Method.Save.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "Export" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Writes a model folder for other tools.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ExportRequest` message.
    ///   - serializer: A serializer for `ExportRequest` messages.
    ///   - deserializer: A deserializer for `ExportResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func export<Result>(
      request: GRPCCore.ClientRequest<ExportRequest>,
      serializer: some GRPCCore.MessageSerializer<ExportRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ExportResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ExportResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: StudentServiceRPC.Method.Export.descriptor,
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
extension StudentServiceRPC.ClientProtocol {
  /// Call the "Describe" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Says what is loaded, at which step.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `StudentServiceDescribeRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func describe<Result>(
    request: GRPCCore.ClientRequest<StudentServiceDescribeRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<StudentServiceDescribeResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.describe(
      request: request,
      serializer: ProtobufCSerializer<StudentServiceDescribeRequest>(),
      deserializer: ProtobufCDeserializer<StudentServiceDescribeResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Load" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Replaces the model by that of a folder or checkpoint. NOT_FOUND or INVALID_ARGUMENT names the file.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `LoadRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func load<Result>(
    request: GRPCCore.ClientRequest<LoadRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<LoadResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.load(
      request: request,
      serializer: ProtobufCSerializer<LoadRequest>(),
      deserializer: ProtobufCDeserializer<LoadResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Generate" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Completes each prompt with the present parameters; completions arrive as they finish.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `StudentServiceGenerateRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func generate<Result>(
    request: GRPCCore.ClientRequest<StudentServiceGenerateRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<StudentServiceGenerateResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    try await self.generate(
      request: request,
      serializer: ProtobufCSerializer<StudentServiceGenerateRequest>(),
      deserializer: ProtobufCDeserializer<StudentServiceGenerateResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Score" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Answers about given sequences with the present parameters.
  ///
  /// - Parameters:
  ///   - request: A streaming request producing `StudentServiceScoreRequest` messages.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func score<Result>(
    request: GRPCCore.StreamingClientRequest<StudentServiceScoreRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<StudentServiceScoreResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    try await self.score(
      request: request,
      serializer: ProtobufCSerializer<StudentServiceScoreRequest>(),
      deserializer: ProtobufCDeserializer<StudentServiceScoreResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Train" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Makes one optimizer step per request, in order, and answers each. Log-probs of the next request's sequences
  /// > are fetched from the teacher while the present one trains. A non-finite loss ends the call with
  /// > FAILED_PRECONDITION and leaves the parameters of the last good step.
  ///
  /// - Parameters:
  ///   - request: A streaming request producing `TrainRequest` messages.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func train<Result>(
    request: GRPCCore.StreamingClientRequest<TrainRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TrainResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    try await self.train(
      request: request,
      serializer: ProtobufCSerializer<TrainRequest>(),
      deserializer: ProtobufCDeserializer<TrainResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Join" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Makes the student one of several replicas that share steps, once all of them have been asked to join: the group that it was in is
  /// > left, and it takes the parameters and the optimizer's state of the replica that has made the most steps, unless it has them.
  /// > FAILED_PRECONDITION where one computes with other arithmetic, of which the message tells; ABORTED where another one did not come.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `JoinRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func join<Result>(
    request: GRPCCore.ClientRequest<JoinRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<JoinResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.join(
      request: request,
      serializer: ProtobufCSerializer<JoinRequest>(),
      deserializer: ProtobufCDeserializer<JoinResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Save" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Writes a checkpoint: everything needed to go on, bit for bit.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `SaveRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func save<Result>(
    request: GRPCCore.ClientRequest<SaveRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<SaveResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.save(
      request: request,
      serializer: ProtobufCSerializer<SaveRequest>(),
      deserializer: ProtobufCDeserializer<SaveResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Export" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Writes a model folder for other tools.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `ExportRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func export<Result>(
    request: GRPCCore.ClientRequest<ExportRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ExportResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.export(
      request: request,
      serializer: ProtobufCSerializer<ExportRequest>(),
      deserializer: ProtobufCDeserializer<ExportResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }
}

// Helpers providing sugared APIs for 'ClientProtocol' methods.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension StudentServiceRPC.ClientProtocol {
  /// Call the "Describe" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Says what is loaded, at which step.
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
    _ message: StudentServiceDescribeRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<StudentServiceDescribeResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<StudentServiceDescribeRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.describe(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Load" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Replaces the model by that of a folder or checkpoint. NOT_FOUND or INVALID_ARGUMENT names the file.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func load<Result>(
    _ message: LoadRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<LoadResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<LoadRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.load(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Generate" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Completes each prompt with the present parameters; completions arrive as they finish.
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
    _ message: StudentServiceGenerateRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<StudentServiceGenerateResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<StudentServiceGenerateRequest>(
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
  /// > Answers about given sequences with the present parameters.
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
    requestProducer producer: @Sendable @escaping (GRPCCore.RPCWriter<StudentServiceScoreRequest>) async throws -> Void,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<StudentServiceScoreResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.StreamingClientRequest<StudentServiceScoreRequest>(
      metadata: metadata,
      producer: producer
    )
    return try await self.score(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Train" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Makes one optimizer step per request, in order, and answers each. Log-probs of the next request's sequences
  /// > are fetched from the teacher while the present one trains. A non-finite loss ends the call with
  /// > FAILED_PRECONDITION and leaves the parameters of the last good step.
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
  public func train<Result>(
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    requestProducer producer: @Sendable @escaping (GRPCCore.RPCWriter<TrainRequest>) async throws -> Void,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<TrainResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.StreamingClientRequest<TrainRequest>(
      metadata: metadata,
      producer: producer
    )
    return try await self.train(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Join" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Makes the student one of several replicas that share steps, once all of them have been asked to join: the group that it was in is
  /// > left, and it takes the parameters and the optimizer's state of the replica that has made the most steps, unless it has them.
  /// > FAILED_PRECONDITION where one computes with other arithmetic, of which the message tells; ABORTED where another one did not come.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func join<Result>(
    _ message: JoinRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<JoinResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<JoinRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.join(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Save" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Writes a checkpoint: everything needed to go on, bit for bit.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func save<Result>(
    _ message: SaveRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<SaveResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<SaveRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.save(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "Export" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Writes a model folder for other tools.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func export<Result>(
    _ message: ExportRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ExportResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<ExportRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.export(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }
}