/// A member of a JSON object as the text that it is written in: its own members keep their order, which a template shows.
enum RawMember {
  /// The text of the member of a whole object, whose bytes are valid JSON; of two of one name the last; nil: there is none.
  static func text(_ name: String, of object: [UInt8]) -> String? {
    var scanner = JSONScanner(bytes: object)
    return scanner.members().last { $0.name == name }.map { String(decoding: object[$0.value], as: UTF8.self) }
  }

  private struct JSONScanner {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The members of the object: names as written between their quotes, and where the values stand.
    mutating func members() -> [(name: String, value: Range<Int>)] {
      var members: [(name: String, value: Range<Int>)] = []
      skip { $0 != UInt8(ascii: "{") }
      index += 1
      while true {
        skip { $0 != UInt8(ascii: "\"") }
        guard index < bytes.count else { return members }
        let start = index + 1
        skipText()
        let name = String(decoding: bytes[start..<max(start, min(index, bytes.count) - 1)], as: UTF8.self)
        skip { $0 != UInt8(ascii: ":") }
        index += 1
        members.append((name, value()))
      }
    }

    /// The value that comes next, up to the comma or brace behind it.
    private mutating func value() -> Range<Int> {
      let start = index
      var depth = 0
      while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "\""):
          skipText()
          continue
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: ","): if depth == 0 { return start..<index }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          if depth == 0 { return start..<index }
          depth -= 1
        default: break
        }
        index += 1
      }
      return min(start, bytes.count)..<bytes.count
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
      while index < bytes.count, condition(bytes[index]) { index += 1 }
    }

    /// Goes behind a text, at whose first quote it stands.
    private mutating func skipText() {
      index += 1
      while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
        index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
      }
      index += 1
    }
  }
}
