/// Draws written out here, so that a seed means the same corpus with every version of the standard library.
extension RandomNumberGenerator {
  /// A number in `0..<count`, even to within `count · 2⁻⁶⁴`.
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  /// A number of a range.
  mutating func number(in range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  /// An element of a collection that is not empty.
  mutating func element<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

  /// The elements in a random order, each order as likely as another (Fisher–Yates).
  mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var result = elements
    for last in stride(from: result.count - 1, to: 0, by: -1) { result.swapAt(last, below(last + 1)) }
    return result
  }
}

/// The letters that puzzles are made of.
enum Letters {
  static let all = Array("abcdefghijklmnopqrstuvwxyz")
  static let vowels = Array("aeiou")
  static let consonants = all.filter { !vowels.contains($0) }

  /// Tells whether a text is small Latin letters alone.
  static func only(_ text: String) -> Bool {
    text.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
  }
}
