import GRPCCore
import WireBytes

/// A message of `interop.proto`.
protocol InteropMessage: Sendable, Hashable {
  init(_ fields: ProtobufFields) throws
  var fields: ProtobufFields { get }
}

extension InteropMessage {
  init(encoded: [UInt8]) throws { try self.init(ProtobufFields(decoding: encoded)) }
  var encoded: [UInt8] { fields.encoded }
}

/// A message, and whether it came compressed.
struct Received<Message: InteropMessage>: Sendable {
  let message: Message
  let wasCompressed: Bool
}

struct InteropSerializer<Message: InteropMessage>: MessageSerializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: Message) throws -> Bytes { Bytes(message.encoded) }
}

struct InteropDeserializer<Message: InteropMessage>: MessageDeserializer {
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Received<Message> {
    Received(
      message: try Message(encoded: bytes.withUnsafeBytes { Array($0) }),
      wasCompressed: (bytes as? WireBytes)?.wasCompressed ?? false)
  }
}

/// Bytes that are all zero.
func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

struct Empty: InteropMessage {
  init() {}
  init(_ fields: ProtobufFields) {}
  var fields: ProtobufFields { ProtobufFields() }
}

struct BoolValue: InteropMessage {
  var value: Bool
  init(_ value: Bool) { self.value = value }
  init(_ fields: ProtobufFields) { value = fields[1] != 0 }
  var fields: ProtobufFields {
    var fields = ProtobufFields()
    fields.add(1, value ? 1 : 0)
    return fields
  }
}

struct Payload: InteropMessage {
  var body: [UInt8]
  init(_ body: [UInt8]) { self.body = body }
  init(_ fields: ProtobufFields) { body = fields.all(2).last ?? [] }
  var fields: ProtobufFields {
    var fields = ProtobufFields()
    fields.add(2, body.isEmpty ? nil : body)
    return fields
  }
}

struct EchoStatus: InteropMessage {
  var code: Int
  var message: String
  init(code: Int, message: String) {
    self.code = code
    self.message = message
  }
  init(_ fields: ProtobufFields) {
    self.init(code: fields[1], message: String(decoding: fields.all(2).last ?? [], as: UTF8.self))
  }
  var fields: ProtobufFields {
    var fields = ProtobufFields()
    fields.add(1, code)
    fields.add(2, message.isEmpty ? nil : Array(message.utf8))
    return fields
  }
}

struct SimpleRequest: InteropMessage {
  var responseSize = 0
  var payload: Payload?
  var responseCompressed: BoolValue?
  var responseStatus: EchoStatus?
  var expectCompressed: BoolValue?

  init(
    responseSize: Int = 0, payload: Payload? = nil, responseCompressed: Bool? = nil, responseStatus: EchoStatus? = nil,
    expectCompressed: Bool? = nil
  ) {
    self.responseSize = responseSize
    self.payload = payload
    self.responseCompressed = responseCompressed.map(BoolValue.init)
    self.responseStatus = responseStatus
    self.expectCompressed = expectCompressed.map(BoolValue.init)
  }

  init(_ fields: ProtobufFields) throws {
    responseSize = fields[2]
    payload = try fields.all(3).last.map(Payload.init(encoded:))
    responseCompressed = try fields.all(6).last.map(BoolValue.init(encoded:))
    responseStatus = try fields.all(7).last.map(EchoStatus.init(encoded:))
    expectCompressed = try fields.all(8).last.map(BoolValue.init(encoded:))
  }

  var fields: ProtobufFields {
    var fields = ProtobufFields()
    fields.add(2, responseSize)
    fields.add(3, payload?.encoded)
    fields.add(6, responseCompressed?.encoded)
    fields.add(7, responseStatus?.encoded)
    fields.add(8, expectCompressed?.encoded)
    return fields
  }
}

struct StreamingInputCallRequest: InteropMessage {
  var payload: Payload
  var expectCompressed: BoolValue?

  init(payload: Payload, expectCompressed: Bool? = nil) {
    self.payload = payload
    self.expectCompressed = expectCompressed.map(BoolValue.init)
  }

  init(_ fields: ProtobufFields) throws {
    payload = try Payload(encoded: fields.all(1).last ?? [])
    expectCompressed = try fields.all(2).last.map(BoolValue.init(encoded:))
  }

  var fields: ProtobufFields {
    var fields = ProtobufFields()
    fields.add(1, payload.encoded)
    fields.add(2, expectCompressed?.encoded)
    return fields
  }
}

struct StreamingInputCallResponse: InteropMessage {
  var aggregatedPayloadSize: Int
  init(aggregatedPayloadSize: Int) { self.aggregatedPayloadSize = aggregatedPayloadSize }
  init(_ fields: ProtobufFields) { aggregatedPayloadSize = fields[1] }
  var fields: ProtobufFields {
    var fields = ProtobufFields()
    fields.add(1, aggregatedPayloadSize)
    return fields
  }
}

struct ResponseParameters: InteropMessage {
  var size: Int
  var intervalMicroseconds = 0
  var compressed: BoolValue?

  init(size: Int, compressed: Bool? = nil) {
    self.size = size
    self.compressed = compressed.map(BoolValue.init)
  }

  init(_ fields: ProtobufFields) throws {
    size = fields[1]
    intervalMicroseconds = fields[2]
    compressed = try fields.all(3).last.map(BoolValue.init(encoded:))
  }

  var fields: ProtobufFields {
    var fields = ProtobufFields()
    fields.add(1, size)
    fields.add(2, intervalMicroseconds)
    fields.add(3, compressed?.encoded)
    return fields
  }
}

struct StreamingOutputCallRequest: InteropMessage {
  var responseParameters: [ResponseParameters]
  var payload: Payload?
  var responseStatus: EchoStatus?

  init(
    _ responseParameters: [ResponseParameters] = [], payload: Payload? = nil, responseStatus: EchoStatus? = nil
  ) {
    self.responseParameters = responseParameters
    self.payload = payload
    self.responseStatus = responseStatus
  }

  init(sizes: [Int], payload: Payload? = nil) {
    self.init(sizes.map { ResponseParameters(size: $0) }, payload: payload)
  }

  init(_ fields: ProtobufFields) throws {
    responseParameters = try fields.all(2).map(ResponseParameters.init(encoded:))
    payload = try fields.all(3).last.map(Payload.init(encoded:))
    responseStatus = try fields.all(7).last.map(EchoStatus.init(encoded:))
  }

  var fields: ProtobufFields {
    var fields = ProtobufFields()
    for parameters in responseParameters { fields.add(2, parameters.encoded) }
    fields.add(3, payload?.encoded)
    fields.add(7, responseStatus?.encoded)
    return fields
  }
}

/// `SimpleResponse` and `StreamingOutputCallResponse`: a payload.
struct PayloadResponse: InteropMessage {
  var payload: Payload
  init(size: Int) { payload = Payload(zeros(size)) }
  init(_ fields: ProtobufFields) throws { payload = try Payload(encoded: fields.all(1).last ?? []) }
  var fields: ProtobufFields {
    var fields = ProtobufFields()
    fields.add(1, payload.encoded)
    return fields
  }
}
