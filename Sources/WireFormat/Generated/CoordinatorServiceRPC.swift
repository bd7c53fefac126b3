// Generated from retort/v1/coordinator_service.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

public import GRPCCore

// MARK: - retort.v1.CoordinatorService

/// Namespace containing generated types for the "retort.v1.CoordinatorService" service.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
public enum CoordinatorServiceRPC: Sendable {
  /// Service descriptor for the "retort.v1.CoordinatorService" service.
  public static let descriptor = GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService")
  /// Namespace for method metadata.
  public enum Method: Sendable {
    /// Namespace for "SubmitRun" metadata.
    public enum SubmitRun: Sendable {
      /// Request type for "SubmitRun".
      public typealias Input = SubmitRunRequest
      /// Response type for "SubmitRun".
      public typealias Output = SubmitRunResponse
      /// Descriptor for "SubmitRun".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "SubmitRun",
        type: .unary
      )
    }
    /// Namespace for "GetRun" metadata.
    public enum GetRun: Sendable {
      /// Request type for "GetRun".
      public typealias Input = GetRunRequest
      /// Response type for "GetRun".
      public typealias Output = GetRunResponse
      /// Descriptor for "GetRun".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "GetRun",
        type: .unary
      )
    }
    /// Namespace for "ListRuns" metadata.
    public enum ListRuns: Sendable {
      /// Request type for "ListRuns".
      public typealias Input = ListRunsRequest
      /// Response type for "ListRuns".
      public typealias Output = ListRunsResponse
      /// Descriptor for "ListRuns".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "ListRuns",
        type: .unary
      )
    }
    /// Namespace for "WatchRun" metadata.
    public enum WatchRun: Sendable {
      /// Request type for "WatchRun".
      public typealias Input = WatchRunRequest
      /// Response type for "WatchRun".
      public typealias Output = WatchRunResponse
      /// Descriptor for "WatchRun".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "WatchRun",
        type: .serverStreaming
      )
    }
    /// Namespace for "CancelRun" metadata.
    public enum CancelRun: Sendable {
      /// Request type for "CancelRun".
      public typealias Input = CancelRunRequest
      /// Response type for "CancelRun".
      public typealias Output = CancelRunResponse
      /// Descriptor for "CancelRun".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "CancelRun",
        type: .unary
      )
    }
    /// Namespace for "ResumeRun" metadata.
    public enum ResumeRun: Sendable {
      /// Request type for "ResumeRun".
      public typealias Input = ResumeRunRequest
      /// Response type for "ResumeRun".
      public typealias Output = ResumeRunResponse
      /// Descriptor for "ResumeRun".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "ResumeRun",
        type: .unary
      )
    }
    /// Namespace for "RegisterTrainer" metadata.
    public enum RegisterTrainer: Sendable {
      /// Request type for "RegisterTrainer".
      public typealias Input = RegisterTrainerRequest
      /// Response type for "RegisterTrainer".
      public typealias Output = RegisterTrainerResponse
      /// Descriptor for "RegisterTrainer".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "RegisterTrainer",
        type: .unary
      )
    }
    /// Namespace for "RenewLease" metadata.
    public enum RenewLease: Sendable {
      /// Request type for "RenewLease".
      public typealias Input = RenewLeaseRequest
      /// Response type for "RenewLease".
      public typealias Output = RenewLeaseResponse
      /// Descriptor for "RenewLease".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "RenewLease",
        type: .unary
      )
    }
    /// Namespace for "ListTrainers" metadata.
    public enum ListTrainers: Sendable {
      /// Request type for "ListTrainers".
      public typealias Input = ListTrainersRequest
      /// Response type for "ListTrainers".
      public typealias Output = ListTrainersResponse
      /// Descriptor for "ListTrainers".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "ListTrainers",
        type: .unary
      )
    }
    /// Namespace for "ListTeachers" metadata.
    public enum ListTeachers: Sendable {
      /// Request type for "ListTeachers".
      public typealias Input = ListTeachersRequest
      /// Response type for "ListTeachers".
      public typealias Output = ListTeachersResponse
      /// Descriptor for "ListTeachers".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "ListTeachers",
        type: .unary
      )
    }
    /// Namespace for "PutGroupValue" metadata.
    public enum PutGroupValue: Sendable {
      /// Request type for "PutGroupValue".
      public typealias Input = PutGroupValueRequest
      /// Response type for "PutGroupValue".
      public typealias Output = PutGroupValueResponse
      /// Descriptor for "PutGroupValue".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "PutGroupValue",
        type: .unary
      )
    }
    /// Namespace for "GetGroupValue" metadata.
    public enum GetGroupValue: Sendable {
      /// Request type for "GetGroupValue".
      public typealias Input = GetGroupValueRequest
      /// Response type for "GetGroupValue".
      public typealias Output = GetGroupValueResponse
      /// Descriptor for "GetGroupValue".
      public static let descriptor = GRPCCore.MethodDescriptor(
        service: GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService"),
        method: "GetGroupValue",
        type: .unary
      )
    }
    /// Descriptors for all methods in the "retort.v1.CoordinatorService" service.
    public static let descriptors: [GRPCCore.MethodDescriptor] = [
      SubmitRun.descriptor,
      GetRun.descriptor,
      ListRuns.descriptor,
      WatchRun.descriptor,
      CancelRun.descriptor,
      ResumeRun.descriptor,
      RegisterTrainer.descriptor,
      RenewLease.descriptor,
      ListTrainers.descriptor,
      ListTeachers.descriptor,
      PutGroupValue.descriptor,
      GetGroupValue.descriptor
    ]
  }
}

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension GRPCCore.ServiceDescriptor {
  /// Service descriptor for the "retort.v1.CoordinatorService" service.
  public static let coordinatorServiceRPC = GRPCCore.ServiceDescriptor(fullyQualifiedService: "retort.v1.CoordinatorService")
}

// MARK: retort.v1.CoordinatorService (server)

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension CoordinatorServiceRPC {
  /// Streaming variant of the service protocol for the "retort.v1.CoordinatorService" service.
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
  /// > Owns runs and their journal. Serves TeacherService too, as a façade with a cache.
  public protocol StreamingServiceProtocol: GRPCCore.RegistrableRPCService {
    /// Handle the "SubmitRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Takes a recipe and begins it. INVALID_ARGUMENT names the key at fault.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `SubmitRunRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `SubmitRunResponse` messages.
    func submitRun(
      request: GRPCCore.StreamingServerRequest<SubmitRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<SubmitRunResponse>

    /// Handle the "GetRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says how far a run is. NOT_FOUND: no such run.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `GetRunRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `GetRunResponse` messages.
    func getRun(
      request: GRPCCore.StreamingServerRequest<GetRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<GetRunResponse>

    /// Handle the "ListRuns" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists all runs, oldest first.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `ListRunsRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `ListRunsResponse` messages.
    func listRuns(
      request: GRPCCore.StreamingServerRequest<ListRunsRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<ListRunsResponse>

    /// Handle the "WatchRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the run's state and metrics from the beginning, then as they come, until the run ends.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `WatchRunRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `WatchRunResponse` messages.
    func watchRun(
      request: GRPCCore.StreamingServerRequest<WatchRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<WatchRunResponse>

    /// Handle the "CancelRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Stops a run after the step in hand. It can be resumed.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `CancelRunRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `CancelRunResponse` messages.
    func cancelRun(
      request: GRPCCore.StreamingServerRequest<CancelRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<CancelRunResponse>

    /// Handle the "ResumeRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Goes on with a run that was cancelled or failed. FAILED_PRECONDITION: it is running or done.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `ResumeRunRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `ResumeRunResponse` messages.
    func resumeRun(
      request: GRPCCore.StreamingServerRequest<ResumeRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<ResumeRunResponse>

    /// Handle the "RegisterTrainer" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes a student known; answers with a lease that must be renewed before it ends.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `RegisterTrainerRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `RegisterTrainerResponse` messages.
    func registerTrainer(
      request: GRPCCore.StreamingServerRequest<RegisterTrainerRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<RegisterTrainerResponse>

    /// Handle the "RenewLease" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Renews a lease. NOT_FOUND: it has ended; register again.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `RenewLeaseRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `RenewLeaseResponse` messages.
    func renewLease(
      request: GRPCCore.StreamingServerRequest<RenewLeaseRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<RenewLeaseResponse>

    /// Handle the "ListTrainers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the students that hold a lease, in the order in which runs get them.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `ListTrainersRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `ListTrainersResponse` messages.
    func listTrainers(
      request: GRPCCore.StreamingServerRequest<ListTrainersRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<ListTrainersResponse>

    /// Handle the "ListTeachers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the models behind the coordinator, with what its cache did.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `ListTeachersRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `ListTeachersResponse` messages.
    func listTeachers(
      request: GRPCCore.StreamingServerRequest<ListTeachersRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<ListTeachersResponse>

    /// Handle the "PutGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Puts down a value for the other replicas of a group, which is kept while the group is. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `PutGroupValueRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `PutGroupValueResponse` messages.
    func putGroupValue(
      request: GRPCCore.StreamingServerRequest<PutGroupValueRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<PutGroupValueResponse>

    /// Handle the "GetGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Waits for a value that a replica puts down. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A streaming request of `GetGroupValueRequest` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `GetGroupValueResponse` messages.
    func getGroupValue(
      request: GRPCCore.StreamingServerRequest<GetGroupValueRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<GetGroupValueResponse>
  }

  /// Service protocol for the "retort.v1.CoordinatorService" service.
  ///
  /// This protocol is higher level than ``StreamingServiceProtocol`` but lower level than
  /// the ``SimpleServiceProtocol``, it provides access to request and response metadata and
  /// trailing response metadata. If you don't need these then consider using
  /// the ``SimpleServiceProtocol``. If you need fine grained control over your RPCs then
  /// use ``StreamingServiceProtocol``.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Owns runs and their journal. Serves TeacherService too, as a façade with a cache.
  public protocol ServiceProtocol: CoordinatorServiceRPC.StreamingServiceProtocol {
    /// Handle the "SubmitRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Takes a recipe and begins it. INVALID_ARGUMENT names the key at fault.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `SubmitRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `SubmitRunResponse` message.
    func submitRun(
      request: GRPCCore.ServerRequest<SubmitRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<SubmitRunResponse>

    /// Handle the "GetRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says how far a run is. NOT_FOUND: no such run.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `GetRunResponse` message.
    func getRun(
      request: GRPCCore.ServerRequest<GetRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<GetRunResponse>

    /// Handle the "ListRuns" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists all runs, oldest first.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListRunsRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `ListRunsResponse` message.
    func listRuns(
      request: GRPCCore.ServerRequest<ListRunsRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<ListRunsResponse>

    /// Handle the "WatchRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the run's state and metrics from the beginning, then as they come, until the run ends.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `WatchRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A streaming response of `WatchRunResponse` messages.
    func watchRun(
      request: GRPCCore.ServerRequest<WatchRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.StreamingServerResponse<WatchRunResponse>

    /// Handle the "CancelRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Stops a run after the step in hand. It can be resumed.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `CancelRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `CancelRunResponse` message.
    func cancelRun(
      request: GRPCCore.ServerRequest<CancelRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<CancelRunResponse>

    /// Handle the "ResumeRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Goes on with a run that was cancelled or failed. FAILED_PRECONDITION: it is running or done.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ResumeRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `ResumeRunResponse` message.
    func resumeRun(
      request: GRPCCore.ServerRequest<ResumeRunRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<ResumeRunResponse>

    /// Handle the "RegisterTrainer" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes a student known; answers with a lease that must be renewed before it ends.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `RegisterTrainerRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `RegisterTrainerResponse` message.
    func registerTrainer(
      request: GRPCCore.ServerRequest<RegisterTrainerRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<RegisterTrainerResponse>

    /// Handle the "RenewLease" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Renews a lease. NOT_FOUND: it has ended; register again.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `RenewLeaseRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `RenewLeaseResponse` message.
    func renewLease(
      request: GRPCCore.ServerRequest<RenewLeaseRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<RenewLeaseResponse>

    /// Handle the "ListTrainers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the students that hold a lease, in the order in which runs get them.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListTrainersRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `ListTrainersResponse` message.
    func listTrainers(
      request: GRPCCore.ServerRequest<ListTrainersRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<ListTrainersResponse>

    /// Handle the "ListTeachers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the models behind the coordinator, with what its cache did.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListTeachersRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `ListTeachersResponse` message.
    func listTeachers(
      request: GRPCCore.ServerRequest<ListTeachersRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<ListTeachersResponse>

    /// Handle the "PutGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Puts down a value for the other replicas of a group, which is kept while the group is. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `PutGroupValueRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `PutGroupValueResponse` message.
    func putGroupValue(
      request: GRPCCore.ServerRequest<PutGroupValueRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<PutGroupValueResponse>

    /// Handle the "GetGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Waits for a value that a replica puts down. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetGroupValueRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A response containing a single `GetGroupValueResponse` message.
    func getGroupValue(
      request: GRPCCore.ServerRequest<GetGroupValueRequest>,
      context: GRPCCore.ServerContext
    ) async throws -> GRPCCore.ServerResponse<GetGroupValueResponse>
  }

  /// Simple service protocol for the "retort.v1.CoordinatorService" service.
  ///
  /// This is the highest level protocol for the service. The API is the easiest to use but
  /// doesn't provide access to request or response metadata. If you need access to these
  /// then use ``ServiceProtocol`` instead.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Owns runs and their journal. Serves TeacherService too, as a façade with a cache.
  public protocol SimpleServiceProtocol: CoordinatorServiceRPC.ServiceProtocol {
    /// Handle the "SubmitRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Takes a recipe and begins it. INVALID_ARGUMENT names the key at fault.
    ///
    /// - Parameters:
    ///   - request: A `SubmitRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `SubmitRunResponse` to respond with.
    func submitRun(
      request: SubmitRunRequest,
      context: GRPCCore.ServerContext
    ) async throws -> SubmitRunResponse

    /// Handle the "GetRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says how far a run is. NOT_FOUND: no such run.
    ///
    /// - Parameters:
    ///   - request: A `GetRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `GetRunResponse` to respond with.
    func getRun(
      request: GetRunRequest,
      context: GRPCCore.ServerContext
    ) async throws -> GetRunResponse

    /// Handle the "ListRuns" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists all runs, oldest first.
    ///
    /// - Parameters:
    ///   - request: A `ListRunsRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `ListRunsResponse` to respond with.
    func listRuns(
      request: ListRunsRequest,
      context: GRPCCore.ServerContext
    ) async throws -> ListRunsResponse

    /// Handle the "WatchRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the run's state and metrics from the beginning, then as they come, until the run ends.
    ///
    /// - Parameters:
    ///   - request: A `WatchRunRequest` message.
    ///   - response: A response stream of `WatchRunResponse` messages.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    func watchRun(
      request: WatchRunRequest,
      response: GRPCCore.RPCWriter<WatchRunResponse>,
      context: GRPCCore.ServerContext
    ) async throws

    /// Handle the "CancelRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Stops a run after the step in hand. It can be resumed.
    ///
    /// - Parameters:
    ///   - request: A `CancelRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `CancelRunResponse` to respond with.
    func cancelRun(
      request: CancelRunRequest,
      context: GRPCCore.ServerContext
    ) async throws -> CancelRunResponse

    /// Handle the "ResumeRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Goes on with a run that was cancelled or failed. FAILED_PRECONDITION: it is running or done.
    ///
    /// - Parameters:
    ///   - request: A `ResumeRunRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `ResumeRunResponse` to respond with.
    func resumeRun(
      request: ResumeRunRequest,
      context: GRPCCore.ServerContext
    ) async throws -> ResumeRunResponse

    /// Handle the "RegisterTrainer" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes a student known; answers with a lease that must be renewed before it ends.
    ///
    /// - Parameters:
    ///   - request: A `RegisterTrainerRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `RegisterTrainerResponse` to respond with.
    func registerTrainer(
      request: RegisterTrainerRequest,
      context: GRPCCore.ServerContext
    ) async throws -> RegisterTrainerResponse

    /// Handle the "RenewLease" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Renews a lease. NOT_FOUND: it has ended; register again.
    ///
    /// - Parameters:
    ///   - request: A `RenewLeaseRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `RenewLeaseResponse` to respond with.
    func renewLease(
      request: RenewLeaseRequest,
      context: GRPCCore.ServerContext
    ) async throws -> RenewLeaseResponse

    /// Handle the "ListTrainers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the students that hold a lease, in the order in which runs get them.
    ///
    /// - Parameters:
    ///   - request: A `ListTrainersRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `ListTrainersResponse` to respond with.
    func listTrainers(
      request: ListTrainersRequest,
      context: GRPCCore.ServerContext
    ) async throws -> ListTrainersResponse

    /// Handle the "ListTeachers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the models behind the coordinator, with what its cache did.
    ///
    /// - Parameters:
    ///   - request: A `ListTeachersRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `ListTeachersResponse` to respond with.
    func listTeachers(
      request: ListTeachersRequest,
      context: GRPCCore.ServerContext
    ) async throws -> ListTeachersResponse

    /// Handle the "PutGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Puts down a value for the other replicas of a group, which is kept while the group is. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A `PutGroupValueRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `PutGroupValueResponse` to respond with.
    func putGroupValue(
      request: PutGroupValueRequest,
      context: GRPCCore.ServerContext
    ) async throws -> PutGroupValueResponse

    /// Handle the "GetGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Waits for a value that a replica puts down. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A `GetGroupValueRequest` message.
    ///   - context: Context providing information about the RPC.
    /// - Throws: Any error which occurred during the processing of the request. Thrown errors
    ///     of type `RPCError` are mapped to appropriate statuses. All other errors are converted
    ///     to an internal error.
    /// - Returns: A `GetGroupValueResponse` to respond with.
    func getGroupValue(
      request: GetGroupValueRequest,
      context: GRPCCore.ServerContext
    ) async throws -> GetGroupValueResponse
  }
}

// Default implementation of 'registerMethods(with:)'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension CoordinatorServiceRPC.StreamingServiceProtocol {
  public func registerMethods<Transport>(with router: inout GRPCCore.RPCRouter<Transport>) where Transport: GRPCCore.ServerTransport {
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.SubmitRun.descriptor,
      deserializer: ProtobufCDeserializer<SubmitRunRequest>(),
      serializer: ProtobufCSerializer<SubmitRunResponse>(),
      handler: { request, context in
        try await self.submitRun(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.GetRun.descriptor,
      deserializer: ProtobufCDeserializer<GetRunRequest>(),
      serializer: ProtobufCSerializer<GetRunResponse>(),
      handler: { request, context in
        try await self.getRun(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.ListRuns.descriptor,
      deserializer: ProtobufCDeserializer<ListRunsRequest>(),
      serializer: ProtobufCSerializer<ListRunsResponse>(),
      handler: { request, context in
        try await self.listRuns(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.WatchRun.descriptor,
      deserializer: ProtobufCDeserializer<WatchRunRequest>(),
      serializer: ProtobufCSerializer<WatchRunResponse>(),
      handler: { request, context in
        try await self.watchRun(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.CancelRun.descriptor,
      deserializer: ProtobufCDeserializer<CancelRunRequest>(),
      serializer: ProtobufCSerializer<CancelRunResponse>(),
      handler: { request, context in
        try await self.cancelRun(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.ResumeRun.descriptor,
      deserializer: ProtobufCDeserializer<ResumeRunRequest>(),
      serializer: ProtobufCSerializer<ResumeRunResponse>(),
      handler: { request, context in
        try await self.resumeRun(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.RegisterTrainer.descriptor,
      deserializer: ProtobufCDeserializer<RegisterTrainerRequest>(),
      serializer: ProtobufCSerializer<RegisterTrainerResponse>(),
      handler: { request, context in
        try await self.registerTrainer(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.RenewLease.descriptor,
      deserializer: ProtobufCDeserializer<RenewLeaseRequest>(),
      serializer: ProtobufCSerializer<RenewLeaseResponse>(),
      handler: { request, context in
        try await self.renewLease(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.ListTrainers.descriptor,
      deserializer: ProtobufCDeserializer<ListTrainersRequest>(),
      serializer: ProtobufCSerializer<ListTrainersResponse>(),
      handler: { request, context in
        try await self.listTrainers(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.ListTeachers.descriptor,
      deserializer: ProtobufCDeserializer<ListTeachersRequest>(),
      serializer: ProtobufCSerializer<ListTeachersResponse>(),
      handler: { request, context in
        try await self.listTeachers(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.PutGroupValue.descriptor,
      deserializer: ProtobufCDeserializer<PutGroupValueRequest>(),
      serializer: ProtobufCSerializer<PutGroupValueResponse>(),
      handler: { request, context in
        try await self.putGroupValue(
          request: request,
          context: context
        )
      }
    )
    router.registerHandler(
      forMethod: CoordinatorServiceRPC.Method.GetGroupValue.descriptor,
      deserializer: ProtobufCDeserializer<GetGroupValueRequest>(),
      serializer: ProtobufCSerializer<GetGroupValueResponse>(),
      handler: { request, context in
        try await self.getGroupValue(
          request: request,
          context: context
        )
      }
    )
  }
}

// Default implementation of streaming methods from 'StreamingServiceProtocol'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension CoordinatorServiceRPC.ServiceProtocol {
  public func submitRun(
    request: GRPCCore.StreamingServerRequest<SubmitRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<SubmitRunResponse> {
    let response = try await self.submitRun(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func getRun(
    request: GRPCCore.StreamingServerRequest<GetRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<GetRunResponse> {
    let response = try await self.getRun(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func listRuns(
    request: GRPCCore.StreamingServerRequest<ListRunsRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<ListRunsResponse> {
    let response = try await self.listRuns(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func watchRun(
    request: GRPCCore.StreamingServerRequest<WatchRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<WatchRunResponse> {
    let response = try await self.watchRun(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return response
  }

  public func cancelRun(
    request: GRPCCore.StreamingServerRequest<CancelRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<CancelRunResponse> {
    let response = try await self.cancelRun(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func resumeRun(
    request: GRPCCore.StreamingServerRequest<ResumeRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<ResumeRunResponse> {
    let response = try await self.resumeRun(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func registerTrainer(
    request: GRPCCore.StreamingServerRequest<RegisterTrainerRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<RegisterTrainerResponse> {
    let response = try await self.registerTrainer(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func renewLease(
    request: GRPCCore.StreamingServerRequest<RenewLeaseRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<RenewLeaseResponse> {
    let response = try await self.renewLease(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func listTrainers(
    request: GRPCCore.StreamingServerRequest<ListTrainersRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<ListTrainersResponse> {
    let response = try await self.listTrainers(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func listTeachers(
    request: GRPCCore.StreamingServerRequest<ListTeachersRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<ListTeachersResponse> {
    let response = try await self.listTeachers(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func putGroupValue(
    request: GRPCCore.StreamingServerRequest<PutGroupValueRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<PutGroupValueResponse> {
    let response = try await self.putGroupValue(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }

  public func getGroupValue(
    request: GRPCCore.StreamingServerRequest<GetGroupValueRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<GetGroupValueResponse> {
    let response = try await self.getGroupValue(
      request: GRPCCore.ServerRequest(stream: request),
      context: context
    )
    return GRPCCore.StreamingServerResponse(single: response)
  }
}

// Default implementation of methods from 'ServiceProtocol'.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension CoordinatorServiceRPC.SimpleServiceProtocol {
  public func submitRun(
    request: GRPCCore.ServerRequest<SubmitRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<SubmitRunResponse> {
    return GRPCCore.ServerResponse<SubmitRunResponse>(
      message: try await self.submitRun(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func getRun(
    request: GRPCCore.ServerRequest<GetRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<GetRunResponse> {
    return GRPCCore.ServerResponse<GetRunResponse>(
      message: try await self.getRun(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func listRuns(
    request: GRPCCore.ServerRequest<ListRunsRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<ListRunsResponse> {
    return GRPCCore.ServerResponse<ListRunsResponse>(
      message: try await self.listRuns(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func watchRun(
    request: GRPCCore.ServerRequest<WatchRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.StreamingServerResponse<WatchRunResponse> {
    return GRPCCore.StreamingServerResponse<WatchRunResponse>(
      metadata: [:],
      producer: { writer in
        try await self.watchRun(
          request: request.message,
          response: writer,
          context: context
        )
        return [:]
      }
    )
  }

  public func cancelRun(
    request: GRPCCore.ServerRequest<CancelRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<CancelRunResponse> {
    return GRPCCore.ServerResponse<CancelRunResponse>(
      message: try await self.cancelRun(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func resumeRun(
    request: GRPCCore.ServerRequest<ResumeRunRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<ResumeRunResponse> {
    return GRPCCore.ServerResponse<ResumeRunResponse>(
      message: try await self.resumeRun(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func registerTrainer(
    request: GRPCCore.ServerRequest<RegisterTrainerRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<RegisterTrainerResponse> {
    return GRPCCore.ServerResponse<RegisterTrainerResponse>(
      message: try await self.registerTrainer(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func renewLease(
    request: GRPCCore.ServerRequest<RenewLeaseRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<RenewLeaseResponse> {
    return GRPCCore.ServerResponse<RenewLeaseResponse>(
      message: try await self.renewLease(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func listTrainers(
    request: GRPCCore.ServerRequest<ListTrainersRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<ListTrainersResponse> {
    return GRPCCore.ServerResponse<ListTrainersResponse>(
      message: try await self.listTrainers(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func listTeachers(
    request: GRPCCore.ServerRequest<ListTeachersRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<ListTeachersResponse> {
    return GRPCCore.ServerResponse<ListTeachersResponse>(
      message: try await self.listTeachers(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func putGroupValue(
    request: GRPCCore.ServerRequest<PutGroupValueRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<PutGroupValueResponse> {
    return GRPCCore.ServerResponse<PutGroupValueResponse>(
      message: try await self.putGroupValue(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }

  public func getGroupValue(
    request: GRPCCore.ServerRequest<GetGroupValueRequest>,
    context: GRPCCore.ServerContext
  ) async throws -> GRPCCore.ServerResponse<GetGroupValueResponse> {
    return GRPCCore.ServerResponse<GetGroupValueResponse>(
      message: try await self.getGroupValue(
        request: request.message,
        context: context
      ),
      metadata: [:]
    )
  }
}

// MARK: retort.v1.CoordinatorService (client)

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension CoordinatorServiceRPC {
  /// Generated client protocol for the "retort.v1.CoordinatorService" service.
  ///
  /// You don't need to implement this protocol directly, use the generated
  /// implementation, ``Client``.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Owns runs and their journal. Serves TeacherService too, as a façade with a cache.
  public protocol ClientProtocol: Sendable {
    /// Call the "SubmitRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Takes a recipe and begins it. INVALID_ARGUMENT names the key at fault.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `SubmitRunRequest` message.
    ///   - serializer: A serializer for `SubmitRunRequest` messages.
    ///   - deserializer: A deserializer for `SubmitRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func submitRun<Result>(
      request: GRPCCore.ClientRequest<SubmitRunRequest>,
      serializer: some GRPCCore.MessageSerializer<SubmitRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<SubmitRunResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<SubmitRunResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "GetRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says how far a run is. NOT_FOUND: no such run.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetRunRequest` message.
    ///   - serializer: A serializer for `GetRunRequest` messages.
    ///   - deserializer: A deserializer for `GetRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func getRun<Result>(
      request: GRPCCore.ClientRequest<GetRunRequest>,
      serializer: some GRPCCore.MessageSerializer<GetRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<GetRunResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<GetRunResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "ListRuns" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists all runs, oldest first.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListRunsRequest` message.
    ///   - serializer: A serializer for `ListRunsRequest` messages.
    ///   - deserializer: A deserializer for `ListRunsResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func listRuns<Result>(
      request: GRPCCore.ClientRequest<ListRunsRequest>,
      serializer: some GRPCCore.MessageSerializer<ListRunsRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ListRunsResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListRunsResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "WatchRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the run's state and metrics from the beginning, then as they come, until the run ends.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `WatchRunRequest` message.
    ///   - serializer: A serializer for `WatchRunRequest` messages.
    ///   - deserializer: A deserializer for `WatchRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func watchRun<Result>(
      request: GRPCCore.ClientRequest<WatchRunRequest>,
      serializer: some GRPCCore.MessageSerializer<WatchRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<WatchRunResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<WatchRunResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "CancelRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Stops a run after the step in hand. It can be resumed.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `CancelRunRequest` message.
    ///   - serializer: A serializer for `CancelRunRequest` messages.
    ///   - deserializer: A deserializer for `CancelRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func cancelRun<Result>(
      request: GRPCCore.ClientRequest<CancelRunRequest>,
      serializer: some GRPCCore.MessageSerializer<CancelRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<CancelRunResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<CancelRunResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "ResumeRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Goes on with a run that was cancelled or failed. FAILED_PRECONDITION: it is running or done.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ResumeRunRequest` message.
    ///   - serializer: A serializer for `ResumeRunRequest` messages.
    ///   - deserializer: A deserializer for `ResumeRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func resumeRun<Result>(
      request: GRPCCore.ClientRequest<ResumeRunRequest>,
      serializer: some GRPCCore.MessageSerializer<ResumeRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ResumeRunResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ResumeRunResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "RegisterTrainer" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes a student known; answers with a lease that must be renewed before it ends.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `RegisterTrainerRequest` message.
    ///   - serializer: A serializer for `RegisterTrainerRequest` messages.
    ///   - deserializer: A deserializer for `RegisterTrainerResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func registerTrainer<Result>(
      request: GRPCCore.ClientRequest<RegisterTrainerRequest>,
      serializer: some GRPCCore.MessageSerializer<RegisterTrainerRequest>,
      deserializer: some GRPCCore.MessageDeserializer<RegisterTrainerResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<RegisterTrainerResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "RenewLease" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Renews a lease. NOT_FOUND: it has ended; register again.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `RenewLeaseRequest` message.
    ///   - serializer: A serializer for `RenewLeaseRequest` messages.
    ///   - deserializer: A deserializer for `RenewLeaseResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func renewLease<Result>(
      request: GRPCCore.ClientRequest<RenewLeaseRequest>,
      serializer: some GRPCCore.MessageSerializer<RenewLeaseRequest>,
      deserializer: some GRPCCore.MessageDeserializer<RenewLeaseResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<RenewLeaseResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "ListTrainers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the students that hold a lease, in the order in which runs get them.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListTrainersRequest` message.
    ///   - serializer: A serializer for `ListTrainersRequest` messages.
    ///   - deserializer: A deserializer for `ListTrainersResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func listTrainers<Result>(
      request: GRPCCore.ClientRequest<ListTrainersRequest>,
      serializer: some GRPCCore.MessageSerializer<ListTrainersRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ListTrainersResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListTrainersResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "ListTeachers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the models behind the coordinator, with what its cache did.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListTeachersRequest` message.
    ///   - serializer: A serializer for `ListTeachersRequest` messages.
    ///   - deserializer: A deserializer for `ListTeachersResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func listTeachers<Result>(
      request: GRPCCore.ClientRequest<ListTeachersRequest>,
      serializer: some GRPCCore.MessageSerializer<ListTeachersRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ListTeachersResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListTeachersResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "PutGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Puts down a value for the other replicas of a group, which is kept while the group is. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `PutGroupValueRequest` message.
    ///   - serializer: A serializer for `PutGroupValueRequest` messages.
    ///   - deserializer: A deserializer for `PutGroupValueResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func putGroupValue<Result>(
      request: GRPCCore.ClientRequest<PutGroupValueRequest>,
      serializer: some GRPCCore.MessageSerializer<PutGroupValueRequest>,
      deserializer: some GRPCCore.MessageDeserializer<PutGroupValueResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<PutGroupValueResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable

    /// Call the "GetGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Waits for a value that a replica puts down. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetGroupValueRequest` message.
    ///   - serializer: A serializer for `GetGroupValueRequest` messages.
    ///   - deserializer: A deserializer for `GetGroupValueResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    func getGroupValue<Result>(
      request: GRPCCore.ClientRequest<GetGroupValueRequest>,
      serializer: some GRPCCore.MessageSerializer<GetGroupValueRequest>,
      deserializer: some GRPCCore.MessageDeserializer<GetGroupValueResponse>,
      options: GRPCCore.CallOptions,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<GetGroupValueResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable
  }

  /// Generated client for the "retort.v1.CoordinatorService" service.
  ///
  /// The ``Client`` provides an implementation of ``ClientProtocol`` which wraps
  /// a `GRPCCore.GRPCCClient`. The underlying `GRPCClient` provides the long-lived
  /// means of communication with the remote peer.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Owns runs and their journal. Serves TeacherService too, as a façade with a cache.
  public struct Client<Transport>: ClientProtocol where Transport: GRPCCore.ClientTransport {
    private let client: GRPCCore.GRPCClient<Transport>

    /// Creates a new client wrapping the provided `GRPCCore.GRPCClient`.
    ///
    /// - Parameters:
    ///   - client: A `GRPCCore.GRPCClient` providing a communication channel to the service.
    public init(wrapping client: GRPCCore.GRPCClient<Transport>) {
      self.client = client
    }

    /// Call the "SubmitRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Takes a recipe and begins it. INVALID_ARGUMENT names the key at fault.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `SubmitRunRequest` message.
    ///   - serializer: A serializer for `SubmitRunRequest` messages.
    ///   - deserializer: A deserializer for `SubmitRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func submitRun<Result>(
      request: GRPCCore.ClientRequest<SubmitRunRequest>,
      serializer: some GRPCCore.MessageSerializer<SubmitRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<SubmitRunResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<SubmitRunResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.SubmitRun.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "GetRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Says how far a run is. NOT_FOUND: no such run.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetRunRequest` message.
    ///   - serializer: A serializer for `GetRunRequest` messages.
    ///   - deserializer: A deserializer for `GetRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func getRun<Result>(
      request: GRPCCore.ClientRequest<GetRunRequest>,
      serializer: some GRPCCore.MessageSerializer<GetRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<GetRunResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<GetRunResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.GetRun.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "ListRuns" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists all runs, oldest first.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListRunsRequest` message.
    ///   - serializer: A serializer for `ListRunsRequest` messages.
    ///   - deserializer: A deserializer for `ListRunsResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func listRuns<Result>(
      request: GRPCCore.ClientRequest<ListRunsRequest>,
      serializer: some GRPCCore.MessageSerializer<ListRunsRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ListRunsResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListRunsResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.ListRuns.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "WatchRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Sends the run's state and metrics from the beginning, then as they come, until the run ends.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `WatchRunRequest` message.
    ///   - serializer: A serializer for `WatchRunRequest` messages.
    ///   - deserializer: A deserializer for `WatchRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func watchRun<Result>(
      request: GRPCCore.ClientRequest<WatchRunRequest>,
      serializer: some GRPCCore.MessageSerializer<WatchRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<WatchRunResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<WatchRunResponse>) async throws -> Result
    ) async throws -> Result where Result: Sendable {
      try await self.client.serverStreaming(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.WatchRun.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "CancelRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Stops a run after the step in hand. It can be resumed.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `CancelRunRequest` message.
    ///   - serializer: A serializer for `CancelRunRequest` messages.
    ///   - deserializer: A deserializer for `CancelRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func cancelRun<Result>(
      request: GRPCCore.ClientRequest<CancelRunRequest>,
      serializer: some GRPCCore.MessageSerializer<CancelRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<CancelRunResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<CancelRunResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.CancelRun.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "ResumeRun" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Goes on with a run that was cancelled or failed. FAILED_PRECONDITION: it is running or done.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ResumeRunRequest` message.
    ///   - serializer: A serializer for `ResumeRunRequest` messages.
    ///   - deserializer: A deserializer for `ResumeRunResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func resumeRun<Result>(
      request: GRPCCore.ClientRequest<ResumeRunRequest>,
      serializer: some GRPCCore.MessageSerializer<ResumeRunRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ResumeRunResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ResumeRunResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.ResumeRun.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "RegisterTrainer" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Makes a student known; answers with a lease that must be renewed before it ends.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `RegisterTrainerRequest` message.
    ///   - serializer: A serializer for `RegisterTrainerRequest` messages.
    ///   - deserializer: A deserializer for `RegisterTrainerResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func registerTrainer<Result>(
      request: GRPCCore.ClientRequest<RegisterTrainerRequest>,
      serializer: some GRPCCore.MessageSerializer<RegisterTrainerRequest>,
      deserializer: some GRPCCore.MessageDeserializer<RegisterTrainerResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<RegisterTrainerResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.RegisterTrainer.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "RenewLease" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Renews a lease. NOT_FOUND: it has ended; register again.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `RenewLeaseRequest` message.
    ///   - serializer: A serializer for `RenewLeaseRequest` messages.
    ///   - deserializer: A deserializer for `RenewLeaseResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func renewLease<Result>(
      request: GRPCCore.ClientRequest<RenewLeaseRequest>,
      serializer: some GRPCCore.MessageSerializer<RenewLeaseRequest>,
      deserializer: some GRPCCore.MessageDeserializer<RenewLeaseResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<RenewLeaseResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.RenewLease.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "ListTrainers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the students that hold a lease, in the order in which runs get them.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListTrainersRequest` message.
    ///   - serializer: A serializer for `ListTrainersRequest` messages.
    ///   - deserializer: A deserializer for `ListTrainersResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func listTrainers<Result>(
      request: GRPCCore.ClientRequest<ListTrainersRequest>,
      serializer: some GRPCCore.MessageSerializer<ListTrainersRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ListTrainersResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListTrainersResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.ListTrainers.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "ListTeachers" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Lists the models behind the coordinator, with what its cache did.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `ListTeachersRequest` message.
    ///   - serializer: A serializer for `ListTeachersRequest` messages.
    ///   - deserializer: A deserializer for `ListTeachersResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func listTeachers<Result>(
      request: GRPCCore.ClientRequest<ListTeachersRequest>,
      serializer: some GRPCCore.MessageSerializer<ListTeachersRequest>,
      deserializer: some GRPCCore.MessageDeserializer<ListTeachersResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListTeachersResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.ListTeachers.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "PutGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Puts down a value for the other replicas of a group, which is kept while the group is. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `PutGroupValueRequest` message.
    ///   - serializer: A serializer for `PutGroupValueRequest` messages.
    ///   - deserializer: A deserializer for `PutGroupValueResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func putGroupValue<Result>(
      request: GRPCCore.ClientRequest<PutGroupValueRequest>,
      serializer: some GRPCCore.MessageSerializer<PutGroupValueRequest>,
      deserializer: some GRPCCore.MessageDeserializer<PutGroupValueResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<PutGroupValueResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.PutGroupValue.descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: handleResponse
      )
    }

    /// Call the "GetGroupValue" method.
    ///
    /// > Source IDL Documentation:
    /// >
    /// > Waits for a value that a replica puts down. NOT_FOUND: there is no such group.
    ///
    /// - Parameters:
    ///   - request: A request containing a single `GetGroupValueRequest` message.
    ///   - serializer: A serializer for `GetGroupValueRequest` messages.
    ///   - deserializer: A deserializer for `GetGroupValueResponse` messages.
    ///   - options: Options to apply to this RPC.
    ///   - handleResponse: A closure which handles the response and returns its result to
    ///       the caller. Returning from the closure will cancel the RPC if it hasn't
    ///       already finished.
    /// - Returns: The result of `handleResponse`.
    public func getGroupValue<Result>(
      request: GRPCCore.ClientRequest<GetGroupValueRequest>,
      serializer: some GRPCCore.MessageSerializer<GetGroupValueRequest>,
      deserializer: some GRPCCore.MessageDeserializer<GetGroupValueResponse>,
      options: GRPCCore.CallOptions = .defaults,
      onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<GetGroupValueResponse>) async throws -> Result = { response in
        try response.message
      }
    ) async throws -> Result where Result: Sendable {
      try await self.client.unary(
        request: request,
        descriptor: CoordinatorServiceRPC.Method.GetGroupValue.descriptor,
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
extension CoordinatorServiceRPC.ClientProtocol {
  /// Call the "SubmitRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Takes a recipe and begins it. INVALID_ARGUMENT names the key at fault.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `SubmitRunRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func submitRun<Result>(
    request: GRPCCore.ClientRequest<SubmitRunRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<SubmitRunResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.submitRun(
      request: request,
      serializer: ProtobufCSerializer<SubmitRunRequest>(),
      deserializer: ProtobufCDeserializer<SubmitRunResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "GetRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Says how far a run is. NOT_FOUND: no such run.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `GetRunRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func getRun<Result>(
    request: GRPCCore.ClientRequest<GetRunRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<GetRunResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.getRun(
      request: request,
      serializer: ProtobufCSerializer<GetRunRequest>(),
      deserializer: ProtobufCDeserializer<GetRunResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "ListRuns" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Lists all runs, oldest first.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `ListRunsRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func listRuns<Result>(
    request: GRPCCore.ClientRequest<ListRunsRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListRunsResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.listRuns(
      request: request,
      serializer: ProtobufCSerializer<ListRunsRequest>(),
      deserializer: ProtobufCDeserializer<ListRunsResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "WatchRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Sends the run's state and metrics from the beginning, then as they come, until the run ends.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `WatchRunRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func watchRun<Result>(
    request: GRPCCore.ClientRequest<WatchRunRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<WatchRunResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    try await self.watchRun(
      request: request,
      serializer: ProtobufCSerializer<WatchRunRequest>(),
      deserializer: ProtobufCDeserializer<WatchRunResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "CancelRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Stops a run after the step in hand. It can be resumed.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `CancelRunRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func cancelRun<Result>(
    request: GRPCCore.ClientRequest<CancelRunRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<CancelRunResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.cancelRun(
      request: request,
      serializer: ProtobufCSerializer<CancelRunRequest>(),
      deserializer: ProtobufCDeserializer<CancelRunResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "ResumeRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Goes on with a run that was cancelled or failed. FAILED_PRECONDITION: it is running or done.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `ResumeRunRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func resumeRun<Result>(
    request: GRPCCore.ClientRequest<ResumeRunRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ResumeRunResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.resumeRun(
      request: request,
      serializer: ProtobufCSerializer<ResumeRunRequest>(),
      deserializer: ProtobufCDeserializer<ResumeRunResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "RegisterTrainer" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Makes a student known; answers with a lease that must be renewed before it ends.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `RegisterTrainerRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func registerTrainer<Result>(
    request: GRPCCore.ClientRequest<RegisterTrainerRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<RegisterTrainerResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.registerTrainer(
      request: request,
      serializer: ProtobufCSerializer<RegisterTrainerRequest>(),
      deserializer: ProtobufCDeserializer<RegisterTrainerResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "RenewLease" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Renews a lease. NOT_FOUND: it has ended; register again.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `RenewLeaseRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func renewLease<Result>(
    request: GRPCCore.ClientRequest<RenewLeaseRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<RenewLeaseResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.renewLease(
      request: request,
      serializer: ProtobufCSerializer<RenewLeaseRequest>(),
      deserializer: ProtobufCDeserializer<RenewLeaseResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "ListTrainers" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Lists the students that hold a lease, in the order in which runs get them.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `ListTrainersRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func listTrainers<Result>(
    request: GRPCCore.ClientRequest<ListTrainersRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListTrainersResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.listTrainers(
      request: request,
      serializer: ProtobufCSerializer<ListTrainersRequest>(),
      deserializer: ProtobufCDeserializer<ListTrainersResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "ListTeachers" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Lists the models behind the coordinator, with what its cache did.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `ListTeachersRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func listTeachers<Result>(
    request: GRPCCore.ClientRequest<ListTeachersRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListTeachersResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.listTeachers(
      request: request,
      serializer: ProtobufCSerializer<ListTeachersRequest>(),
      deserializer: ProtobufCDeserializer<ListTeachersResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "PutGroupValue" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Puts down a value for the other replicas of a group, which is kept while the group is. NOT_FOUND: there is no such group.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `PutGroupValueRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func putGroupValue<Result>(
    request: GRPCCore.ClientRequest<PutGroupValueRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<PutGroupValueResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.putGroupValue(
      request: request,
      serializer: ProtobufCSerializer<PutGroupValueRequest>(),
      deserializer: ProtobufCDeserializer<PutGroupValueResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "GetGroupValue" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Waits for a value that a replica puts down. NOT_FOUND: there is no such group.
  ///
  /// - Parameters:
  ///   - request: A request containing a single `GetGroupValueRequest` message.
  ///   - options: Options to apply to this RPC.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func getGroupValue<Result>(
    request: GRPCCore.ClientRequest<GetGroupValueRequest>,
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<GetGroupValueResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    try await self.getGroupValue(
      request: request,
      serializer: ProtobufCSerializer<GetGroupValueRequest>(),
      deserializer: ProtobufCDeserializer<GetGroupValueResponse>(),
      options: options,
      onResponse: handleResponse
    )
  }
}

// Helpers providing sugared APIs for 'ClientProtocol' methods.
@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension CoordinatorServiceRPC.ClientProtocol {
  /// Call the "SubmitRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Takes a recipe and begins it. INVALID_ARGUMENT names the key at fault.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func submitRun<Result>(
    _ message: SubmitRunRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<SubmitRunResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<SubmitRunRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.submitRun(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "GetRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Says how far a run is. NOT_FOUND: no such run.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func getRun<Result>(
    _ message: GetRunRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<GetRunResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<GetRunRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.getRun(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "ListRuns" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Lists all runs, oldest first.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func listRuns<Result>(
    _ message: ListRunsRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListRunsResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<ListRunsRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.listRuns(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "WatchRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Sends the run's state and metrics from the beginning, then as they come, until the run ends.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func watchRun<Result>(
    _ message: WatchRunRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.StreamingClientResponse<WatchRunResponse>) async throws -> Result
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<WatchRunRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.watchRun(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "CancelRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Stops a run after the step in hand. It can be resumed.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func cancelRun<Result>(
    _ message: CancelRunRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<CancelRunResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<CancelRunRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.cancelRun(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "ResumeRun" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Goes on with a run that was cancelled or failed. FAILED_PRECONDITION: it is running or done.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func resumeRun<Result>(
    _ message: ResumeRunRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ResumeRunResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<ResumeRunRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.resumeRun(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "RegisterTrainer" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Makes a student known; answers with a lease that must be renewed before it ends.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func registerTrainer<Result>(
    _ message: RegisterTrainerRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<RegisterTrainerResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<RegisterTrainerRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.registerTrainer(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "RenewLease" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Renews a lease. NOT_FOUND: it has ended; register again.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func renewLease<Result>(
    _ message: RenewLeaseRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<RenewLeaseResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<RenewLeaseRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.renewLease(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "ListTrainers" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Lists the students that hold a lease, in the order in which runs get them.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func listTrainers<Result>(
    _ message: ListTrainersRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListTrainersResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<ListTrainersRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.listTrainers(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "ListTeachers" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Lists the models behind the coordinator, with what its cache did.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func listTeachers<Result>(
    _ message: ListTeachersRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<ListTeachersResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<ListTeachersRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.listTeachers(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "PutGroupValue" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Puts down a value for the other replicas of a group, which is kept while the group is. NOT_FOUND: there is no such group.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func putGroupValue<Result>(
    _ message: PutGroupValueRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<PutGroupValueResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<PutGroupValueRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.putGroupValue(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }

  /// Call the "GetGroupValue" method.
  ///
  /// > Source IDL Documentation:
  /// >
  /// > Waits for a value that a replica puts down. NOT_FOUND: there is no such group.
  ///
  /// - Parameters:
  ///   - message: request message to send.
  ///   - metadata: Additional metadata to send, defaults to empty.
  ///   - options: Options to apply to this RPC, defaults to `.defaults`.
  ///   - handleResponse: A closure which handles the response and returns its result to
  ///       the caller. Returning from the closure will cancel the RPC if it hasn't
  ///       already finished.
  /// - Returns: The result of `handleResponse`.
  public func getGroupValue<Result>(
    _ message: GetGroupValueRequest,
    metadata: GRPCCore.Metadata = [:],
    options: GRPCCore.CallOptions = .defaults,
    onResponse handleResponse: @Sendable @escaping (GRPCCore.ClientResponse<GetGroupValueResponse>) async throws -> Result = { response in
      try response.message
    }
  ) async throws -> Result where Result: Sendable {
    let request = GRPCCore.ClientRequest<GetGroupValueRequest>(
      message: message,
      metadata: metadata
    )
    return try await self.getGroupValue(
      request: request,
      options: options,
      onResponse: handleResponse
    )
  }
}