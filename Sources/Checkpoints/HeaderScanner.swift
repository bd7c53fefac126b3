/// Reads the JSON of a safetensors header: exactly its grammar, no key twice, nothing after it but spaces.
///
/// Foundation's decoders keep one of two equal keys without a word, which lets a file show two readers two models.
struct HeaderScanner {
  /// A tensor as it stands in the header.
  struct RawTensor {
    var name = ""
    var offset = 0
    var type = ""
    var shape: [Int] = []
    var begin = 0
    var end = 0
  }

  typealias Failure = SafetensorsHeader.Failure

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads the whole header.
  mutating func header() throws(Failure) -> (tensors: [RawTensor], metadata: [String: String]) {
    var tensors: [RawTensor] = []
    var metadata: [String: String] = [:]
    guard bytes.first == UInt8(ascii: "{") else { throw fail("it must begin with {") }
    try object { scanner, name, offset throws(Failure) in
      if name == "__metadata__" {
        try scanner.object { scanner, key, _ throws(Failure) in metadata[key] = try scanner.string() }
      } else {
        tensors.append(try scanner.tensor(name, offset))
      }
    }
    skipSpace()
    guard position == bytes.count else { throw fail("bytes follow its end") }
    return (tensors, metadata)
  }

  private mutating func tensor(_ name: String, _ offset: Int) throws(Failure) -> RawTensor {
    var raw = RawTensor(name: name, offset: offset)
    var found: Set<String> = []
    try object { scanner, key, _ throws(Failure) in
      found.insert(key)
      switch key {
      case "dtype": raw.type = try scanner.string()
      case "shape": raw.shape = try scanner.integers()
      case "data_offsets":
        let offsets = try scanner.integers()
        guard offsets.count == 2 else { throw scanner.fail("data_offsets of \(name) must be two numbers") }
        (raw.begin, raw.end) = (offsets[0], offsets[1])
      default: throw scanner.fail("the tensor \(name) has the unknown key \(key)")
      }
    }
    guard found.count == 3 else { throw fail("the tensor \(name) needs dtype, shape and data_offsets") }
    return raw
  }

  /// Reads an object, calling `member` at each value with its key and the key's place.
  private mutating func object(
    _ member: (inout HeaderScanner, String, Int) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("{")
    skipSpace()
    if take("}") { return }
    var names: Set<String> = []
    repeat {
      skipSpace()
      let offset = position
      let name = try string()
      guard names.insert(name).inserted else { throw Failure(offset: offset + 8, fault: .repeatedName(name)) }
      try expect(":")
      skipSpace()
      try member(&self, name, offset)
      skipSpace()
    } while take(",")
    try expect("}")
  }

  private mutating func integers() throws(Failure) -> [Int] {
    var numbers: [Int] = []
    try expect("[")
    skipSpace()
    if take("]") { return numbers }
    repeat {
      skipSpace()
      numbers.append(try integer())
      skipSpace()
      guard numbers.count <= 64 else { throw fail("an array has over 64 numbers") }
    } while take(",")
    try expect("]")
    return numbers
  }

  /// A number without sign, fraction or leading zero, at most 2⁵³.
  private mutating func integer() throws(Failure) -> Int {
    let start = position
    var value = 0
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
      value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
      position += 1
      guard value <= 1 << 53 else { throw fail("a number is over 2^53") }
    }
    guard position > start else { throw fail("a whole number is expected") }
    guard bytes[start] != UInt8(ascii: "0") || position == start + 1 else { throw fail("a number begins with 0") }
    return value
  }

  private mutating func string() throws(Failure) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw fail("a string is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): text += try escape()
      case ..<0x20: throw fail("a string holds a control character")
      default: text.append(byte)
      }
    }
    throw fail("a string has no end")
  }

  /// The UTF-8 of what follows a backslash.
  private mutating func escape() throws(Failure) -> [UInt8] {
    guard position < bytes.count else { throw fail("a string has no end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "u"):
      var unit = try hexadecimal()
      if (0xD800..<0xDC00).contains(unit), take("\\"), take("u") {
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fail("half a surrogate pair") }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw fail("half a surrogate pair") }
      return Array(String(Character(scalar)).utf8)
    default: throw fail("an unknown escape")
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw fail("four hexadecimal digits are expected")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
    skipSpace()
    guard take(character) else { throw fail("\(character) is expected") }
  }

  private func fail(_ what: String) -> Failure { Failure(offset: position + 8, fault: .header(what)) }
}
