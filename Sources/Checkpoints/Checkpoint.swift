public import Foundation
internal import Kernels
public import Optimization
public import Transformer

/// All that a student needs to go on with the same bits: a folder `checkpoint-<step>` that is also a Hugging Face model folder.
///
/// Beside the model's files it has those of adapters as PEFT has them, where there are, `optimizer.safetensors` (both moments), `projector.safetensors` and `module.safetensors` where one learns, `trainer_state.json` and, written last,
/// `manifest.json` with the size and the SHA-256 of each file.
public struct Checkpoint: Sendable {
  /// The student; with adapters, the model that they adapt.
  public let model: ModelFolder
  /// The student's adapters, to which the moments then belong; nil: the model itself learns.
  public let adapters: Adapters?
  /// What learns beside the student, and is no part of it; nil: nothing.
  public let projector: LearnedProjector?
  /// The adapters of a teacher's module that learns beside the student; nil: there is none.
  public let module: LearnedModule?
  /// AdamW's first moments.
  public let firstMoments: ParameterBuffer
  /// AdamW's second moments.
  public let secondMoments: ParameterBuffer
  /// Steps, seed, options and arithmetic.
  public let state: TrainerState

  /// Makes a checkpoint of what is in memory; nothing is copied until it is written.
  public init(
    model: ModelFolder, adapters: Adapters? = nil, projector: LearnedProjector? = nil, module: LearnedModule? = nil,
    firstMoments: ParameterBuffer, secondMoments: ParameterBuffer, state: TrainerState
  ) {
    let count = adapters?.values.count ?? model.parameters.count
    precondition(
      firstMoments.count == count && secondMoments.count == count,
      "\(firstMoments.count) and \(secondMoments.count) moments of \(count) parameters")
    self.model = model
    self.adapters = adapters
    precondition((module == nil) == (state.module == nil), "a module without its state, or a state without its module")
    self.projector = projector
    self.module = module
    self.firstMoments = firstMoments
    self.secondMoments = secondMoments
    self.state = state
  }

  /// The folder's name of a step.
  public static func name(step: Int) -> String { "checkpoint-\(step)" }

  /// An optimizer that goes on from here.
  public func optimizer() -> AdamW {
    AdamW(
      layout: learningLayout, options: state.optimizer, schedule: state.schedule,
      stepCount: state.optimizerStep, firstMoments: firstMoments, secondMoments: secondMoments)
  }

  /// Writes `checkpoint-<step>` into a folder, in place of one that is there; it appears complete or not at all, and is on the
  /// disk, and was read back from there, when this returns.
  ///
  /// - Returns: The checkpoint's folder.
  @discardableResult
  public func save(in parent: URL) throws(CheckpointError) -> URL {
    let url = parent.appending(path: Self.name(step: state.optimizerStep), directoryHint: .isDirectory)
    try NewFolder.write(to: url, replacing: true) { folder throws(CheckpointError) in
      try model.write(into: &folder, as: .float32)
      if let adapters {
        try AdapterFolder.write(
          adapters, of: Transformer(model.configuration), baseModel: url.lastPathComponent, into: &folder)
      }
      try folder.write("optimizer.safetensors", tensors: momentTensors, type: .float32)
      try projector?.write(into: &folder)
      try module?.write(into: &folder)
      try folder.write("trainer_state.json", JSONFile.bytes(state))
      let manifest = Manifest(format: Manifest.currentFormat, files: folder.files)
      try folder.write(Manifest.name, JSONFile.bytes(manifest))
      // Older checkpoints may go once this one is there: it is read back before.
      try Manifest.verify(folder.url)
    }
    return url
  }

  /// Where moments stand.
  private var learningLayout: ParameterLayout { adapters?.layout.parameters ?? ParameterLayout(model.configuration) }

  private var momentTensors: [(name: String, shape: [Int], values: FloatView)] {
    let entries = learningLayout.entries
    return [("first_moment.", firstMoments), ("second_moment.", secondMoments)].flatMap { prefix, moments in
      entries.map { (prefix + $0.name, $0.shape, moments.view($0)) }
    }
  }

  /// Reads a checkpoint whose files are all as its manifest says.
  ///
  /// - Parameters:
  ///   - folder: `checkpoint-<step>`.
  ///   - arithmetic: That of this process.
  ///   - allowingOtherArithmetic: Whether to go on under another arithmetic, which gives other last bits.
  public static func load(
    _ folder: URL, arithmetic: Arithmetic, allowingOtherArithmetic: Bool = false
  ) throws(CheckpointError) -> Checkpoint {
    let path = folder.path(percentEncoded: false)
    try Manifest.verify(folder)
    let state = try JSONFile.read(TrainerState.self, folder.appending(path: "trainer_state.json"), limit: 1 << 20)
    guard state.arithmetic == arithmetic || allowingOtherArithmetic else {
      throw .otherArithmetic(
        checkpoint: path, saved: "\(state.arithmetic)", present: "\(arithmetic)")
    }
    let model = try ModelFolder.loadBase(folder)
    let adapters =
      AdapterFolder.isPresent(in: folder)
      ? try AdapterFolder.load(folder, for: Transformer(model.configuration)) : nil
    let count = adapters?.values.count ?? model.parameters.count
    let (first, second) = (ParameterBuffer(count: count), ParameterBuffer(count: count))
    let checkpoint = Checkpoint(
      model: model, adapters: adapters, projector: try LearnedProjector.ifPresent(in: folder),
      module: try state.module.map { _ throws(CheckpointError) in try LearnedModule.load(folder) },
      firstMoments: first, secondMoments: second, state: state)
    let file = try SafetensorsFile(folder.appending(path: "optimizer.safetensors"))
    let tensors = checkpoint.momentTensors
    guard file.header.tensors.count == tensors.count else {
      throw .inconsistent(
        checkpoint: path, what: "the number of moments", expected: tensors.count, found: file.header.tensors.count)
    }
    for tensor in tensors {
      guard let entry = file[tensor.name], entry.shape == tensor.shape else {
        throw .missingTensor(folder: file.path, name: tensor.name, hint: "or it has another shape")
      }
      try file.read(entry, into: tensor.values)
    }
    return checkpoint
  }

  /// The newest checkpoint in a folder whose files are all as its manifest says; nil where there is none.
  public static func newest(in parent: URL) -> URL? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path(percentEncoded: false))) ?? []
    let steps = names.compactMap { $0.hasPrefix("checkpoint-") ? Int($0.dropFirst("checkpoint-".count)) : nil }
    return steps.sorted(by: >).lazy
      .map { parent.appending(path: name(step: $0), directoryHint: .isDirectory) }
      .first { (try? Manifest.verify($0)) != nil }
  }
}
