internal import CRetortProtos

/// Memory of one encoding: C strings, and arrays whose elements have no home in a Swift array. Freed with the arena.
@safe final class EncodingArena {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []
  /// True once a string with a NUL was stored: C would cut it there.
  private(set) var holdsNUL = false

  deinit {
    for index in unsafe blocks.indices { unsafe blocks[index].deallocate() }
  }

  /// Makes `field` point to a copy of the string. An empty string leaves the field's own default.
  func store(_ string: String, in field: inout UnsafeMutablePointer<CChar>?) {
    if !string.isEmpty { unsafe field = copy(string) }
  }

  /// Copies strings and the array of their addresses.
  func strings(_ strings: [String]) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
    unsafe values(strings.map { unsafe Optional(copy($0)) })
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

  private func copy(_ string: String) -> UnsafeMutablePointer<CChar> {
    var string = string
    return string.withUTF8 { bytes in
      if unsafe bytes.contains(0) { holdsNUL = true }
      let copy = unsafe allocate(CChar.self, bytes.count + 1)
      for index in 0..<bytes.count { unsafe copy[index] = CChar(bitPattern: bytes[index]) }
      unsafe copy[bytes.count] = 0
      return unsafe copy
    }
  }

  private func allocate<Value>(_ type: Value.Type, _ count: Int) -> UnsafeMutablePointer<Value> {
    let block = UnsafeMutablePointer<Value>.allocate(capacity: count)
    unsafe blocks.append(UnsafeMutableRawPointer(block))
    return unsafe block
  }
}
