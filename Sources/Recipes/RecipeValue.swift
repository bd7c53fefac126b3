internal import Foundation

/// A value of a recipe after reading.
enum RecipeValue: Sendable, Hashable {
  case whole(Int)
  case number(Double)
  case text(String)
  case flag(Bool)
  case list([String])

  /// As an option of a command has it.
  var plain: String {
    switch self {
    case .whole(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let text): text
    case .flag(let value): "\(value)"
    case .list(let items): items.joined(separator: ",")
    }
  }
}

/// What a key takes.
enum ValueKind: Sendable {
  /// A whole number in a range.
  case whole(ClosedRange<Int>)
  /// A number, from the first bound to the second; `open` leaves both bounds out.
  case number(ClosedRange<Double>, open: Bool = false)
  /// Any text that is not empty.
  case text
  /// Where a model is: text, or a list of services that are the same.
  case place
  /// One of these.
  case choice([String])
  /// true or false.
  case flag
  /// Some of these.
  case list([String])
  /// Some names, of what is not known here.
  case names
  /// Some texts, at most so many; none is empty.
  case texts(limit: Int)

  /// What a reader should have written.
  var expected: String {
    switch self {
    case .whole(let range):
      range.upperBound == .max
        ? "a whole number, at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range, let open):
      range.upperBound == .infinity
        ? "a number, \(open ? "greater than" : "at least") \(range.lowerBound)"
        : "a number \(open ? "between" : "from") \(range.lowerBound) \(open ? "and" : "to") \(range.upperBound)"
    case .text: "text"
    case .place: "a model folder, HOST:PORT, or a list of addresses HOST:PORT"
    case .choice(let names): "one of \(names.joined(separator: ", "))"
    case .flag: "true or false"
    case .list(let names): "a list of some of \(names.joined(separator: ", "))"
    case .names: "a list of names"
    case .texts(let limit): "a list of at most \(limit) texts, none empty"
    }
  }

  /// Reads a scalar; nil where it is not what the key takes.
  func read(_ text: String) -> RecipeValue? {
    switch self {
    case .whole(let range): Int(text).flatMap { range.contains($0) ? .whole($0) : nil }
    case .number(let range, let open): Double(text).flatMap { Self.admits($0, range, open) ? .number($0) : nil }
    case .text: text.isEmpty ? nil : .text(text)
    case .place: text.hasPrefix("[") ? readList(text) : text.isEmpty ? nil : .text(text)
    case .choice(let names): names.contains(text) ? .text(text) : nil
    case .flag: ["true": .flag(true), "false": .flag(false)][text.lowercased()]
    case .list, .names, .texts: readList(text)
    }
  }

  /// Reads `a, b` or `[a, b]`, as an override writes a list; `["a", "b, c"]` is JSON.
  private func readList(_ text: String) -> RecipeValue? {
    if text.hasPrefix("["), let items = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) {
      return read(items)
    }
    let inner = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
    return read(inner.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
  }

  /// Reads a list; a list of addresses is the text that names them all. nil where the key takes none, or not these.
  func read(_ items: [String]) -> RecipeValue? {
    switch self {
    case .list(let names): items.allSatisfy(names.contains) ? .list(items) : nil
    case .names: items.isEmpty || items.contains("") ? nil : .list(items)
    case .place: items.isEmpty || !items.allSatisfy(Self.isAddress) ? nil : .text(items.joined(separator: ","))
    case .texts(let limit): items.count > limit || items.contains("") ? nil : .list(items)
    default: nil
    }
  }

  /// Whether a text names one service.
  private static func isAddress(_ text: String) -> Bool {
    guard !text.contains(","), case .address = Recipe.TeacherSource(text) else { return false }
    return true
  }

  private static func admits(_ value: Double, _ range: ClosedRange<Double>, _ open: Bool) -> Bool {
    guard value.isFinite, range.contains(value) else { return false }
    return !open || (value != range.lowerBound && value != range.upperBound)
  }
}
