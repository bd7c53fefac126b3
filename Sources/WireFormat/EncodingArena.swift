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
    unsafe values(
      messages.map { message in
        let place = unsafe allocate(Message.CMessage.self, 1)
        unsafe place.initialize(to: Message.makeCMessage())
        unsafe message.fill(&place.pointee, self)
        return unsafe Optional(place)
      })
  }

  private func allocate<Value>(_ type: Value.Type, _ count: Int) -> UnsafeMutablePointer<Value> {
    let block = UnsafeMutablePointer<Value>.allocate(capacity: count)
    unsafe blocks.append(UnsafeMutableRawPointer(block))
    return unsafe block
  }
}
