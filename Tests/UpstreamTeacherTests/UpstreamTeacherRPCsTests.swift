import Foundation
import GRPCCore
import ScriptedEndpoint
import Sequences
import Testing
import Tokenization
import UpstreamTeacher
import WireFormat

@Suite("A teacher behind an endpoint")
struct UpstreamTeacherRPCsTests {
  @Test("text that the model ended gets the id that ends completions; text that a limit cut off gets none")
  func endings() async throws {
    let cases: [(finish: String, ends: Bool)] = [("stop", true), ("length", false)]
    for (finish, ends) in cases {
      try await withUpstream(script: .by { _ in .json(ScriptedTexts.chat("hello wor", finish: finish)) }) {
        client, _, tokenizer in
        let completions = try await generate(client, [tokenizer.encode("x", addSpecialTokens: false)])
        let text = tokenizer.encodeContinuation("hello wor")
        #expect(completions.map(\.tokenIDs) == [text + (ends ? tokenizer.eosTokenIDs : [])])
        #expect(completions.map(\.finishReason) == [ends ? .stop : .length])
      }
    }
  }

  @Test("a text with more of the student's tokens than were asked for is cut, and counts as cut off")
  func longerInOurTokens() async throws {
    try await withUpstream(script: .by { _ in .json(ScriptedTexts.chat("xyzxyz")) }) { client, _, tokenizer in
      let exact = try await generate(client, [[65]], SamplingOptions(maxNewTokens: 6))
      #expect(exact[0].tokenIDs == tokenizer.encodeContinuation("xyzxyz") && exact[0].finishReason == .length)
      let cut = try await generate(client, [[65]], SamplingOptions(maxNewTokens: 4))
      #expect(cut[0].tokenIDs == tokenizer.encodeContinuation("xyzx") && cut[0].finishReason == .length)
      let whole = try await generate(client, [[65]], SamplingOptions(maxNewTokens: 7))
      #expect(whole[0].tokenIDs == tokenizer.encodeContinuation("xyzxyz") + tokenizer.eosTokenIDs)
      #expect(whole[0].finishReason == .stop)
    }
  }

  @Test(
    "text that the endpoint held back becomes a completion without ids", arguments: ["content_filter", "tool_calls"])
  func heldBack(finish: String) async throws {
    try await withUpstream(script: .by { _ in .json(ScriptedTexts.chat("half", finish: finish)) }) { client, _, _ in
      let completions = try await generate(client, [[65]])
      #expect(completions[0].tokenIDs.isEmpty && completions[0].finishReason == .length)
    }
  }

  @Test("a prompt whose answer was lost is left without ids where such are skipped, and the rest is answered")
  func skips() async throws {
    let rules = EndpointFixture.rules { $0.doubtful = .skip }
    try await withUpstream(
      rules: rules, script: .by { $0.body.contains("lost") ? .cut("{") : .json(ScriptedTexts.chat("hello")) }
    ) { client, endpoint, tokenizer in
      let prompts = ["kept", "lost"].map { tokenizer.encode($0, addSpecialTokens: false) }
      for _ in 0..<2 {
        let completions = try await generate(client, prompts)
        #expect(completions[0].tokenIDs == tokenizer.encodeContinuation("hello") + tokenizer.eosTokenIDs)
        #expect(completions[1].tokenIDs.isEmpty && completions[1].finishReason == .length)
      }
      #expect(endpoint.requests.count == 2)
    }
  }

  @Test(
    "a prompt that the student's template wrote is sent as the conversation that it was",
    arguments: [
      [("user", "hello\n  there")], [("system", "be brief"), ("user", "hé")],
      [("user", "a"), ("assistant", "b: <u>"), ("user", "c")],
      [("system", "s"), ("user", "1"), ("assistant", "2"), ("user", "3"), ("assistant", "4"), ("user", "5")],
    ])
  func conversations(turns: [(String, String)]) async throws {
    try await withUpstream(script: .by { _ in .json(ScriptedTexts.chat("ok")) }) { client, endpoint, tokenizer in
      let messages = turns.map { ChatMessage(role: $0.0, content: $0.1) }
      let text = try tokenizer.renderChat(messages: messages, addGenerationPrompt: true)
      _ = try await generate(client, [tokenizer.encode(text, addSpecialTokens: false)])
      let body = try JSONSerialization.jsonObject(with: Data(endpoint.requests[0].body.utf8)) as? [String: Any]
      let sent = (body?["messages"] as? [[String: String]] ?? []).map {
        ChatMessage(role: $0["role"] ?? "", content: $0["content"] ?? "")
      }
      // What is sent renders as exactly what the student sees.
      #expect(try tokenizer.renderChat(messages: sent, addGenerationPrompt: true) == text)
      if !text.contains("b: <u>") { #expect(sent == messages) }
    }
  }

  @Test("a prompt without a template is one turn of the user, and text to go on with where the route is completions")
  func plainPrompts() async throws {
    for api in EndpointProfile.API.allCases {
      try await withUpstream(
        EndpointProfile(api: api), template: false,
        script: .by { _ in .json(api == .chat ? ScriptedTexts.chat("ok") : ScriptedTexts.completion("ok")) }
      ) { client, endpoint, tokenizer in
        let prompt = tokenizer.bosTokenIDs + tokenizer.encode("hello wörld", addSpecialTokens: false)
        let completions = try await generate(client, [prompt])
        #expect(tokenizer.decode(completions[0].tokenIDs) == "ok")
        let request = endpoint.requests[0]
        #expect(request.path == (api == .chat ? "/v1/chat/completions" : "/v1/completions"))
        #expect(
          request.body.contains(
            api == .chat
              ? "\"messages\":[{\"content\":\"hello wörld\",\"role\":\"user\"}]" : "\"prompt\":\"hello wörld\""))
      }
    }
  }

  @Test("each prompt of a request is answered once, with the sample's own seed where the endpoint takes seeds")
  func seeds() async throws {
    var profile = EndpointProfile(api: .chat)
    profile.takesSeeds = true
    try await withUpstream(profile, script: .by { _ in .json(ScriptedTexts.chat("ok")) }) { client, endpoint, _ in
      let prompts = (0..<9).map { [TokenID(65 + $0)] }
      let sampling = SamplingOptions(samplingTemperature: 0.7, topP: 0.9, maxNewTokens: 8)
      let completions = try await generate(client, prompts, sampling, seeds: (0..<9).map { 1 << 40 | UInt64($0) })
      #expect(completions.map(\.promptIndex) == Array(0..<9))
      let bodies = endpoint.requests.map(\.body)
      #expect(Set(bodies.compactMap { $0.firstMatch(of: /"seed":(\d+)/)?.1 }).count == 9)
      #expect(bodies.allSatisfy { $0.contains("\"temperature\":0.7,\"top_p\":0.9") && $0.contains("\"max_tokens\":8") })
    }
  }

  @Test("what the endpoint has no word for is refused before anything is sent, with what to do instead")
  func refusals() async throws {
    try await withUpstream(contextLength: 20, script: .by { _ in .json(ScriptedTexts.chat("ok")) }) {
      client, endpoint, _ in
      let rules: [(SamplingOptions, RPCError.Code, String)] = [
        (SamplingOptions(topK: 5), .unimplemented, "--extra-sampling"),
        (SamplingOptions(minP: 0.1), .unimplemented, "min_p"),
        (SamplingOptions(repetitionPenalty: 1.1), .unimplemented, "repetition_penalty"),
        (SamplingOptions(noRepeatNgramSize: 2), .unimplemented, "no_repeat_ngram_size"),
        (SamplingOptions(minNewTokens: 1), .unimplemented, "min_new_tokens"),
        (SamplingOptions(stopTokenIDs: [3]), .unimplemented, "stop_token_ids"),
        (SamplingOptions(stopStrings: ["x"]), .unimplemented, "stop_strings"),
      ]
      for (sampling, code, word) in rules {
        let error = await #expect(throws: RPCError.self) { _ = try await generate(client, [[65]], sampling) }
        #expect(error?.code == code && error?.message.contains(word) == true, "\(error?.message ?? "")")
      }
      for (prompt, word) in [
        ([TokenID](repeating: 65, count: 20), "fill the context"), ([9999], "outside the vocabulary"),
      ] {
        let error = await #expect(throws: RPCError.self) { _ = try await generate(client, [prompt]) }
        #expect(error?.code == .invalidArgument && error?.message.contains(word) == true)
      }
      #expect(endpoint.requests.isEmpty)
    }
  }

  @Test("an endpoint with more words gets them", arguments: [0.0, 1.0] as [Float])
  func extraSampling(temperature: Float) async throws {
    try await withUpstream(extraSampling: true, script: .by { _ in .json(ScriptedTexts.chat("ok")) }) {
      client, endpoint, _ in
      _ = try await generate(
        client, [[65]], SamplingOptions(samplingTemperature: temperature, topK: 5, minP: 0.25, repetitionPenalty: 1.1))
      let body = endpoint.requests[0].body
      #expect(body.contains("\"top_k\":5") == (temperature > 0) && body.contains("\"min_p\":0.25") == (temperature > 0))
      #expect(body.contains("\"repetition_penalty\":1.1"))
    }
  }

  @Test(
    "Describe promises text and nothing that the endpoint does not give; what is asked all the same is UNIMPLEMENTED")
  func abilities() async throws {
    try await withUpstream(script: .by { _ in .json(ScriptedTexts.chat("ok")) }) { client, _, tokenizer in
      let model = try #require(try await client.describe(TeacherServiceDescribeRequest()).model)
      #expect(model.vocabularyDigest == tokenizer.vocabularyDigest && model.vocabSize == UInt32(tokenizer.vocabSize))
      #expect(model.eosTokenIDs == tokenizer.eosTokenIDs && model.modelDigest.count == 64)
      let abilities = try #require(model.abilities)
      #expect(
        abilities.generate && !abilities.tokenLogprobs && abilities.maxTopCount == 0 && !abilities.continuesTokens)
      #expect(!abilities.gather && !abilities.fullLogprobs && !abilities.hiddenState && !abilities.outputHead)
      let error = await #expect(throws: RPCError.self) {
        try await client.getOutputHead(GetOutputHeadRequest()) { for try await _ in $0.messages {} }
      }
      #expect(error?.code == .unimplemented)
    }
  }
}
