// Generated from retort/v1/coordinator_service.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// Where a run stands.
public enum WireRunState: Int32, Sendable, Hashable, CaseIterable {
  /// Never sent.
  case unspecified = 0
  /// Waits for the teacher or a trainer. Becomes running, failed or cancelled.
  case waiting = 1
  /// Works. Becomes waiting, finished, failed or cancelled.
  case running = 2
  /// Done; its files are whole.
  case finished = 3
  /// Stopped by an error. ResumeRun makes it waiting.
  case failed = 4
  /// Stopped by request. ResumeRun makes it waiting.
  case cancelled = 5

  init(_ value: Retort__V1__RunState) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__RunState { Retort__V1__RunState(rawValue: Retort__V1__RunState.RawValue(rawValue)) }
}

/// What a replica does.
public enum WireReplicaState: Int32, Sendable, Hashable, CaseIterable {
  /// Never sent.
  case unspecified = 0
  /// Loads, or waits for the others to take it into their group. Becomes training, left or refused.
  case joining = 1
  /// Shares the run's steps. Becomes joining, stalled or left.
  case training = 2
  /// Has missed renewals of its lease. Becomes training where one comes, else left.
  case stalled = 3
  /// Is gone, or was given to another run. Becomes joining where it comes again.
  case left = 4
  /// Cannot be a replica. Becomes joining when it is tried again.
  case refused = 5

  init(_ value: Retort__V1__ReplicaState) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__ReplicaState { Retort__V1__ReplicaState(rawValue: Retort__V1__ReplicaState.RawValue(rawValue)) }
}

/// How one of the services behind a teacher's name stands.
public enum WireTeacherReplicaState: Int32, Sendable, Hashable, CaseIterable {
  /// Never sent.
  case unspecified = 0
  /// Was not asked yet who it is. Becomes answering, away or left out.
  case new = 1
  /// Is asked, and answers. Becomes slow or away.
  case answering = 2
  /// Is asked little: a question was taken from it, since it was slow. Becomes answering with its next answer, or away.
  case slow = 3
  /// Cannot be reached. Becomes answering or left out.
  case away = 4
  /// Is another model than the others. Becomes answering once it is the same, or away.
  case leftOut = 5

  init(_ value: Retort__V1__TeacherReplicaState) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__TeacherReplicaState { Retort__V1__TeacherReplicaState(rawValue: Retort__V1__TeacherReplicaState.RawValue(rawValue)) }
}

/// A run and how far it is.
public struct WireRun: WireMessage {
  /// Names the run.
  public var runID: String
  /// Where it stands.
  public var state: WireRunState
  /// What it does, or waits for, or why it failed: one line.
  public var message: String
  /// Optimizer steps made.
  public var step: UInt64
  /// Optimizer steps planned.
  public var maxSteps: UInt64
  /// Folder of its results, as the coordinator sees it.
  public var outputDir: String
  /// When it was submitted, milliseconds since 1970-01-01T00:00:00Z.
  public var submitUnixMilliseconds: UInt64
  /// Distillation method.
  public var method: String
  /// Loss of the newest step that was logged, nats.
  public var lossNats: Double
  /// The step of that loss. 0: none was logged since the coordinator started, as is what follows.
  public var lossStep: UInt64
  /// Speed of the student at that step, positions per second of computing.
  public var tokensPerSecond: Double
  /// Optimizer steps per second lately, waits included. 0: not known yet.
  public var stepsPerSecond: Double
  /// Seconds that the student stood still for the teacher's log-probs.
  public var waitTeacherSeconds: Double
  /// Seconds that the run stood still for the student's text.
  public var waitStudentSeconds: Double
  /// Seconds that the run stood without a trainer that has loaded the student, or without a teacher that answered Describe.
  public var waitTrainerSeconds: Double
  /// How often a trainer was lost or failed, so that the run went on with another.
  public var restarts: UInt64
  /// When something of it was last done, milliseconds since 1970-01-01T00:00:00Z. 0: nothing since the coordinator started.
  public var progressUnixMilliseconds: UInt64
  /// Seconds that the run stood still while the replicas of its student met: at the start, and whenever one came or was lost.
  public var waitReplicaSeconds: Double

  /// Makes the message; what is left out is not sent.
  public init(
    runID: String = "",
    state: WireRunState = .unspecified,
    message: String = "",
    step: UInt64 = 0,
    maxSteps: UInt64 = 0,
    outputDir: String = "",
    submitUnixMilliseconds: UInt64 = 0,
    method: String = "",
    lossNats: Double = 0,
    lossStep: UInt64 = 0,
    tokensPerSecond: Double = 0,
    stepsPerSecond: Double = 0,
    waitTeacherSeconds: Double = 0,
    waitStudentSeconds: Double = 0,
    waitTrainerSeconds: Double = 0,
    restarts: UInt64 = 0,
    progressUnixMilliseconds: UInt64 = 0,
    waitReplicaSeconds: Double = 0
  ) {
    self.runID = runID
    self.state = state
    self.message = message
    self.step = step
    self.maxSteps = maxSteps
    self.outputDir = outputDir
    self.submitUnixMilliseconds = submitUnixMilliseconds
    self.method = method
    self.lossNats = lossNats
    self.lossStep = lossStep
    self.tokensPerSecond = tokensPerSecond
    self.stepsPerSecond = stepsPerSecond
    self.waitTeacherSeconds = waitTeacherSeconds
    self.waitStudentSeconds = waitStudentSeconds
    self.waitTrainerSeconds = waitTrainerSeconds
    self.restarts = restarts
    self.progressUnixMilliseconds = progressUnixMilliseconds
    self.waitReplicaSeconds = waitReplicaSeconds
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.Run"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireRun: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__Run {
    var cMessage = unsafe Retort__V1__Run()
    unsafe retort__v1__run__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__Run, _ arena: EncodingArena) {
    unsafe cMessage.run_id = arena.string(runID)
    unsafe cMessage.state = state.cValue
    unsafe cMessage.message = arena.string(message)
    unsafe cMessage.step = step
    unsafe cMessage.max_steps = maxSteps
    unsafe cMessage.output_dir = arena.string(outputDir)
    unsafe cMessage.submit_unix_milliseconds = submitUnixMilliseconds
    unsafe cMessage.method = arena.string(method)
    unsafe cMessage.loss_nats = lossNats
    unsafe cMessage.loss_step = lossStep
    unsafe cMessage.tokens_per_second = tokensPerSecond
    unsafe cMessage.steps_per_second = stepsPerSecond
    unsafe cMessage.wait_teacher_seconds = waitTeacherSeconds
    unsafe cMessage.wait_student_seconds = waitStudentSeconds
    unsafe cMessage.wait_trainer_seconds = waitTrainerSeconds
    unsafe cMessage.restarts = restarts
    unsafe cMessage.progress_unix_milliseconds = progressUnixMilliseconds
    unsafe cMessage.wait_replica_seconds = waitReplicaSeconds
  }

  init(cMessage: Retort__V1__Run) throws(WireFormatError) {
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.Run.run_id")
    state = unsafe WireRunState(cMessage.state)
    message = try unsafe readString(cMessage.message, field: "retort.v1.Run.message")
    step = unsafe cMessage.step
    maxSteps = unsafe cMessage.max_steps
    outputDir = try unsafe readString(cMessage.output_dir, field: "retort.v1.Run.output_dir")
    submitUnixMilliseconds = unsafe cMessage.submit_unix_milliseconds
    method = try unsafe readString(cMessage.method, field: "retort.v1.Run.method")
    lossNats = unsafe cMessage.loss_nats
    lossStep = unsafe cMessage.loss_step
    tokensPerSecond = unsafe cMessage.tokens_per_second
    stepsPerSecond = unsafe cMessage.steps_per_second
    waitTeacherSeconds = unsafe cMessage.wait_teacher_seconds
    waitStudentSeconds = unsafe cMessage.wait_student_seconds
    waitTrainerSeconds = unsafe cMessage.wait_trainer_seconds
    restarts = unsafe cMessage.restarts
    progressUnixMilliseconds = unsafe cMessage.progress_unix_milliseconds
    waitReplicaSeconds = unsafe cMessage.wait_replica_seconds
  }
}

/// A recipe to run.
public struct SubmitRunRequest: WireMessage {
  /// The recipe, YAML, overrides applied.
  public var recipeYAML: String
  /// Submitting the same key again returns the first run. Empty: always a new run.
  public var idempotencyKey: String

  /// Makes the message; what is left out is not sent.
  public init(
    recipeYAML: String = "",
    idempotencyKey: String = ""
  ) {
    self.recipeYAML = recipeYAML
    self.idempotencyKey = idempotencyKey
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.SubmitRunRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension SubmitRunRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__SubmitRunRequest {
    var cMessage = unsafe Retort__V1__SubmitRunRequest()
    unsafe retort__v1__submit_run_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__SubmitRunRequest, _ arena: EncodingArena) {
    unsafe cMessage.recipe_yaml = arena.string(recipeYAML)
    unsafe cMessage.idempotency_key = arena.string(idempotencyKey)
  }

  init(cMessage: Retort__V1__SubmitRunRequest) throws(WireFormatError) {
    recipeYAML = try unsafe readString(cMessage.recipe_yaml, field: "retort.v1.SubmitRunRequest.recipe_yaml")
    idempotencyKey = try unsafe readString(cMessage.idempotency_key, field: "retort.v1.SubmitRunRequest.idempotency_key")
  }
}

/// The new run.
public struct SubmitRunResponse: WireMessage {
  /// The run.
  public var run: WireRun?

  /// Makes the message; what is left out is not sent.
  public init(
    run: WireRun? = nil
  ) {
    self.run = run
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.SubmitRunResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension SubmitRunResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__SubmitRunResponse {
    var cMessage = unsafe Retort__V1__SubmitRunResponse()
    unsafe retort__v1__submit_run_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__SubmitRunResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(run, arena) { run in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.run = run
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__SubmitRunResponse) throws(WireFormatError) {
    run = try unsafe readMessage(cMessage.run) as WireRun?
  }
}

/// Which run.
public struct GetRunRequest: WireMessage {
  /// Names the run.
  public var runID: String

  /// Makes the message; what is left out is not sent.
  public init(
    runID: String = ""
  ) {
    self.runID = runID
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.GetRunRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension GetRunRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__GetRunRequest {
    var cMessage = unsafe Retort__V1__GetRunRequest()
    unsafe retort__v1__get_run_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__GetRunRequest, _ arena: EncodingArena) {
    unsafe cMessage.run_id = arena.string(runID)
  }

  init(cMessage: Retort__V1__GetRunRequest) throws(WireFormatError) {
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.GetRunRequest.run_id")
  }
}

/// The run.
public struct GetRunResponse: WireMessage {
  /// The run.
  public var run: WireRun?

  /// Makes the message; what is left out is not sent.
  public init(
    run: WireRun? = nil
  ) {
    self.run = run
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.GetRunResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension GetRunResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__GetRunResponse {
    var cMessage = unsafe Retort__V1__GetRunResponse()
    unsafe retort__v1__get_run_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__GetRunResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(run, arena) { run in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.run = run
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__GetRunResponse) throws(WireFormatError) {
    run = try unsafe readMessage(cMessage.run) as WireRun?
  }
}

/// Nothing is asked.
public struct ListRunsRequest: WireMessage {
  /// Makes the message.
  public init() {}

  /// Name in Protos/.
  public static let protoName = "retort.v1.ListRunsRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ListRunsRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ListRunsRequest {
    var cMessage = unsafe Retort__V1__ListRunsRequest()
    unsafe retort__v1__list_runs_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ListRunsRequest, _ arena: EncodingArena) {
  }

  init(cMessage: Retort__V1__ListRunsRequest) throws(WireFormatError) {
  }
}

/// All runs.
public struct ListRunsResponse: WireMessage {
  /// Oldest first.
  public var runs: [WireRun]

  /// Makes the message; what is left out is not sent.
  public init(
    runs: [WireRun] = []
  ) {
    self.runs = runs
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ListRunsResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ListRunsResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ListRunsResponse {
    var cMessage = unsafe Retort__V1__ListRunsResponse()
    unsafe retort__v1__list_runs_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ListRunsResponse, _ arena: EncodingArena) {
    unsafe (cMessage.n_runs, cMessage.runs) = arena.messages(runs)
  }

  init(cMessage: Retort__V1__ListRunsResponse) throws(WireFormatError) {
    runs = try unsafe readMessages(cMessage.runs, cMessage.n_runs)
  }
}

/// Which run, from where.
public struct WatchRunRequest: WireMessage {
  /// Names the run.
  public var runID: String
  /// Sends metrics of steps after this one.
  public var afterStep: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    runID: String = "",
    afterStep: UInt64 = 0
  ) {
    self.runID = runID
    self.afterStep = afterStep
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.WatchRunRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WatchRunRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__WatchRunRequest {
    var cMessage = unsafe Retort__V1__WatchRunRequest()
    unsafe retort__v1__watch_run_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__WatchRunRequest, _ arena: EncodingArena) {
    unsafe cMessage.run_id = arena.string(runID)
    unsafe cMessage.after_step = afterStep
  }

  init(cMessage: Retort__V1__WatchRunRequest) throws(WireFormatError) {
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.WatchRunRequest.run_id")
    afterStep = unsafe cMessage.after_step
  }
}

/// A change of state, a row of metrics, or both.
public struct WatchRunResponse: WireMessage {
  /// The run as it stands.
  public var run: WireRun?
  /// Rows of metrics.jsonl, each a JSON object, oldest first.
  public var metricsRows: [String]

  /// Makes the message; what is left out is not sent.
  public init(
    run: WireRun? = nil,
    metricsRows: [String] = []
  ) {
    self.run = run
    self.metricsRows = metricsRows
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.WatchRunResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WatchRunResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__WatchRunResponse {
    var cMessage = unsafe Retort__V1__WatchRunResponse()
    unsafe retort__v1__watch_run_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__WatchRunResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(run, arena) { run in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.run = run
      unsafe (cMessage.n_metrics_rows, cMessage.metrics_rows) = arena.strings(metricsRows)
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__WatchRunResponse) throws(WireFormatError) {
    run = try unsafe readMessage(cMessage.run) as WireRun?
    metricsRows = try unsafe readStrings(cMessage.metrics_rows, cMessage.n_metrics_rows, field: "retort.v1.WatchRunResponse.metrics_rows")
  }
}

/// Which run.
public struct CancelRunRequest: WireMessage {
  /// Names the run.
  public var runID: String

  /// Makes the message; what is left out is not sent.
  public init(
    runID: String = ""
  ) {
    self.runID = runID
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.CancelRunRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension CancelRunRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__CancelRunRequest {
    var cMessage = unsafe Retort__V1__CancelRunRequest()
    unsafe retort__v1__cancel_run_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__CancelRunRequest, _ arena: EncodingArena) {
    unsafe cMessage.run_id = arena.string(runID)
  }

  init(cMessage: Retort__V1__CancelRunRequest) throws(WireFormatError) {
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.CancelRunRequest.run_id")
  }
}

/// The run.
public struct CancelRunResponse: WireMessage {
  /// The run.
  public var run: WireRun?

  /// Makes the message; what is left out is not sent.
  public init(
    run: WireRun? = nil
  ) {
    self.run = run
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.CancelRunResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension CancelRunResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__CancelRunResponse {
    var cMessage = unsafe Retort__V1__CancelRunResponse()
    unsafe retort__v1__cancel_run_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__CancelRunResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(run, arena) { run in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.run = run
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__CancelRunResponse) throws(WireFormatError) {
    run = try unsafe readMessage(cMessage.run) as WireRun?
  }
}

/// Which run.
public struct ResumeRunRequest: WireMessage {
  /// Names the run.
  public var runID: String

  /// Makes the message; what is left out is not sent.
  public init(
    runID: String = ""
  ) {
    self.runID = runID
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ResumeRunRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ResumeRunRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ResumeRunRequest {
    var cMessage = unsafe Retort__V1__ResumeRunRequest()
    unsafe retort__v1__resume_run_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ResumeRunRequest, _ arena: EncodingArena) {
    unsafe cMessage.run_id = arena.string(runID)
  }

  init(cMessage: Retort__V1__ResumeRunRequest) throws(WireFormatError) {
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.ResumeRunRequest.run_id")
  }
}

/// The run.
public struct ResumeRunResponse: WireMessage {
  /// The run.
  public var run: WireRun?

  /// Makes the message; what is left out is not sent.
  public init(
    run: WireRun? = nil
  ) {
    self.run = run
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ResumeRunResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ResumeRunResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__ResumeRunResponse {
    var cMessage = unsafe Retort__V1__ResumeRunResponse()
    unsafe retort__v1__resume_run_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__ResumeRunResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(run, arena) { run in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.run = run
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__ResumeRunResponse) throws(WireFormatError) {
    run = try unsafe readMessage(cMessage.run) as WireRun?
  }
}

/// A student that offers to train.
public struct RegisterTrainerRequest: WireMessage {
  /// Names the process, the same after it reconnects, another after a restart.
  public var trainerID: String
  /// Where its StudentService listens, HOST:PORT.
  public var address: String

  /// Makes the message; what is left out is not sent.
  public init(
    trainerID: String = "",
    address: String = ""
  ) {
    self.trainerID = trainerID
    self.address = address
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.RegisterTrainerRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension RegisterTrainerRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__RegisterTrainerRequest {
    var cMessage = unsafe Retort__V1__RegisterTrainerRequest()
    unsafe retort__v1__register_trainer_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__RegisterTrainerRequest, _ arena: EncodingArena) {
    unsafe cMessage.trainer_id = arena.string(trainerID)
    unsafe cMessage.address = arena.string(address)
  }

  init(cMessage: Retort__V1__RegisterTrainerRequest) throws(WireFormatError) {
    trainerID = try unsafe readString(cMessage.trainer_id, field: "retort.v1.RegisterTrainerRequest.trainer_id")
    address = try unsafe readString(cMessage.address, field: "retort.v1.RegisterTrainerRequest.address")
  }
}

/// The lease.
public struct RegisterTrainerResponse: WireMessage {
  /// Names the lease.
  public var leaseID: String
  /// Milliseconds until it ends unless renewed.
  public var leaseMilliseconds: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    leaseID: String = "",
    leaseMilliseconds: UInt64 = 0
  ) {
    self.leaseID = leaseID
    self.leaseMilliseconds = leaseMilliseconds
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.RegisterTrainerResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension RegisterTrainerResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__RegisterTrainerResponse {
    var cMessage = unsafe Retort__V1__RegisterTrainerResponse()
    unsafe retort__v1__register_trainer_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__RegisterTrainerResponse, _ arena: EncodingArena) {
    unsafe cMessage.lease_id = arena.string(leaseID)
    unsafe cMessage.lease_milliseconds = leaseMilliseconds
  }

  init(cMessage: Retort__V1__RegisterTrainerResponse) throws(WireFormatError) {
    leaseID = try unsafe readString(cMessage.lease_id, field: "retort.v1.RegisterTrainerResponse.lease_id")
    leaseMilliseconds = unsafe cMessage.lease_milliseconds
  }
}

/// Which lease.
public struct RenewLeaseRequest: WireMessage {
  /// Names the lease.
  public var leaseID: String
  /// The group of replicas that the student is in, or was asked to join. Empty: none.
  public var groupID: String
  /// Milliseconds for which it has waited for that group: nothing has come from the others, and it has done nothing else. 0: it works.
  public var silentMilliseconds: UInt64
  /// Whether it waits within an exchange with the others; else it waits to be asked for something.
  public var exchanging: Bool

  /// Makes the message; what is left out is not sent.
  public init(
    leaseID: String = "",
    groupID: String = "",
    silentMilliseconds: UInt64 = 0,
    exchanging: Bool = false
  ) {
    self.leaseID = leaseID
    self.groupID = groupID
    self.silentMilliseconds = silentMilliseconds
    self.exchanging = exchanging
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.RenewLeaseRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension RenewLeaseRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__RenewLeaseRequest {
    var cMessage = unsafe Retort__V1__RenewLeaseRequest()
    unsafe retort__v1__renew_lease_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__RenewLeaseRequest, _ arena: EncodingArena) {
    unsafe cMessage.lease_id = arena.string(leaseID)
    unsafe cMessage.group_id = arena.string(groupID)
    unsafe cMessage.silent_milliseconds = silentMilliseconds
    unsafe cMessage.exchanging = exchanging ? 1 : 0
  }

  init(cMessage: Retort__V1__RenewLeaseRequest) throws(WireFormatError) {
    leaseID = try unsafe readString(cMessage.lease_id, field: "retort.v1.RenewLeaseRequest.lease_id")
    groupID = try unsafe readString(cMessage.group_id, field: "retort.v1.RenewLeaseRequest.group_id")
    silentMilliseconds = unsafe cMessage.silent_milliseconds
    exchanging = unsafe cMessage.exchanging != 0
  }
}

/// The renewed lease.
public struct RenewLeaseResponse: WireMessage {
  /// Milliseconds until it ends unless renewed again.
  public var leaseMilliseconds: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    leaseMilliseconds: UInt64 = 0
  ) {
    self.leaseMilliseconds = leaseMilliseconds
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.RenewLeaseResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension RenewLeaseResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__RenewLeaseResponse {
    var cMessage = unsafe Retort__V1__RenewLeaseResponse()
    unsafe retort__v1__renew_lease_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__RenewLeaseResponse, _ arena: EncodingArena) {
    unsafe cMessage.lease_milliseconds = leaseMilliseconds
  }

  init(cMessage: Retort__V1__RenewLeaseResponse) throws(WireFormatError) {
    leaseMilliseconds = unsafe cMessage.lease_milliseconds
  }
}

/// Nothing is asked.
public struct ListTrainersRequest: WireMessage {
  /// Makes the message.
  public init() {}

  /// Name in Protos/.
  public static let protoName = "retort.v1.ListTrainersRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ListTrainersRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ListTrainersRequest {
    var cMessage = unsafe Retort__V1__ListTrainersRequest()
    unsafe retort__v1__list_trainers_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ListTrainersRequest, _ arena: EncodingArena) {
  }

  init(cMessage: Retort__V1__ListTrainersRequest) throws(WireFormatError) {
  }
}

/// The students that hold a lease.
public struct ListTrainersResponse: WireMessage {
  /// In the order in which runs get them.
  public var trainers: [WireTrainer]
  /// Leases that ended since the coordinator started: not renewed in time, or a new process took the address.
  public var lostLeases: UInt64
  /// Runs that wait for a trainer now.
  public var waitingRuns: UInt64
  /// The replicas of runs whose steps several students share, by run, in the order in which they came; those that are gone last.
  public var replicas: [WireReplica]

  /// Makes the message; what is left out is not sent.
  public init(
    trainers: [WireTrainer] = [],
    lostLeases: UInt64 = 0,
    waitingRuns: UInt64 = 0,
    replicas: [WireReplica] = []
  ) {
    self.trainers = trainers
    self.lostLeases = lostLeases
    self.waitingRuns = waitingRuns
    self.replicas = replicas
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ListTrainersResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ListTrainersResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ListTrainersResponse {
    var cMessage = unsafe Retort__V1__ListTrainersResponse()
    unsafe retort__v1__list_trainers_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ListTrainersResponse, _ arena: EncodingArena) {
    unsafe (cMessage.n_trainers, cMessage.trainers) = arena.messages(trainers)
    unsafe cMessage.lost_leases = lostLeases
    unsafe cMessage.waiting_runs = waitingRuns
    unsafe (cMessage.n_replicas, cMessage.replicas) = arena.messages(replicas)
  }

  init(cMessage: Retort__V1__ListTrainersResponse) throws(WireFormatError) {
    trainers = try unsafe readMessages(cMessage.trainers, cMessage.n_trainers)
    lostLeases = unsafe cMessage.lost_leases
    waitingRuns = unsafe cMessage.waiting_runs
    replicas = try unsafe readMessages(cMessage.replicas, cMessage.n_replicas)
  }
}

/// A student that shares a run's steps, or did.
public struct WireReplica: WireMessage {
  /// The run.
  public var runID: String
  /// Where its StudentService listens.
  public var address: String
  /// What it does.
  public var state: WireReplicaState
  /// Why it is gone or refused: one line. Empty while it is there.
  public var reason: String
  /// Optimizer steps that its parameters have behind them, as far as it has told.
  public var step: UInt64
  /// Milliseconds since it registered or renewed its lease last. 0 where it is gone.
  public var heartbeatMilliseconds: UInt64
  /// Parts of a step's batch that it computes, of `planned_part_count`; batches of few sequences have fewer.
  public var partCount: UInt32
  /// Parts that a batch is cut into at most.
  public var plannedPartCount: UInt32
  /// Seconds of its newest step, from its begin to its end.
  public var computeSeconds: Double
  /// Seconds of these in which an exchange with the others was under way, waits for them included; backward passes may have computed meanwhile.
  public var exchangeSeconds: Double

  /// Makes the message; what is left out is not sent.
  public init(
    runID: String = "",
    address: String = "",
    state: WireReplicaState = .unspecified,
    reason: String = "",
    step: UInt64 = 0,
    heartbeatMilliseconds: UInt64 = 0,
    partCount: UInt32 = 0,
    plannedPartCount: UInt32 = 0,
    computeSeconds: Double = 0,
    exchangeSeconds: Double = 0
  ) {
    self.runID = runID
    self.address = address
    self.state = state
    self.reason = reason
    self.step = step
    self.heartbeatMilliseconds = heartbeatMilliseconds
    self.partCount = partCount
    self.plannedPartCount = plannedPartCount
    self.computeSeconds = computeSeconds
    self.exchangeSeconds = exchangeSeconds
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.Replica"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireReplica: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__Replica {
    var cMessage = unsafe Retort__V1__Replica()
    unsafe retort__v1__replica__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__Replica, _ arena: EncodingArena) {
    unsafe cMessage.run_id = arena.string(runID)
    unsafe cMessage.address = arena.string(address)
    unsafe cMessage.state = state.cValue
    unsafe cMessage.reason = arena.string(reason)
    unsafe cMessage.step = step
    unsafe cMessage.heartbeat_milliseconds = heartbeatMilliseconds
    unsafe cMessage.part_count = partCount
    unsafe cMessage.planned_part_count = plannedPartCount
    unsafe cMessage.compute_seconds = computeSeconds
    unsafe cMessage.exchange_seconds = exchangeSeconds
  }

  init(cMessage: Retort__V1__Replica) throws(WireFormatError) {
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.Replica.run_id")
    address = try unsafe readString(cMessage.address, field: "retort.v1.Replica.address")
    state = unsafe WireReplicaState(cMessage.state)
    reason = try unsafe readString(cMessage.reason, field: "retort.v1.Replica.reason")
    step = unsafe cMessage.step
    heartbeatMilliseconds = unsafe cMessage.heartbeat_milliseconds
    partCount = unsafe cMessage.part_count
    plannedPartCount = unsafe cMessage.planned_part_count
    computeSeconds = unsafe cMessage.compute_seconds
    exchangeSeconds = unsafe cMessage.exchange_seconds
  }
}

/// A student that holds a lease.
public struct WireTrainer: WireMessage {
  /// Names the process.
  public var trainerID: String
  /// Where its StudentService listens.
  public var address: String
  /// The run that it works for. Empty: it is free.
  public var runID: String
  /// Milliseconds until its lease ends unless renewed.
  public var leaseMilliseconds: UInt64
  /// Milliseconds since it registered.
  public var ageMilliseconds: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    trainerID: String = "",
    address: String = "",
    runID: String = "",
    leaseMilliseconds: UInt64 = 0,
    ageMilliseconds: UInt64 = 0
  ) {
    self.trainerID = trainerID
    self.address = address
    self.runID = runID
    self.leaseMilliseconds = leaseMilliseconds
    self.ageMilliseconds = ageMilliseconds
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.Trainer"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireTrainer: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__Trainer {
    var cMessage = unsafe Retort__V1__Trainer()
    unsafe retort__v1__trainer__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__Trainer, _ arena: EncodingArena) {
    unsafe cMessage.trainer_id = arena.string(trainerID)
    unsafe cMessage.address = arena.string(address)
    unsafe cMessage.run_id = arena.string(runID)
    unsafe cMessage.lease_milliseconds = leaseMilliseconds
    unsafe cMessage.age_milliseconds = ageMilliseconds
  }

  init(cMessage: Retort__V1__Trainer) throws(WireFormatError) {
    trainerID = try unsafe readString(cMessage.trainer_id, field: "retort.v1.Trainer.trainer_id")
    address = try unsafe readString(cMessage.address, field: "retort.v1.Trainer.address")
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.Trainer.run_id")
    leaseMilliseconds = unsafe cMessage.lease_milliseconds
    ageMilliseconds = unsafe cMessage.age_milliseconds
  }
}

/// Nothing is asked.
public struct ListTeachersRequest: WireMessage {
  /// Makes the message.
  public init() {}

  /// Name in Protos/.
  public static let protoName = "retort.v1.ListTeachersRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ListTeachersRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ListTeachersRequest {
    var cMessage = unsafe Retort__V1__ListTeachersRequest()
    unsafe retort__v1__list_teachers_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ListTeachersRequest, _ arena: EncodingArena) {
  }

  init(cMessage: Retort__V1__ListTeachersRequest) throws(WireFormatError) {
  }
}

/// The models behind the coordinator.
public struct ListTeachersResponse: WireMessage {
  /// The teacher first, then others by name.
  public var teachers: [WireTeacherState]
  /// Replies that the cache had, of all of them together, since the coordinator started.
  public var cacheHits: UInt64
  /// Replies that had to be asked for.
  public var cacheMisses: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    teachers: [WireTeacherState] = [],
    cacheHits: UInt64 = 0,
    cacheMisses: UInt64 = 0
  ) {
    self.teachers = teachers
    self.cacheHits = cacheHits
    self.cacheMisses = cacheMisses
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ListTeachersResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ListTeachersResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ListTeachersResponse {
    var cMessage = unsafe Retort__V1__ListTeachersResponse()
    unsafe retort__v1__list_teachers_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ListTeachersResponse, _ arena: EncodingArena) {
    unsafe (cMessage.n_teachers, cMessage.teachers) = arena.messages(teachers)
    unsafe cMessage.cache_hits = cacheHits
    unsafe cMessage.cache_misses = cacheMisses
  }

  init(cMessage: Retort__V1__ListTeachersResponse) throws(WireFormatError) {
    teachers = try unsafe readMessages(cMessage.teachers, cMessage.n_teachers)
    cacheHits = unsafe cMessage.cache_hits
    cacheMisses = unsafe cMessage.cache_misses
  }
}

/// A model behind the coordinator.
public struct WireTeacherState: WireMessage {
  /// What it is called: teacher, referee, generator, or a name that recipes give.
  public var name: String
  /// Where it is.
  public var address: String
  /// Why a call that waits for it cannot reach it. Empty: none waits.
  public var waitingReason: String
  /// Calls that were made again since it was away.
  public var retries: UInt64
  /// How long calls have waited for it. 0: none waits.
  public var waitingMilliseconds: UInt64
  /// The services behind its name, in the order in which they were named. Empty: no host name among them is known.
  public var replicas: [WireTeacherReplica]
  /// How long calls have waited for it in all since the coordinator started, as nobody behind its name could be reached.
  public var waitedMilliseconds: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    name: String = "",
    address: String = "",
    waitingReason: String = "",
    retries: UInt64 = 0,
    waitingMilliseconds: UInt64 = 0,
    replicas: [WireTeacherReplica] = [],
    waitedMilliseconds: UInt64 = 0
  ) {
    self.name = name
    self.address = address
    self.waitingReason = waitingReason
    self.retries = retries
    self.waitingMilliseconds = waitingMilliseconds
    self.replicas = replicas
    self.waitedMilliseconds = waitedMilliseconds
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherState"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireTeacherState: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__TeacherState {
    var cMessage = unsafe Retort__V1__TeacherState()
    unsafe retort__v1__teacher_state__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__TeacherState, _ arena: EncodingArena) {
    unsafe cMessage.name = arena.string(name)
    unsafe cMessage.address = arena.string(address)
    unsafe cMessage.waiting_reason = arena.string(waitingReason)
    unsafe cMessage.retries = retries
    unsafe cMessage.waiting_milliseconds = waitingMilliseconds
    unsafe (cMessage.n_replicas, cMessage.replicas) = arena.messages(replicas)
    unsafe cMessage.waited_milliseconds = waitedMilliseconds
  }

  init(cMessage: Retort__V1__TeacherState) throws(WireFormatError) {
    name = try unsafe readString(cMessage.name, field: "retort.v1.TeacherState.name")
    address = try unsafe readString(cMessage.address, field: "retort.v1.TeacherState.address")
    waitingReason = try unsafe readString(cMessage.waiting_reason, field: "retort.v1.TeacherState.waiting_reason")
    retries = unsafe cMessage.retries
    waitingMilliseconds = unsafe cMessage.waiting_milliseconds
    replicas = try unsafe readMessages(cMessage.replicas, cMessage.n_replicas)
    waitedMilliseconds = unsafe cMessage.waited_milliseconds
  }
}

/// One of the services behind a teacher's name.
public struct WireTeacherReplica: WireMessage {
  /// Where it is.
  public var address: String
  /// Why it is not asked. Empty: it is.
  public var trouble: String
  /// Questions that it answered since the coordinator started.
  public var answered: UInt64
  /// Questions that it has now.
  public var outstanding: UInt64
  /// Questions that were taken from it and asked elsewhere, since it was slow.
  public var moved: UInt64
  /// How it stands.
  public var state: WireTeacherReplicaState

  /// Makes the message; what is left out is not sent.
  public init(
    address: String = "",
    trouble: String = "",
    answered: UInt64 = 0,
    outstanding: UInt64 = 0,
    moved: UInt64 = 0,
    state: WireTeacherReplicaState = .unspecified
  ) {
    self.address = address
    self.trouble = trouble
    self.answered = answered
    self.outstanding = outstanding
    self.moved = moved
    self.state = state
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherReplica"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireTeacherReplica: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__TeacherReplica {
    var cMessage = unsafe Retort__V1__TeacherReplica()
    unsafe retort__v1__teacher_replica__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__TeacherReplica, _ arena: EncodingArena) {
    unsafe cMessage.address = arena.string(address)
    unsafe cMessage.trouble = arena.string(trouble)
    unsafe cMessage.answered = answered
    unsafe cMessage.outstanding = outstanding
    unsafe cMessage.moved = moved
    unsafe cMessage.state = state.cValue
  }

  init(cMessage: Retort__V1__TeacherReplica) throws(WireFormatError) {
    address = try unsafe readString(cMessage.address, field: "retort.v1.TeacherReplica.address")
    trouble = try unsafe readString(cMessage.trouble, field: "retort.v1.TeacherReplica.trouble")
    answered = unsafe cMessage.answered
    outstanding = unsafe cMessage.outstanding
    moved = unsafe cMessage.moved
    state = unsafe WireTeacherReplicaState(cMessage.state)
  }
}

/// A value for the other replicas.
public struct PutGroupValueRequest: WireMessage {
  /// Names the group.
  public var groupID: String
  /// Names the value within the group.
  public var key: String
  /// The value, at most 64 KiB.
  public var value: [UInt8]

  /// Makes the message; what is left out is not sent.
  public init(
    groupID: String = "",
    key: String = "",
    value: [UInt8] = []
  ) {
    self.groupID = groupID
    self.key = key
    self.value = value
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.PutGroupValueRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension PutGroupValueRequest: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__PutGroupValueRequest {
    var cMessage = unsafe Retort__V1__PutGroupValueRequest()
    unsafe retort__v1__put_group_value_request__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__PutGroupValueRequest>) throws -> R) rethrows -> R {
    return try unsafe withColumn(value) { value in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.group_id = arena.string(groupID)
      unsafe cMessage.key = arena.string(key)
      unsafe cMessage.value = ProtobufCBinaryData(len: value.count, data: value.start)
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__PutGroupValueRequest) throws(WireFormatError) {
    groupID = try unsafe readString(cMessage.group_id, field: "retort.v1.PutGroupValueRequest.group_id")
    key = try unsafe readString(cMessage.key, field: "retort.v1.PutGroupValueRequest.key")
    value = unsafe readColumn(cMessage.value.data, cMessage.value.len)
  }
}

/// It is there.
public struct PutGroupValueResponse: WireMessage {
  /// Makes the message.
  public init() {}

  /// Name in Protos/.
  public static let protoName = "retort.v1.PutGroupValueResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension PutGroupValueResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__PutGroupValueResponse {
    var cMessage = unsafe Retort__V1__PutGroupValueResponse()
    unsafe retort__v1__put_group_value_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__PutGroupValueResponse, _ arena: EncodingArena) {
  }

  init(cMessage: Retort__V1__PutGroupValueResponse) throws(WireFormatError) {
  }
}

/// Which value.
public struct GetGroupValueRequest: WireMessage {
  /// Names the group.
  public var groupID: String
  /// Names the value within the group.
  public var key: String

  /// Makes the message; what is left out is not sent.
  public init(
    groupID: String = "",
    key: String = ""
  ) {
    self.groupID = groupID
    self.key = key
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.GetGroupValueRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension GetGroupValueRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__GetGroupValueRequest {
    var cMessage = unsafe Retort__V1__GetGroupValueRequest()
    unsafe retort__v1__get_group_value_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__GetGroupValueRequest, _ arena: EncodingArena) {
    unsafe cMessage.group_id = arena.string(groupID)
    unsafe cMessage.key = arena.string(key)
  }

  init(cMessage: Retort__V1__GetGroupValueRequest) throws(WireFormatError) {
    groupID = try unsafe readString(cMessage.group_id, field: "retort.v1.GetGroupValueRequest.group_id")
    key = try unsafe readString(cMessage.key, field: "retort.v1.GetGroupValueRequest.key")
  }
}

/// The value.
public struct GetGroupValueResponse: WireMessage {
  /// The value.
  public var value: [UInt8]

  /// Makes the message; what is left out is not sent.
  public init(
    value: [UInt8] = []
  ) {
    self.value = value
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.GetGroupValueResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension GetGroupValueResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__GetGroupValueResponse {
    var cMessage = unsafe Retort__V1__GetGroupValueResponse()
    unsafe retort__v1__get_group_value_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__GetGroupValueResponse>) throws -> R) rethrows -> R {
    return try unsafe withColumn(value) { value in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.value = ProtobufCBinaryData(len: value.count, data: value.start)
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__GetGroupValueResponse) throws(WireFormatError) {
    value = unsafe readColumn(cMessage.value.data, cMessage.value.len)
  }
}
