extension TemplateInterpreter {
  func collection(
    _ value: TemplateValue, _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue {
    if name == "items" || name == "dictsort" {
      if case .undefined = value, name == "items" { return .list([]) }
      guard case .object(let members) = value else { throw failure("\(value.kind) has no items") }
      let pairs = members.map { TemplateValue.tuple([.string($0.0), $0.1]) }
      guard name == "dictsort" else { return .list(pairs) }
      guard values.positional.isEmpty, values.named.isEmpty else { throw unsupported("this form of dictsort") }
      let keys = members.map { TemplateValue.string($0.0.lowercased()) }
      return .list(try Self.order(of: keys, in: self).map { pairs[$0] })
    }
    let items = try elements(of: value)
    switch name {
    case "length", "count": return .int(items.count)
    case "first": return items.first ?? .undefined("the first of nothing")
    case "last": return items.last ?? .undefined("the last of nothing")
    case "reverse":
      if case .string = value { return .string(items.reversed().compactMap(\.text).joined()) }
      return .list(items.reversed())
    case "join": return try joined(items, values)
    case "sort", "min", "max", "unique": return try ordered(items, name, values)
    case "sum":
      var total = values.value(1, "start") ?? .int(0)
      for item in try attribute(of: items, values.value(0, "attribute")) { total = try arithmetic("+", total, item) }
      return total
    case "batch":
      guard let size = values.int(0, "linecount"), size > 0, values.value(1, "fill_with") == nil else {
        throw unsupported("this form of batch")
      }
      return .list(
        stride(from: 0, to: items.count, by: size).map { .list(Array(items[$0..<min($0 + size, items.count)])) })
    default: return .list(items)
    }
  }

  private func joined(_ items: [TemplateValue], _ values: TemplateValues) throws(ChatTemplateError) -> TemplateValue {
    var parts: [String] = []
    for item in try attribute(of: items, values.value(1, "attribute")) { parts.append(try text(item, "join")) }
    let joined = parts.joined(
      separator: try values.value(0, "d").map { value throws(ChatTemplateError) in try text(value, "join") } ?? "")
    guard joined.utf8.count <= ChatTemplate.maximumOutput else { throw .tooLarge(what: "a text") }
    return .string(joined)
  }

  private func attribute(
    of items: [TemplateValue], _ name: TemplateValue?
  ) throws(ChatTemplateError) -> [TemplateValue] {
    guard let name, !name.equals(.none) else { return items }
    var values: [TemplateValue] = []
    for item in items { values.append(try attribute(name, of: item)) }
    return values
  }

  /// `attribute="a.b"`, or a place in a list.
  private func attribute(_ path: TemplateValue, of item: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    guard case .string(let text) = path else { return try self.item(path, of: item) }
    var value = item
    for name in text.split(separator: ".") {
      if let place = Int(name) {
        value = try self.item(.int(place), of: value)
      } else {
        value = value.member(String(name)) ?? .undefined(String(name))
      }
    }
    return value
  }

  private func ordered(
    _ items: [TemplateValue], _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue {
    // sort(reverse, case_sensitive, attribute); the others (case_sensitive, attribute).
    let isSort = name == "sort"
    let matchesCase = values.value(isSort ? 1 : 0, "case_sensitive")?.isTrue ?? false
    var keys = try attribute(of: items, values.value(isSort ? 2 : 1, "attribute"))
    if !matchesCase {
      keys = keys.map { key in if case .string(let text) = key { .string(text.lowercased()) } else { key } }
    }
    if name == "unique" {
      var seen: [TemplateValue] = []
      var kept: [TemplateValue] = []
      guard items.count <= 1000 else { throw .tooLarge(what: "a list made unique") }
      for (item, key) in zip(items, keys) where !seen.contains(where: { $0.equals(key) }) {
        seen.append(key)
        kept.append(item)
      }
      return .list(kept)
    }
    var order = try Self.order(of: keys, in: self)
    switch name {
    case "min": return order.first.map { items[$0] } ?? .undefined("the least of nothing")
    case "max":
      guard let last = order.last else { return .undefined("the greatest of nothing") }
      return items[order.first { keys[$0].equals(keys[last]) } ?? last]
    default:
      if values.value(0, "reverse")?.isTrue ?? false {
        // Equal ones keep their order.
        order = try Self.order(of: keys.reversed(), in: self).reversed().map { keys.count - 1 - $0 }
      }
      return .list(order.map { items[$0] })
    }
  }

  /// Places of values in ascending order; equal ones as they stand.
  private static func order(
    of keys: [TemplateValue], in interpreter: TemplateInterpreter
  ) throws(ChatTemplateError) -> [Int] {
    for (one, other) in zip(keys, keys.dropFirst()) { _ = try interpreter.holds("<", one, other) }
    return keys.indices.sorted { left, right in
      let isLess = (try? interpreter.holds("<", keys[left], keys[right])) ?? false
      let isMore = (try? interpreter.holds("<", keys[right], keys[left])) ?? false
      return isLess || (!isMore && left < right)
    }
  }

  /// `map(attribute=…)`, and `selectattr` and its kin with a test.
  func selection(
    _ value: TemplateValue, _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue {
    let items = try elements(of: value)
    if name == "map" {
      if let path = values.value(.max, "attribute"), values.positional.isEmpty {
        var mapped: [TemplateValue] = []
        for item in items {
          let found = try attribute(path, of: item)
          if case .undefined = found, let fallback = values.value(.max, "default") {
            mapped.append(fallback)
          } else {
            mapped.append(found)
          }
        }
        return .list(mapped)
      }
      guard let inner = values.string(0, "filter") else { throw unsupported("this form of map") }
      let rest = TemplateValues(positional: Array(values.positional.dropFirst()), named: values.named)
      var mapped: [TemplateValue] = []
      for item in items { mapped.append(try filter(item, inner, rest)) }
      return .list(mapped)
    }
    let ofMember = name.hasSuffix("attr")
    let path = values.value(0, "attribute")
    guard !ofMember || path != nil else { throw unsupported("this form of \(name)") }
    let testPlace = ofMember ? 1 : 0
    var kept: [TemplateValue] = []
    for item in items {
      var operand = item
      if ofMember, let path { operand = try attribute(path, of: item) }
      var holds = operand.isTrue
      if let inner = values.string(testPlace, "test") {
        holds = try test(operand, inner, Array(values.positional.dropFirst(testPlace + 1)))
      }
      if holds != name.hasPrefix("reject") { kept.append(item) }
    }
    return .list(kept)
  }
}
