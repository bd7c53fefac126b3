internal import Foundation
internal import Kernels
public import Transformer

/// A projector that learns beside the student, with its moments: `projector.safetensors` of a checkpoint.
///
/// Its tensors are those of ``HiddenProjector`` with PyTorch's names, and each again behind `first_moment.` and `second_moment.`.
public struct LearnedProjector: Sendable {
  /// The projector.
  public let projector: HiddenProjector
  /// AdamW's first moments.
  public let firstMoments: ParameterBuffer
  /// AdamW's second moments.
  public let secondMoments: ParameterBuffer

  private static let name = "projector.safetensors"

  /// Puts the three together; the counts must agree.
  public init(_ projector: HiddenProjector, firstMoments: ParameterBuffer, secondMoments: ParameterBuffer) {
    let count = projector.layout.count
    precondition(
      firstMoments.count == count && secondMoments.count == count,
      "\(firstMoments.count) and \(secondMoments.count) moments of \(count) parameters")
    (self.projector, self.firstMoments, self.secondMoments) = (projector, firstMoments, secondMoments)
  }

  private var tensors: [(name: String, shape: [Int], values: FloatView)] {
    [("", projector.values), ("first_moment.", firstMoments), ("second_moment.", secondMoments)]
      .flatMap { prefix, buffer in
        projector.layout.entries.map { (prefix + $0.name, $0.shape, buffer.view($0)) }
      }
  }

  func write(into folder: inout NewFolder) throws(CheckpointError) {
    try folder.write(Self.name, tensors: tensors, type: .float32)
  }

  /// Reads the projector of a checkpoint; nil where it has none.
  static func ifPresent(in folder: URL) throws(CheckpointError) -> LearnedProjector? {
    let url = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else { return nil }
    let file = try SafetensorsFile(url)
    guard let first = file["0.weight"], first.shape.count == 2, first.shape.allSatisfy({ $0 > 0 }) else {
      throw .missingTensor(folder: file.path, name: "0.weight", hint: "or it is no matrix")
    }
    // Widths that no file can hold are refused before anything is made of them.
    let projector = try checked(file, from: first.shape[1], to: first.shape[0])
    let read = LearnedProjector(
      projector, firstMoments: ParameterBuffer(count: projector.layout.count),
      secondMoments: ParameterBuffer(count: projector.layout.count))
    for tensor in read.tensors {
      guard let entry = file[tensor.name] else { throw .missingTensor(folder: file.path, name: tensor.name, hint: "") }
      guard entry.shape == tensor.shape else {
        throw .wrongShape(path: file.path, name: tensor.name, expected: tensor.shape, found: entry.shape)
      }
      try file.read(entry, into: tensor.values)
    }
    return read
  }

  /// A projector of zeros, once the file has a second matrix of its width.
  private static func checked(
    _ file: SafetensorsFile, from inputWidth: Int, to outputWidth: Int
  ) throws(CheckpointError) -> HiddenProjector {
    guard let second = file["2.weight"] else { throw .missingTensor(folder: file.path, name: "2.weight", hint: "") }
    guard second.shape == [outputWidth, outputWidth] else {
      throw .wrongShape(
        path: file.path, name: "2.weight", expected: [outputWidth, outputWidth], found: second.shape)
    }
    return HiddenProjector(from: inputWidth, to: outputWidth)
  }
}
