internal import Foundation
internal import Kernels
public import Transformer

/// The adapters of a module that learns beside the student, with their moments: `module.safetensors` of a checkpoint.
///
/// Its tensors have the names of ``AdapterLayout/parameters``, and each again behind `first_moment.` and `second_moment.`. The model that the
/// adapters are on is not there: ``TrainerState/module`` says which it is.
public struct LearnedModule: Sendable {
  /// Where each tensor stands in the three arrays.
  public let layout: ParameterLayout
  /// The adapters' parameters.
  public let values: ParameterBuffer
  /// AdamW's first moments.
  public let firstMoments: ParameterBuffer
  /// AdamW's second moments.
  public let secondMoments: ParameterBuffer

  private static let name = "module.safetensors"
  private static let firstPrefix = "first_moment."
  private static let secondPrefix = "second_moment."

  /// Puts them together; the counts must agree.
  public init(_ adapters: Adapters, firstMoments: ParameterBuffer, secondMoments: ParameterBuffer) {
    let count = adapters.values.count
    precondition(
      firstMoments.count == count && secondMoments.count == count,
      "\(firstMoments.count) and \(secondMoments.count) moments of \(count) parameters")
    (layout, values) = (adapters.layout.parameters, adapters.values)
    (self.firstMoments, self.secondMoments) = (firstMoments, secondMoments)
  }

  /// Zeros.
  private init(_ layout: ParameterLayout) {
    self.layout = layout
    values = ParameterBuffer(count: layout.count)
    firstMoments = ParameterBuffer(count: layout.count)
    secondMoments = ParameterBuffer(count: layout.count)
  }

  private var tensors: [(name: String, shape: [Int], values: FloatView)] {
    [("", values), (Self.firstPrefix, firstMoments), (Self.secondPrefix, secondMoments)].flatMap { prefix, buffer in
      layout.entries.map { (prefix + $0.name, $0.shape, buffer.view($0)) }
    }
  }

  func write(into folder: inout NewFolder) throws(CheckpointError) {
    try folder.write(Self.name, tensors: tensors, type: .float32)
  }

  /// Reads the module of a checkpoint, whatever model its adapters are on.
  static func load(_ folder: URL) throws(CheckpointError) -> LearnedModule {
    let file = try SafetensorsFile(folder.appending(path: name))
    // The header is checked: these tensors are all in the file.
    let parameters = file.header.tensors.filter {
      !$0.name.hasPrefix(firstPrefix) && !$0.name.hasPrefix(secondPrefix)
    }
    let module = LearnedModule(ParameterLayout(parameters.map { ($0.name, $0.shape) }))
    let tensors = module.tensors
    guard file.header.tensors.count == tensors.count else {
      throw .inconsistent(
        checkpoint: folder.path(percentEncoded: false), what: "the number of tensors of the module",
        expected: tensors.count, found: file.header.tensors.count)
    }
    for tensor in tensors {
      guard let entry = file[tensor.name] else { throw .missingTensor(folder: file.path, name: tensor.name, hint: "") }
      guard entry.shape == tensor.shape else {
        throw .wrongShape(path: file.path, name: tensor.name, expected: tensor.shape, found: entry.shape)
      }
      try file.read(entry, into: tensor.values)
    }
    return module
  }
}
