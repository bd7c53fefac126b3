// Generated from retort/v1/student_service.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// How weights are kept for generation, which reads all of them for each token. Rounded ones change the text.
public enum WireGenerationWeights: Int32, Sendable, Hashable, CaseIterable {
  /// Not chosen, which means GENERATION_WEIGHTS_FLOAT32.
  case unspecified = 0
  /// As they are.
  case float32 = 1
  /// Rounded to bfloat16.
  case bfloat16 = 2
  /// Rounded to 8 bits, with a scale per output.
  case int8 = 3

  init(_ value: Retort__V1__GenerationWeights) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__GenerationWeights { Retort__V1__GenerationWeights(rawValue: Retort__V1__GenerationWeights.RawValue(rawValue)) }
}

/// Nothing is asked.
public struct StudentServiceDescribeRequest: WireMessage {
  /// Makes the message.
  public init() {}

  /// Name in Protos/.
  public static let protoName = "retort.v1.StudentServiceDescribeRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension StudentServiceDescribeRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__StudentServiceDescribeRequest {
    var cMessage = unsafe Retort__V1__StudentServiceDescribeRequest()
    unsafe retort__v1__student_service_describe_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__StudentServiceDescribeRequest, _ arena: EncodingArena) {
  }

  init(cMessage: Retort__V1__StudentServiceDescribeRequest) throws(WireFormatError) {
  }
}

/// What is loaded.
public struct StudentServiceDescribeResponse: WireMessage {
  /// True once Load succeeded.
  public var loaded: Bool
  /// The model; unset until loaded.
  public var model: WireModelDescription?
  /// Optimizer steps made.
  public var step: UInt64
  /// The run that the parameters belong to; empty until loaded.
  public var runID: String

  /// Makes the message; what is left out is not sent.
  public init(
    loaded: Bool = false,
    model: WireModelDescription? = nil,
    step: UInt64 = 0,
    runID: String = ""
  ) {
    self.loaded = loaded
    self.model = model
    self.step = step
    self.runID = runID
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.StudentServiceDescribeResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension StudentServiceDescribeResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__StudentServiceDescribeResponse {
    var cMessage = unsafe Retort__V1__StudentServiceDescribeResponse()
    unsafe retort__v1__student_service_describe_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__StudentServiceDescribeResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(model, arena) { model in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.loaded = loaded ? 1 : 0
      unsafe cMessage.model = model
      unsafe cMessage.step = step
      unsafe cMessage.run_id = arena.string(runID)
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__StudentServiceDescribeResponse) throws(WireFormatError) {
    loaded = unsafe cMessage.loaded != 0
    model = try unsafe readMessage(cMessage.model) as WireModelDescription?
    step = unsafe cMessage.step
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.StudentServiceDescribeResponse.run_id")
  }
}

/// A model folder, or a checkpoint, to load.
public struct LoadRequest: WireMessage {
  /// The run that will train; empty: none.
  public var runID: String
  /// Folder with config.json and weights, or a checkpoint folder.
  public var path: String
  /// True: restore optimizer state, step and generator from the checkpoint too. False: begin at step 0.
  public var resume: Bool
  /// True: make new parameters from the folder's config.json instead of reading weights.
  public var initialize: Bool
  /// Seed of new parameters.
  public var seed: UInt64
  /// Address of the TeacherService to ask for log-probs, HOST:PORT; empty: none will be needed.
  public var teacherAddress: String
  /// What is minimised.
  public var objective: WireObjective?
  /// How.
  public var optimizer: WireOptimizerOptions?
  /// In what the products of training are computed. FAILED_PRECONDITION where this machine cannot.
  public var precision: WireProductPrecision
  /// Keep of a forward pass what each block finds and compute the rest again in the backward pass: less memory, the same bits.
  public var gradientCheckpointing: Bool
  /// Low-rank adapters, which then learn alone; absent: the model itself learns. With `resume` they are the checkpoint's, and
  /// FAILED_PRECONDITION where these are others.
  public var adapters: WireAdapterOptions?
  /// How weights are kept while the student generates.
  public var generationWeights: WireGenerationWeights
  /// A teacher's module that learns beside the student by the same batches; absent: none does. With `resume` its adapters are the
  /// checkpoint's, and FAILED_PRECONDITION where these are others, or on another model.
  public var module: WireOnlineModule?
  /// Into how many parts, at most, a batch is cut whose gradients are summed apart, in an order that depends on the batch alone. So many
  /// replicas can share a step; weights depend on this number, and not on how many replicas there are. 0: 1.
  public var gradientParts: UInt32
  /// Whether each of several replicas keeps the optimizer's state of a share of the parameters alone, and updates these: from Join on. The
  /// same bits, less memory in each; where a replica is lost, so is its share, and the run goes back to a checkpoint.
  public var shardOptimizer: Bool
  /// The caller's fencing token; see StudentService. FAILED_PRECONDITION where a newer one was seen.
  public var fencingToken: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    runID: String = "",
    path: String = "",
    resume: Bool = false,
    initialize: Bool = false,
    seed: UInt64 = 0,
    teacherAddress: String = "",
    objective: WireObjective? = nil,
    optimizer: WireOptimizerOptions? = nil,
    precision: WireProductPrecision = .unspecified,
    gradientCheckpointing: Bool = false,
    adapters: WireAdapterOptions? = nil,
    generationWeights: WireGenerationWeights = .unspecified,
    module: WireOnlineModule? = nil,
    gradientParts: UInt32 = 0,
    shardOptimizer: Bool = false,
    fencingToken: UInt64 = 0
  ) {
    self.runID = runID
    self.path = path
    self.resume = resume
    self.initialize = initialize
    self.seed = seed
    self.teacherAddress = teacherAddress
    self.objective = objective
    self.optimizer = optimizer
    self.precision = precision
    self.gradientCheckpointing = gradientCheckpointing
    self.adapters = adapters
    self.generationWeights = generationWeights
    self.module = module
    self.gradientParts = gradientParts
    self.shardOptimizer = shardOptimizer
    self.fencingToken = fencingToken
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.LoadRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension LoadRequest: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__LoadRequest {
    var cMessage = unsafe Retort__V1__LoadRequest()
    unsafe retort__v1__load_request__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__LoadRequest>) throws -> R) rethrows -> R {
    return try unsafe withOptional(objective, arena) { objective in
      return try unsafe withOptional(optimizer, arena) { optimizer in
        return try unsafe withOptional(adapters, arena) { adapters in
          return try unsafe withOptional(module, arena) { module in
            var cMessage = unsafe Self.makeCMessage()
            unsafe cMessage.run_id = arena.string(runID)
            unsafe cMessage.path = arena.string(path)
            unsafe cMessage.resume = resume ? 1 : 0
            unsafe cMessage.initialize = initialize ? 1 : 0
            unsafe cMessage.seed = seed
            unsafe cMessage.teacher_address = arena.string(teacherAddress)
            unsafe cMessage.objective = objective
            unsafe cMessage.optimizer = optimizer
            unsafe cMessage.precision = precision.cValue
            unsafe cMessage.gradient_checkpointing = gradientCheckpointing ? 1 : 0
            unsafe cMessage.adapters = adapters
            unsafe cMessage.generation_weights = generationWeights.cValue
            unsafe cMessage.module = module
            unsafe cMessage.gradient_parts = gradientParts
            unsafe cMessage.shard_optimizer = shardOptimizer ? 1 : 0
            unsafe cMessage.fencing_token = fencingToken
            return try unsafe body(&cMessage)
          }
        }
      }
    }
  }

  init(cMessage: Retort__V1__LoadRequest) throws(WireFormatError) {
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.LoadRequest.run_id")
    path = try unsafe readString(cMessage.path, field: "retort.v1.LoadRequest.path")
    resume = unsafe cMessage.resume != 0
    initialize = unsafe cMessage.initialize != 0
    seed = unsafe cMessage.seed
    teacherAddress = try unsafe readString(cMessage.teacher_address, field: "retort.v1.LoadRequest.teacher_address")
    objective = try unsafe readMessage(cMessage.objective) as WireObjective?
    optimizer = try unsafe readMessage(cMessage.optimizer) as WireOptimizerOptions?
    precision = unsafe WireProductPrecision(cMessage.precision)
    gradientCheckpointing = unsafe cMessage.gradient_checkpointing != 0
    adapters = try unsafe readMessage(cMessage.adapters) as WireAdapterOptions?
    generationWeights = unsafe WireGenerationWeights(cMessage.generation_weights)
    module = try unsafe readMessage(cMessage.module) as WireOnlineModule?
    gradientParts = unsafe cMessage.gradient_parts
    shardOptimizer = unsafe cMessage.shard_optimizer != 0
    fencingToken = unsafe cMessage.fencing_token
  }
}

/// What was loaded.
public struct LoadResponse: WireMessage {
  /// The model.
  public var model: WireModelDescription?
  /// Optimizer steps that the parameters have behind them.
  public var step: UInt64
  /// The model that LoadRequest.module is on; unset where there is none.
  public var module: WireModelDescription?

  /// Makes the message; what is left out is not sent.
  public init(
    model: WireModelDescription? = nil,
    step: UInt64 = 0,
    module: WireModelDescription? = nil
  ) {
    self.model = model
    self.step = step
    self.module = module
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.LoadResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension LoadResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__LoadResponse {
    var cMessage = unsafe Retort__V1__LoadResponse()
    unsafe retort__v1__load_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__LoadResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(model, arena) { model in
      return try unsafe withOptional(module, arena) { module in
        var cMessage = unsafe Self.makeCMessage()
        unsafe cMessage.model = model
        unsafe cMessage.step = step
        unsafe cMessage.module = module
        return try unsafe body(&cMessage)
      }
    }
  }

  init(cMessage: Retort__V1__LoadResponse) throws(WireFormatError) {
    model = try unsafe readMessage(cMessage.model) as WireModelDescription?
    step = unsafe cMessage.step
    module = try unsafe readMessage(cMessage.module) as WireModelDescription?
  }
}

/// Prompts to complete.
public struct StudentServiceGenerateRequest: WireMessage {
  /// Prompts: sequences without completion.
  public var prompts: WireSequenceBatch?
  /// How to sample.
  public var sampling: WireSamplingOptions?
  /// One seed per prompt. Empty: 0 for all. Shape: [B].
  public var seeds: [UInt64]
  /// Limit of each prompt's new tokens, at least 1; `sampling.max_new_tokens` holds beside it, and `min_new_tokens` counts up to the
  /// smaller of them. Empty: no other limit. Shape: [B].
  public var maxNewTokens: [UInt32]
  /// The caller's fencing token, that of its Load; see StudentService.
  public var fencingToken: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    prompts: WireSequenceBatch? = nil,
    sampling: WireSamplingOptions? = nil,
    seeds: [UInt64] = [],
    maxNewTokens: [UInt32] = [],
    fencingToken: UInt64 = 0
  ) {
    self.prompts = prompts
    self.sampling = sampling
    self.seeds = seeds
    self.maxNewTokens = maxNewTokens
    self.fencingToken = fencingToken
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.StudentServiceGenerateRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension StudentServiceGenerateRequest: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__StudentServiceGenerateRequest {
    var cMessage = unsafe Retort__V1__StudentServiceGenerateRequest()
    unsafe retort__v1__student_service_generate_request__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__StudentServiceGenerateRequest>) throws -> R) rethrows -> R {
    return try unsafe withOptional(prompts, arena) { prompts in
      return try unsafe withOptional(sampling, arena) { sampling in
        return try unsafe withColumn(seeds) { seeds in
          return try unsafe withColumn(maxNewTokens) { maxNewTokens in
            var cMessage = unsafe Self.makeCMessage()
            unsafe cMessage.prompts = prompts
            unsafe cMessage.sampling = sampling
            unsafe (cMessage.n_seeds, cMessage.seeds) = (seeds.count, seeds.start)
            unsafe (cMessage.n_max_new_tokens, cMessage.max_new_tokens) = (maxNewTokens.count, maxNewTokens.start)
            unsafe cMessage.fencing_token = fencingToken
            return try unsafe body(&cMessage)
          }
        }
      }
    }
  }

  init(cMessage: Retort__V1__StudentServiceGenerateRequest) throws(WireFormatError) {
    prompts = try unsafe readMessage(cMessage.prompts) as WireSequenceBatch?
    sampling = try unsafe readMessage(cMessage.sampling) as WireSamplingOptions?
    seeds = unsafe readColumn(cMessage.seeds, cMessage.n_seeds)
    maxNewTokens = unsafe readColumn(cMessage.max_new_tokens, cMessage.n_max_new_tokens)
    fencingToken = unsafe cMessage.fencing_token
  }
}

/// Some finished completions.
public struct StudentServiceGenerateResponse: WireMessage {
  /// The completions.
  public var completions: WireCompletionBatch?

  /// Makes the message; what is left out is not sent.
  public init(
    completions: WireCompletionBatch? = nil
  ) {
    self.completions = completions
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.StudentServiceGenerateResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension StudentServiceGenerateResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__StudentServiceGenerateResponse {
    var cMessage = unsafe Retort__V1__StudentServiceGenerateResponse()
    unsafe retort__v1__student_service_generate_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__StudentServiceGenerateResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(completions, arena) { completions in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.completions = completions
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__StudentServiceGenerateResponse) throws(WireFormatError) {
    completions = try unsafe readMessage(cMessage.completions) as WireCompletionBatch?
  }
}

/// Sequences to score.
public struct StudentServiceScoreRequest: WireMessage {
  /// The sequences; positions are those of their completions.
  public var sequences: WireSequenceBatch?
  /// What to return.
  public var options: WireScoreOptions?

  /// Makes the message; what is left out is not sent.
  public init(
    sequences: WireSequenceBatch? = nil,
    options: WireScoreOptions? = nil
  ) {
    self.sequences = sequences
    self.options = options
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.StudentServiceScoreRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension StudentServiceScoreRequest: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__StudentServiceScoreRequest {
    var cMessage = unsafe Retort__V1__StudentServiceScoreRequest()
    unsafe retort__v1__student_service_score_request__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__StudentServiceScoreRequest>) throws -> R) rethrows -> R {
    return try unsafe withOptional(sequences, arena) { sequences in
      return try unsafe withOptional(options, arena) { options in
        var cMessage = unsafe Self.makeCMessage()
        unsafe cMessage.sequences = sequences
        unsafe cMessage.options = options
        return try unsafe body(&cMessage)
      }
    }
  }

  init(cMessage: Retort__V1__StudentServiceScoreRequest) throws(WireFormatError) {
    sequences = try unsafe readMessage(cMessage.sequences) as WireSequenceBatch?
    options = try unsafe readMessage(cMessage.options) as WireScoreOptions?
  }
}

/// A chunk of the reply to the oldest request not yet fully answered.
public struct StudentServiceScoreResponse: WireMessage {
  /// The chunk.
  public var chunk: WireScoreChunk?

  /// Makes the message; what is left out is not sent.
  public init(
    chunk: WireScoreChunk? = nil
  ) {
    self.chunk = chunk
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.StudentServiceScoreResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension StudentServiceScoreResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__StudentServiceScoreResponse {
    var cMessage = unsafe Retort__V1__StudentServiceScoreResponse()
    unsafe retort__v1__student_service_score_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__StudentServiceScoreResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(chunk, arena) { chunk in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.chunk = chunk
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__StudentServiceScoreResponse) throws(WireFormatError) {
    chunk = try unsafe readMessage(cMessage.chunk) as WireScoreChunk?
  }
}

/// One optimizer step, or one evaluation.
public struct TrainRequest: WireMessage {
  /// Number of the step that the update makes: steps made so far plus 1, else FAILED_PRECONDITION.
  /// An evaluation names the steps made so far.
  public var step: UInt64
  /// The sequences.
  public var batch: WireTrainBatch?
  /// True: compute the loss and change nothing.
  public var evaluate: Bool
  /// Objective of this request alone; unset: that of Load.
  public var objective: WireObjective?
  /// The group of replicas that makes the step, all of which are sent the same request; FAILED_PRECONDITION where the student is in
  /// another. A step that fails because another replica is gone is ABORTED, and the parameters are those of before. Empty: the student
  /// makes it alone.
  public var groupID: String
  /// The caller's fencing token, that of its Load; see StudentService.
  public var fencingToken: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    step: UInt64 = 0,
    batch: WireTrainBatch? = nil,
    evaluate: Bool = false,
    objective: WireObjective? = nil,
    groupID: String = "",
    fencingToken: UInt64 = 0
  ) {
    self.step = step
    self.batch = batch
    self.evaluate = evaluate
    self.objective = objective
    self.groupID = groupID
    self.fencingToken = fencingToken
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TrainRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension TrainRequest: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__TrainRequest {
    var cMessage = unsafe Retort__V1__TrainRequest()
    unsafe retort__v1__train_request__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__TrainRequest>) throws -> R) rethrows -> R {
    return try unsafe withOptional(batch, arena) { batch in
      return try unsafe withOptional(objective, arena) { objective in
        var cMessage = unsafe Self.makeCMessage()
        unsafe cMessage.step = step
        unsafe cMessage.batch = batch
        unsafe cMessage.evaluate = evaluate ? 1 : 0
        unsafe cMessage.objective = objective
        unsafe cMessage.group_id = arena.string(groupID)
        unsafe cMessage.fencing_token = fencingToken
        return try unsafe body(&cMessage)
      }
    }
  }

  init(cMessage: Retort__V1__TrainRequest) throws(WireFormatError) {
    step = unsafe cMessage.step
    batch = try unsafe readMessage(cMessage.batch) as WireTrainBatch?
    evaluate = unsafe cMessage.evaluate != 0
    objective = try unsafe readMessage(cMessage.objective) as WireObjective?
    groupID = try unsafe readString(cMessage.group_id, field: "retort.v1.TrainRequest.group_id")
    fencingToken = unsafe cMessage.fencing_token
  }
}

/// What the step measured.
public struct TrainResponse: WireMessage {
  /// The request's step.
  public var step: UInt64
  /// Its measurements.
  public var metrics: WireStepMetrics?

  /// Makes the message; what is left out is not sent.
  public init(
    step: UInt64 = 0,
    metrics: WireStepMetrics? = nil
  ) {
    self.step = step
    self.metrics = metrics
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TrainResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension TrainResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__TrainResponse {
    var cMessage = unsafe Retort__V1__TrainResponse()
    unsafe retort__v1__train_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__TrainResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(metrics, arena) { metrics in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.step = step
      unsafe cMessage.metrics = metrics
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__TrainResponse) throws(WireFormatError) {
    step = unsafe cMessage.step
    metrics = try unsafe readMessage(cMessage.metrics) as WireStepMetrics?
  }
}

/// A group of replicas.
public struct JoinRequest: WireMessage {
  /// Names the group, and what its members put down at the coordinator; never used again.
  public var groupID: String
  /// This student's number among them, from 0.
  public var rank: UInt32
  /// Number of replicas, at least 1.
  public var size: UInt32
  /// The longest that it waits for the others to come; within a step it waits until its call is cancelled.
  public var timeoutMilliseconds: UInt64
  /// The run whose student all of them are; FAILED_PRECONDITION where this one was loaded for another. Empty: not checked.
  public var runID: String
  /// The caller's fencing token, that of its Load; see StudentService.
  public var fencingToken: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    groupID: String = "",
    rank: UInt32 = 0,
    size: UInt32 = 0,
    timeoutMilliseconds: UInt64 = 0,
    runID: String = "",
    fencingToken: UInt64 = 0
  ) {
    self.groupID = groupID
    self.rank = rank
    self.size = size
    self.timeoutMilliseconds = timeoutMilliseconds
    self.runID = runID
    self.fencingToken = fencingToken
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.JoinRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension JoinRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__JoinRequest {
    var cMessage = unsafe Retort__V1__JoinRequest()
    unsafe retort__v1__join_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__JoinRequest, _ arena: EncodingArena) {
    unsafe cMessage.group_id = arena.string(groupID)
    unsafe cMessage.rank = rank
    unsafe cMessage.size = size
    unsafe cMessage.timeout_milliseconds = timeoutMilliseconds
    unsafe cMessage.run_id = arena.string(runID)
    unsafe cMessage.fencing_token = fencingToken
  }

  init(cMessage: Retort__V1__JoinRequest) throws(WireFormatError) {
    groupID = try unsafe readString(cMessage.group_id, field: "retort.v1.JoinRequest.group_id")
    rank = unsafe cMessage.rank
    size = unsafe cMessage.size
    timeoutMilliseconds = unsafe cMessage.timeout_milliseconds
    runID = try unsafe readString(cMessage.run_id, field: "retort.v1.JoinRequest.run_id")
    fencingToken = unsafe cMessage.fencing_token
  }
}

/// The student is in the group.
public struct JoinResponse: WireMessage {
  /// Optimizer steps that the parameters have behind them, the same in all replicas.
  public var step: UInt64
  /// What the last step measured that this student made itself: its answer may have been lost with the call.
  public var last: TrainResponse?
  /// The one before; as many are under way at once.
  public var secondLast: TrainResponse?
  /// The one before that.
  public var thirdLast: TrainResponse?
  /// True: the group's replicas together have not all of the optimizer's state, as they shared it out and one is gone. The group makes no
  /// steps: Load the newest checkpoint.
  public var optimizerStateLost: Bool

  /// Makes the message; what is left out is not sent.
  public init(
    step: UInt64 = 0,
    last: TrainResponse? = nil,
    secondLast: TrainResponse? = nil,
    thirdLast: TrainResponse? = nil,
    optimizerStateLost: Bool = false
  ) {
    self.step = step
    self.last = last
    self.secondLast = secondLast
    self.thirdLast = thirdLast
    self.optimizerStateLost = optimizerStateLost
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.JoinResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension JoinResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__JoinResponse {
    var cMessage = unsafe Retort__V1__JoinResponse()
    unsafe retort__v1__join_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__JoinResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(last, arena) { last in
      return try unsafe withOptional(secondLast, arena) { secondLast in
        return try unsafe withOptional(thirdLast, arena) { thirdLast in
          var cMessage = unsafe Self.makeCMessage()
          unsafe cMessage.step = step
          unsafe cMessage.last = last
          unsafe cMessage.second_last = secondLast
          unsafe cMessage.third_last = thirdLast
          unsafe cMessage.optimizer_state_lost = optimizerStateLost ? 1 : 0
          return try unsafe body(&cMessage)
        }
      }
    }
  }

  init(cMessage: Retort__V1__JoinResponse) throws(WireFormatError) {
    step = unsafe cMessage.step
    last = try unsafe readMessage(cMessage.last) as TrainResponse?
    secondLast = try unsafe readMessage(cMessage.second_last) as TrainResponse?
    thirdLast = try unsafe readMessage(cMessage.third_last) as TrainResponse?
    optimizerStateLost = unsafe cMessage.optimizer_state_lost != 0
  }
}

/// Where to write a checkpoint.
public struct SaveRequest: WireMessage {
  /// Folder to make; it appears whole or not at all.
  public var path: String
  /// The group whose replicas share out the optimizer's state: all are asked to save, those of rank above 0 give the first their shares,
  /// and it writes. ABORTED where one is lost. Empty: this student has all of it.
  public var groupID: String
  /// The caller's fencing token, that of its Load; see StudentService.
  public var fencingToken: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    path: String = "",
    groupID: String = "",
    fencingToken: UInt64 = 0
  ) {
    self.path = path
    self.groupID = groupID
    self.fencingToken = fencingToken
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.SaveRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension SaveRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__SaveRequest {
    var cMessage = unsafe Retort__V1__SaveRequest()
    unsafe retort__v1__save_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__SaveRequest, _ arena: EncodingArena) {
    unsafe cMessage.path = arena.string(path)
    unsafe cMessage.group_id = arena.string(groupID)
    unsafe cMessage.fencing_token = fencingToken
  }

  init(cMessage: Retort__V1__SaveRequest) throws(WireFormatError) {
    path = try unsafe readString(cMessage.path, field: "retort.v1.SaveRequest.path")
    groupID = try unsafe readString(cMessage.group_id, field: "retort.v1.SaveRequest.group_id")
    fencingToken = unsafe cMessage.fencing_token
  }
}

/// What was written.
public struct SaveResponse: WireMessage {
  /// Optimizer steps that the checkpoint has behind it.
  public var step: UInt64
  /// SHA-256 of the parameters, lower-case hex.
  public var modelDigest: String

  /// Makes the message; what is left out is not sent.
  public init(
    step: UInt64 = 0,
    modelDigest: String = ""
  ) {
    self.step = step
    self.modelDigest = modelDigest
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.SaveResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension SaveResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__SaveResponse {
    var cMessage = unsafe Retort__V1__SaveResponse()
    unsafe retort__v1__save_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__SaveResponse, _ arena: EncodingArena) {
    unsafe cMessage.step = step
    unsafe cMessage.model_digest = arena.string(modelDigest)
  }

  init(cMessage: Retort__V1__SaveResponse) throws(WireFormatError) {
    step = unsafe cMessage.step
    modelDigest = try unsafe readString(cMessage.model_digest, field: "retort.v1.SaveResponse.model_digest")
  }
}

/// Where to write a model folder.
public struct ExportRequest: WireMessage {
  /// Folder to make; it appears whole or not at all.
  public var path: String
  /// Folder to make for the adapters of LoadRequest.module, as PEFT has them; empty: none. FAILED_PRECONDITION where there is no module.
  public var modulePath: String
  /// The caller's fencing token, that of its Load; see StudentService.
  public var fencingToken: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    path: String = "",
    modulePath: String = "",
    fencingToken: UInt64 = 0
  ) {
    self.path = path
    self.modulePath = modulePath
    self.fencingToken = fencingToken
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ExportRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ExportRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ExportRequest {
    var cMessage = unsafe Retort__V1__ExportRequest()
    unsafe retort__v1__export_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ExportRequest, _ arena: EncodingArena) {
    unsafe cMessage.path = arena.string(path)
    unsafe cMessage.module_path = arena.string(modulePath)
    unsafe cMessage.fencing_token = fencingToken
  }

  init(cMessage: Retort__V1__ExportRequest) throws(WireFormatError) {
    path = try unsafe readString(cMessage.path, field: "retort.v1.ExportRequest.path")
    modulePath = try unsafe readString(cMessage.module_path, field: "retort.v1.ExportRequest.module_path")
    fencingToken = unsafe cMessage.fencing_token
  }
}

/// What was written.
public struct ExportResponse: WireMessage {
  /// SHA-256 of the parameters, lower-case hex.
  public var modelDigest: String

  /// Makes the message; what is left out is not sent.
  public init(
    modelDigest: String = ""
  ) {
    self.modelDigest = modelDigest
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ExportResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ExportResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ExportResponse {
    var cMessage = unsafe Retort__V1__ExportResponse()
    unsafe retort__v1__export_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ExportResponse, _ arena: EncodingArena) {
    unsafe cMessage.model_digest = arena.string(modelDigest)
  }

  init(cMessage: Retort__V1__ExportResponse) throws(WireFormatError) {
    modelDigest = try unsafe readString(cMessage.model_digest, field: "retort.v1.ExportResponse.model_digest")
  }
}
