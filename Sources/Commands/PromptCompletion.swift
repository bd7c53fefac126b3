import Foundation
import ModelServing
public import Sequences
import Tokenization
import Transformer

/// `retort generate`: what a model writes after a prompt.
public struct PromptCompletion: Sendable {
  /// The prompt's ids and the new ones.
  public let sequence: TokenSequence
  /// The new text, without a stop string and what follows it.
  public let text: String
  /// Log-probs of the new tokens, in nats at temperature 1.
  public let logprobs: [Float]
  /// Why it ended.
  public let finishReason: FinishReason

  /// Completes a text.
  public init(of prompt: String, model: LocalModel, sampling: SamplingOptions, seed: UInt64) throws {
    let tokenizer = try model.requiredTokenizer()
    try self.init(
      of: tokenizer.encode(prompt), tokenizer: tokenizer, model: model, sampling: sampling, stopTokenIDs: [], seed: seed
    )
  }

  /// Answers a message as the model's chat template has it; the end of a turn ends the answer.
  public init(
    to message: String, system: String? = nil, model: LocalModel, sampling: SamplingOptions, seed: UInt64
  ) throws {
    let turns = ChatTurns(tokenizer: try model.requiredTokenizer(), system: system)
    try self.init(
      of: turns.prompt(message), tokenizer: turns.tokenizer, model: model, sampling: sampling,
      stopTokenIDs: turns.endTokenIDs, seed: seed)
  }

  private init(
    of promptIDs: [TokenID], tokenizer: Tokenizer, model: LocalModel, sampling: SamplingOptions,
    stopTokenIDs: [TokenID], seed: UInt64
  ) throws {
    try Self.check(sampling)
    var sampling = sampling
    sampling.stopTokenIDs = stopTokenIDs.isEmpty ? [] : model.eosTokenIDs + stopTokenIDs
    guard !promptIDs.isEmpty else {
      throw CommandError.badOption(name: "--prompt", value: "''", expected: "a text of at least one token")
    }
    guard promptIDs.count < model.transformer.configuration.contextLength else {
      throw CommandError.badOption(
        name: "--prompt", value: "of \(promptIDs.count) tokens",
        expected: "fewer than the model's context of \(model.transformer.configuration.contextLength)")
    }
    let completion = try model.generate([promptIDs], sampling: sampling, seeds: [seed])[0]
    sequence = TokenSequence(prompt: promptIDs, completion: completion.tokenIDs)
    text = StopStrings(sampling.stopStrings, tokenizer: tokenizer).cut(tokenizer.decode(completion.tokenIDs))
    logprobs = completion.tokenLogprobs
    finishReason = completion.finishReason
  }

  /// Checks how to sample.
  ///
  /// - Throws: ``CommandError/badOption(name:value:expected:)`` for the first option that is out of range.
  public static func check(_ sampling: SamplingOptions) throws(CommandError) {
    func require(_ holds: Bool, _ name: String, _ value: Double, _ expected: String) throws(CommandError) {
      if !holds { throw .badOption(name: name, value: String(format: "%g", value), expected: expected) }
    }
    let (temperature, share) = (Double(sampling.samplingTemperature), Double(sampling.topP))
    try require(temperature >= 0 && temperature.isFinite, "--temperature", temperature, "0 or more")
    try require(share > 0 && share <= 1, "--top-p", share, "over 0, at most 1")
    try require(sampling.topK >= 0, "--top-k", Double(sampling.topK), "0 or more")
    let (floor, penalty) = (Double(sampling.minP), Double(sampling.repetitionPenalty))
    try require(floor >= 0 && floor <= 1, "--min-p", floor, "from 0 to 1")
    try require(penalty > 0 && penalty.isFinite, "--repetition-penalty", penalty, "over 0")
    let (size, least) = (sampling.noRepeatNgramSize, sampling.minNewTokens)
    try require(size >= 0, "--no-repeat-ngram-size", Double(size), "0 or more")
    try require(
      least >= 0 && least <= max(1, sampling.maxNewTokens), "--min-new-tokens", Double(least),
      "from 0 to --max-new-tokens")
    if sampling.stopStrings.contains("") {
      throw .badOption(name: "--stop", value: "''", expected: "a text of at least one character")
    }
    try require(sampling.maxNewTokens >= 1, "--max-new-tokens", Double(sampling.maxNewTokens), "1 or more")
  }

  /// One line of JSON.
  public var json: JSONText {
    .object([
      ("text", .text(text)),
      ("token_ids", .wholes(sequence.tokenIDs)),
      ("prompt_length", .whole(sequence.promptLength)),
      ("logprobs", .floats(logprobs)),
      ("finish_reason", .text(finishReason.rawValue)),
    ])
  }
}
