// Generated from grpc/reflection/v1/reflection.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// One question.
public struct ServerReflectionRequest: WireMessage {
  /// The name under which the client reached the server.
  public var host: String
  /// The file of this name, as in an import.
  public var fileByFilename: String?
  /// The file that declares this full name: a service, a method, a message, a field, an enum or a value of one.
  public var fileContainingSymbol: String?
  /// The file that declares this extension.
  public var fileContainingExtension: ExtensionRequest?
  /// Numbers of all extensions of a message of this full name.
  public var allExtensionNumbersOfType: String?
  /// Names of all services; the value says nothing.
  public var listServices: String?

  /// Makes the message; what is left out is not sent.
  public init(
    host: String = "",
    fileByFilename: String? = nil,
    fileContainingSymbol: String? = nil,
    fileContainingExtension: ExtensionRequest? = nil,
    allExtensionNumbersOfType: String? = nil,
    listServices: String? = nil
  ) {
    self.host = host
    self.fileByFilename = fileByFilename
    self.fileContainingSymbol = fileContainingSymbol
    self.fileContainingExtension = fileContainingExtension
    self.allExtensionNumbersOfType = allExtensionNumbersOfType
    self.listServices = listServices
  }

  /// Name in Protos/.
  public static let protoName = "grpc.reflection.v1.ServerReflectionRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ServerReflectionRequest: @unsafe CMessageConvertible {
  static func makeCMessage() -> Grpc__Reflection__V1__ServerReflectionRequest {
    var cMessage = unsafe Grpc__Reflection__V1__ServerReflectionRequest()
    unsafe grpc__reflection__v1__server_reflection_request__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Grpc__Reflection__V1__ServerReflectionRequest>) throws -> R) rethrows -> R {
    return try unsafe withOptional(fileContainingExtension, arena) { fileContainingExtension in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.host = arena.string(host)
      if let fileByFilename { unsafe (cMessage.message_request_case, cMessage.file_by_filename) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME, arena.string(fileByFilename)) }
      if let fileContainingSymbol { unsafe (cMessage.message_request_case, cMessage.file_containing_symbol) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL, arena.string(fileContainingSymbol)) }
      if let fileContainingExtension = unsafe fileContainingExtension { unsafe (cMessage.message_request_case, cMessage.file_containing_extension) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION, fileContainingExtension) }
      if let allExtensionNumbersOfType { unsafe (cMessage.message_request_case, cMessage.all_extension_numbers_of_type) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE, arena.string(allExtensionNumbersOfType)) }
      if let listServices { unsafe (cMessage.message_request_case, cMessage.list_services) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES, arena.string(listServices)) }
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Grpc__Reflection__V1__ServerReflectionRequest) throws(WireFormatError) {
    host = try unsafe readString(cMessage.host, field: "grpc.reflection.v1.ServerReflectionRequest.host")
    fileByFilename = try unsafe cMessage.message_request_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME ? readString(cMessage.file_by_filename, field: "grpc.reflection.v1.ServerReflectionRequest.file_by_filename") : nil
    fileContainingSymbol = try unsafe cMessage.message_request_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL ? readString(cMessage.file_containing_symbol, field: "grpc.reflection.v1.ServerReflectionRequest.file_containing_symbol") : nil
    fileContainingExtension = try unsafe cMessage.message_request_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION ? readMessage(cMessage.file_containing_extension) : nil
    allExtensionNumbersOfType = try unsafe cMessage.message_request_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE ? readString(cMessage.all_extension_numbers_of_type, field: "grpc.reflection.v1.ServerReflectionRequest.all_extension_numbers_of_type") : nil
    listServices = try unsafe cMessage.message_request_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES ? readString(cMessage.list_services, field: "grpc.reflection.v1.ServerReflectionRequest.list_services") : nil
  }
}

/// Names an extension.
public struct ExtensionRequest: WireMessage {
  /// Full name of the extended message.
  public var containingType: String
  /// The extension's field number.
  public var extensionNumber: Int32

  /// Makes the message; what is left out is not sent.
  public init(
    containingType: String = "",
    extensionNumber: Int32 = 0
  ) {
    self.containingType = containingType
    self.extensionNumber = extensionNumber
  }

  /// Name in Protos/.
  public static let protoName = "grpc.reflection.v1.ExtensionRequest"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ExtensionRequest: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Reflection__V1__ExtensionRequest {
    var cMessage = unsafe Grpc__Reflection__V1__ExtensionRequest()
    unsafe grpc__reflection__v1__extension_request__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Reflection__V1__ExtensionRequest, _ arena: EncodingArena) {
    unsafe cMessage.containing_type = arena.string(containingType)
    unsafe cMessage.extension_number = extensionNumber
  }

  init(cMessage: Grpc__Reflection__V1__ExtensionRequest) throws(WireFormatError) {
    containingType = try unsafe readString(cMessage.containing_type, field: "grpc.reflection.v1.ExtensionRequest.containing_type")
    extensionNumber = unsafe cMessage.extension_number
  }
}

/// One answer.
public struct ServerReflectionResponse: WireMessage {
  /// The request's host.
  public var validHost: String
  /// The request.
  public var originalRequest: ServerReflectionRequest?
  /// Descriptors of the file and of all that it imports.
  public var fileDescriptorResponse: FileDescriptorResponse?
  /// Numbers of extensions.
  public var allExtensionNumbersResponse: ExtensionNumberResponse?
  /// The services.
  public var listServicesResponse: ListServiceResponse?
  /// Why there is no answer.
  public var errorResponse: ErrorResponse?

  /// Makes the message; what is left out is not sent.
  public init(
    validHost: String = "",
    originalRequest: ServerReflectionRequest? = nil,
    fileDescriptorResponse: FileDescriptorResponse? = nil,
    allExtensionNumbersResponse: ExtensionNumberResponse? = nil,
    listServicesResponse: ListServiceResponse? = nil,
    errorResponse: ErrorResponse? = nil
  ) {
    self.validHost = validHost
    self.originalRequest = originalRequest
    self.fileDescriptorResponse = fileDescriptorResponse
    self.allExtensionNumbersResponse = allExtensionNumbersResponse
    self.listServicesResponse = listServicesResponse
    self.errorResponse = errorResponse
  }

  /// Name in Protos/.
  public static let protoName = "grpc.reflection.v1.ServerReflectionResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ServerReflectionResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Grpc__Reflection__V1__ServerReflectionResponse {
    var cMessage = unsafe Grpc__Reflection__V1__ServerReflectionResponse()
    unsafe grpc__reflection__v1__server_reflection_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Grpc__Reflection__V1__ServerReflectionResponse>) throws -> R) rethrows -> R {
    return try unsafe withOptional(originalRequest, arena) { originalRequest in
      return try unsafe withOptional(fileDescriptorResponse, arena) { fileDescriptorResponse in
        return try unsafe withOptional(allExtensionNumbersResponse, arena) { allExtensionNumbersResponse in
          return try unsafe withOptional(listServicesResponse, arena) { listServicesResponse in
            return try unsafe withOptional(errorResponse, arena) { errorResponse in
              var cMessage = unsafe Self.makeCMessage()
              unsafe cMessage.valid_host = arena.string(validHost)
              unsafe cMessage.original_request = originalRequest
              if let fileDescriptorResponse = unsafe fileDescriptorResponse { unsafe (cMessage.message_response_case, cMessage.file_descriptor_response) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE, fileDescriptorResponse) }
              if let allExtensionNumbersResponse = unsafe allExtensionNumbersResponse { unsafe (cMessage.message_response_case, cMessage.all_extension_numbers_response) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE, allExtensionNumbersResponse) }
              if let listServicesResponse = unsafe listServicesResponse { unsafe (cMessage.message_response_case, cMessage.list_services_response) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE, listServicesResponse) }
              if let errorResponse = unsafe errorResponse { unsafe (cMessage.message_response_case, cMessage.error_response) = (GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE, errorResponse) }
              return try unsafe body(&cMessage)
            }
          }
        }
      }
    }
  }

  init(cMessage: Grpc__Reflection__V1__ServerReflectionResponse) throws(WireFormatError) {
    validHost = try unsafe readString(cMessage.valid_host, field: "grpc.reflection.v1.ServerReflectionResponse.valid_host")
    originalRequest = try unsafe readMessage(cMessage.original_request) as ServerReflectionRequest?
    fileDescriptorResponse = try unsafe cMessage.message_response_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE ? readMessage(cMessage.file_descriptor_response) : nil
    allExtensionNumbersResponse = try unsafe cMessage.message_response_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE ? readMessage(cMessage.all_extension_numbers_response) : nil
    listServicesResponse = try unsafe cMessage.message_response_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE ? readMessage(cMessage.list_services_response) : nil
    errorResponse = try unsafe cMessage.message_response_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE ? readMessage(cMessage.error_response) : nil
  }
}

/// Descriptors.
public struct FileDescriptorResponse: WireMessage {
  /// Each a serialized google.protobuf.FileDescriptorProto.
  public var fileDescriptorProto: [[UInt8]]

  /// Makes the message; what is left out is not sent.
  public init(
    fileDescriptorProto: [[UInt8]] = []
  ) {
    self.fileDescriptorProto = fileDescriptorProto
  }

  /// Name in Protos/.
  public static let protoName = "grpc.reflection.v1.FileDescriptorResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension FileDescriptorResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Reflection__V1__FileDescriptorResponse {
    var cMessage = unsafe Grpc__Reflection__V1__FileDescriptorResponse()
    unsafe grpc__reflection__v1__file_descriptor_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Reflection__V1__FileDescriptorResponse, _ arena: EncodingArena) {
    unsafe (cMessage.n_file_descriptor_proto, cMessage.file_descriptor_proto) = arena.binaries(fileDescriptorProto)
  }

  init(cMessage: Grpc__Reflection__V1__FileDescriptorResponse) throws(WireFormatError) {
    fileDescriptorProto = unsafe readBinaries(cMessage.file_descriptor_proto, cMessage.n_file_descriptor_proto)
  }
}

/// Extensions of a message.
public struct ExtensionNumberResponse: WireMessage {
  /// Full name of the extended message.
  public var baseTypeName: String
  /// Their field numbers.
  public var extensionNumber: [Int32]

  /// Makes the message; what is left out is not sent.
  public init(
    baseTypeName: String = "",
    extensionNumber: [Int32] = []
  ) {
    self.baseTypeName = baseTypeName
    self.extensionNumber = extensionNumber
  }

  /// Name in Protos/.
  public static let protoName = "grpc.reflection.v1.ExtensionNumberResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ExtensionNumberResponse: @unsafe CMessageConvertible {
  static func makeCMessage() -> Grpc__Reflection__V1__ExtensionNumberResponse {
    var cMessage = unsafe Grpc__Reflection__V1__ExtensionNumberResponse()
    unsafe grpc__reflection__v1__extension_number_response__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Grpc__Reflection__V1__ExtensionNumberResponse>) throws -> R) rethrows -> R {
    return try unsafe withColumn(extensionNumber) { extensionNumber in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.base_type_name = arena.string(baseTypeName)
      unsafe (cMessage.n_extension_number, cMessage.extension_number) = (extensionNumber.count, extensionNumber.start)
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Grpc__Reflection__V1__ExtensionNumberResponse) throws(WireFormatError) {
    baseTypeName = try unsafe readString(cMessage.base_type_name, field: "grpc.reflection.v1.ExtensionNumberResponse.base_type_name")
    extensionNumber = unsafe readColumn(cMessage.extension_number, cMessage.n_extension_number)
  }
}

/// The services of a server.
public struct ListServiceResponse: WireMessage {
  /// In alphabetical order.
  public var service: [ServiceResponse]

  /// Makes the message; what is left out is not sent.
  public init(
    service: [ServiceResponse] = []
  ) {
    self.service = service
  }

  /// Name in Protos/.
  public static let protoName = "grpc.reflection.v1.ListServiceResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ListServiceResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Reflection__V1__ListServiceResponse {
    var cMessage = unsafe Grpc__Reflection__V1__ListServiceResponse()
    unsafe grpc__reflection__v1__list_service_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Reflection__V1__ListServiceResponse, _ arena: EncodingArena) {
    unsafe (cMessage.n_service, cMessage.service) = arena.messages(service)
  }

  init(cMessage: Grpc__Reflection__V1__ListServiceResponse) throws(WireFormatError) {
    service = try unsafe readMessages(cMessage.service, cMessage.n_service)
  }
}

/// One service.
public struct ServiceResponse: WireMessage {
  /// Its full name.
  public var name: String

  /// Makes the message; what is left out is not sent.
  public init(
    name: String = ""
  ) {
    self.name = name
  }

  /// Name in Protos/.
  public static let protoName = "grpc.reflection.v1.ServiceResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ServiceResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Reflection__V1__ServiceResponse {
    var cMessage = unsafe Grpc__Reflection__V1__ServiceResponse()
    unsafe grpc__reflection__v1__service_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Reflection__V1__ServiceResponse, _ arena: EncodingArena) {
    unsafe cMessage.name = arena.string(name)
  }

  init(cMessage: Grpc__Reflection__V1__ServiceResponse) throws(WireFormatError) {
    name = try unsafe readString(cMessage.name, field: "grpc.reflection.v1.ServiceResponse.name")
  }
}

/// Why a request has no answer.
public struct ErrorResponse: WireMessage {
  /// A gRPC status code.
  public var errorCode: Int32
  /// What is wrong.
  public var errorMessage: String

  /// Makes the message; what is left out is not sent.
  public init(
    errorCode: Int32 = 0,
    errorMessage: String = ""
  ) {
    self.errorCode = errorCode
    self.errorMessage = errorMessage
  }

  /// Name in Protos/.
  public static let protoName = "grpc.reflection.v1.ErrorResponse"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension ErrorResponse: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Grpc__Reflection__V1__ErrorResponse {
    var cMessage = unsafe Grpc__Reflection__V1__ErrorResponse()
    unsafe grpc__reflection__v1__error_response__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Grpc__Reflection__V1__ErrorResponse, _ arena: EncodingArena) {
    unsafe cMessage.error_code = errorCode
    unsafe cMessage.error_message = arena.string(errorMessage)
  }

  init(cMessage: Grpc__Reflection__V1__ErrorResponse) throws(WireFormatError) {
    errorCode = unsafe cMessage.error_code
    errorMessage = try unsafe readString(cMessage.error_message, field: "grpc.reflection.v1.ErrorResponse.error_message")
  }
}
