import Commands
import Foundation
import ModelFixtures
import Sequences
import Testing

@Suite struct PromptCompletionTests {
  private let folder: TemporaryFolder
  private let model: LocalModel

  init() throws {
    folder = try TemporaryFolder()
    try PuzzleModel.write(to: folder.url.appending(path: "model"), seed: 2)
    model = try LocalModel(folder: folder.url.appending(path: "model"))
  }

  private func complete(_ prompt: String, temperature: Float = 1, seed: UInt64 = 0) throws -> PromptCompletion {
    try PromptCompletion(
      of: prompt, model: model, sampling: SamplingOptions(samplingTemperature: temperature, maxNewTokens: 12),
      seed: seed)
  }

  @Test("a seed gives the same text again, another seed another")
  func seeds() throws {
    #expect(try complete("mix abab:", seed: 7).sequence == complete("mix abab:", seed: 7).sequence)
    #expect(try complete("mix abab:", seed: 7).sequence != complete("mix abab:", seed: 8).sequence)
  }

  @Test("the log-probs are those that scoring gives")
  func logprobs() throws {
    let completion = try complete("pal 3 with p:")
    let scores = try model.score([completion.sequence], options: ScoreOptions(tokenLogprobs: true))[0]
    #expect(zip(scores.tokenLogprobs, completion.logprobs).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(completion.logprobs.count == completion.sequence.completionLength)
  }

  @Test("the object has the contract's fields")
  func json() throws {
    let object = try JSONSerialization.jsonObject(with: Data(complete("pal 3 with p:").json.description.utf8))
    let fields = try #require(object as? [String: Any])
    #expect(Set(fields.keys) == ["text", "token_ids", "prompt_length", "logprobs", "finish_reason"])
  }

  @Test("generation's log-probs are the very bits of scoring")
  func sameBits() throws {
    let completion = try complete("pal 3 with p:")
    let scores = try model.score([completion.sequence], options: ScoreOptions(tokenLogprobs: true))[0]
    #expect(scores.tokenLogprobs == completion.logprobs)
  }

  @Test("a stop string ends the text before it, and the ids with the token that completes it")
  func stopString() throws {
    let whole = try complete("mix abab:", seed: 7)
    let characters = Array(whole.text)
    try #require(characters.count >= 6)
    let stop = String(characters[3...4])
    let cut = try PromptCompletion(
      of: "mix abab:", model: model, sampling: SamplingOptions(maxNewTokens: 12, stopStrings: ["~~never~~", stop]),
      seed: 7)
    let end = try #require(whole.text.firstRange(of: stop))
    #expect(cut.text == String(whole.text[..<end.lowerBound]) && cut.finishReason == .stop)
    #expect(whole.sequence.tokenIDs.starts(with: cut.sequence.tokenIDs))
    #expect(
      cut.sequence.tokenIDs.count < whole.sequence.tokenIDs.count
        && cut.logprobs == Array(whole.logprobs[..<cut.logprobs.count]))
  }

  @Test(
    "a sampling option out of range is refused with its name and value",
    arguments: [
      (SamplingOptions(samplingTemperature: -1), "--temperature -1: expected 0 or more"),
      (SamplingOptions(samplingTemperature: .nan), "--temperature nan: "), (SamplingOptions(topK: -2), "--top-k -2: "),
      (SamplingOptions(topP: 0), "--top-p 0: "), (SamplingOptions(topP: 1.5), "--top-p 1.5: "),
      (SamplingOptions(maxNewTokens: 0), "--max-new-tokens 0: "), (SamplingOptions(minP: 2), "--min-p 2: "),
      (SamplingOptions(repetitionPenalty: 0), "--repetition-penalty 0: "),
      (SamplingOptions(noRepeatNgramSize: -1), "--no-repeat-ngram-size -1: "),
      (SamplingOptions(minNewTokens: 9, maxNewTokens: 8), "--min-new-tokens 9: "),
      (SamplingOptions(stopStrings: [""]), "--stop '': "),
    ])
  func samplingOutOfRange(sampling: SamplingOptions, words: String) throws {
    let error = try #require(throws: CommandError.self) { try PromptCompletion.check(sampling) }
    #expect(error.description.hasPrefix(words), "\(error)")
  }

  @Test("a prompt that fills the context is refused")
  func longPrompt() {
    #expect(throws: CommandError.self) { try complete(String(repeating: "a", count: 70)) }
  }
}
