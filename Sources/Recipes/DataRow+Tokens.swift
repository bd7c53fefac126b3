internal import Sequences

extension DataRow {
  /// Token ids of the row.
  ///
  /// The completion's ids are those of `TextEncoding.encodeCompletion`; the end of sequence is appended once.
  func sample(codec: some TextCodec, lengths: SequenceLimits) throws -> TrainingSample {
    switch self {
    case .prompt(let prompt, let completion):
      return try Self.sample(prompt, completion, nil, codec, lengths, special: true)
    case .instruction(let instruction, let input, let output):
      let prompt = Self.alpacaPrompt(instruction, input: input)
      return try Self.sample(prompt, output, nil, codec, lengths, special: true)
    case .pair(let prompt, let chosen, let rejected, let scores):
      var sample = try Self.sample(prompt, chosen, rejected, codec, lengths, special: true)
      sample.scores = scores
      return sample
    case .demonstrated(let row):
      if !row.subsets.isEmpty { return try Self.ranked(row, codec, lengths) }
      return try Self.sample(row.text, row.completion, nil, codec, lengths, special: true)
    case .text(let text):
      return try Self.text(text, codec, lengths)
    case .chat(let messages, let tools):
      let hasAnswer = messages.last?.role == "assistant"
      let asked = hasAnswer ? Array(messages.dropLast()) : messages
      guard let prompt = try codec.renderChat(asked, tools: tools, addGenerationPrompt: true) else {
        throw RowProblem("'messages' need a chat template, and the tokenizer has none; use 'prompt' and 'completion'")
      }
      // The template's text has its special tokens already.
      let answer = hasAnswer ? messages.last?.content : nil
      return try Self.sample(prompt, answer, nil, codec, lengths, special: false)
    }
  }

  /// The prompt that Stanford Alpaca was trained with.
  static func alpacaPrompt(_ instruction: String, input: String) -> String {
    input.isEmpty
      ? "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
        + "### Instruction:\n\(instruction)\n\n### Response:\n"
      : "Below is an instruction that describes a task, paired with an input that provides further context. "
        + "Write a response that appropriately completes the request.\n\n"
        + "### Instruction:\n\(instruction)\n\n### Input:\n\(input)\n\n### Response:\n"
  }

  private static func sample(
    _ prompt: String, _ completion: String?, _ rejected: String?, _ codec: some TextCodec, _ lengths: SequenceLimits,
    special: Bool
  ) throws -> TrainingSample {
    let whole = codec.encode(prompt, addSpecialTokens: special)
    guard !whole.isEmpty else { throw RowProblem("the prompt is empty and the tokenizer adds no first token") }
    let promptIDs = cut(whole, codec, lengths)
    func ids(_ text: String?) -> [TokenID]? {
      guard let text else { return nil }
      let own = codec.encodeCompletion(text, after: prompt, promptIDs: whole, addSpecialTokens: special)
      return ended(own, codec, limit: min(lengths.completion, lengths.sequence - promptIDs.count))
    }
    return TrainingSample(
      prompt: promptIDs, completion: ids(completion), rejected: ids(rejected), isPrompt: true,
      promptText: prompt, completionText: completion, isChat: special ? nil : true)
  }

  /// A row whose answer is compared after several subsets of demonstrations: nothing of it may be cut.
  private static func ranked(
    _ row: DemonstratedRow, _ codec: some TextCodec, _ lengths: SequenceLimits
  ) throws -> TrainingSample {
    let whole = SequenceLimits(prompt: .max, sequence: .max, completion: .max)
    var sample = try sample(row.text, row.completion, nil, codec, whole, special: true)
    let prompts = row.subsets.map { codec.encode(row.text(after: $0), addSpecialTokens: true) }
    let prompt = prompts.map(\.count).reduce(sample.prompt.count, max)
    let completion = sample.completion?.count ?? 0
    guard prompt <= lengths.prompt, completion <= lengths.completion, prompt + completion <= lengths.sequence else {
      throw RowProblem(
        "demonstrations and question have \(prompt) tokens, the answer \(completion), where at most \(lengths.prompt), "
          + "\(lengths.completion) and together \(lengths.sequence) are taken, and nothing of what is ranked may be cut: "
          + "give fewer demonstrations, or raise training.max_length")
    }
    sample.rankedPrompts = prompts
    return sample
  }

  private static func text(_ text: String, _ codec: some TextCodec, _ lengths: SequenceLimits) throws -> TrainingSample
  {
    let whole = codec.encode(text, addSpecialTokens: true)
    guard whole.count > 1 else { throw RowProblem("'text' has fewer than two tokens: nothing to learn") }
    let rest = ended(Array(whole[1...]), codec, limit: lengths.sequence - 1)
    return TrainingSample(
      prompt: [whole[0]], completion: rest, rejected: nil, isPrompt: false, promptText: "", completionText: text)
  }

  /// A prompt's end, after its first id where that begins a sequence.
  private static func cut(_ prompt: [TokenID], _ codec: some TextCodec, _ lengths: SequenceLimits) -> [TokenID] {
    guard prompt.count > lengths.prompt else { return prompt }
    guard lengths.prompt > 1, codec.bosTokenIDs.contains(prompt[0]) else { return Array(prompt.suffix(lengths.prompt)) }
    return [prompt[0]] + prompt.suffix(lengths.prompt - 1)
  }

  /// A completion with one end of sequence; one that is cut has none.
  private static func ended(_ completion: [TokenID], _ codec: some TextCodec, limit: Int) -> [TokenID] {
    var completion = completion
    if let eos = codec.eosTokenIDs.first, completion.last.map({ !codec.eosTokenIDs.contains($0) }) ?? true {
      completion.append(eos)
    }
    return Array(completion.prefix(limit))
  }
}
