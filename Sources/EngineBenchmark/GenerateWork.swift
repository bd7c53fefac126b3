import Checkpoints
import Foundation
import Sequences
import Transformer

/// Continuing prompts by a fixed number of tokens. The first round takes the most probable token each time and says which;
/// later ones sample as the case has it.
final class GenerateWork: EngineWork {
  private let generator: TextGenerator
  private let prompts: SequenceBatch
  private let newTokens: Int
  private let temperature: Float
  private var roundCount = 0

  init(_ file: CaseFile, precision: EnginePrecision) throws {
    let model = try ModelFolder.load(URL(filePath: file.folder))
    // No token ends a completion: each is as long as the case says.
    let transformer = Transformer(model.configuration)
    let weights = GenerationWeights(transformer, format: precision.weights)
    weights.update(from: model.parameters)
    generator = TextGenerator(
      transformer: transformer, parameters: model.parameters, weights: weights, vocabSize: file.vocabSize,
      eosTokenIDs: [])
    prompts = SequenceBatch(file.sequences.map { TokenSequence(prompt: $0, completion: []) })
    (newTokens, temperature) = (file.newTokens, Float(file.samplingTemperature))
  }

  func round() throws -> WorkerRound {
    let isFirst = roundCount == 0
    roundCount += 1
    let sampling = SamplingOptions(samplingTemperature: isFirst ? 0 : temperature, maxNewTokens: newTokens)
    let seeds = (0..<prompts.count).map { SeededGenerator(seed: 3, path: UInt64(roundCount), UInt64($0)).state }
    var tokens: [TokenID] = []
    let (seconds, _) = try timed {
      try generator.generate(prompts: prompts, sampling: sampling, seeds: seeds) { tokens += $0.tokenIDs }
    }
    return WorkerRound(
      seconds: seconds, tokens: tokens.count, peakBytes: 0, values: isFirst ? tokens.map(Double.init) : [])
  }
}
