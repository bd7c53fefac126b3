public import Sequences

extension WireCompletionBatch {
  /// Completions as columns. Log-probs are sent only where every completion has them.
  public init(_ completions: [Completion]) {
    let haveLogprobs = completions.allSatisfy { $0.tokenLogprobs.count == $0.tokenIDs.count }
    self.init(
      promptIndices: completions.map { UInt32($0.promptIndex) },
      tokenIDs: completions.flatMap(\.tokenIDs),
      completionLengths: completions.map { UInt32($0.tokenIDs.count) },
      tokenLogprobs: haveLogprobs ? completions.flatMap(\.tokenLogprobs) : [],
      finishReasons: completions.map { $0.finishReason == .stop ? .stop : .length })
  }

  /// Reads the completions.
  ///
  /// - Parameter promptCount: Number of prompts of the request.
  /// - Throws: ``WireFormatError`` where columns disagree, an index is not one of the prompts' or a reason is missing.
  public func completions(promptCount: Int) throws(WireFormatError) -> [Completion] {
    let count = promptIndices.count
    guard completionLengths.count == count, finishReasons.count == count else {
      throw .columns(
        message: Self.protoName,
        problem: "\(count) prompt_indices, \(completionLengths.count) completion_lengths, "
          + "\(finishReasons.count) finish_reasons")
    }
    guard completionLengths.reduce(0, { $0 + Int($1) }) == tokenIDs.count,
      tokenLogprobs.isEmpty || tokenLogprobs.count == tokenIDs.count
    else {
      throw .columns(
        message: Self.protoName,
        problem: "completion_lengths do not add up to \(tokenIDs.count) token_ids and "
          + "\(tokenLogprobs.count) token_logprobs")
    }
    var completions: [Completion] = []
    var start = 0
    for index in 0..<count {
      guard promptIndices[index] < promptCount else {
        throw .outOfRange(
          field: "prompt_indices", value: "\(promptIndices[index])", allowed: "below \(promptCount), the prompts sent")
      }
      guard let reason = finishReasons[index].reason else { throw .missing(field: "finish_reasons") }
      let range = start..<start + Int(completionLengths[index])
      start = range.upperBound
      completions.append(
        Completion(
          promptIndex: Int(promptIndices[index]), tokenIDs: Array(tokenIDs[range]),
          tokenLogprobs: tokenLogprobs.isEmpty ? [] : Array(tokenLogprobs[range]), finishReason: reason))
    }
    return completions
  }
}

extension WireFinishReason {
  fileprivate var reason: FinishReason? {
    switch self {
    case .stop: .stop
    case .length: .length
    case .unspecified: nil
    }
  }
}
