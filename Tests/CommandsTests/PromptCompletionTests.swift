import Commands
import Foundation
import ModelFixtures
import Sequences
import Testing
import Tokenization

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

  /// The model with a chat template.
  private func talker(_ template: String) throws -> LocalModel {
    let place = folder.url.appending(path: "talker")
    try? FileManager.default.removeItem(at: place)
    try PuzzleModel.write(to: place, seed: 2)
    try Data(template.utf8).write(to: place.appending(path: "chat_template.jinja"))
    return try LocalModel(folder: place)
  }

  private static let turns =
    "{{ bos_token }}{% for m in messages %}{{ m.role[0] }}:{{ m.content }}{% if m.role == 'assistant' %}<pad>{% endif %}"
    + "{% endfor %}{% if add_generation_prompt %}a:{% endif %}"

  @Test("a message is put into the chat template's words, special tokens once")
  func chat() throws {
    let model = try talker(Self.turns)
    let tokenizer = try model.requiredTokenizer()
    let sampling = SamplingOptions(maxNewTokens: 12)
    for (system, text) in [(nil, "<s>u:pal 3 with p:a:"), ("mix", "<s>s:mixu:pal 3 with p:a:")] as [(String?, String)] {
      let answer = try PromptCompletion(to: "pal 3 with p:", system: system, model: model, sampling: sampling, seed: 7)
      let prompt = tokenizer.encode(text, addSpecialTokens: false)
      #expect(Array(answer.sequence.prompt) == prompt)
    }
  }

  @Test("an answer ends with the special token that the template writes after a turn, too")
  func endOfTurn() throws {
    let model = try talker(Self.turns)
    let pad = try #require(try model.requiredTokenizer().id(of: "<pad>"))
    let ended = (UInt64(0)..<200).contains { seed in
      let answer = try? PromptCompletion(
        to: "pal", model: model, sampling: SamplingOptions(samplingTemperature: 3, maxNewTokens: 20), seed: seed)
      guard let answer, answer.sequence.completion.contains(pad) else { return false }
      #expect(
        answer.finishReason == .stop
          && answer.sequence.completion.firstIndex(of: pad) == answer.sequence.completion.endIndex - 1)
      return true
    }
    #expect(ended)
  }

  @Test("a model without a chat template says so")
  func noTemplate() throws {
    let error = #expect(throws: (any Error).self) {
      try PromptCompletion(to: "hello", model: model, sampling: SamplingOptions(), seed: 0)
    }
    #expect("\(try #require(error))".contains("chat template"))
  }
}
