/// An event of the log as one JSON object on one line.
///
/// `{"time":"2026-01-31T12:00:00.123Z","level":"info","label":"retort.coordinator","message":"checkpoint saved","run.id":"kd-1","step":12}`:
/// four fields that are always there, then the data under dotted keys in alphabetical order, all of them texts but `step`.
/// Control characters and the line separators of Unicode are escaped, so that a line is a line to every reader.
struct JSONLogLine: CustomStringConvertible {
  let time: String
  let level: String
  let label: String
  let message: String
  let data: [String: String]

  /// Data that are whole numbers.
  private static let numbers: Set<String> = ["step"]

  var description: String {
    let fixed = [("time", time), ("level", level), ("label", label), ("message", message)]
    let names = Set(fixed.map(\.0))
    let rest = data.sorted { $0.key < $1.key }.map { key, value in
      // Data never hides what every line has.
      let name = names.contains(key) ? "data.\(key)" : key
      let isNumber = Self.numbers.contains(key) && Int(value) != nil
      return "\(Self.quoted(name)):\(isNumber ? value : Self.quoted(value))"
    }
    let fields = fixed.map { "\(Self.quoted($0)):\(Self.quoted($1))" } + rest
    return "{\(fields.joined(separator: ","))}"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.isLogControl:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension Unicode.Scalar {
  /// Whether it ends lines, moves a terminal's cursor, or turns the direction of text: C0, C1, U+2028, U+2029, bidirectional marks.
  var isLogControl: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
