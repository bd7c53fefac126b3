// Generated from retort/v1/teacher_service.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// Nothing is asked.
public struct TeacherServiceDescribeRequest: WireMessage {
  /// Makes the message.
  public init() {}

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceDescribeRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension TeacherServiceDescribeRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__TeacherServiceDescribeRequest {
    var cMessage = unsafe Retort__V1__TeacherServiceDescribeRequest()
    unsafe retort__v1__teacher_service_describe_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__TeacherServiceDescribeRequest, _ arena: EncodingArena) {
  }

  init(cMessage: Retort__V1__TeacherServiceDescribeRequest) throws(WireFormatError) {
  }
}

/// The model's description.
public struct TeacherServiceDescribeResponse: WireMessage {
  /// The model.
  public var model: WireModelDescription?
  /// Names the service, and no other; another each time it starts. One that answers at several addresses is known by it for one. Empty: it
  /// does not say.
  public var instanceID: String

  /// Makes the message; what is left out is not sent.
  public init(
    model: WireModelDescription? = nil,
    instanceID: String = ""
  ) {
    self.model = model
    self.instanceID = instanceID
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceDescribeResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension TeacherServiceDescribeResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__TeacherServiceDescribeResponse {
    var cMessage = unsafe Retort__V1__TeacherServiceDescribeResponse()
    unsafe retort__v1__teacher_service_describe_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__TeacherServiceDescribeResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(model, arena) { model in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.model = model
      unsafe cMessage.instance_id = arena.string(instanceID)
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__TeacherServiceDescribeResponse) throws(WireFormatError) {
    model = try unsafe readMessage(cMessage.model) as WireModelDescription?
    instanceID = try unsafe readString(cMessage.instance_id, field: "retort.v1.TeacherServiceDescribeResponse.instance_id")
  }
}

/// Prompts to complete.
public struct TeacherServiceGenerateRequest: WireMessage {
  /// Prompts: sequences without completion.
  public var prompts: WireSequenceBatch?
  /// How to sample.
  public var sampling: WireSamplingOptions?
  /// One seed per prompt: the completion depends on prompt, options and its seed. Empty: 0 for all. Shape: [B].
  public var seeds: [UInt64]

  /// Makes the message; what is left out is not sent.
  public init(
    prompts: WireSequenceBatch? = nil,
    sampling: WireSamplingOptions? = nil,
    seeds: [UInt64] = []
  ) {
    self.prompts = prompts
    self.sampling = sampling
    self.seeds = seeds
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceGenerateRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension TeacherServiceGenerateRequest: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__TeacherServiceGenerateRequest {
    var cMessage = unsafe Retort__V1__TeacherServiceGenerateRequest()
    unsafe retort__v1__teacher_service_generate_request__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__TeacherServiceGenerateRequest>) throws -> R) rethrows -> R {
    return try unsafe withOptional(prompts, arena) { prompts in
      return try unsafe withOptional(sampling, arena) { sampling in
        return try unsafe withColumn(seeds) { seeds in
          var cMessage = unsafe Self.makeCMessage()
          unsafe cMessage.prompts = prompts
          unsafe cMessage.sampling = sampling
          unsafe (cMessage.n_seeds, cMessage.seeds) = (seeds.count, seeds.start)
          return try unsafe body(&cMessage)
        }
      }
    }
  }

  init(cMessage: Retort__V1__TeacherServiceGenerateRequest) throws(WireFormatError) {
    prompts = try unsafe readMessage(cMessage.prompts) as WireSequenceBatch?
    sampling = try unsafe readMessage(cMessage.sampling) as WireSamplingOptions?
    seeds = unsafe readColumn(cMessage.seeds, cMessage.n_seeds)
  }
}

/// Some finished completions.
public struct TeacherServiceGenerateResponse: WireMessage {
  /// The completions.
  public var completions: WireCompletionBatch?

  /// Makes the message; what is left out is not sent.
  public init(
    completions: WireCompletionBatch? = nil
  ) {
    self.completions = completions
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceGenerateResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension TeacherServiceGenerateResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__TeacherServiceGenerateResponse {
    var cMessage = unsafe Retort__V1__TeacherServiceGenerateResponse()
    unsafe retort__v1__teacher_service_generate_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__TeacherServiceGenerateResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(completions, arena) { completions in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.completions = completions
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__TeacherServiceGenerateResponse) throws(WireFormatError) {
    completions = try unsafe readMessage(cMessage.completions) as WireCompletionBatch?
  }
}

/// Sequences to score.
public struct TeacherServiceScoreRequest: WireMessage {
  /// The sequences; positions are those of their completions.
  public var sequences: WireSequenceBatch?
  /// What to return.
  public var options: WireScoreOptions?
  /// Name of the teacher that is asked, at a service that stands before several, such as a coordinator's. Empty: the one that
  /// it has, or the first. FAILED_PRECONDITION: the service knows no teacher of this name. A model's own service ignores it.
  public var teacher: String

  /// Makes the message; what is left out is not sent.
  public init(
    sequences: WireSequenceBatch? = nil,
    options: WireScoreOptions? = nil,
    teacher: String = ""
  ) {
    self.sequences = sequences
    self.options = options
    self.teacher = teacher
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceScoreRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension TeacherServiceScoreRequest: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__TeacherServiceScoreRequest {
    var cMessage = unsafe Retort__V1__TeacherServiceScoreRequest()
    unsafe retort__v1__teacher_service_score_request__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__TeacherServiceScoreRequest>) throws -> R) rethrows -> R {
    return try unsafe withOptional(sequences, arena) { sequences in
      return try unsafe withOptional(options, arena) { options in
        var cMessage = unsafe Self.makeCMessage()
        unsafe cMessage.sequences = sequences
        unsafe cMessage.options = options
        unsafe cMessage.teacher = arena.string(teacher)
        return try unsafe body(&cMessage)
      }
    }
  }

  init(cMessage: Retort__V1__TeacherServiceScoreRequest) throws(WireFormatError) {
    sequences = try unsafe readMessage(cMessage.sequences) as WireSequenceBatch?
    options = try unsafe readMessage(cMessage.options) as WireScoreOptions?
    teacher = try unsafe readString(cMessage.teacher, field: "retort.v1.TeacherServiceScoreRequest.teacher")
  }
}

/// A chunk of the reply to the oldest request not yet fully answered.
public struct TeacherServiceScoreResponse: WireMessage {
  /// The chunk.
  public var chunk: WireScoreChunk?

  /// Makes the message; what is left out is not sent.
  public init(
    chunk: WireScoreChunk? = nil
  ) {
    self.chunk = chunk
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceScoreResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension TeacherServiceScoreResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__TeacherServiceScoreResponse {
    var cMessage = unsafe Retort__V1__TeacherServiceScoreResponse()
    unsafe retort__v1__teacher_service_score_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__TeacherServiceScoreResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(chunk, arena) { chunk in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.chunk = chunk
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__TeacherServiceScoreResponse) throws(WireFormatError) {
    chunk = try unsafe readMessage(cMessage.chunk) as WireScoreChunk?
  }
}

/// Which head.
public struct GetOutputHeadRequest: WireMessage {
  /// The `output_head_digest` that is expected. Empty: whatever the service has.
  public var outputHeadDigest: String

  /// Makes the message; what is left out is not sent.
  public init(
    outputHeadDigest: String = ""
  ) {
    self.outputHeadDigest = outputHeadDigest
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.GetOutputHeadRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension GetOutputHeadRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__GetOutputHeadRequest {
    var cMessage = unsafe Retort__V1__GetOutputHeadRequest()
    unsafe retort__v1__get_output_head_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__GetOutputHeadRequest, _ arena: EncodingArena) {
    unsafe cMessage.output_head_digest = arena.string(outputHeadDigest)
  }

  init(cMessage: Retort__V1__GetOutputHeadRequest) throws(WireFormatError) {
    outputHeadDigest = try unsafe readString(cMessage.output_head_digest, field: "retort.v1.GetOutputHeadRequest.output_head_digest")
  }
}

/// Consecutive rows of the output head, always float32, in messages of bounded size.
///
/// The logits of a hidden state h are `logits[v] = sum over d of weights[v, d] * h[d] + biases[v]`, and the log-probs are
/// `logits - log(sum(exp(logits)))`. There is one row for each of the V ids; rows of padding are not sent.
public struct GetOutputHeadResponse: WireMessage {
  /// Id of the first row, v.
  public var firstRow: UInt32
  /// Number of rows, n.
  public var rowCount: UInt32
  /// D, the width of a hidden state.
  public var width: UInt32
  /// True in the last message.
  public var last: Bool
  /// Weights, row-major. Shape: [n, D].
  public var weights: [Float]
  /// Biases; empty where the model has none, in every message alike. Shape: [n].
  public var biases: [Float]

  /// Makes the message; what is left out is not sent.
  public init(
    firstRow: UInt32 = 0,
    rowCount: UInt32 = 0,
    width: UInt32 = 0,
    last: Bool = false,
    weights: [Float] = [],
    biases: [Float] = []
  ) {
    self.firstRow = firstRow
    self.rowCount = rowCount
    self.width = width
    self.last = last
    self.weights = weights
    self.biases = biases
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.GetOutputHeadResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension GetOutputHeadResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__GetOutputHeadResponse {
    var cMessage = unsafe Retort__V1__GetOutputHeadResponse()
    unsafe retort__v1__get_output_head_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__GetOutputHeadResponse>) throws -> R) rethrows -> R {
    return try unsafe withColumn(weights) { weights in
      return try unsafe withColumn(biases) { biases in
        var cMessage = unsafe Self.makeCMessage()
        unsafe cMessage.first_row = firstRow
        unsafe cMessage.row_count = rowCount
        unsafe cMessage.width = width
        unsafe cMessage.last = last ? 1 : 0
        unsafe (cMessage.n_weights, cMessage.weights) = (weights.count, weights.start)
        unsafe (cMessage.n_biases, cMessage.biases) = (biases.count, biases.start)
        return try unsafe body(&cMessage)
      }
    }
  }

  init(cMessage: Retort__V1__GetOutputHeadResponse) throws(WireFormatError) {
    firstRow = unsafe cMessage.first_row
    rowCount = unsafe cMessage.row_count
    width = unsafe cMessage.width
    last = unsafe cMessage.last != 0
    weights = unsafe readColumn(cMessage.weights, cMessage.n_weights)
    biases = unsafe readColumn(cMessage.biases, cMessage.n_biases)
  }
}
