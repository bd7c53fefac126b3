internal import Foundation
internal import Sequences
internal import Tokenization

/// Questions of Generate: how prompts and sampling rules are put to the endpoint, and what its text becomes.
struct GenerateQuestions: Sendable {
  private let model: UpstreamModel
  private let prompts: PromptText

  init(_ model: UpstreamModel) {
    self.model = model
    prompts = PromptText(tokenizer: model.tokenizer)
  }

  /// The question about a prompt.
  func question(_ prompt: ArraySlice<TokenID>, _ sampling: SamplingOptions, seed: UInt64) -> UpstreamRequest {
    var request: UpstreamRequest
    switch model.profile.api {
    case .chat: request = UpstreamRequest(.messages(prompts.messages(of: prompt)), maxTokens: sampling.maxNewTokens)
    case .completions: request = UpstreamRequest(.text(prompts.text(of: prompt)), maxTokens: sampling.maxNewTokens)
    }
    request.temperature = Self.decimal(sampling.samplingTemperature)
    request.topP = Self.decimal(sampling.topP)
    request.topK = sampling.topK
    request.minP = Self.decimal(sampling.minP)
    request.repetitionPenalty = Self.decimal(sampling.repetitionPenalty)
    request.seed = seed
    request.sendsSeed = model.profile.takesSeeds
    return request
  }

  /// The number as people write it: 0.7 and not 0.699999988.
  private static func decimal(_ number: Float) -> Double { Double("\(number)") ?? Double(number) }

  /// Checks that the endpoint has a word for every rule.
  ///
  /// - Throws: ``UpstreamError/samplingRule(field:remedy:)``.
  func check(_ sampling: SamplingOptions) throws(UpstreamError) {
    let extra = "leave it out, or start the teacher with --extra-sampling if the endpoint knows it, as vLLM's does"
    let none = "leave it out"
    let rules: [(String, Bool, String)] = [
      ("top_k", sampling.topK != 0 && !model.takesExtraSampling && sampling.samplingTemperature > 0, extra),
      ("min_p", sampling.minP != 0 && !model.takesExtraSampling && sampling.samplingTemperature > 0, extra),
      ("repetition_penalty", sampling.repetitionPenalty != 1 && !model.takesExtraSampling, extra),
      ("no_repeat_ngram_size", sampling.noRepeatNgramSize != 0, none),
      ("min_new_tokens", sampling.minNewTokens != 0, none),
      (
        "stop_strings", !sampling.stopStrings.isEmpty,
        "the endpoint cuts them off, so that nobody knows what ended the text"
      ),
      (
        "stop_token_ids",
        !sampling.stopTokenIDs.isEmpty && Set(sampling.stopTokenIDs) != Set(model.eosTokenIDs), none
      ),
    ]
    for (field, isAsked, remedy) in rules where isAsked { throw .samplingRule(field: field, remedy: remedy) }
  }

  /// The endpoint's text in the student's tokens.
  ///
  /// A text that the model ended gets the id that ends completions; one that a limit cut off gets none, and neither does
  /// one that is cut here since it has more of the student's tokens than were asked for. Text that the endpoint held back
  /// becomes a completion without ids.
  func completion(
    _ reply: UpstreamReply, of prompt: ArraySlice<TokenID>, index: Int, sampling: SamplingOptions
  ) -> Completion {
    func completion(_ ids: [TokenID], _ reason: FinishReason) -> Completion {
      Completion(promptIndex: index, tokenIDs: ids, tokenLogprobs: [], finishReason: reason)
    }
    guard reply.ending == .stop || reply.ending == .length else { return Self.nothing(index: index) }
    var ids = tokenIDs(of: reply, after: prompt)
    let limit = sampling.maxNewTokens
    if let end = ids.firstIndex(where: { model.eosTokenIDs.contains($0) }), end < limit {
      return completion(Array(ids[...end]), .stop)
    }
    if reply.ending == .stop, let end = model.endTokenID, ids.count < limit {
      ids.append(end)
      return completion(ids, .stop)
    }
    return completion(Array(ids.prefix(limit)), .length)
  }

  /// A completion without ids: nobody learns from it.
  static func nothing(index: Int) -> Completion {
    Completion(promptIndex: index, tokenIDs: [], tokenLogprobs: [], finishReason: .length)
  }

  private func tokenIDs(of reply: UpstreamReply, after prompt: ArraySlice<TokenID>) -> [TokenID] {
    model.tokenizer.encodeCompletion(
      reply.text, after: prompts.text(of: prompt), promptIDs: Array(prompt),
      addSpecialTokens: prompts.hasBeginning(prompt))
  }
}
