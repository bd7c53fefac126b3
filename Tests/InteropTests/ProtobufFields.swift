import GRPCCore
import WireBytes

/// The fields of a protobuf message in order, as numbers and values: all of the encoding that `interop.proto` needs.
///
/// Written apart from the project's codec, so that what crosses the wire here owes nothing to it.
struct ProtobufFields: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case number(UInt64)
    case bytes([UInt8])
  }

  struct Malformed: Error {}

  private(set) var entries: [(number: Int, value: Value)] = []

  static func == (one: ProtobufFields, other: ProtobufFields) -> Bool { one.encoded == other.encoded }

  func hash(into hasher: inout Hasher) { hasher.combine(encoded) }

  // MARK: Reading

  /// The last number of a field, 0 where there is none.
  subscript(field: Int) -> Int {
    for entry in entries.reversed() where entry.number == field {
      if case .number(let number) = entry.value { return Int(truncatingIfNeeded: number) }
    }
    return 0
  }

  /// The bytes of each occurrence of a field.
  func all(_ field: Int) -> [[UInt8]] {
    entries.compactMap { entry in
      if entry.number == field, case .bytes(let bytes) = entry.value { bytes } else { nil }
    }
  }

  // MARK: Writing

  /// Adds a number, unless it is 0.
  mutating func add(_ field: Int, _ number: Int) {
    if number != 0 { entries.append((field, .number(UInt64(bitPattern: Int64(number))))) }
  }

  /// Adds bytes, unless there are none to add.
  mutating func add(_ field: Int, _ bytes: [UInt8]?) {
    if let bytes { entries.append((field, .bytes(bytes))) }
  }

  // MARK: Encoding

  var encoded: [UInt8] {
    var output: [UInt8] = []
    for entry in entries {
      switch entry.value {
      case .number(let number):
        Self.append(UInt64(entry.number) << 3, to: &output)
        Self.append(number, to: &output)
      case .bytes(let bytes):
        Self.append(UInt64(entry.number) << 3 | 2, to: &output)
        Self.append(UInt64(bytes.count), to: &output)
        output += bytes
      }
    }
    return output
  }

  init() {}

  init(decoding bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let tag = try Self.take(from: &rest)
      let number = Int(tag >> 3)
      switch tag & 7 {
      case 0: entries.append((number, .number(try Self.take(from: &rest))))
      case 2:
        let count = Int(try Self.take(from: &rest))
        guard count <= rest.count else { throw Malformed() }
        entries.append((number, .bytes(Array(rest.prefix(count)))))
        rest = rest.dropFirst(count)
      default: throw Malformed()
      }
    }
  }

  private static func append(_ number: UInt64, to output: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      output.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(rest))
  }

  private static func take(from bytes: inout ArraySlice<UInt8>) throws -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { throw Malformed() }
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
    }
    throw Malformed()
  }
}
