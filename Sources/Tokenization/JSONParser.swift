/// Reads one JSON document, strictly as RFC 8259 says, nested at most 64 deep.
struct JSONParser {
  private let file: String
  private let bytes: [UInt8]
  private var index = 0

  static let maximumDepth = 64

  init(file: String, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
  }

  mutating func parseDocument() throws(TokenizerError) -> JSONValue {
    let value = try parseValue(depth: 0)
    skipSpace()
    guard index == bytes.count else { throw failure("text after the document") }
    return value
  }

  private func failure(_ problem: String) -> TokenizerError {
    .malformedJSON(file: file, offset: index, problem: problem)
  }

  private mutating func skipSpace() {
    while index < bytes.count,
      bytes[index] == 0x20 || bytes[index] == 0x0A || bytes[index] == 0x0D || bytes[index] == 0x09
    { index += 1 }
  }

  /// The next byte that is not white space, not consumed.
  private mutating func peek() throws(TokenizerError) -> UInt8 {
    skipSpace()
    guard index < bytes.count else { throw failure("the file ends too early") }
    return bytes[index]
  }

  private mutating func parseValue(depth: Int) throws(TokenizerError) -> JSONValue {
    guard depth < Self.maximumDepth else { throw failure("nested more than \(Self.maximumDepth) deep") }
    switch try peek() {
    case UInt8(ascii: "{"): return .object(try parseObject(depth: depth))
    case UInt8(ascii: "["): return .array(try parseArray(depth: depth))
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    default: return .number(try parseNumber())
    }
  }

  private mutating func parseWord(_ word: String, _ value: JSONValue) throws(TokenizerError) -> JSONValue {
    guard bytes.matches(Array(word.utf8), at: index) else { throw failure("expected a value") }
    index += word.utf8.count
    return value
  }

  private mutating func parseObject(depth: Int) throws(TokenizerError) -> [JSONValue.Member] {
    index += 1
    var members: [JSONValue.Member] = []
    if try peek() == UInt8(ascii: "}") {
      index += 1
      return members
    }
    while true {
      guard try peek() == UInt8(ascii: "\"") else { throw failure("expected a member name") }
      let key = try parseString()
      guard try peek() == UInt8(ascii: ":") else { throw failure("expected \":\"") }
      index += 1
      members.append(JSONValue.Member(key: key, value: try parseValue(depth: depth + 1)))
      if try endsList(UInt8(ascii: "}")) { return members }
    }
  }

  private mutating func parseArray(depth: Int) throws(TokenizerError) -> [JSONValue] {
    index += 1
    var values: [JSONValue] = []
    if try peek() == UInt8(ascii: "]") {
      index += 1
      return values
    }
    while true {
      values.append(try parseValue(depth: depth + 1))
      if try endsList(UInt8(ascii: "]")) { return values }
    }
  }

  private mutating func endsList(_ closing: UInt8) throws(TokenizerError) -> Bool {
    let byte = try peek()
    guard byte == closing || byte == UInt8(ascii: ",") else {
      throw failure("expected \",\" or \"\(Character(Unicode.Scalar(closing)))\"")
    }
    index += 1
    return byte == closing
  }

  private mutating func parseString() throws(TokenizerError) -> String {
    let start = index + 1
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20 {
      end += 1
    }
    if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
      index = end + 1
      return try text(bytes[start..<end], startingAt: start)
    }
    return try parseEscapedString(from: start)
  }

  private mutating func parseEscapedString(from start: Int) throws(TokenizerError) -> String {
    var content: [UInt8] = []
    index = start
    while index < bytes.count {
      let byte = bytes[index]
      guard byte >= 0x20 else { throw failure("a control character within a string") }
      index += 1
      if byte == UInt8(ascii: "\"") { return try text(content[...], startingAt: start) }
      if byte == UInt8(ascii: "\\") {
        content += try parseEscape()
      } else {
        content.append(byte)
      }
    }
    throw failure("a string without end")
  }

  private func text(_ content: ArraySlice<UInt8>, startingAt start: Int) throws(TokenizerError) -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .malformedJSON(file: file, offset: start, problem: "a string that is not UTF-8")
    }
    return text
  }

  private mutating func parseEscape() throws(TokenizerError) -> [UInt8] {
    guard index < bytes.count else { throw failure("a string without end") }
    let kind = bytes[index]
    index += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [kind]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(try parseEscapedScalar()).utf8)
    default: throw failure("an unknown escape")
    }
  }

  private mutating func parseEscapedScalar() throws(TokenizerError) -> Unicode.Scalar {
    let first = try parseFourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, bytes.matches(Array("\\u".utf8), at: index) else { throw failure("half a surrogate pair") }
    index += 2
    let second = try parseFourHexDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw failure("half a surrogate pair") }
    return scalar
  }

  private mutating func parseFourHexDigits() throws(TokenizerError) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<4 {
      guard index < bytes.count, let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      number = number << 4 | UInt32(digit)
      index += 1
    }
    return number
  }

  private static func belongsToNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private mutating func parseNumber() throws(TokenizerError) -> Double {
    let start = index
    while index < bytes.count, Self.belongsToNumber(bytes[index]) { index += 1 }
    // Token ids are short whole numbers.
    if let whole = shortWhole(bytes[start..<index]) { return whole }
    let digits = bytes[start..<index].drop(while: { $0 == UInt8(ascii: "-") })
    guard let first = digits.first, (0x30...0x39).contains(first), index - start - digits.count <= 1,
      !(first == 0x30 && digits.count > 1 && (0x30...0x39).contains(digits[digits.startIndex + 1])),
      let number = Double(String(decoding: bytes[start..<index], as: UTF8.self))
    else {
      index = start
      throw failure("expected a value")
    }
    return number
  }

  /// The value of one to nine digits without a zero before them; nil where the text is another number.
  private func shortWhole(_ text: ArraySlice<UInt8>) -> Double? {
    guard (1...9).contains(text.count), text.first != UInt8(ascii: "0") || text.count == 1 else { return nil }
    var value = 0
    for byte in text {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = 10 * value + Int(byte - 0x30)
    }
    return Double(value)
  }
}
