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

/// A header list laid out for nghttp2: all names and values in one run of bytes.
struct PackedHeaders {
  private var bytes: [UInt8] = []
  private var lengths: [(name: Int, value: Int)] = []

  init(_ headers: HeaderFields) {
    lengths.reserveCapacity(headers.fields.count)
    for field in headers.fields {
      bytes.append(contentsOf: field.name.utf8)
      bytes.append(contentsOf: field.value.utf8)
      lengths.append((field.name.utf8.count, field.value.utf8.count))
    }
  }

  /// Calls `body` with pointers that are valid until it returns.
  func withPairs<R>(_ body: (UnsafePointer<nghttp2_nv>?, Int) -> R) -> R {
    var bytes = bytes
    return unsafe bytes.withUnsafeMutableBufferPointer { storage in
      var pairs = unsafe [nghttp2_nv]()
      unsafe pairs.reserveCapacity(lengths.count)
      var position = 0
      for length in lengths {
        let name = unsafe storage.baseAddress.map { unsafe $0 + position }
        let value = unsafe storage.baseAddress.map { unsafe $0 + position + length.name }
        unsafe pairs.append(
          nghttp2_nv(name: name, value: value, namelen: length.name, valuelen: length.value, flags: 0))
        position += length.name + length.value
      }
      return unsafe pairs.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
    }
  }
}
