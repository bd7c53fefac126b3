import Checkpoints
import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite struct ModelFolderTests {
  let temporary: TemporaryFolder
  var folder: URL { temporary.url.appending(path: "model") }

  init() throws { temporary = try TemporaryFolder() }

  @Test("reads what it wrote, bit for bit", arguments: [ModelConfiguration.Family.llama, .gpt2], [true, false])
  func roundTrip(_ family: ModelConfiguration.Family, _ tied: Bool) throws {
    let model = try smallModel(family, tied: tied)
    try model.write(to: folder)
    let read = try ModelFolder.load(folder)
    #expect(read.configuration == model.configuration && read.special == model.special)
    #expect(read.parameters.view.array == model.parameters.view.array)
    #expect(read.digest() == model.digest() && read.storedType == .float32)
    #expect(try temporary.names == ["model"])
  }

  @Test("config.json has its keys in order, and a point in numbers that may be none but whole")
  func configurationText() throws {
    try smallModel(.llama).write(to: folder)
    let text = try String(contentsOf: folder.appending(path: "config.json"), encoding: .utf8)
    let lines = text.split(separator: "\n")
    #expect(lines.first == "{" && lines.last == "}" && text.hasSuffix("}\n"))
    #expect(text.contains(#""architectures" : [\#n    "LlamaForCausalLM"\#n  ],"#))
    #expect(text.contains(#""rope_theta" : 10000.0,"#) && text.contains(#""rms_norm_eps" : 1e-05,"#))
    #expect(text.contains(#""vocab_size" : 7"#) && text.contains(#""rope_scaling" : null,"#))
  }

  @Test("16-bit types round to the nearest", arguments: [TensorType.bfloat16, .float16])
  func halves(_ type: TensorType) throws {
    let (exact, model) = (try smallModel(.llama, exact: true), try smallModel(.llama))
    try exact.write(to: folder, as: type)
    #expect(try ModelFolder.load(folder).digest() == exact.digest())
    try model.write(to: folder, as: type, replacing: true)
    let relative: Float = type == .bfloat16 ? 1.0 / 256 : 1.0 / 2048
    let read = try ModelFolder.load(folder)
    #expect(read.storedType == type)
    for (ours, theirs) in zip(read.parameters.view.array, model.parameters.view.array)
    where !(abs(ours - theirs) <= relative * abs(theirs) + 3e-8) {
      Issue.record("\(ours) where \(theirs) was written")
    }
  }

  @Test("reads a folder in shards, and refuses an index that leads out or misleads")
  func shards() throws {
    let model = try smallModel(.llama)
    try model.write(to: folder)
    let single = folder.appending(path: "model.safetensors")
    let names = try split(single, in: folder)
    try FileManager.default.removeItem(at: single)
    #expect(try ModelFolder.load(folder).digest() == model.digest())

    let paths = [
      "../model/part-1.safetensors", "/etc/passwd", "./part-1.safetensors", "part-1.safetensors\u{0}", "", "..",
      ".hidden", "part\u{2024}safetensors", "a/b", "a\\b", String(repeating: "a", count: 256),
    ]
    for path in paths {
      try writeIndex(names.mapValues { _ in path })
      let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
      #expect(error == .pathEscape(path: folder.appending(path: "model.safetensors.index.json").path(), entry: path))
    }
    let index = folder.appending(path: "model.safetensors.index.json").path()
    func path(_ name: String) -> String { folder.appending(path: name).path() }
    try writeIndex(names.merging(["ghost": "part-1.safetensors"]) { $1 })
    #expect(
      throws: CheckpointError.missingTensor(
        folder: path("part-1.safetensors"), name: "ghost", hint: "\(index) says that it is here")
    ) { try ModelFolder.load(folder) }
    let norm = try #require(names["model.norm.weight"])
    try writeIndex(names.filter { $0.key != "model.norm.weight" })
    #expect(
      throws: CheckpointError.unlistedTensor(path: path(norm), name: "model.norm.weight", list: index)
    ) { try ModelFolder.load(folder) }
    try writeIndex(names.mapValues { _ in "absent.safetensors" })
    #expect(throws: CheckpointError.missingFile(path: path("absent.safetensors"), namedBy: index)) {
      try ModelFolder.load(folder)
    }
    try Data(#"{"weight_map":{"a":"part-0.safetensors","a":"part-1.safetensors"}}"#.utf8)
      .write(to: URL(filePath: index))
    let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(error == .malformedJSON(path: index, reason: "the key weight_map.a stands twice: leave one of the two"))
  }

  /// Writes the tensors of a file into two shards and an index; returns the index.
  private func split(_ single: URL, in folder: URL) throws -> [String: String] {
    let file = try SafetensorsFile(single)
    var map: [String: String] = [:]
    for part in 0..<2 {
      var (members, data): ([String], [UInt8]) = ([], [])
      for (index, tensor) in file.header.tensors.enumerated() where index % 2 == part {
        let values = FloatStorage(count: tensor.count).view
        try file.read(tensor, into: values)
        let begin = data.count
        for value in values.array { data += withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        members.append(
          #""\#(tensor.name)":{"dtype":"F32","shape":\#(tensor.shape),"data_offsets":[\#(begin),\#(data.count)]}"#)
        map[tensor.name] = "part-\(part).safetensors"
      }
      let bytes = safetensors("{\(members.joined(separator: ","))}", data: data)
      try Data(bytes).write(to: folder.appending(path: "part-\(part).safetensors"))
    }
    try writeIndex(map)
    return map
  }

  private func writeIndex(_ map: [String: String]) throws {
    let json = try JSONEncoder().encode(["weight_map": map])
    try json.write(to: folder.appending(path: "model.safetensors.index.json"))
  }

  @Test("reads GPT-2's names with and without their prefix, and passes over masks")
  func prefixes() throws {
    let model = try smallModel(.gpt2)
    try model.write(to: folder)
    try rename { $0.replacing("transformer.", with: "") }
    #expect(try ModelFolder.load(folder).digest() == model.digest())
    try rename { $0 == "wpe.weight" ? "h.9.attn.bias" : $0 }
    let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(error?.description.contains("transformer.wpe.weight is missing") == true)
  }

  @Test("a tied head stored as lm_head.weight is the embedding")
  func tiedHead() throws {
    let model = try smallModel(.llama)
    try model.write(to: folder)
    try rename { $0.replacing("model.embed_tokens.weight", with: "lm_head.weight") }
    #expect(try ModelFolder.load(folder).digest() == model.digest())
  }

  /// Changes the names in the header of model.safetensors.
  private func rename(_ change: (String) -> String) throws {
    let url = folder.appending(path: "model.safetensors")
    let file = try SafetensorsFile(url)
    let bytes = [UInt8](try Data(contentsOf: url))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let members = file.header.tensors.map {
      #""\#(change($0.name))":{"dtype":"F32","shape":\#($0.shape),"data_offsets":[\#($0.range.lowerBound),\#($0.range.upperBound)]}"#
    }
    try Data(safetensors("{\(members.joined(separator: ","))}", data: Array(bytes[(8 + length)...]))).write(to: url)
  }

  @Test(
    "refuses a configuration that does not belong to the parameters, or that the engine has not",
    arguments: [
      (
        #""tie_word_embeddings" : true"#, #""tie_word_embeddings" : false"#, "lm_head.weight is missing; if the head is"
      ),
      (#""hidden_size" : 8"#, #""hidden_size" : 16"#, "has the shape [7, 8] where config.json asks for [7, 16]"),
      (#""num_hidden_layers" : 2"#, #""num_hidden_layers" : 3"#, "model.layers.2.input_layernorm.weight is missing"),
      (#""num_hidden_layers" : 2"#, #""num_hidden_layers" : 1"#, "is none of this architecture"),
      (#""attention_bias" : false"#, #""attention_bias" : true"#, "q_proj.bias is missing"),
      (
        "LlamaForCausalLM", "FalconForCausalLM",
        "FalconForCausalLM is not supported; known are GPT2LMHeadModel, GPTNeoForCausalLM, GPTNeoXForCausalLM, Gemma2"
      ),
      ("LlamaForCausalLM", "MistralForCausalLM", "model_type is llama; supported: mistral, as architectures says"),
      (#""model_type" : "llama""#, #""model_type" : "mamba\n""#, "model_type is mamba?; supported: llama, as"),
      (#""model_type" : "llama""#, #""model_type" : "gpt2""#, "model_type is gpt2"),
      (#""silu""#, #""mish""#, "hidden_act is mish; it must be one of gelu, gelu_fast, gelu_new"),
      (#""rope_scaling" : null"#, #""rope_scaling" : {"type":"dynamic","factor":2}"#, "rope_scaling.type is dynamic"),
      (#""rope_scaling" : null"#, #""rope_scaling" : {"rope_type":"yarn"}"#, "rope_scaling.factor is missing"),
      (
        #""rope_scaling" : null"#, #""rope_scaling" : {"rope_type":"linear","factor":0.1}"#,
        "rope_scaling.factor is 0.1"
      ),
      (
        #""rope_scaling" : null"#,
        #""rope_scaling" : {"rope_type":"longrope","short_factor":[1],"long_factor":[true]}"#,
        "rope_scaling.long_factor is a list of 1; it must be a list of numbers"
      ),
      (
        #""rope_scaling" : null"#, #""rope_parameters" : {"full_attention":{"rope_type":"default"}}"#,
        "rope_parameters.full_attention is an object; it must be absent"
      ),
      (#""rope_scaling" : null"#, #""rope_scaling" : [1]"#, "rope_scaling is a list of 1; it must be an object"),
      (
        #""rope_scaling" : null"#, #""quantization_config" : {"bits":4}"#,
        "quantization_config is an object; it must be absent"
      ),
      (#""rope_scaling" : null"#, #""rope_scaling" : {"type":"llama3"}"#, "rope_scaling.factor is missing"),
      (#""hidden_size" : 8"#, #""hidden_size" : "8""#, "hidden_size is 8; it must be a whole number"),
      (#""hidden_size" : 8,"#, "", "hidden_size is missing"),
      (#""vocab_size" : 7"#, #""vocab_size" : 0"#, "vocab_size is 0; it must be in 1..."),
      (#""hidden_size" : 8"#, #""hidden_size" : 8000000000000"#, "hidden_size is 8000000000000; it must be in 1..."),
      (#""num_attention_heads" : 2"#, #""num_attention_heads" : -2"#, "num_attention_heads is -2"),
      (#""vocab_size" : 7"#, #""vocab_size" : 1e300"#, "vocab_size is 1e+300; it must be a whole number"),
      (#""vocab_size" : 7"#, #""vocab_size" : 16777216"#, "has the shape"),
      (#""num_key_value_heads" : 1"#, #""num_key_value_heads" : 0"#, "num_key_value_heads is 0"),
      (
        #""num_key_value_heads" : 1"#, #""num_key_value_heads" : 3"#,
        "num_key_value_heads is 3; it must be a divisor of num_attention_heads 2"
      ),
      (#""head_dim" : 4"#, #""head_dim" : 3"#, "head_dim is 3; it must be such that an even number"),
      (#""rms_norm_eps" : 1e-05"#, #""rms_norm_eps" : -1"#, "rms_norm_eps is -1; it must be in 0..<1"),
      (#""rope_theta" : 10000"#, #""rope_theta" : 0"#, "; it must be a number over 1"),
      (#""eos_token_id" : 2"#, #""eos_token_id" : "2""#, "eos_token_id is neither an id nor a list of ids"),
      ("{", "", "not JSON"),
      ("{", "\u{0}{", "not JSON in UTF-8"),
      (#""vocab_size" : 7"#, #""vocab_size" : 7, "vocab_size" : 8"#, "the key vocab_size stands twice"),
      (#""vocab_size" : 7"#, #""vocab_size" : 7, "vocab\u005fsize" : 7"#, "the key vocab_size stands twice"),
      (
        #""rope_scaling" : null"#, #""rope_scaling" : {"a": [{}, {"b": ","}], "factor": 2, "c": "\"", "factor": 2}"#,
        "the key rope_scaling.factor stands twice"
      ),
    ])
  func contradictions(_ from: String, _ to: String, _ says: String) throws {
    try smallModel(.llama).write(to: folder)
    let url = folder.appending(path: "config.json")
    let text = try String(contentsOf: url, encoding: .utf8)
    #expect(text.contains(from))
    try text.replacing(from, with: to, maxReplacements: 1).write(to: url, atomically: false, encoding: .utf8)
    let message = try #require(#expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }?.description)
    #expect(message.contains(says) && message.contains(folder.path()), "\(message)")
    #expect(!message.contains("\n"))
  }

  @Test("names the tensor that is not a number", arguments: [Float.nan, .infinity])
  func notANumber(_ bad: Float) throws {
    let model = try smallModel(.gpt2)
    let entry = try #require(ParameterLayout(model.configuration)["transformer.h.1.mlp.c_fc.weight"])
    model.parameters.view(entry)[3] = bad
    try model.write(to: folder)
    let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    let file = folder.appending(path: "model.safetensors").path()
    #expect(error == .notFinite(path: file, name: "transformer.h.1.mlp.c_fc.weight", index: 3))
  }

  /// Half of the distance from the largest number to the next power of two is rounded away from it.
  @Test(
    "refuses to write a number that the type cannot hold, by the tensor's name",
    arguments: [
      (TensorType.float16, Float(65_519.99), Float(65_520), "BF16 or F32"),
      (.bfloat16, Float(bitPattern: 0x7F7F_7FFF), Float(bitPattern: 0x7F7F_8000), "F32"),
    ])
  func tooLarge(_ type: TensorType, _ held: Float, _ refused: Float, _ remedy: String) throws {
    let model = try smallModel(.gpt2)
    let entry = try #require(ParameterLayout(model.configuration)["transformer.h.1.mlp.c_fc.weight"])
    for sign in [Float(1), -1] {
      model.parameters.view(entry)[3] = sign * held
      try model.write(to: folder, as: type, replacing: true)
      #expect(try ModelFolder.load(folder).parameters.view(entry)[3].isFinite)
      model.parameters.view(entry)[3] = sign * refused
      let error = #expect(throws: CheckpointError.self) { try model.write(to: folder, as: type, replacing: true) }
      let file = folder.appending(path: "model.safetensors").path()
      #expect(
        error
          == .tooLargeForType(
            path: file, name: entry.name, index: 3, value: sign * refused, type: type.rawValue))
      #expect(error?.description.hasSuffix("which would be infinite in \(type.rawValue): take \(remedy)") == true)
      try model.write(to: temporary.url.appending(path: "wide"), as: .float32, replacing: true)
    }
    model.parameters.view(entry)[3] = .nan
    let error = #expect(throws: CheckpointError.self) { try model.write(to: folder, as: type, replacing: true) }
    #expect(error?.description.contains("is NaN or infinite at element 3") == true)
    #expect(try temporary.names == ["model", "wide"])
  }

  @Test("says what is missing of a folder")
  func missing() throws {
    #expect(throws: CheckpointError.notFound(path: folder.appending(path: "config.json").path())) {
      try ModelFolder.load(folder)
    }
    try smallModel(.llama).write(to: folder)
    try FileManager.default.moveItem(
      at: folder.appending(path: "model.safetensors"), to: folder.appending(path: "pytorch_model.bin"))
    let error = #expect(throws: CheckpointError.self) { try ModelFolder.load(folder) }
    #expect(error?.description.contains("pytorch_model.bin, which may hold code and is never read") == true)
  }

  @Test(
    "absent special ids are those of transformers' class where the vocabulary has them; null ones are none",
    arguments: [
      (ModelConfiguration.Family.llama, 1 as TokenID?, 2 as TokenID?, nil as TokenID?), (.mistral, 1, 2, nil),
      (.qwen2, nil, nil, nil), (.qwen3, nil, nil, nil), (.gemma2, 2, 1, 0), (.phi3, 1, 32_000, 32_000),
      (.gpt2, 50_256, 50_256, nil), (.gptNeo, 50_256, 50_256, nil), (.gptNeoX, 0, 2, nil), (.opt, 2, 2, 1),
    ])
  func absentSpecialIDs(
    _ family: ModelConfiguration.Family, _ bos: TokenID?, _ eos: TokenID?, _ pad: TokenID?
  ) throws {
    func special(_ keys: [String: Any]) throws -> SpecialTokens {
      let all = sizeKeys.merging(["model_type": family.rawValue]) { $1 }.merging(keys) { $1 }
      try temporary.write("config.json", JSONSerialization.data(withJSONObject: all))
      return try ModelFolder.specialTokens(in: temporary.url)
    }
    #expect(
      try special(["vocab_size": 60_000])
        == SpecialTokens(bosTokenID: bos, eosTokenIDs: eos.map { [$0] } ?? [], padTokenID: pad))
    let nulls = ["bos_token_id", "eos_token_id", "pad_token_id"].map { ($0, NSNull()) }
    #expect(try special(Dictionary(uniqueKeysWithValues: nulls)) == SpecialTokens())
    #expect(
      try special(["eos_token_id": [3, 4], "bos_token_id": 5, "pad_token_id": -1])
        == SpecialTokens(bosTokenID: 5, eosTokenIDs: [3, 4]))
    // Not in the vocabulary: they cannot occur.
    #expect(try special(["vocab_size": 1]).eosTokenIDs == (eos == 0 ? [0] : []))
  }

  @Test("takes the tokenizer's files along, and eos ids from generation_config.json")
  func companions() throws {
    let model = try smallModel(.llama)
    let tokenizer = try temporary.write("tokenizer.json", "{}".utf8)
    let generation = try temporary.write("generation_config.json", #"{"eos_token_id":[2,5]}"#.utf8)
    let full = ModelFolder(
      configuration: model.configuration, parameters: model.parameters, special: model.special,
      companions: [tokenizer, generation])
    try full.write(to: folder)
    let read = try ModelFolder.load(folder)
    #expect(read.companions.map(\.lastPathComponent) == ["tokenizer.json", "generation_config.json"])
    #expect(read.special.eosTokenIDs == [2, 5] && read.special.bosTokenID == 1)
    #expect(try String(contentsOf: folder.appending(path: "tokenizer.json"), encoding: .utf8) == "{}")
  }

  @Test(
    "refuses a special id beyond the vocabulary, with its file and key",
    arguments: ["config.json", "generation_config.json"], ["bos_token_id", "eos_token_id", "pad_token_id"])
  func foreignSpecialIDs(file: String, key: String) throws {
    try smallModel(.llama).write(to: folder)
    let url = folder.appending(path: file)
    var keys = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    keys[key] = 6
    try JSONSerialization.data(withJSONObject: keys).write(to: url)
    _ = try ModelFolder.load(folder)
    keys[key] = key == "eos_token_id" ? [2, 7] as Any : 7
    try JSONSerialization.data(withJSONObject: keys).write(to: url)
    #expect(
      throws: CheckpointError.unsupportedValue(
        path: url.path(percentEncoded: false), key: key, value: "7",
        supported: "ids below vocab_size 7, or null for none")
    ) {
      try ModelFolder.load(folder)
    }
  }

  @Test("leaves nothing behind when writing fails, and replaces only when told to")
  func failures() throws {
    let model = try smallModel(.llama)
    let broken = ModelFolder(
      configuration: model.configuration, parameters: model.parameters, special: model.special,
      companions: [temporary.url.appending(path: "absent.json")])
    #expect(throws: CheckpointError.self) { try broken.write(to: folder) }
    #expect(try temporary.names == [])
    try model.write(to: folder)
    #expect(throws: CheckpointError.alreadyExists(path: folder.path())) { try model.write(to: folder) }
    #expect(throws: CheckpointError.self) { try broken.write(to: folder, replacing: true) }
    #expect(try ModelFolder.load(folder).digest() == model.digest())
    let under = try temporary.write("file", []).appending(path: "model")
    #expect(throws: CheckpointError.self) { try model.write(to: under) }
    #expect(try temporary.names == ["file", "model"])
  }

  @Test("the digest is of the architecture and the parameters")
  func digest() throws {
    let model = try smallModel(.llama)
    let before = model.digest()
    #expect(before.count == 64 && before.allSatisfy { $0.isHexDigit })
    #expect(try smallModel(.llama).digest() == before)
    #expect(try smallModel(.llama, tied: false).digest() != before)
    #expect(model.digest(rounding: "bfloat16") != before)
    #expect(model.digest(rounding: "bfloat16") != model.digest(rounding: "int8"))
    model.parameters.view[3] += 1e-3
    #expect(model.digest() != before)
  }
}

/// Reference log-probs of a real model.
struct ReferenceScores: Decodable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  struct Case: Decodable {
    let ids: [TokenID]
    let token_logprobs: [Float]
  }
  let cases: [Case]
}

@Suite(.enabled(if: SharedData.isPresent, "needs ../shared/data")) struct RealModelTests {
  /// Tolerance: the project's promise towards transformers.
  @Test("real folders give transformers' log-probs within 1e-4", arguments: ["tinystories-656k-f32", "tinytalk-3m"])
  func scores(_ name: String) throws {
    let url = SharedData.folder.appending(path: name)
    let model = try ModelFolder.load(url)
    let reference = try JSONDecoder().decode(
      ReferenceScores.self, from: Data(contentsOf: url.appending(path: "golden.json")))
    let scorer = Scorer(
      transformer: Transformer(model.configuration), parameters: model.parameters,
      vocabSize: model.configuration.vocabSize)
    for example in reference.cases {
      var scores = PositionScores()
      try scorer.score(
        SequenceBatch([TokenSequence(tokenIDs: example.ids, promptLength: 1)]),
        options: ScoreOptions(tokenLogprobs: true), maximumChunkPositions: 512
      ) { scores.append($0) }
      #expect(scores.tokenLogprobs.count == example.token_logprobs.count)
      for (ours, theirs) in zip(scores.tokenLogprobs, example.token_logprobs) { #expect(abs(ours - theirs) <= 1e-4) }
    }
  }

  @Test("the bf16 folder and the float32 folder, whose tied matrix has another name, are one model")
  func oneModel() throws {
    let half = try ModelFolder.load(SharedData.folder.appending(path: "tinystories-656k"))
    let full = try ModelFolder.load(SharedData.folder.appending(path: "tinystories-656k-f32"))
    #expect(half.digest() == full.digest() && half.storedType == .bfloat16)
    #expect(half.special == SpecialTokens(bosTokenID: 1, eosTokenIDs: [2]))
    #expect(half.companions.map(\.lastPathComponent).contains("tokenizer.json"))
  }
}
