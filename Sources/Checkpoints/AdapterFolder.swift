public import Foundation
internal import Kernels
public import Transformer

/// Adapters as PEFT keeps them: a folder of `adapter_config.json` and `adapter_model.safetensors`.
public enum AdapterFolder {
  private static let configurationName = "adapter_config.json"
  private static let tensorsName = "adapter_model.safetensors"
  /// What PEFT puts before a module's name.
  private static let prefix = "base_model.model."
  /// Largest configuration that is read, in bytes.
  private static let sizeLimit = 1 << 20

  /// Writes the folder: it appears complete or not at all.
  ///
  /// - Parameter baseModel: Name or folder of the model that the adapters belong to, for those who load them.
  public static func write(
    _ adapters: Adapters, of transformer: Transformer, baseModel: String, to folder: URL, replacing: Bool = false
  ) throws(CheckpointError) {
    try NewFolder.write(to: folder, replacing: replacing) { new throws(CheckpointError) in
      try write(adapters, of: transformer, baseModel: baseModel, into: &new)
    }
  }

  /// Writes the two files.
  static func write(
    _ adapters: Adapters, of transformer: Transformer, baseModel: String, into folder: inout NewFolder
  ) throws(CheckpointError) {
    let options = adapters.layout.options
    let targets: JSONValue =
      switch options.targets {
      // PEFT, too, writes the names that it found.
      case .allLinear: .list(adapters.layout.targetNames.map { .string($0) })
      case .names(let names): .list(names.map { .string($0) })
      }
    let keys: [String: JSONValue] = [
      "peft_type": .string("LORA"), "task_type": .string("CAUSAL_LM"), "base_model_name_or_path": .string(baseModel),
      "inference_mode": .boolean(true), "r": .integer(options.rank), "lora_alpha": .number(options.alpha),
      "lora_dropout": .number(options.dropout), "use_rslora": .boolean(options.usesRankStabilizedScale),
      "target_modules": targets, "fan_in_fan_out": .boolean(transformer.storesInputsFirst), "bias": .string("none"),
      "use_dora": .boolean(false), "modules_to_save": .null, "layers_to_transform": .null, "rank_pattern": .object([:]),
      "alpha_pattern": .object([:]), "init_lora_weights": .boolean(true),
    ]
    try folder.write(configurationName, JSONValue.object(keys).bytes())
    try folder.write(
      tensorsName,
      tensors: adapters.layout.parameters.entries.map { (prefix + $0.name, $0.shape, adapters.values.view($0)) },
      type: .float32)
  }

  /// Whether a folder has adapters.
  public static func isPresent(in folder: URL) -> Bool {
    InputFile.isPresent(folder.appending(path: configurationName))
  }

  /// Reads a folder's options.
  ///
  /// - Throws: ``CheckpointError`` for what is not LoRA as ``AdapterOptions`` has it, with file and key.
  public static func options(of folder: URL) throws(CheckpointError) -> AdapterOptions {
    let url = folder.appending(path: configurationName)
    let path = url.path(percentEncoded: false)
    let keys = try JSONFile.read(Keys.self, url, limit: sizeLimit)
    try keys.check(path)
    guard let targets = keys.target_modules?.targets else {
      throw .unsupportedValue(
        path: path, key: "target_modules", value: "a pattern, or none", supported: "a list of names, or all-linear")
    }
    do {
      return try AdapterOptions(
        rank: keys.r, alpha: keys.lora_alpha, usesRankStabilizedScale: keys.use_rslora ?? false,
        dropout: keys.lora_dropout ?? 0, targets: targets)
    } catch {
      throw refusal(error, path)
    }
  }

  /// An error of options, with the names that the file has for them.
  private static func refusal(_ error: ModelError, _ path: String) -> CheckpointError {
    guard case .invalidOption(let name, let value, let requirement) = error else {
      return .malformedJSON(path: path, reason: "\(error)")
    }
    let key = ["lora_r": "r", "lora_target_modules": "target_modules"][name] ?? name
    return .malformedJSON(path: path, reason: "\(key) is \(value); it must be \(requirement)")
  }

  /// Reads the adapters of a model: exactly those that the options name, with their shapes.
  public static func load(_ folder: URL, for transformer: Transformer) throws(CheckpointError) -> Adapters {
    let options = try options(of: folder)
    let path = folder.appending(path: configurationName).path(percentEncoded: false)
    let layout: AdapterLayout
    do {
      layout = try AdapterLayout(transformer, options)
    } catch {
      throw refusal(error, path)
    }
    let adapters = Adapters(zeros: layout)
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(folder.appending(path: tensorsName))
    } catch .notFound(let missing) {
      throw .missingFile(path: missing, namedBy: path)
    }
    for entry in layout.parameters.entries {
      let name = prefix + entry.name
      guard let tensor = file[name] else {
        throw .missingTensor(folder: file.path, name: name, hint: "\(path) asks for it")
      }
      guard tensor.shape == entry.shape else {
        throw .wrongShape(path: file.path, name: name, expected: entry.shape, found: tensor.shape)
      }
      try file.read(tensor, into: adapters.values.view(entry))
    }
    let known = Set(layout.parameters.entries.map { prefix + $0.name })
    for tensor in file.header.tensors where !known.contains(tensor.name) {
      throw .unlistedTensor(path: file.path, name: tensor.name, list: path)
    }
    return adapters
  }
}

/// The keys that are read. Their names are PEFT's.
// swift-format-ignore: AlwaysUseLowerCamelCase
private struct Keys: Decodable {
  /// A list of names, or a pattern, of which `all-linear` alone is known.
  struct Targets: Decodable {
    let targets: AdapterOptions.Targets?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let names = try? container.decode([String].self) {
        targets = .names(names.sorted())
      } else {
        targets = try container.decode(String.self) == "all-linear" ? .allLinear : nil
      }
    }
  }
  /// Anything but null, an empty list or an empty object.
  struct Content: Decodable {
    let isEmpty: Bool

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let count = try? container.decode([String: Content].self).count {
        isEmpty = count == 0
      } else {
        isEmpty = (try? container.decode([Content].self).isEmpty) ?? false
      }
    }
  }

  var peft_type: String
  var r: Int
  var lora_alpha: Double
  var lora_dropout: Double?
  var use_rslora, use_dora, lora_bias, use_qalora: Bool?
  var bias: String?
  var target_modules: Targets?
  var modules_to_save, layers_to_transform, rank_pattern, alpha_pattern, target_parameters, exclude_modules,
    trainable_token_indices, layer_replication: Content?

  /// Throws where the file asks for more than LoRA of projections.
  func check(_ path: String) throws(CheckpointError) {
    func refuse(_ key: String, _ refused: Bool, _ value: String, _ supported: String) throws(CheckpointError) {
      guard refused else { return }
      throw .unsupportedValue(path: path, key: key, value: value, supported: supported)
    }
    guard peft_type == "LORA" else {
      throw .unsupportedValue(path: path, key: "peft_type", value: peft_type, supported: "LORA")
    }
    try refuse("bias", bias ?? "none" != "none", bias ?? "", "none")
    for (key, value) in [("use_dora", use_dora), ("lora_bias", lora_bias), ("use_qalora", use_qalora)] {
      try refuse(key, value == true, "true", "false")
    }
    let contents = [
      ("modules_to_save", modules_to_save), ("layers_to_transform", layers_to_transform),
      ("rank_pattern", rank_pattern),
      ("alpha_pattern", alpha_pattern), ("target_parameters", target_parameters), ("exclude_modules", exclude_modules),
      ("trainable_token_indices", trainable_token_indices), ("layer_replication", layer_replication),
    ]
    for (key, value) in contents { try refuse(key, value.map { !$0.isEmpty } ?? false, "not empty", "null") }
  }
}
