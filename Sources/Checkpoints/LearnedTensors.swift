internal import Kernels
internal import Transformer

/// Parameters that learn beside the student, with AdamW's moments, as a checkpoint's file has them: each tensor by its name, and again
/// behind `first_moment.` and `second_moment.`.
struct LearnedTensors: Sendable {
  /// Where each tensor stands in the three arrays.
  let layout: ParameterLayout
  let values, firstMoments, secondMoments: ParameterBuffer

  private static let prefixes = ["", "first_moment.", "second_moment."]

  /// Puts them together; the counts must agree.
  init(_ layout: ParameterLayout, _ values: ParameterBuffer, first: ParameterBuffer, second: ParameterBuffer) {
    let count = layout.count
    precondition(
      values.count == count && first.count == count && second.count == count,
      "\(values.count) values, \(first.count) and \(second.count) moments of \(count) parameters")
    (self.layout, self.values, firstMoments, secondMoments) = (layout, values, first, second)
  }

  /// Zeros.
  init(_ layout: ParameterLayout) {
    func zeros() -> ParameterBuffer { ParameterBuffer(count: layout.count) }
    self.init(layout, zeros(), first: zeros(), second: zeros())
  }

  /// Whether a tensor of the file is a moment of another.
  static func isMoment(_ name: String) -> Bool { prefixes.dropFirst().contains { name.hasPrefix($0) } }

  private var tensors: [(name: String, shape: [Int], values: FloatView)] {
    zip(Self.prefixes, [values, firstMoments, secondMoments]).flatMap { prefix, buffer in
      layout.entries.map { (prefix + $0.name, $0.shape, buffer.view($0)) }
    }
  }

  func write(_ name: String, into folder: inout NewFolder) throws(CheckpointError) {
    try folder.write(name, tensors: tensors, type: .float32)
  }

  /// Reads them from a file, which may hold others.
  func read(_ file: SafetensorsFile) throws(CheckpointError) {
    for tensor in tensors {
      guard let entry = file[tensor.name] else { throw .missingTensor(folder: file.path, name: tensor.name, hint: "") }
      guard entry.shape == tensor.shape else {
        throw .wrongShape(path: file.path, name: tensor.name, expected: tensor.shape, found: entry.shape)
      }
      try file.read(entry, into: tensor.values)
    }
  }
}
