internal import Foundation
public import GRPCCore
internal import Recipes
public import WireFormat

/// The coordinator's own service.
public struct CoordinatorRPCs: CoordinatorServiceRPC.SimpleServiceProtocol {
  private let coordinator: Coordinator
  /// Rows of metrics per message.
  private static let rowsPerMessage = 500

  /// Serves a coordinator.
  public init(coordinator: Coordinator) { self.coordinator = coordinator }

  /// Takes a recipe and begins it.
  public func submitRun(request: SubmitRunRequest, context: ServerContext) async throws -> SubmitRunResponse {
    try await answering {
      SubmitRunResponse(
        run: wire(
          try await coordinator.submit(recipeYAML: request.recipeYAML, idempotencyKey: request.idempotencyKey)))
    }
  }

  /// Says how far a run is.
  public func getRun(request: GetRunRequest, context: ServerContext) async throws -> GetRunResponse {
    try await answering { GetRunResponse(run: wire(try await coordinator.run(request.runID))) }
  }

  /// Lists all runs.
  public func listRuns(request: ListRunsRequest, context: ServerContext) async throws -> ListRunsResponse {
    try await answering { ListRunsResponse(runs: try await coordinator.runs().map(wire)) }
  }

  /// Sends state and rows until the run ends.
  public func watchRun(
    request: WatchRunRequest, response: RPCWriter<WatchRunResponse>, context: ServerContext
  ) async throws {
    try await answering {
      let afterStep = request.afterStep == 0 ? -1 : Int(clamping: request.afterStep)
      try await coordinator.watch(request.runID, afterStep: afterStep) { run, entries in
        for rows in entries.map(\.row).chunks(of: Self.rowsPerMessage).dropLast() {
          try await response.write(WatchRunResponse(metricsRows: rows))
        }
        let last = entries.map(\.row).chunks(of: Self.rowsPerMessage).last ?? []
        try await response.write(WatchRunResponse(run: wire(run), metricsRows: last))
      }
    }
  }

  /// Stops a run.
  public func cancelRun(request: CancelRunRequest, context: ServerContext) async throws -> CancelRunResponse {
    try await answering { CancelRunResponse(run: wire(try await coordinator.cancel(request.runID))) }
  }

  /// Goes on with a run.
  public func resumeRun(request: ResumeRunRequest, context: ServerContext) async throws -> ResumeRunResponse {
    try await answering { ResumeRunResponse(run: wire(try await coordinator.resume(request.runID))) }
  }

  /// Gives a student a lease.
  public func registerTrainer(
    request: RegisterTrainerRequest, context: ServerContext
  ) async throws -> RegisterTrainerResponse {
    guard !request.trainerID.isEmpty, request.address.contains(":") else {
      throw RPCError(code: .invalidArgument, message: "trainer_id and address (HOST:PORT) are needed")
    }
    let registry = coordinator.dependencies.registry
    let leaseID = registry.register(trainerID: request.trainerID, address: request.address)
    return RegisterTrainerResponse(leaseID: leaseID, leaseMilliseconds: registry.term.milliseconds)
  }

  /// Renews a lease.
  public func renewLease(request: RenewLeaseRequest, context: ServerContext) async throws -> RenewLeaseResponse {
    let registry = coordinator.dependencies.registry
    guard registry.renew(request.leaseID, silence: ReplicaSilence(request)) else {
      throw RPCError(code: .notFound, message: "lease '\(request.leaseID)' has ended; register again")
    }
    return RenewLeaseResponse(leaseMilliseconds: registry.term.milliseconds)
  }

  /// Lists the students that are there.
  public func listTrainers(request: ListTrainersRequest, context: ServerContext) async throws -> ListTrainersResponse {
    let census = coordinator.census
    let trainers = census.trainers.map { trainer in
      WireTrainer(
        trainerID: trainer.trainerID, address: trainer.address, runID: trainer.runID,
        leaseMilliseconds: trainer.remaining.milliseconds, ageMilliseconds: trainer.age.milliseconds)
    }
    return ListTrainersResponse(
      trainers: trainers, lostLeases: UInt64(census.lostLeases), waitingRuns: UInt64(census.waitingRuns),
      replicas: coordinator.replicas.map(WireReplica.init))
  }

  /// Lists the models behind the coordinator.
  public func listTeachers(request: ListTeachersRequest, context: ServerContext) async throws -> ListTeachersResponse {
    let counters = coordinator.cacheCounters
    let teachers = coordinator.teachers.map { teacher in
      WireTeacherState(
        name: teacher.name, address: teacher.address, waitingReason: teacher.waitingReason ?? "",
        retries: UInt64(teacher.retries),
        waitingMilliseconds: (teacher.waitingTime ?? .zero).milliseconds,
        replicas: teacher.replicas.map(WireTeacherReplica.init), waitedMilliseconds: teacher.waitedTime.milliseconds)
    }
    return ListTeachersResponse(
      teachers: teachers, cacheHits: UInt64(counters?.hits ?? 0), cacheMisses: UInt64(counters?.misses ?? 0))
  }

  private func wire(_ run: RunRecord) -> WireRun {
    var wire = WireRun(run, coordinator.figures(of: run.runID), now: coordinator.time)
    wire.waitReplicaSeconds = coordinator.waitReplicaSeconds(of: run.runID)
    return wire
  }

  /// Keeps a value for the other replicas of a group.
  public func putGroupValue(
    request: PutGroupValueRequest, context: ServerContext
  ) async throws -> PutGroupValueResponse {
    try await answering {
      try coordinator.dependencies.groupValues.put(request.key, request.value, of: request.groupID)
      return PutGroupValueResponse()
    }
  }

  /// Waits for a value.
  public func getGroupValue(
    request: GetGroupValueRequest, context: ServerContext
  ) async throws -> GetGroupValueResponse {
    try await answering {
      GetGroupValueResponse(
        value: try await coordinator.dependencies.groupValues.value(request.key, of: request.groupID))
    }
  }

  /// The one place that chooses status codes.
  private func answering<T>(_ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch let error as RecipeError {
      throw RPCError(code: .invalidArgument, message: error.description)
    } catch let error as Coordinator.Refusal {
      let code: RPCError.Code =
        switch error {
        case .unknownRun: .notFound
        case .folderTaken: .alreadyExists
        case .wrongState, .otherTeacher: .failedPrecondition
        }
      throw RPCError(code: code, message: error.description)
    } catch let error as GroupValues.Refusal {
      let code: RPCError.Code = if case .tooMuch = error { .resourceExhausted } else { .notFound }
      throw RPCError(code: code, message: error.description)
    } catch let error as JournalError {
      let code: RPCError.Code = if case .diskFull = error { .resourceExhausted } else { .internalError }
      throw RPCError(code: code, message: error.description)
    }
  }
}

extension Duration {
  fileprivate var milliseconds: UInt64 { UInt64(clamping: Int64(self / .milliseconds(1))) }
}

extension WireReplica {
  init(_ replica: ReplicaFigures) {
    let state: WireReplicaState =
      switch replica.state {
      case .joining: .joining
      case .training: .training
      case .stalled: .stalled
      case .left: .left
      case .refused: .refused
      }
    self.init(
      runID: replica.runID, address: replica.address, state: state, reason: replica.reason, step: UInt64(replica.step),
      heartbeatMilliseconds: replica.heartbeatAge?.milliseconds ?? 0, partCount: UInt32(replica.partCount),
      plannedPartCount: UInt32(replica.plannedPartCount), computeSeconds: replica.computeSeconds,
      exchangeSeconds: replica.exchangeSeconds)
  }
}

extension WireRun {
  init(_ run: RunRecord, _ figures: RunFigures, now: Duration) {
    let state: WireRunState =
      switch run.status.state {
      case .waiting: .waiting
      case .running: .running
      case .finished: .finished
      case .failed: .failed
      case .cancelled: .cancelled
      }
    self.init(
      runID: run.runID, state: state, message: run.status.message, step: UInt64(run.status.step),
      maxSteps: UInt64(run.status.maxSteps), outputDir: run.outputDir,
      submitUnixMilliseconds: UInt64(run.submittedMilliseconds), method: run.method, lossNats: figures.loss ?? 0,
      lossStep: UInt64(figures.lossStep), tokensPerSecond: figures.tokensPerSecond ?? 0,
      stepsPerSecond: figures.stepsPerSecond ?? 0, waitTeacherSeconds: figures.waitTeacherSeconds,
      waitStudentSeconds: figures.waitStudentSeconds, waitTrainerSeconds: figures.waitTrainerSeconds(at: now),
      restarts: UInt64(figures.restarts),
      progressUnixMilliseconds: UInt64((figures.lastProgress?.timeIntervalSince1970 ?? 0) * 1000))
  }
}
