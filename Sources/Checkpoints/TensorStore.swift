internal import Foundation
internal import Kernels

/// All tensors of a model folder, in one file or in several that an index names.
struct TensorStore {
  private let folder: String
  private var places: [String: (file: SafetensorsFile, entry: TensorEntry)] = [:]

  /// Largest index that is read, in bytes.
  private static let indexLimit = 64 << 20

  /// `model.safetensors.index.json`.
  private struct Index: Decodable {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    let weight_map: [String: String]
  }

  init(_ folder: URL) throws(CheckpointError) {
    self.folder = folder.path(percentEncoded: false)
    let (single, index) = (
      folder.appending(path: "model.safetensors"), folder.appending(path: "model.safetensors.index.json")
    )
    if InputFile.isPresent(single) {
      try add(SafetensorsFile(single))
    } else if InputFile.isPresent(index) {
      try addShards(index, folder)
    } else {
      let pickles = ["pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "consolidated.00.pth"]
      throw .noParameters(folder: self.folder, found: pickles.first { InputFile.isPresent(folder.appending(path: $0)) })
    }
  }

  /// Names of all tensors.
  var names: [String] { places.keys.sorted() }

  /// The first of some names that is there.
  func first(of names: [String]) -> String? { names.first { places[$0] != nil } }

  /// File that has a tensor, for messages.
  func path(of name: String) -> String { places[name]?.file.path ?? folder }

  /// Throws unless a tensor is there and has a shape.
  func check(_ name: String, shape: [Int]) throws(CheckpointError) {
    guard let (file, entry) = places[name] else { throw .missingTensor(folder: folder, name: name, hint: "") }
    guard entry.shape == shape else {
      throw .wrongShape(path: file.path, name: name, expected: shape, found: entry.shape)
    }
  }

  /// Reads a tensor that is there, of a given shape.
  func read(_ name: String, shape: [Int], into values: FloatView) throws(CheckpointError) {
    try check(name, shape: shape)
    guard let (file, entry) = places[name] else { return }
    try file.read(entry, into: values)
  }

  /// Element type of a tensor.
  func type(of name: String) -> TensorType? { places[name]?.entry.type }

  private mutating func addShards(_ index: URL, _ folder: URL) throws(CheckpointError) {
    let path = index.path(percentEncoded: false)
    let map = try JSONFile.read(Index.self, index, limit: Self.indexLimit).weight_map
    for entry in Set(map.values).sorted() {
      guard Self.isPlainName(entry) else { throw .pathEscape(path: path, entry: entry) }
      let names = Set(map.filter { $0.value == entry }.keys)
      let file: SafetensorsFile
      do {
        file = try SafetensorsFile(folder.appending(path: entry))
      } catch .notFound(let missing) {
        throw .missingFile(path: missing, namedBy: path)
      }
      try check(file, names, index: path)
      add(file)
    }
  }

  /// Throws unless a shard has exactly the tensors that the index says.
  private func check(_ file: SafetensorsFile, _ expected: Set<String>, index: String) throws(CheckpointError) {
    let names = file.header.tensors.map(\.name)
    if let other = names.first(where: { !expected.contains($0) }) {
      throw .unlistedTensor(path: file.path, name: other, list: index)
    }
    if let missing = expected.subtracting(names).sorted().first {
      throw .missingTensor(folder: file.path, name: missing, hint: "\(index) says that it is here")
    }
  }

  private mutating func add(_ file: SafetensorsFile) {
    for entry in file.header.tensors { places[entry.name] = (file, entry) }
  }

  /// A file's name without any path: ASCII letters, digits, `.`, `_` and `-`, not beginning with a dot.
  static func isPlainName(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count) && !name.hasPrefix(".")
      && name.unicodeScalars.allSatisfy {
        $0.isASCII
          && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "._-".unicodeScalars.contains($0))
      }
  }
}
