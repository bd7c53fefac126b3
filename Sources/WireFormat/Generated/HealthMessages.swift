// Generated from grpc/health/v1/health.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// Which service.
public struct HealthCheckRequest: WireMessage {
  /// Full name of a service; empty: the whole server.
  public var service: String

  /// Makes the message; what is left out is not sent.
  public init(
    service: String = ""
  ) {
    self.service = service
  }

  /// Name in Protos/.
  public static let protoName = "grpc.health.v1.HealthCheckRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension HealthCheckRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Health__V1__HealthCheckRequest {
    var cMessage = unsafe Grpc__Health__V1__HealthCheckRequest()
    unsafe grpc__health__v1__health_check_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Health__V1__HealthCheckRequest, _ arena: EncodingArena) {
    unsafe cMessage.service = arena.string(service)
  }

  init(cMessage: Grpc__Health__V1__HealthCheckRequest) throws(WireFormatError) {
    service = try unsafe readString(cMessage.service, field: "grpc.health.v1.HealthCheckRequest.service")
  }
}

/// Its state.
public struct HealthCheckResponse: WireMessage {
  /// State of a service.
  public enum ServingStatus: Int32, Sendable, Hashable, CaseIterable {
    /// Not known.
    case unknown = 0
    /// Answers.
    case serving = 1
    /// Does not answer at present.
    case notServing = 2
    /// No such service; sent by Watch alone.
    case serviceUnknown = 3

    init(_ value: Grpc__Health__V1__HealthCheckResponse__ServingStatus) {
      self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unknown
    }

    var cValue: Grpc__Health__V1__HealthCheckResponse__ServingStatus { Grpc__Health__V1__HealthCheckResponse__ServingStatus(rawValue: Grpc__Health__V1__HealthCheckResponse__ServingStatus.RawValue(rawValue)) }
  }

  /// The state.
  public var status: HealthCheckResponse.ServingStatus

  /// Makes the message; what is left out is not sent.
  public init(
    status: HealthCheckResponse.ServingStatus = .unknown
  ) {
    self.status = status
  }

  /// Name in Protos/.
  public static let protoName = "grpc.health.v1.HealthCheckResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension HealthCheckResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Health__V1__HealthCheckResponse {
    var cMessage = unsafe Grpc__Health__V1__HealthCheckResponse()
    unsafe grpc__health__v1__health_check_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Health__V1__HealthCheckResponse, _ arena: EncodingArena) {
    unsafe cMessage.status = status.cValue
  }

  init(cMessage: Grpc__Health__V1__HealthCheckResponse) throws(WireFormatError) {
    status = unsafe HealthCheckResponse.ServingStatus(cMessage.status)
  }
}

/// Nothing is asked.
public struct HealthListRequest: WireMessage {
  /// Makes the message.
  public init() {}

  /// Name in Protos/.
  public static let protoName = "grpc.health.v1.HealthListRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension HealthListRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Health__V1__HealthListRequest {
    var cMessage = unsafe Grpc__Health__V1__HealthListRequest()
    unsafe grpc__health__v1__health_list_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Health__V1__HealthListRequest, _ arena: EncodingArena) {
  }

  init(cMessage: Grpc__Health__V1__HealthListRequest) throws(WireFormatError) {
  }
}

/// All states.
public struct HealthListResponse: WireMessage {
  /// State by full name of a service; the empty name is the whole server.
  public var statuses: [HealthListResponseStatusesEntry]

  /// Makes the message; what is left out is not sent.
  public init(
    statuses: [HealthListResponseStatusesEntry] = []
  ) {
    self.statuses = statuses
  }

  /// Name in Protos/.
  public static let protoName = "grpc.health.v1.HealthListResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension HealthListResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Health__V1__HealthListResponse {
    var cMessage = unsafe Grpc__Health__V1__HealthListResponse()
    unsafe grpc__health__v1__health_list_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Health__V1__HealthListResponse, _ arena: EncodingArena) {
    unsafe (cMessage.n_statuses, cMessage.statuses) = arena.messages(statuses)
  }

  init(cMessage: Grpc__Health__V1__HealthListResponse) throws(WireFormatError) {
    statuses = try unsafe readMessages(cMessage.statuses, cMessage.n_statuses)
  }
}

/// A key with its value.
public struct HealthListResponseStatusesEntry: WireMessage {
  /// The key.
  public var key: String
  /// The value.
  public var value: HealthCheckResponse?

  /// Makes the message; what is left out is not sent.
  public init(
    key: String = "",
    value: HealthCheckResponse? = nil
  ) {
    self.key = key
    self.value = value
  }

  /// Name in Protos/.
  public static let protoName = "grpc.health.v1.HealthListResponse.StatusesEntry"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension HealthListResponseStatusesEntry: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Health__V1__HealthListResponse__StatusesEntry {
    var cMessage = unsafe Grpc__Health__V1__HealthListResponse__StatusesEntry()
    unsafe grpc__health__v1__health_list_response__statuses_entry__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Health__V1__HealthListResponse__StatusesEntry, _ arena: EncodingArena) {
    unsafe cMessage.key = arena.string(key)
    if let value { unsafe cMessage.value = arena.message(value) }
  }

  init(cMessage: Grpc__Health__V1__HealthListResponse__StatusesEntry) throws(WireFormatError) {
    key = try unsafe readString(cMessage.key, field: "grpc.health.v1.HealthListResponse.StatusesEntry.key")
    value = try unsafe readMessage(cMessage.value) as HealthCheckResponse?
  }
}
