internal import Foundation
public import Transformer

/// A projector that learns beside the student, with its moments: `projector.safetensors` of a checkpoint.
///
/// Its tensors are those of ``HiddenProjector`` with PyTorch's names, and each again behind `first_moment.` and `second_moment.`.
public struct LearnedProjector: Sendable {
  /// The projector.
  public let projector: HiddenProjector
  private let tensors: LearnedTensors

  /// AdamW's first moments.
  public var firstMoments: ParameterBuffer { tensors.firstMoments }
  /// AdamW's second moments.
  public var secondMoments: ParameterBuffer { tensors.secondMoments }

  private static let name = "projector.safetensors"

  /// Puts the three together; the counts must agree.
  public init(_ projector: HiddenProjector, firstMoments: ParameterBuffer, secondMoments: ParameterBuffer) {
    self.projector = projector
    tensors = LearnedTensors(projector.layout, projector.values, first: firstMoments, second: secondMoments)
  }

  func write(into folder: inout NewFolder) throws(CheckpointError) { try tensors.write(Self.name, into: &folder) }

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
    try read.tensors.read(file)
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
