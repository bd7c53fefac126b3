import Checkpoints
import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite("A hostile model folder") struct HostileFolderTests {
  let temporary: TemporaryFolder
  var folder: URL { temporary.url.appending(path: "model") }

  init() throws { temporary = try TemporaryFolder() }

  /// Values that no field of a configuration has, or that are at its very end.
  static let absurd = [
    "-1", "0", "1", "3", "1000000000", "9007199254740993", "9223372036854775807", "1e308", "0.5", "true", "null",
    "[[[]]]",
    "{}", "\"x\"", "\"\\u0000\\n\"", "99999999999999999999999999",
  ]

  @Test(
    "whose configuration has an absurd value is refused in one line that names it, or loads",
    arguments: [
      ModelConfiguration.Family.llama, .gpt2,
    ])
  func absurdConfigurations(family: ModelConfiguration.Family) throws {
    try smallModel(family).write(to: folder)
    let url = folder.appending(path: "config.json")
    let good = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    var refused = 0
    for key in good.keys.sorted() {
      for value in Self.absurd {
        let rest = try good.filter { $0.key != key }.map { name, value in
          "\(try text(name)):\(try text(value))"
        }
        try Data("{\((["\(try text(key)):\(value)"] + rest).joined(separator: ","))}".utf8).write(to: url)
        do {
          _ = try ModelFolder.load(folder)
        } catch {
          refused += 1
          #expect(
            !error.description.contains("\n") && error.description.contains("model"), "\(key) = \(value): \(error)")
        }
      }
    }
    #expect(refused > 150)
  }

  @Test(
    "whose configuration has an absurd value is refused by file and key, whatever its family",
    arguments: ModelConfiguration.Family.allCases)
  func namedKeys(family: ModelConfiguration.Family) throws {
    try Data(text(sizeKeys.merging(["model_type": family.rawValue]) { $1 }).utf8)
      .write(to: temporary.url.appending(path: "config.json"))
    let model = try ModelFolder.architecture(of: temporary.url).configuration
    let written = try JSONEncoder().encode(
      model.keys.merging(["bos_token_id": .integer(1), "eos_token_id": .list([.integer(2)])]) { $1 })
    let good = try #require(JSONSerialization.jsonObject(with: written) as? [String: Any])
    var refused = 0
    for key in good.keys.sorted() {
      for value in Self.absurd {
        let rest = try good.filter { $0.key != key }.map { name, value in "\(try text(name)):\(try text(value))" }
        do {
          try ModelFolder.checkConfiguration(
            Array("{\((["\(try text(key)):\(value)"] + rest).joined(separator: ","))}".utf8))
        } catch let error as CheckpointError {
          refused += 1
          let line = error.description
          #expect(
            line.contains("config.json") && line.contains(key) && !line.contains("\n"), "\(key) = \(value): \(line)")
        }
      }
    }
    #expect(refused > 100)
  }

  private func text(_ value: Any) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed), as: UTF8.self)
  }

  @Test("whose other files have absurd values is refused in one line, or loads", arguments: absurd)
  func absurdCompanions(value: String) throws {
    try smallModel(.llama).write(to: folder)
    let configuration = try Data(contentsOf: folder.appending(path: "config.json"))
    for (file, content) in [
      ("generation_config.json", "{\"eos_token_id\":\(value),\"bos_token_id\":\(value)}"),
      ("generation_config.json", value), ("config.json", value), ("model.safetensors", value),
    ] {
      try Data(content.utf8).write(to: folder.appending(path: file))
      do {
        _ = try ModelFolder.load(folder)
      } catch {
        #expect(!error.description.contains("\n") && error.description.contains(file), "\(error)")
      }
      if file == "config.json" { try configuration.write(to: folder.appending(path: file)) }
      if file == "generation_config.json" { try FileManager.default.removeItem(at: folder.appending(path: file)) }
    }
    try FileManager.default.removeItem(at: folder.appending(path: "model.safetensors"))
    try smallModel(.llama).write(to: folder, replacing: true)
    try FileManager.default.removeItem(at: folder.appending(path: "model.safetensors"))
    for content in ["{\"weight_map\":\(value)}", value, "{\"weight_map\":{\"model.norm.weight\":\(value)}}"] {
      try Data(content.utf8).write(to: folder.appending(path: "model.safetensors.index.json"))
      let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test(
    "with a link out of it is refused, whatever file it is",
    arguments: ["config.json", "model.safetensors", "generation_config.json"])
  func linksOut(name: String) throws {
    try smallModel(.llama).write(to: folder)
    let file = folder.appending(path: name)
    let outside = temporary.url.appending(path: "outside")
    try FileManager.default.moveItem(at: file, to: outside)
    for target in [outside.path(), "../outside"] {
      try? FileManager.default.removeItem(at: file)
      try FileManager.default.createSymbolicLink(atPath: file.path(), withDestinationPath: target)
      let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
      #expect(error?.description.contains("outside of its folder") == true, "\(error?.description ?? "")")
    }
    // A link to nothing.
    try FileManager.default.removeItem(at: file)
    try FileManager.default.createSymbolicLink(atPath: file.path(), withDestinationPath: "nowhere")
    let dangling = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(dangling == .danglingLink(path: file.path(), target: "nowhere"))
    // A link to a link, and a folder between.
    try FileManager.default.removeItem(at: file)
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending(path: "around").path(), withDestinationPath: "..")
    try FileManager.default.createSymbolicLink(atPath: file.path(), withDestinationPath: "around/outside")
    #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    // Within the folder a link is no harm.
    try FileManager.default.removeItem(at: file)
    try FileManager.default.moveItem(at: outside, to: folder.appending(path: "inside"))
    try FileManager.default.createSymbolicLink(atPath: file.path(), withDestinationPath: "inside")
    _ = try ModelFolder.load(folder)
  }

  @Test("of a hub's cache is read through its links to blobs, and no others")
  func hubCache() throws {
    let model = try smallModel(.llama)
    try model.write(to: folder)
    let cache = temporary.url.appending(path: "models--a--b")
    let (snapshot, blobs) = (cache.appending(path: "snapshots/1f"), cache.appending(path: "blobs"))
    for place in [snapshot, blobs] {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path()) {
      try FileManager.default.moveItem(at: folder.appending(path: name), to: blobs.appending(path: "x" + name))
      try FileManager.default.createSymbolicLink(
        atPath: snapshot.appending(path: name).path(), withDestinationPath: "../../blobs/x" + name)
    }
    #expect(try ModelFolder.load(snapshot).digest() == model.digest())
    try FileManager.default.moveItem(
      at: blobs.appending(path: "xconfig.json"), to: cache.appending(path: "config.json"))
    try FileManager.default.removeItem(at: snapshot.appending(path: "config.json"))
    try FileManager.default.createSymbolicLink(
      atPath: snapshot.appending(path: "config.json").path(), withDestinationPath: "../../config.json")
    #expect(throws: CheckpointError.self) { try ModelFolder.load(snapshot) }
  }

  @Test("with a link to nothing for adapters is refused, not served without them")
  func danglingAdapters() throws {
    try smallModel(.llama).write(to: folder)
    let link = folder.appending(path: "adapter_config.json").path()
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../nowhere")
    #expect(throws: CheckpointError.danglingLink(path: link, target: "../nowhere")) { try ModelFolder.load(folder) }
  }

  @Test("that has adapters alone is refused with what they are for")
  func adaptersAlone() throws {
    try temporary.write("adapter_config.json", "{}".utf8)
    for read in [{ try ModelFolder.load($0) }, { try ModelFolder.architecture(of: $0) }]
      as [(URL) throws -> ModelFolder]
    {
      let error = #expect(throws: CheckpointError.self) { _ = try read(temporary.url) }
      #expect(error == .noModel(folder: temporary.url.path()))
      #expect(error?.description.contains("retort export --adapters") == true)
    }
  }

  @Test("with a key twice in a file beside config.json is refused by file and key")
  func repeatedKeys() throws {
    try smallModel(.llama).write(to: folder)
    let url = folder.appending(path: "generation_config.json")
    try Data(#"{"eos_token_id": 2, "temperature": 1, "eos_token_id": 3}"#.utf8).write(to: url)
    let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(
      error
        == .malformedJSON(
          path: url.path(percentEncoded: false), reason: "the key eos_token_id stands twice: leave one of the two"))
    try Data("{}".utf8).write(to: url)
    try Data(#"{"peft_type": "LORA", "r": 2, "lora_alpha": 1, "r": 4}"#.utf8)
      .write(to: folder.appending(path: "adapter_config.json"))
    let adapters = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(adapters?.description.contains("adapter_config.json: the key r stands twice") == true)
  }

  @Test("that is a pipe, a device or a folder where a file should be is refused at once")
  func notFiles() throws {
    try smallModel(.llama).write(to: folder)
    let file = folder.appending(path: "model.safetensors")
    try FileManager.default.removeItem(at: file)
    #expect(mkfifo(file.path(), 0o600) == 0)
    let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(error == .notARegularFile(path: file.path()))
    try FileManager.default.removeItem(at: file)
    try FileManager.default.createSymbolicLink(atPath: file.path(), withDestinationPath: "/dev/zero")
    #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
  }

  @Test("reads float64 parameters, and refuses one beyond float32 and whole numbers by name")
  func otherTypes() throws {
    let model = try smallModel(.llama)
    try model.write(to: folder, as: .float64)
    #expect(try ModelFolder.load(folder).digest() == model.digest())
    let file = folder.appending(path: "model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: file))
    // The last element: 1e300.
    bytes.replaceSubrange(
      (bytes.count - 8)..., with: withUnsafeBytes(of: (1e300).bitPattern.littleEndian) { Array($0) })
    try Data(bytes).write(to: file)
    let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(error?.description.contains("is NaN or infinite at element") == true)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("F64"))
    for index in 0..<bytes.count - 3 where bytes[index..<index + 3].elementsEqual("F64".utf8) {
      bytes.replaceSubrange(index..<index + 3, with: "I64".utf8)
    }
    try Data(bytes).write(to: file)
    let integers = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(integers?.description.contains("has the type I64") == true)
  }
}
