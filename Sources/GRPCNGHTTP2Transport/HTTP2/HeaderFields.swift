internal import CNGHTTP2

/// A header list as HTTP/2 carries it: lower-case names, in order, repeats allowed.
package struct HeaderFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// One field.
  package struct Field: Sendable, Hashable {
    package let name: String
    package let value: String
  }

  package private(set) var fields: [Field] = []

  /// Makes an empty list.
  package init() {}

  /// Makes an empty list with room for fields.
  init(reservingCapacity capacity: Int) {
    fields.reserveCapacity(capacity)
  }

  /// Makes a list in the order of the literal.
  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// The value of the first field of that name.
  package subscript(name: String) -> String? {
    fields.first { $0.name == name }?.value
  }

  /// Adds a field at the end.
  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }
}

extension HeaderFields {
  /// Calls `body` with the list as nghttp2 reads it; the pointers are valid until it returns.
  func withPairs<R>(_ body: (UnsafePointer<nghttp2_nv>?, Int) -> R) -> R {
    let byteCount = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: byteCount) { bytes in
      unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: fields.count) { pairs in
        var position = 0
        for (index, field) in fields.enumerated() {
          let start = position
          unsafe position += Self.copy(field.name, to: bytes, at: position)
          let middle = position
          unsafe position += Self.copy(field.value, to: bytes, at: position)
          let base = bytes.baseAddress
          unsafe pairs.initializeElement(
            at: index,
            to: nghttp2_nv(
              name: base.map { unsafe $0 + start }, value: base.map { unsafe $0 + middle }, namelen: middle - start,
              valuelen: position - middle, flags: 0))
        }
        return unsafe body(UnsafePointer(pairs.baseAddress), fields.count)
      }
    }
  }

  private static func copy(_ text: String, to bytes: UnsafeMutableBufferPointer<UInt8>, at position: Int) -> Int {
    var text = text
    return text.withUTF8 { source in
      if let target = bytes.baseAddress, let start = source.baseAddress {
        unsafe (target + position).initialize(from: start, count: source.count)
      }
      return source.count
    }
  }
}
