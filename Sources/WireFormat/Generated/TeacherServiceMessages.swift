// Generated from retort/v1/teacher_service.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// Nothing is asked.
public struct TeacherServiceDescribeRequest: WireMessage {
  /// Makes the message.
  public init() {}

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceDescribeRequest"

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

  /// Makes the message; what is left out is not sent.
  public init(
    model: WireModelDescription? = nil
  ) {
    self.model = model
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceDescribeResponse"

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
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__TeacherServiceDescribeResponse) throws(WireFormatError) {
    model = try unsafe readMessage(cMessage.model) as WireModelDescription?
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

  /// Makes the message; what is left out is not sent.
  public init(
    sequences: WireSequenceBatch? = nil,
    options: WireScoreOptions? = nil
  ) {
    self.sequences = sequences
    self.options = options
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TeacherServiceScoreRequest"

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
        return try unsafe body(&cMessage)
      }
    }
  }

  init(cMessage: Retort__V1__TeacherServiceScoreRequest) throws(WireFormatError) {
    sequences = try unsafe readMessage(cMessage.sequences) as WireSequenceBatch?
    options = try unsafe readMessage(cMessage.options) as WireScoreOptions?
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
