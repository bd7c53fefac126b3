internal import CRetortProtos

/// A message with a protobuf-c struct. Conformances are generated.
protocol CMessageConvertible: WireMessage {
  /// protobuf-c's struct.
  associatedtype CMessage

  /// The struct with nothing set.
  static func makeCMessage() -> CMessage

  /// Calls `body` with a struct that points into this message's own columns and into `arena`.
  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<CMessage>) throws -> R) rethrows -> R

  /// Copies what a struct points to.
  init(cMessage: CMessage) throws(WireFormatError)
}

/// A message of numbers and strings alone, which can be laid out without borrowing: an element of a repeated field.
protocol FlatCMessageConvertible: CMessageConvertible {
  /// Sets the fields of an empty struct.
  func fill(_ message: inout CMessage, _ arena: EncodingArena)
}

extension FlatCMessageConvertible {
  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<CMessage>) throws -> R) rethrows -> R {
    var message = Self.makeCMessage()
    fill(&message, arena)
    return try unsafe body(&message)
  }
}

extension CMessageConvertible {
  func encode<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    let arena = EncodingArena()
    return try unsafe withCMessage(arena) { message in
      try unsafe body(MessageEncoding(UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)))
    }
  }

  static func unpack(_ bytes: UnsafeRawBufferPointer) throws(WireFormatError) -> Self {
    try unsafe withUnpacked(bytes) { message throws(WireFormatError) in try Self(cMessage: message) }
  }

  /// Calls `body` with the decoded message as protobuf-c holds it, which lives as long as `body` runs.
  static func withUnpacked<R>(
    _ bytes: UnsafeRawBufferPointer, _ body: (CMessage) throws(WireFormatError) -> R
  ) throws(WireFormatError) -> R {
    var empty = makeCMessage()
    var budget = AllocationBudget(inputBytes: bytes.count)
    let unpacked: UnsafeMutablePointer<ProtobufCMessage>? = unsafe withUnsafePointer(to: &empty) { empty in
      // Each generated struct begins with its ProtobufCMessage.
      let descriptor = unsafe UnsafeRawPointer(empty).assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor
      guard let descriptor = unsafe descriptor, unsafe WireScan.accepts(bytes, as: descriptor) else { return nil }
      return unsafe budget.withAllocator { allocator in
        unsafe protobuf_c_message_unpack(
          descriptor, allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
    }
    guard let unpacked = unsafe unpacked else {
      throw budget.isExceeded
        ? .overBudget(message: protoName, byteCount: bytes.count)
        : .malformed(message: protoName, byteCount: bytes.count)
    }
    defer { unsafe budget.withAllocator { unsafe protobuf_c_message_free_unpacked(unpacked, $0) } }
    return try unsafe body(UnsafeRawPointer(unpacked).assumingMemoryBound(to: CMessage.self).pointee)
  }
}

/// Storage of a Swift array, for C to read. `start` is never written through.
@unsafe struct BorrowedColumn<Element> {
  let count: Int
  let start: UnsafeMutablePointer<Element>?
}

/// Calls `body` with the array's own storage.
func withColumn<Element, R>(_ column: [Element], _ body: (BorrowedColumn<Element>) throws -> R) rethrows -> R {
  try unsafe column.withUnsafeBufferPointer { buffer in
    try unsafe body(BorrowedColumn(count: buffer.count, start: UnsafeMutablePointer(mutating: buffer.baseAddress)))
  }
}

/// Calls `body` with the message laid out, or with nil where there is none.
func withOptional<Message: CMessageConvertible, R>(
  _ message: Message?, _ arena: EncodingArena, _ body: (UnsafeMutablePointer<Message.CMessage>?) throws -> R
) rethrows -> R {
  guard let message else { return try body(nil) }
  return try unsafe message.withCMessage(arena, body)
}

/// Copies a C array.
func readColumn<Element>(_ start: UnsafeMutablePointer<Element>?, _ count: Int) -> [Element] {
  unsafe Array(UnsafeBufferPointer(start: start, count: count))
}

/// Copies an array of byte arrays.
func readBinaries(_ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) -> [[UInt8]] {
  unsafe UnsafeBufferPointer(start: start, count: count).map { bytes in
    unsafe Array(UnsafeBufferPointer(start: bytes.data, count: bytes.len))
  }
}

/// Copies a string, which must be UTF-8.
func readString(_ data: ProtobufCBinaryData, field: String) throws(WireFormatError) -> String {
  let bytes = unsafe UnsafeBufferPointer(start: data.data, count: data.len)
  guard let string = unsafe String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8(field: field) }
  return string
}

/// Copies an array of strings.
func readStrings(
  _ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int, field: String
) throws(WireFormatError) -> [String] {
  guard let start = unsafe start else { return [] }
  var strings: [String] = []
  for index in 0..<count { strings.append(try unsafe readString(start[index], field: field)) }
  return strings
}

/// Copies a message that may be absent.
func readMessage<Message: CMessageConvertible>(
  _ message: UnsafeMutablePointer<Message.CMessage>?
) throws(WireFormatError) -> Message? {
  guard let message = unsafe message else { return nil }
  return try unsafe Message(cMessage: message.pointee)
}

/// Copies an array of messages.
func readMessages<Message: CMessageConvertible>(
  _ start: UnsafeMutablePointer<UnsafeMutablePointer<Message.CMessage>?>?, _ count: Int
) throws(WireFormatError) -> [Message] {
  guard let start = unsafe start else { return [] }
  var messages: [Message] = []
  for index in 0..<count {
    if let message: Message = try unsafe readMessage(start[index]) { messages.append(message) }
  }
  return messages
}
