internal import Recipes
internal import Sequences
internal import WireFormat

/// A text with the log-probs that its writer gave it, as the journal keeps it: the ids, then the bits of as many numbers.
enum WrittenText {
  /// The words of a completion.
  ///
  /// - Throws: ``ReplyError/missingLogprobs(promptIndex:)`` where a token has none.
  static func words(of completion: Completion) throws(ReplyError) -> [UInt32] {
    guard completion.tokenLogprobs.count == completion.tokenIDs.count else {
      throw .missingLogprobs(promptIndex: completion.promptIndex)
    }
    return words(of: completion.tokenIDs, logprobs: completion.tokenLogprobs[...])
  }

  /// The words of ids and as many log-probs.
  static func words(of tokenIDs: [TokenID], logprobs: ArraySlice<Float>) -> [UInt32] {
    tokenIDs + logprobs.map(\.bitPattern)
  }

  /// What words stand for.
  static func parts(of words: [UInt32]) -> (tokenIDs: [TokenID], logprobs: [Float]) {
    let count = words.count / 2
    return (Array(words.prefix(count)), words.dropFirst(count).prefix(count).map(Float.init(bitPattern:)))
  }
}

extension RunMaterial {
  /// Adds the log-probs of the writer to the sequences that a policy gradient learns from.
  func addBehavior(of indices: [Int], round: Int, texts: RunTexts, to batch: inout WireTrainBatch) {
    guard recipe.hasPolicyGradient else { return }
    batch.behaviorLogprobs = indices.flatMap { index in
      recipe.objective.terms.filter { $0.policy != nil }.flatMap { term in
        let length = completion(of: index, term.source, round, texts).count
        return texts.behaviorLogprobs(of: index, round: round).prefix(length)
      }
    }
  }
}
