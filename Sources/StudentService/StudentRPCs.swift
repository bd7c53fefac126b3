internal import Distillation
public import GRPCCore
public import ModelServing
internal import NIOConcurrencyHelpers
public import WireFormat

/// The student: holds the model that is trained, trains it and samples from it.
///
/// One computation runs at a time, in the order of arrival, so no call sees parameters that change under it. Train asks
/// the teacher about coming steps while the present one computes; a teacher that is away is waited for.
public struct StudentRPCs: StudentServiceRPC.SimpleServiceProtocol {
  private let root: RootFolder
  private let dialer: any TeacherDialer
  private let queue: ComputeQueue
  private let limits: ServingLimits
  private let version: String
  private let traffic: @Sendable () -> [WireCallTraffic]
  private let meetings: any ReplicaMeetings
  private let silences: SilenceWatch
  private let tell: @Sendable (StudentNews) -> Void
  private let membership = Membership()
  private let fence = Fence()
  private let loaded = NIOLockedValueBox<LoadedStudent?>(nil)
  private let heads = NIOLockedValueBox<OutputHead?>(nil)

  /// Makes a service with nothing loaded.
  ///
  /// - Parameters:
  ///   - root: The folder that requests' paths are relative to.
  ///   - dialer: Reaches the teacher that Load names.
  ///   - meetings: Where replicas find each other.
  ///   - silences: Told what is asked of the student, and whom it meets.
  ///   - version: Written into checkpoints.
  ///   - traffic: What this process's calls of others have cost so far, by RPC; told with each step.
  ///   - tell: Told what was done.
  public init(
    root: RootFolder, dialer: any TeacherDialer, meetings: any ReplicaMeetings = NoMeetings(),
    silences: SilenceWatch = SilenceWatch(), queue: ComputeQueue = ComputeQueue(),
    limits: ServingLimits = ServingLimits(), version: String,
    traffic: @escaping @Sendable () -> [WireCallTraffic] = { WireCallTraffic.made },
    tell: @escaping @Sendable (StudentNews) -> Void = { _ in }
  ) {
    self.root = root
    self.dialer = dialer
    self.meetings = meetings
    self.silences = silences
    self.queue = queue
    self.limits = limits
    self.version = version
    self.traffic = traffic
    self.tell = tell
  }

  /// Answers Describe.
  public func describe(
    request: StudentServiceDescribeRequest, context: ServerContext
  ) async throws -> StudentServiceDescribeResponse {
    guard let student = loaded.withLockedValue({ $0 }) else { return StudentServiceDescribeResponse() }
    return try await queue.run {
      StudentServiceDescribeResponse(
        loaded: true, model: student.describe(), step: UInt64(student.step), runID: student.runID)
    }
  }

  /// Answers Load: what is loaded stays where the new one cannot be read.
  public func load(request: LoadRequest, context: ServerContext) async throws -> LoadResponse {
    let url = try root.resolve(request.path)
    let module = try request.module.map { try root.resolve($0.path) }
    let token = request.fencingToken
    try fence.begin(token)
    membership.leave()
    return try await silences.during {
      try await queue.run {
        try fence.check(token)
        let student = try LoadedStudent(request, from: url, module: module)
        loaded.withLockedValue { $0 = student }
        tell(StudentNews(.loaded, student))
        return LoadResponse(
          model: student.describe(), step: UInt64(student.step), module: student.moduleDescription)
      }
    }
  }

  /// Answers Generate.
  public func generate(
    request: StudentServiceGenerateRequest, response: RPCWriter<StudentServiceGenerateResponse>, context: ServerContext
  ) async throws {
    try fence.check(request.fencingToken)
    let (answers, call) = (try answers(), context.cancellation)
    try await silences.during {
      try await call.cancelling {
        try await answers.generate(
          request.prompts, sampling: request.sampling, seeds: request.seeds, newTokenLimits: request.maxNewTokens,
          isCancelled: { call.isCancelled },
          write: { try await response.write(StudentServiceGenerateResponse(completions: $0)) })
      }
    }
  }

  /// Answers each request of Score in order.
  public func score(
    request: RPCAsyncSequence<StudentServiceScoreRequest, any Error>, response: RPCWriter<StudentServiceScoreResponse>,
    context: ServerContext
  ) async throws {
    let (answers, call) = (try answers(), context.cancellation)
    try await call.cancelling {
      try await queue.forEach(request) { message in
        try await silences.during {
          try await answers.score(
            message.sequences, options: message.options, isCancelled: { call.isCancelled },
            write: { try await response.write(StudentServiceScoreResponse(chunk: $0)) })
        }
      }
    }
  }

  /// Makes a step for each request of Train, in order.
  public func train(
    request: RPCAsyncSequence<TrainRequest, any Error>, response: RPCWriter<TrainResponse>, context: ServerContext
  ) async throws {
    let student = try present()
    let call = context.cancellation
    let run = { (teacher: (any Teacher)?) async throws in
      let pipeline = TrainPipeline(
        student: student, queue: queue, teacher: teacher, heads: OutputHeadShelf(kept: heads),
        membership: membership, fence: fence, silences: silences, meter: TrafficMeter(traffic),
        isCurrent: { [loaded] in loaded.withLockedValue { $0 === student } }, isCancelled: { call.isCancelled })
      try await pipeline.run(request) { answer in
        if answer.metrics != nil { tell(StudentNews(.stepped, student, step: Int(answer.step))) }
        try await response.write(answer)
      }
    }
    guard !student.teacherAddress.isEmpty else { return try await run(nil) }
    try await CallMetadata.$runID.withValue(student.runID) {
      try await dialer.withTeacher(at: student.teacherAddress) { try await run($0) }
    }
  }

  /// Answers Join: what another group waits for is given up first.
  public func join(request: JoinRequest, context: ServerContext) async throws -> JoinResponse {
    try fence.check(request.fencingToken)
    let student = try present()
    guard request.runID.isEmpty || request.runID == student.runID else {
      throw StudentError.otherRun(asked: request.runID, loaded: student.runID)
    }
    guard request.size >= 1, request.rank < request.size, !request.groupID.isEmpty else {
      throw StudentError.noGroup(rank: request.rank, size: request.size)
    }
    let ticket = membership.leave()
    silences.begin()
    defer { silences.end() }
    let replicas = try await meetings.meet(request)
    silences.met(request.groupID, replicas)
    return try await withRPCCancellationHandler {
      try await queue.run {
        guard loaded.withLockedValue({ $0 === student }) else { throw StudentError.replaced }
        try fence.check(request.fencingToken)
        do {
          guard try student.synchronize(replicas) else {
            replicas.abort()
            return JoinResponse(step: UInt64(student.step), optimizerStateLost: true)
          }
          try membership.enter(request.groupID, replicas, ticket: ticket)
        } catch {
          replicas.abort()
          throw error
        }
        tell(StudentNews(.joined(count: Int(request.size)), student))
        let recent = Array(student.recent.reversed()) + [nil, nil, nil]
        return JoinResponse(
          step: UInt64(student.step), last: recent[0], secondLast: recent[1], thirdLast: recent[2])
      }
    } onCancelRPC: {
      replicas.abort()
    }
  }

  /// Answers Save.
  public func save(request: SaveRequest, context: ServerContext) async throws -> SaveResponse {
    try fence.check(request.fencingToken)
    let student = try present()
    let url = try root.resolve(request.path)
    silences.begin()
    defer { silences.end() }
    return try await withRPCCancellationHandler {
      try await queue.run {
        try fence.check(request.fencingToken)
        do {
          let saved = try student.save(to: url, version: version, replicas: try membership.replicas(request.groupID))
          tell(StudentNews(.saved, student))
          return saved
        } catch {
          // The others are not to wait for what is not given here.
          if !request.groupID.isEmpty { membership.leave(ifIn: request.groupID) }
          throw error
        }
      }
    } onCancelRPC: {
      if !request.groupID.isEmpty { membership.leave(ifIn: request.groupID) }
    }
  }

  /// Answers Export.
  public func export(request: ExportRequest, context: ServerContext) async throws -> ExportResponse {
    try fence.check(request.fencingToken)
    let student = try present()
    let url = try root.resolve(request.path)
    let module = request.modulePath.isEmpty ? nil : try root.resolve(request.modulePath)
    return try await silences.during {
      try await queue.run {
        try fence.check(request.fencingToken)
        let exported = try student.export(to: url, module: module)
        tell(StudentNews(.exported, student))
        return exported
      }
    }
  }

  private func present() throws(StudentError) -> LoadedStudent {
    guard let student = loaded.withLockedValue({ $0 }) else { throw .notLoaded }
    return student
  }

  private func answers() throws(StudentError) -> ModelAnswers {
    ModelAnswers(model: try present().model, queue: queue, limits: limits)
  }
}
