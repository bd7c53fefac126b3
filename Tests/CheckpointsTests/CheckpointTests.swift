import Checkpoints
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

@Suite struct CheckpointTests {
  let temporary: TemporaryFolder
  let arithmetic = Arithmetic(coreType: "SkylakeX", library: "OpenBLAS 0.3.21")

  init() throws { temporary = try TemporaryFolder() }

  private func checkpoint(step: Int) throws -> Checkpoint {
    let model = try smallModel(.llama)
    let moments = (0..<2).map { _ in ParameterBuffer(count: model.parameters.count) }
    for index in 0..<model.parameters.count {
      moments[0].view[index] = Float(index) / 100
      moments[1].view[index] = Float(step) + 1 / Float(index + 1)
    }
    return Checkpoint(
      model: model, firstMoments: moments[0], secondMoments: moments[1],
      state: TrainerState(
        optimizerStep: step, seed: 18_446_744_073_709_551_615, optimizer: try AdamWOptions(weightDecay: 0.1),
        schedule: try LearningRateSchedule(shape: .cosine, peak: 0.1, warmupSteps: 3, maxSteps: 77),
        arithmetic: arithmetic, version: "0.1.0"))
  }

  @Test("reads what it saved, bit for bit, and is a model folder")
  func roundTrip() throws {
    let saved = try checkpoint(step: 12)
    let url = try saved.save(in: temporary.url)
    #expect(url.lastPathComponent == "checkpoint-12")
    let read = try Checkpoint.load(url, arithmetic: arithmetic)
    #expect(read.state == saved.state)
    #expect(read.firstMoments.view.array == saved.firstMoments.view.array)
    #expect(read.secondMoments.view.array == saved.secondMoments.view.array)
    #expect(read.model.digest() == saved.model.digest())
    #expect(try ModelFolder.load(url).digest() == saved.model.digest())
    let optimizer = read.optimizer()
    #expect(optimizer.stepCount == 12 && optimizer.learningRate == saved.state.schedule.learningRate(at: 12))
    #expect(try temporary.names == ["checkpoint-12"])
  }

  /// The checkpoint with a module on another model.
  private func checkpointWithModule() throws -> (checkpoint: Checkpoint, module: LearnedModule) {
    let plain = try checkpoint(step: 4)
    let transformer = Transformer(try smallModel(.gpt2).configuration)
    let options = try AdapterOptions(rank: 2, alpha: 3, targets: .names(["c_attn"]))
    let adapters = Adapters(zeros: try AdapterLayout(transformer, options))
    let count = adapters.values.count
    let moments = (0..<2).map { _ in ParameterBuffer(count: count) }
    for index in 0..<count {
      adapters.values.view[index] = 1 / Float(index + 1)
      moments[0].view[index] = -Float(index)
      moments[1].view[index] = Float(index) * 0.25
    }
    let module = LearnedModule(adapters, firstMoments: moments[0], secondMoments: moments[1])
    var state = plain.state
    state.module = TrainerState.Module(modelDigest: "0123", adapters: options)
    return (
      Checkpoint(
        model: plain.model, module: module, firstMoments: plain.firstMoments, secondMoments: plain.secondMoments,
        state: state), module
    )
  }

  @Test("reads the module that learns beside the student, whatever model that is on")
  func module() throws {
    let (saved, module) = try checkpointWithModule()
    let url = try saved.save(in: temporary.url)
    let read = try Checkpoint.load(url, arithmetic: arithmetic)
    let found = try #require(read.module)
    #expect(read.state == saved.state && found.layout == module.layout)
    #expect(found.values.view.array == module.values.view.array)
    #expect(found.firstMoments.view.array == module.firstMoments.view.array)
    #expect(found.secondMoments.view.array == module.secondMoments.view.array)
    // As a model folder it is the student.
    #expect(try ModelFolder.load(url).digest() == saved.model.digest())
    #expect(try Checkpoint.load(checkpoint(step: 5).save(in: temporary.url), arithmetic: arithmetic).module == nil)
    let file = url.appending(path: "module.safetensors")
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: file)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.load(url, arithmetic: arithmetic) }
    #expect(error?.description.contains("module.safetensors") == true)
  }

  @Test("what writers who died left behind is removed")
  func leftovers() throws {
    let saved = try checkpoint(step: 3)
    for name in [".checkpoint-3.partial", ".checkpoint-3.partial-abcdef"] {
      let folder = temporary.url.appending(path: "\(name)/checkpoint-3")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: folder.appending(path: "manifest.json"))
    }
    let url = try saved.save(in: temporary.url)
    #expect(try Checkpoint.load(url, arithmetic: arithmetic).state == saved.state)
    #expect(try temporary.names == ["checkpoint-3"])
  }

  @Test("saves the same bytes again, in place of what was there")
  func repeats() throws {
    let saved = try checkpoint(step: 3)
    let url = try saved.save(in: temporary.url)
    let first = try Data(contentsOf: url.appending(path: "manifest.json"))
    try saved.save(in: temporary.url)
    #expect(try Data(contentsOf: url.appending(path: "manifest.json")) == first)
    #expect(try temporary.names == ["checkpoint-3"])
  }

  @Test(
    "names the damaged file and falls back to the previous checkpoint",
    arguments: [
      "config.json", "model.safetensors", "optimizer.safetensors", "trainer_state.json", "generation_config.json",
      "manifest.json",
    ])
  func damage(_ name: String) throws {
    let older = try checkpoint(step: 9).save(in: temporary.url)
    let newer = try checkpoint(step: 10).save(in: temporary.url)
    #expect(Checkpoint.newest(in: temporary.url)?.path() == newer.path())
    let file = newer.appending(path: name)
    let good = try Data(contentsOf: file)
    var damaged = [0, 1, good.count / 2, good.count - 1].map { good.prefix($0) }
    var random = SeededGenerator(seed: 64, path: UInt64(good.count))
    for _ in 0..<64 {
      var flipped = good
      flipped[Int(random.next() % UInt64(good.count))] ^= 1 << (random.next() % 8)
      damaged.append(flipped)
    }
    for bytes in damaged where !(name == "manifest.json" && harmless(bytes, good)) {
      try bytes.write(to: file)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.load(newer, arithmetic: arithmetic) }
      if name != "manifest.json" { #expect(error?.description.contains(name) == true) }
      #expect(Checkpoint.newest(in: temporary.url)?.path() == older.path())
    }
    try FileManager.default.removeItem(at: file)
    #expect(throws: CheckpointError.damaged(checkpoint: newer.path(), file: name, fault: .missing)) {
      try Checkpoint.load(newer, arithmetic: arithmetic)
    }
    try good.write(to: file)
    #expect(throws: Never.self) { try Checkpoint.load(newer, arithmetic: arithmetic) }
  }

  /// A manifest that lost its last line's end says the same.
  private func harmless(_ bytes: Data, _ good: Data) -> Bool {
    String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      == String(decoding: good, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test("refuses another arithmetic unless told to go on")
  func otherArithmetic() throws {
    let url = try checkpoint(step: 1).save(in: temporary.url)
    let other = Arithmetic(coreType: "Haswell", library: arithmetic.library)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.load(url, arithmetic: other) }
    #expect(error?.description.contains("SkylakeX") == true && error?.description.contains("Haswell") == true)
    #expect(try Checkpoint.load(url, arithmetic: other, allowingOtherArithmetic: true).state.optimizerStep == 1)
  }

  @Test("a manifest that names files elsewhere is refused")
  func manifestPaths() throws {
    let url = try checkpoint(step: 1).save(in: temporary.url)
    let manifest = url.appending(path: "manifest.json")
    let text = try String(contentsOf: manifest, encoding: .utf8)
    try text.replacing("config.json", with: "../config.json").write(to: manifest, atomically: false, encoding: .utf8)
    #expect(throws: CheckpointError.damaged(checkpoint: url.path(), file: "manifest.json", fault: .manifest)) {
      try Checkpoint.load(url, arithmetic: arithmetic)
    }
  }

  @Test("moments of another model are refused")
  func otherMoments() throws {
    let url = try checkpoint(step: 1).save(in: temporary.url)
    #expect(Checkpoint.newest(in: temporary.url.appending(path: "nowhere")) == nil)
    let other = temporary.url.appending(path: "other")
    try smallModel(.gpt2).write(to: other)
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.removeItem(at: url.appending(path: name))
      try FileManager.default.copyItem(at: other.appending(path: name), to: url.appending(path: name))
    }
    #expect(throws: CheckpointError.self) { try Checkpoint.load(url, arithmetic: arithmetic) }
  }
}
