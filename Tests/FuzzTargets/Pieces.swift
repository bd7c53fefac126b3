extension ArraySlice<UInt8> {
  /// The slice cut into pieces of at most `size` elements.
  func cut(into size: Int) -> [ArraySlice<UInt8>] {
    stride(from: startIndex, to: endIndex, by: size).map { self[$0..<Swift.min($0 + size, endIndex)] }
  }
}
