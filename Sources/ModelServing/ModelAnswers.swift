internal import Kernels
internal import Sequences
internal import Transformer
public import WireFormat

/// Answers Generate and Score about one model: checks the request, computes in its turn, streams the answer.
public struct ModelAnswers: Sendable {
  private let model: ServedModel
  private let queue: ComputeQueue
  private let limits: ServingLimits

  /// Answers about a model.
  ///
  /// - Parameter queue: Shared by everything that computes in this process.
  public init(model: ServedModel, queue: ComputeQueue, limits: ServingLimits = ServingLimits()) {
    self.model = model
    self.queue = queue
    self.limits = limits
  }

  /// Completes prompts; writes completions as they finish. Requests that come meanwhile are continued together with this
  /// one where the parameters are fixed; each gets the text that it would get alone.
  ///
  /// - Parameters:
  ///   - caller: Whose question it is.
  ///   - seeds: One per prompt, or none, which is 0 for all.
  ///   - newTokenLimits: Limits of new tokens beside that of `sampling`, one per prompt, or none.
  ///   - isCancelled: Asked before each new token.
  ///   - write: Sends some completions.
  /// - Throws: `WireFormatError`, `ServingError` and `ModelError`, all with a gRPC status.
  public func generate(
    _ prompts: WireSequenceBatch?, sampling: WireSamplingOptions?, seeds: [UInt64], newTokenLimits: [UInt32] = [],
    of caller: Caller = .unnamed, isCancelled: @escaping @Sendable () -> Bool,
    write: (WireCompletionBatch) async throws -> Void
  ) async throws {
    let prompts = try SequenceBatch(prompts, field: "prompts")
    let sampling = try SamplingOptions(sampling)
    try check(prompts, seeds: seeds, newTokenLimits: newTokenLimits)
    let limits = newTokenLimits.map(Int.init)
    guard prompts.count > 0 else { return }
    let seeds = seeds.isEmpty ? Array(repeating: 0, count: prompts.count) : seeds
    let stops = try model.stopStrings(sampling)
    if model.generation.parametersAreFixed {
      let requests = zip(prompts.sequences, seeds).enumerated().map { index, request in
        GenerationRequest(
          prompt: Array(request.0.prompt), sampling: limits.isEmpty ? sampling : sampling.limited(to: limits[index]),
          seed: request.1, endsText: stops?.endsText)
      }
      return try await queue.answer(
        GenerationTicket(requests, of: caller, isCancelled: isCancelled), with: model.shared, bytes: prompts.byteCount,
        makeBatch: { [model] in model.generationBatch() }, completionsPerMessage: Self.completionsPerMessage,
        write: { try await write(WireCompletionBatch($0)) })
    }
    try await queue.relay(limits: self.limits, of: caller, bytes: prompts.byteCount) {
      [model] (_, send: ([Completion]) throws -> Void) in
      var finished: [Completion] = []
      try model.generator().generate(
        prompts: prompts, sampling: sampling, seeds: seeds, newTokenLimits: limits, endsText: stops?.endsText,
        isCancelled: isCancelled
      ) { completion in
        finished.append(completion)
        guard finished.count == Self.completionsPerMessage else { return }
        try send(finished)
        finished = []
      }
      if !finished.isEmpty { try send(finished) }
    } write: {
      try await write(WireCompletionBatch($0))
    }
  }

  private static let completionsPerMessage = 32

  private func check(_ prompts: SequenceBatch, seeds: [UInt64], newTokenLimits: [UInt32]) throws {
    guard seeds.isEmpty || seeds.count == prompts.count else {
      throw ServingError.seedCount(seeds: seeds.count, prompts: prompts.count)
    }
    guard newTokenLimits.isEmpty || newTokenLimits.count == prompts.count, !newTokenLimits.contains(0) else {
      throw ServingError.newTokenLimits(limits: newTokenLimits.count, prompts: prompts.count)
    }
    let contextLength = model.transformer.configuration.contextLength
    for (index, length) in prompts.sequenceLengths.enumerated() {
      guard length == prompts.promptLengths[index] else { throw ServingError.promptWithCompletion(prompt: index) }
      guard length < contextLength else {
        throw ServingError.promptFillsContext(prompt: index, length: length, contextLength: contextLength)
      }
    }
    try model.transformer.check(prompts, vocabSize: model.vocabSize)
  }

  /// Scores sequences; writes chunks of positions in order, at least one, the last one marked.
  ///
  /// - Parameters:
  ///   - caller: Whose question it is. Where the parameters are fixed, others have their turns between groups of sequences.
  ///   - isCancelled: Asked before each piece of work, several times a chunk.
  ///   - write: Sends a chunk.
  /// - Throws: `WireFormatError`, `ServingError` and `ModelError`, all with a gRPC status.
  public func score(
    _ sequences: WireSequenceBatch?, options: WireScoreOptions?, of caller: Caller = .unnamed,
    isCancelled: @escaping @Sendable () -> Bool, write: (WireScoreChunk) async throws -> Void
  ) async throws {
    let batch = try SequenceBatch(sequences, field: "sequences")
    let positionCount = batch.scoredPositions.count
    let options = try ScoreOptions(options, positionCount: positionCount)
    try model.transformer.check(batch, vocabSize: model.vocabSize)
    let chunkPositions = try chunkPositions(options, positionCount: positionCount)
    guard positionCount > 0 else { return try await write(WireScoreChunk(last: true)) }
    var firstPosition = 0
    let held = batch.byteCount + 4 * options.gatherTokenIDs.count
    try await queue.relay(limits: limits, of: caller, bytes: held) {
      [model] (turn, send: (PositionScores) throws -> Void) in
      let isWanted = { if isCancelled() { throw CancellationError() } }
      try model.scorer().score(
        batch, options: options, maximumChunkPositions: chunkPositions, isWanted: isWanted, emit: send
      ) { readPositions, isLast in
        turn.spend(readPositions)
        guard !isLast, model.generation.parametersAreFixed else { return }
        try isWanted()
        turn.giveWay()
      }
    } write: { scores in
      let end = firstPosition + scores.positionCount
      let chunk = WireScoreChunk(
        scores, firstPosition: firstPosition, last: end == positionCount, precision: options.precision,
        vocabSize: model.vocabSize)
      try await write(chunk)
      firstPosition = end
    }
  }

  /// Writes the rows of the output head in order, at least one message, the last one marked.
  ///
  /// - Parameters:
  ///   - expectedDigest: The digest that the caller expects; empty: any.
  ///   - digest: The head's.
  /// - Throws: ``ServingError/otherOutputHead(expected:actual:)``, and what `write` throws.
  public func outputHead(
    expecting expectedDigest: String, digest: String, write: (GetOutputHeadResponse) async throws -> Void
  ) async throws {
    guard expectedDigest.isEmpty || expectedDigest == digest else {
      throw ServingError.otherOutputHead(expected: expectedDigest, actual: digest)
    }
    let (head, width) = (model.outputHead, model.transformer.configuration.embeddingWidth)
    let rowsPerMessage = max(1, limits.chunkBytes / (4 * width))
    for first in stride(from: 0, to: model.vocabSize, by: rowsPerMessage) {
      let count = min(rowsPerMessage, model.vocabSize - first)
      try await write(
        GetOutputHeadResponse(
          firstRow: UInt32(first), rowCount: UInt32(count), width: UInt32(width),
          last: first + count == model.vocabSize,
          weights: head.window(first * width, count * width).array))
    }
  }

  /// Checks the reply against the abilities and the limits; returns the positions of one chunk.
  private func chunkPositions(_ options: ScoreOptions, positionCount: Int) throws(ServingError) -> Int {
    let most = model.description.abilities?.maxTopCount ?? 0
    guard options.topCount <= most else {
      throw .notPromised(option: "top_count \(options.topCount)", promised: "max_top_count \(most)")
    }
    guard options.gatherCount <= model.vocabSize else {
      throw .notPromised(option: "gather_count \(options.gatherCount)", promised: "vocab_size \(model.vocabSize)")
    }
    let candidates = positionCount * (options.topCount + options.gatherCount + options.drawCount + 1)
    guard candidates <= limits.candidates else {
      throw .tooManyCandidates(candidates: candidates, limit: limits.candidates)
    }
    let bytes = options.replyBytesPerPosition(
      vocabSize: model.vocabSize, hiddenWidth: model.transformer.configuration.embeddingWidth)
    guard positionCount * bytes <= limits.replyBytes else {
      throw .replyTooLarge(bytes: positionCount * bytes, limit: limits.replyBytes)
    }
    return max(1, limits.chunkBytes / max(bytes, 1))
  }
}

extension SequenceBatch {
  /// Bytes of its ids.
  fileprivate var byteCount: Int { 4 * tokenIDs.count }
}
