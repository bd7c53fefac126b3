internal import WireFormat

/// Finds descriptors by file and by name.
struct ProtoIndex: Sendable {
  private let files: [String: ProtoFile]
  private let fileOfSymbol: [String: ProtoFile]
  /// Files in the order in which each comes after those that it imports.
  private let order: [String]

  init(_ files: [ProtoFile]) {
    self.files = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    fileOfSymbol = Dictionary(
      files.flatMap { file in file.symbols.map { ($0, file) } }, uniquingKeysWith: { first, _ in first })
    order = files.map(\.name)
  }

  /// Whether a full name is declared.
  func declares(_ symbol: String) -> Bool { fileOfSymbol[symbol] != nil }

  /// Descriptors of a file and of all that it needs, imports first; nil where there is no such file.
  func descriptors(ofFile name: String) -> [[UInt8]]? {
    guard files[name] != nil else { return nil }
    var needed: Set<String> = []
    var open = [name]
    while let next = open.popLast() {
      guard needed.insert(next).inserted else { continue }
      open += files[next]?.imports ?? []
    }
    return order.filter(needed.contains).compactMap { files[$0]?.descriptor }
  }

  /// Descriptors of the file that declares a full name, and of all that it needs.
  func descriptors(ofSymbol symbol: String) -> [[UInt8]]? {
    fileOfSymbol[symbol].flatMap { descriptors(ofFile: $0.name) }
  }
}
