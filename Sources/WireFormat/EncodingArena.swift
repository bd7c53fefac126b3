internal import CRetortProtos

/// Memory of one encoding: strings, and arrays whose elements have no home in a Swift array. Freed with the arena.
@safe final class EncodingArena {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []

  deinit {
    for index in unsafe blocks.indices { unsafe blocks[index].deallocate() }
  }

  /// Copies a string's UTF-8.
  func string(_ string: String) -> ProtobufCBinaryData {
    var string = string
    return string.withUTF8 { bytes in
      guard !bytes.isEmpty else { return unsafe ProtobufCBinaryData(len: 0, data: nil) }
      let copy = unsafe allocate(UInt8.self, bytes.count)
      unsafe copy.initialize(from: bytes.baseAddress.unsafelyUnwrapped, count: bytes.count)
      return unsafe ProtobufCBinaryData(len: bytes.count, data: copy)
    }
  }

  /// Copies strings and the array of their places.
  func strings(_ strings: [String]) -> (Int, UnsafeMutablePointer<ProtobufCBinaryData>?) {
    unsafe values(strings.map { unsafe string($0) })
  }

  /// Copies plain C values.
  func values<Value>(_ values: [Value]) -> (Int, UnsafeMutablePointer<Value>?) {
    guard !values.isEmpty else { return (0, nil) }
    let copy = unsafe allocate(Value.self, values.count)
    unsafe copy.initialize(from: values, count: values.count)
    return unsafe (values.count, copy)
  }

  /// Lays out messages and the array of their addresses.
  func messages<Message: FlatCMessageConvertible>(
    _ messages: [Message]
  ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Message.CMessage>?>?) {
    unsafe values(messages.map { unsafe Optional(message($0)) })
  }

  /// Lays out a message.
  func message<Message: FlatCMessageConvertible>(_ message: Message) -> UnsafeMutablePointer<Message.CMessage> {
    let place = unsafe allocate(Message.CMessage.self, 1)
    unsafe place.initialize(to: Message.makeCMessage())
    unsafe message.fill(&place.pointee, self)
    return unsafe place
  }

  /// Copies byte arrays and the array of their addresses.
  func binaries(_ binaries: [[UInt8]]) -> (Int, UnsafeMutablePointer<ProtobufCBinaryData>?) {
    unsafe values(
      binaries.map { bytes in
        let copy = unsafe allocate(UInt8.self, max(bytes.count, 1))
        unsafe copy.initialize(from: bytes, count: bytes.count)
        return unsafe ProtobufCBinaryData(len: bytes.count, data: copy)
      })
  }

  private func allocate<Value>(_ type: Value.Type, _ count: Int) -> UnsafeMutablePointer<Value> {
    let block = UnsafeMutablePointer<Value>.allocate(capacity: count)
    unsafe blocks.append(UnsafeMutableRawPointer(block))
    return unsafe block
  }
}
