import Foundation
import Kernels
import Sequences
import Transformer

/// One file of Golden: a tiny model and what transformers and PyTorch say about it, in float64.
struct GoldenModel: Decodable {
  struct Tensor: Decodable {
    let shape: [Int]
    let values: [Double]
    let gradient: [Double]
  }

  struct Configuration: Decodable {
    let family: String
    let vocabSize, width, layerCount, headCount, keyValueHeadCount, headWidth, feedForwardWidth, contextLength: Int
    let ropeTheta, normEpsilon: Double
    let stretched, tiesWordEmbeddings, attentionBias, mlpBias: Bool
  }

  let configuration: Configuration
  let sequences: [TokenSequence]
  let loss: Double
  /// `[R, V]`
  let logprobs: [Double]
  let tensors: [String: Tensor]
  let greedy: [[TokenID]]

  static let names = ["llama", "llama-untied", "gpt2", "gpt2-untied"]

  static func read(_ name: String) throws -> GoldenModel {
    try JSONDecoder().decode(GoldenModel.self, from: Data(contentsOf: goldenFile(name)))
  }

  var batch: SequenceBatch { SequenceBatch(sequences) }

  func transformer() throws -> Transformer {
    let c = configuration
    return Transformer(
      try ModelConfiguration(
        family: c.family == "llama" ? .llama : .gpt2, vocabSize: c.vocabSize, width: c.width,
        layerCount: c.layerCount, headCount: c.headCount, keyValueHeadCount: c.keyValueHeadCount,
        headWidth: c.headWidth, feedForwardWidth: c.feedForwardWidth, contextLength: c.contextLength,
        ropeTheta: c.ropeTheta,
        ropeScaling: c.stretched
          ? .init(factor: 4, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 16) : nil,
        normEpsilon: c.normEpsilon, tiesWordEmbeddings: c.tiesWordEmbeddings, attentionBias: c.attentionBias,
        mlpBias: c.mlpBias))
  }

  /// The tensors, in the layout's order.
  func parameters(_ transformer: Transformer) throws -> ParameterBuffer {
    let buffer = ParameterBuffer(count: transformer.layout.count)
    for entry in transformer.layout.entries {
      guard let tensor = tensors[entry.name], tensor.shape == entry.shape else {
        throw GoldenError.noTensor(entry.name)
      }
      for (index, value) in tensor.values.enumerated() { buffer.view(entry)[index] = Float(value) }
    }
    return buffer
  }
}

enum GoldenError: Error { case noTensor(String) }

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
  for (index, target) in scored.targets.enumerated() {
    let row = logits.window(index * vocabSize, vocabSize)
    let logSumExp = Softmax.logSumExp(row)
    loss -= (Double(row[Int(target)]) - logSumExp) / count
    for token in 0..<vocabSize {
      row[token] = Float((exp(Double(row[token]) - logSumExp) - (token == Int(target) ? 1 : 0)) / count)
    }
  }
  if let gradients {
    transformer.backwardLogits(
      rows: scored.predictingRows[...], logitGradients: .float32(logits), tape: tape, parameters: parameters,
      gradients: gradients)
    transformer.backward(batch, tape: tape, parameters: parameters, gradients: gradients)
  }
  return loss
}
