public import Foundation

extension DataRow {
  /// The data's own answer; nil: there is none.
  public var answer: String? {
    switch self {
    case .prompt(_, let completion): completion
    case .pair(_, let chosen, _, _): chosen
    case .instruction(_, _, let output): output
    case .demonstrated(let row): row.completion
    case .chat(let messages, _): messages.last.flatMap { $0.role == "assistant" ? $0.content : nil }
    case .text: nil
    }
  }

  /// What the row asks, without any template around it; nil where it asks nothing.
  public var instruction: String? {
    switch self {
    case .prompt(let prompt, _), .pair(let prompt, _, _, _): prompt
    // One text: an input belongs to what is asked.
    case .instruction(let instruction, let input, _): input.isEmpty ? instruction : "\(instruction)\n\n\(input)"
    case .chat(let messages, _): messages.last { $0.role == "user" }?.content
    case .demonstrated(let row): row.text
    case .text: nil
    }
  }

  /// The same question with another answer, or none; nil where the row asks nothing.
  public func answered(by text: String?) -> DataRow? {
    switch self {
    case .prompt(let prompt, _), .pair(let prompt, _, _, _): return .prompt(prompt, completion: text)
    case .instruction(let instruction, let input, _): return .instruction(instruction, input: input, output: text)
    case .chat(let messages, let tools):
      let asked = messages.last?.role == "assistant" ? Array(messages.dropLast()) : messages
      return .chat(asked + (text.map { [ChatMessage(role: "assistant", content: $0)] } ?? []), tools: tools)
    case .demonstrated(var row):
      row.completion = text
      return .demonstrated(row)
    case .text: return nil
    }
  }

  /// The same question with text before it: before the last turn of the user, the prompt or the instruction.
  public func preceded(by text: String) -> DataRow {
    switch self {
    case .prompt(let prompt, let completion): return .prompt(text + prompt, completion: completion)
    case .pair(let prompt, let chosen, let rejected, let scores):
      return .pair(prompt: text + prompt, chosen: chosen, rejected: rejected, scores: scores)
    case .instruction(let instruction, let input, let output):
      return .instruction(text + instruction, input: input, output: output)
    case .chat(var messages, let tools):
      if let place = messages.lastIndex(where: { $0.role == "user" }) {
        messages[place].content = text + messages[place].content
      }
      return .chat(messages, tools: tools)
    case .demonstrated(var row):
      row.prompt = text + row.prompt
      return .demonstrated(row)
    case .text: return self
    }
  }

  /// The row as JSON, as a data file has it, with more columns that nobody reads.
  public func json(adding columns: [String: any Encodable] = [:]) throws -> Data {
    var row = columns
    switch self {
    case .prompt(let prompt, let completion):
      row["prompt"] = prompt
      if let completion { row["completion"] = completion }
    case .pair(let prompt, let chosen, let rejected, let scores):
      (row["prompt"], row["chosen"], row["rejected"]) = (prompt, chosen, rejected)
      if let scores { (row["score_chosen"], row["score_rejected"]) = (scores.chosen, scores.rejected) }
    case .instruction(let instruction, let input, let output):
      (row["instruction"], row["input"]) = (instruction, input)
      if let output { row["output"] = output }
    case .chat(let messages, let tools):
      row["messages"] = messages
      if let tools { row["tools"] = tools }
    case .demonstrated(let question):
      row["demonstrations"] = question.demonstrations.map { ["prompt": $0.prompt, "completion": $0.completion] }
      row["prompt"] = question.prompt
      if let completion = question.completion { row["completion"] = completion }
    case .text(let text): row["text"] = text
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(row.mapValues(Column.init))
  }

  private struct Column: Encodable {
    let value: any Encodable
    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
  }
}
