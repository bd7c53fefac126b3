internal import Sequences
internal import Tokenization

/// llama.cpp's own route, `/completion`, with `n_probs`.
extension EndpointProbe {
  /// Most probable tokens that are asked for: the server sets no limit of its own.
  private static let listed = 256

  /// Finds out whether log-probs of any given token can be had from there, and whether its ids are the student's.
  ///
  /// A token of whole letters is always made to come: of one that ends inside a letter the server tells nothing.
  func findNextTokens(_ profile: inout EndpointProfile) async throws {
    guard let letter = tokenizer.encode("a", addSpecialTokens: false).last else { return }
    let prompt = UpstreamRequest.Prompt.tokenIDs(tokenizer.encode(Self.texts[0]))
    guard let row = try await reply(prompt, forced: letter)?.tokens.first, row.id == letter else { return }
    let known = row.top.filter { $0.id != nil && $0.logprob > AnswerReader.sentinel && $0.logprob <= 1e-3 }
    guard known.count > 1, known.count == row.top.count, Set(known.map(\.id)).count == known.count,
      try await obeysBias(prompt, known, but: letter)
    else { return }
    if profile.topLogprobs == nil { (profile.topLogprobs, profile.logprobsAreRaw) = (known.count, true) }
    profile.scoring = .nextToken(most: known.count)
    profile.sharesVocabulary = try await sharesPieces(letter)
  }

  /// What the endpoint says of the token after a prompt; nil: it has no such route.
  private func reply(_ prompt: UpstreamRequest.Prompt, forced: TokenID) async throws -> UpstreamReply? {
    var request = UpstreamRequest(prompt, maxTokens: 1)
    request.nextToken = UpstreamRequest.NextToken(topCount: Self.listed, forced: forced)
    // Gateways have words of their own for a route that is not there.
    do { return try await attempt(request) } catch UpstreamError.keyRefused { return nil } catch UpstreamError.away {
      return nil
    }
  }

  /// Whether another token comes when it is told to, with the log-prob that it had before, and all others with theirs.
  private func obeysBias(
    _ prompt: UpstreamRequest.Prompt, _ known: [UpstreamReply.Candidate], but first: TokenID
  ) async throws -> Bool {
    let other = known.last { candidate in
      let isWhole = candidate.bytes.map { !$0.isEmpty && String(validating: $0, as: UTF8.self) != nil } ?? false
      return isWhole && candidate.id != first
    }
    guard let other, let id = other.id, let row = try await reply(prompt, forced: id)?.tokens.first,
      row.id == id, let logprob = row.logprob
    else { return false }
    return abs(logprob - other.logprob) < 1e-2 && Self.agree(known, row.top)
  }

  /// Whether each probe's text has as many tokens at the endpoint as in the student's tokenizer, and all ids that it names there
  /// stand for the student's bytes.
  private func sharesPieces(_ letter: TokenID) async throws -> Bool {
    for text in Self.texts {
      guard let reply = try await reply(.text(text), forced: letter), let row = reply.tokens.first,
        reply.usage?.prompt == tokenizer.encode(text).count
      else { return false }
      // The text of special tokens is left out.
      for candidate in row.top where candidate.bytes?.isEmpty == false {
        guard let id = candidate.id, id < tokenizer.vocabSize, tokenizer.bytes(of: id) == candidate.bytes else {
          return false
        }
      }
    }
    return true
  }
}
