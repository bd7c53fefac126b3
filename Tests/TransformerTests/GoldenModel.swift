import Foundation
import Kernels
import Sequences
import Transformer

/// One file of Golden: a tiny model and what transformers and PyTorch say about it, in float64.
struct GoldenModel: Decodable {
  struct Tensor: Decodable {
    let shape: [Int]
    let gradient: [Double]
  }

  /// As transformers writes it.
  let config: [String: ConfigurationValue]
  /// Where weights of norms lie.
  let normWeight: Float
  let sequences: [TokenSequence]
  let loss: Double
  /// `[R, V]`
  let logprobs: [Double]
  let tensors: [String: Tensor]
  let greedy: [[TokenID]]

  static let names = [
    "llama", "llama-untied", "llama-linear", "llama-yarn", "mistral", "mistral-full", "qwen2", "qwen2-window", "qwen3",
    "qwen3-yarn", "gemma2", "gemma2-uncapped", "phi3", "phi3-longrope", "gpt2", "gpt2-untied", "gpt2-scales", "gpt-neo",
    "gpt-neo-local", "gpt-neox", "gpt-neox-sequential", "opt", "opt-unbiased", "opt-projected",
    "opt-widened", "opt-after",
  ]

  /// Those without ReLU, whose kinks spoil differences.
  static let smoothNames = names.filter { !["gpt2-scales", "opt", "opt-after"].contains($0) }

  static func read(_ name: String) throws -> GoldenModel {
    try JSONDecoder().decode(GoldenModel.self, from: Data(contentsOf: goldenFile(name)))
  }

  var batch: SequenceBatch { SequenceBatch(sequences) }

  var configuration: ModelConfiguration {
    get throws { try ModelConfiguration(family, keys: config) }
  }

  var family: ModelConfiguration.Family {
    get throws {
      guard case .string(let type)? = config["model_type"], let family = ModelConfiguration.Family(rawValue: type)
      else { throw GoldenError.noFamily }
      return family
    }
  }

  func transformer() throws -> Transformer { Transformer(try configuration) }

  /// The tensors, in the layout's order, with the numbers of generate.py's `parameter_values`.
  func parameters(_ transformer: Transformer) throws -> ParameterBuffer {
    let buffer = ParameterBuffer(count: transformer.layout.count)
    for entry in transformer.layout.entries {
      guard let tensor = tensors[entry.name], tensor.shape == entry.shape else {
        throw GoldenError.noTensor(entry.name)
      }
      let seed = entry.name.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) }
      let isNormWeight = entry.shape.count == 1 && entry.name.hasSuffix(".weight")
      for index in 0..<entry.count {
        let step = Float(Int(mixed(seed &+ UInt64(index)) % 3073) - 1536) / 2048
        buffer.view(entry)[index] = (isNormWeight ? normWeight : 0) + (entry.shape.count == 1 ? 0.25 : 1) * step
      }
    }
    return buffer
  }
}

/// The finalizer of SplitMix64.
private func mixed(_ value: UInt64) -> UInt64 {
  let first = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
  let second = (first ^ (first >> 27)) &* 0x94D0_49BB_1331_11EB
  return second ^ (second >> 31)
}

enum GoldenError: Error {
  case noTensor(String)
  case noFamily
}

func goldenFile(_ name: String) -> URL {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).json")
}

/// Mean cross-entropy of a batch's completion positions, with its gradients where a buffer is given.
func crossEntropy(
  _ batch: SequenceBatch, _ transformer: Transformer, _ parameters: ParameterBuffer, tape: Tape? = nil,
  total: Int? = nil, gradients: ParameterBuffer? = nil
) -> Double {
  let tape = tape ?? Tape(transformer)
  let scored = batch.scoredPositions
  let vocabSize = transformer.configuration.vocabSize
  let logits = FloatStorage(count: scored.count * vocabSize).view
  transformer.forward(batch, parameters: parameters, tape: tape)
  transformer.logits(rows: scored.predictingRows[...], tape: tape, parameters: parameters, into: logits)
  let count = Double(total ?? scored.count)
  var loss = 0.0
  let capped = view(logits.array)
  for (index, target) in scored.targets.enumerated() {
    let row = logits.window(index * vocabSize, vocabSize)
    let logSumExp = Softmax.logSumExp(row)
    loss -= (Double(row[Int(target)]) - logSumExp) / count
    for token in 0..<vocabSize {
      row[token] = Float((exp(Double(row[token]) - logSumExp) - (token == Int(target) ? 1 : 0)) / count)
    }
  }
  if let gradients {
    transformer.uncap(logits, logits: capped)
    transformer.backwardLogits(
      rows: scored.predictingRows[...], logitGradients: .float32(logits), tape: tape, parameters: parameters,
      gradients: gradients)
    transformer.backward(batch, tape: tape, parameters: parameters, gradients: gradients)
  }
  return loss
}

/// A window on fresh floats.
func view(_ values: [Float]) -> FloatView {
  let storage = FloatStorage(count: values.count)
  storage.view.copy(from: values)
  return storage.view
}
