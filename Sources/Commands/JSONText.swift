import Foundation

/// JSON, written with the fields in the order given and floats as short as they can be read back exactly.
public indirect enum JSONText: Sendable, CustomStringConvertible {
  /// A text.
  case text(String)
  /// A whole number.
  case whole(Int)
  /// A number; null where it is not finite, since JSON has no such numbers.
  case number(Double)
  /// A single-precision number; null where it is not finite.
  case float(Float)
  /// A list.
  case list([JSONText])
  /// An object.
  case object([(name: String, value: JSONText)])

  /// Whole numbers.
  public static func wholes(_ values: some Sequence<UInt32>) -> JSONText { .list(values.map { .whole(Int($0)) }) }
  /// Single-precision numbers.
  public static func floats(_ values: some Sequence<Float>) -> JSONText { .list(values.map { .float($0) }) }

  /// One line of JSON.
  public var description: String {
    switch self {
    case .text(let text): Self.quoted(text)
    case .whole(let value): String(value)
    case .number(let value): value.isFinite ? value.description : "null"
    case .float(let value): value.isFinite ? value.description : "null"
    case .list(let values): "[\(values.map(\.description).joined(separator: ","))]"
    case .object(let fields): "{\(Self.fields(fields))}"
    }
  }

  /// Fields without the braces around them.
  static func fields(_ fields: [(name: String, value: JSONText)]) -> String {
    fields.map { "\(quoted($0.name)):\($0.value)" }.joined(separator: ",")
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
      case _ where scalar.value < 0x20: quoted += String(format: "\\u%04x", scalar.value)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
