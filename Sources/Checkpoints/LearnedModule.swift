internal import Foundation
public import Transformer

/// The adapters of a module that learns beside the student, with their moments: `module.safetensors` of a checkpoint.
///
/// Its tensors have the names of ``AdapterLayout/parameters``, and each again behind `first_moment.` and `second_moment.`. The model that the
/// adapters are on is not there: ``TrainerState/module`` says which it is.
public struct LearnedModule: Sendable {
  private static let name = "module.safetensors"
  private let tensors: LearnedTensors

  /// Where each tensor stands in the three arrays.
  public var layout: ParameterLayout { tensors.layout }
  /// The adapters' parameters.
  public var values: ParameterBuffer { tensors.values }
  /// AdamW's first moments.
  public var firstMoments: ParameterBuffer { tensors.firstMoments }
  /// AdamW's second moments.
  public var secondMoments: ParameterBuffer { tensors.secondMoments }

  /// Puts them together; the counts must agree.
  public init(_ adapters: Adapters, firstMoments: ParameterBuffer, secondMoments: ParameterBuffer) {
    tensors = LearnedTensors(adapters.layout.parameters, adapters.values, first: firstMoments, second: secondMoments)
  }

  private init(_ tensors: LearnedTensors) { self.tensors = tensors }

  func write(into folder: inout NewFolder) throws(CheckpointError) { try tensors.write(Self.name, into: &folder) }

  /// Reads the module of a checkpoint, whatever model its adapters are on.
  static func load(_ folder: URL) throws(CheckpointError) -> LearnedModule {
    let file = try SafetensorsFile(folder.appending(path: name))
    // The header is checked: these tensors are all in the file.
    let parameters = file.header.tensors.filter { !LearnedTensors.isMoment($0.name) }
    guard file.header.tensors.count == 3 * parameters.count else {
      throw .inconsistent(
        checkpoint: folder.path(percentEncoded: false), what: "the number of tensors of the module",
        expected: 3 * parameters.count, found: file.header.tensors.count)
    }
    let tensors = LearnedTensors(ParameterLayout(parameters.map { ($0.name, $0.shape) }))
    try tensors.read(file)
    return LearnedModule(tensors)
  }
}
