internal import CRetortProtos

/// Checks that bytes are fields of a message, one after another, before libprotobuf-c reads them: it takes fields of another
/// wire type for what they are not, cuts long tags, loses fields of a message that comes in two parts, and forgets a string,
/// whatever it held, for a later one.
///
/// Nothing is allocated; the content of columns and strings is not looked at. Messages do not contain themselves, so the
/// depth is the schema's.
@safe struct WireScan {
  private let bytes: UnsafeRawBufferPointer
  private let count: Int
  private var place = 0

  private enum WireType: UInt32 {
    case varint = 0
    case eightBytes = 1
    case delimited = 2
    case fourBytes = 5
  }

  private init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.bytes = unsafe bytes
    count = bytes.count
  }

  /// Whether the bytes are fields that a message of this type may have, or that it does not know.
  static func accepts(_ bytes: UnsafeRawBufferPointer, as descriptor: UnsafePointer<ProtobufCMessageDescriptor>) -> Bool
  {
    var scan = unsafe WireScan(bytes)
    return unsafe scan.scan(descriptor)
  }

  private mutating func scan(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) -> Bool {
    // Bit i: the i-th of the first 64 fields is a string, bytes or a message, and was there already.
    var seen: UInt64 = 0
    while place < count {
      guard let tag = varint(longest: 5), tag <= UInt64(UInt32.max), tag >> 3 > 0,
        let type = WireType(rawValue: UInt32(tag) & 7), let value = skip(type)
      else { return false }
      let found = unsafe protobuf_c_message_descriptor_get_field(descriptor, UInt32(tag) >> 3)
      guard let field = unsafe found else { continue }
      guard unsafe Self.fits(type, field.pointee) else { return false }
      if type == .delimited, unsafe field.pointee.label != PROTOBUF_C_LABEL_REPEATED {
        let bit = unsafe UInt64(1) << UInt64((field - descriptor.pointee.fields) & 63)
        guard seen & bit == 0 else { return false }
        seen |= bit
      }
      guard unsafe field.pointee.type == PROTOBUF_C_TYPE_MESSAGE, let inner = unsafe field.pointee.descriptor else {
        continue
      }
      guard
        unsafe Self.accepts(
          UnsafeRawBufferPointer(rebasing: bytes[value]),
          as: inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self))
      else { return false }
    }
    return true
  }

  /// Passes over a value; returns where its bytes are, nil where it is cut off.
  private mutating func skip(_ type: WireType) -> Range<Int>? {
    switch type {
    case .varint: return varint(longest: 10) == nil ? nil : place..<place
    case .eightBytes: return take(8)
    case .fourBytes: return take(4)
    case .delimited:
      guard let length = varint(longest: 5), length <= UInt64(Int32.max) else { return nil }
      return take(Int(length))
    }
  }

  private mutating func take(_ length: Int) -> Range<Int>? {
    guard length <= count - place else { return nil }
    defer { place += length }
    return place..<place + length
  }

  private mutating func varint(longest: Int) -> UInt64? {
    var value: UInt64 = 0
    for index in 0..<longest {
      guard place < count else { return nil }
      let byte = unsafe bytes[place]
      place += 1
      value |= UInt64(byte & 127) << UInt64(7 * index)
      if byte < 128 { return value }
    }
    return nil
  }

  /// Whether a field may come with a wire type: its own, or as a packed column.
  private static func fits(_ type: WireType, _ field: ProtobufCFieldDescriptor) -> Bool {
    let own: WireType
    switch unsafe field.type {
    case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: own = .eightBytes
    case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: own = .fourBytes
    case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: own = .delimited
    default: own = .varint
    }
    return unsafe type == own || (type == .delimited && field.label == PROTOBUF_C_LABEL_REPEATED)
  }
}
