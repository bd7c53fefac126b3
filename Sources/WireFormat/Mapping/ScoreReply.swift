internal import CRetortProtos
public import Sequences
public import WireBytes

/// Puts the chunks of one Score reply together, checking that they are the ones asked for, in order.
///
/// A column goes in one copy from the decoded message to its place among ``scores``.
public struct ScoreReply: Sendable {
  private let options: ScoreOptions
  private let vocabSize: Int
  private let positionCount: Int
  /// D; nil until the first chunk tells.
  private var hiddenWidth: Int?
  /// The positions received so far.
  public private(set) var scores = PositionScores()
  /// True once the last chunk is in.
  public private(set) var isComplete = false

  /// Expects the reply to a request.
  ///
  /// - Parameters:
  ///   - positionCount: R, the number of completion positions of the request.
  ///   - options: What was asked.
  ///   - vocabSize: V.
  public init(positionCount: Int, options: ScoreOptions, vocabSize: Int) {
    (self.positionCount, self.options, self.vocabSize) = (positionCount, options, vocabSize)
  }

  /// Takes the next chunk.
  ///
  /// - Throws: ``WireFormatError`` where the chunk does not follow the previous one, goes past R, ends before it, or has
  ///   columns that were not asked for or of another extent.
  public mutating func append(_ chunk: WireScoreChunk?) throws(WireFormatError) {
    guard let chunk else { throw .missing(field: "chunk") }
    var failure: WireFormatError?
    unsafe chunk.withCMessage(EncodingArena()) { columns in
      do throws(WireFormatError) { try unsafe append(columns.pointee) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Takes the next chunk from the bytes of a `TeacherServiceScoreResponse`.
  ///
  /// - Throws: As ``append(_:)``, and where the bytes are no such message.
  public mutating func append(responseBytes bytes: WireBytes) throws(WireFormatError) {
    let result: Result<Void, WireFormatError> = unsafe bytes.withUnsafeBytes { buffer in
      do throws(WireFormatError) {
        return .success(
          try unsafe TeacherServiceScoreResponse.withUnpacked(buffer) { response throws(WireFormatError) in
            guard let chunk = unsafe response.chunk else { throw .missing(field: "chunk") }
            try unsafe append(chunk.pointee)
          })
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private mutating func append(_ chunk: Retort__V1__ScoreChunk) throws(WireFormatError) {
    let (first, count, isLast) = unsafe (chunk.first_position, Int(chunk.position_count), chunk.last != 0)
    guard !isComplete, first == scores.positionCount else {
      throw .outOfRange(
        field: "chunk.first_position", value: "\(first)", allowed: "the next, \(scores.positionCount)")
    }
    let left = positionCount - scores.positionCount
    guard isLast ? count == left : count <= left else {
      throw .outOfRange(
        field: "chunk.position_count", value: "\(count)", allowed: "\(left) in the last chunk and no more in others")
    }
    let extents = try unsafe ScoreExtents(
      options, vocabSize: vocabSize, count: count, hiddenWidth: hiddenWidth, chunk)
    if hiddenWidth == nil, count > 0 {
      hiddenWidth = extents.hiddenWidth
      scores.reserve(extents, positionCount: positionCount)
    }
    unsafe scores.append(chunk, extents)
    isComplete = isLast
  }
}

extension PositionScores {
  /// Makes room for the whole reply, so that no column moves while it grows.
  fileprivate mutating func reserve(_ extents: ScoreExtents, positionCount: Int) {
    tokenLogprobs.reserveCapacity(extents.token * positionCount)
    topTokenIDs.reserveCapacity(extents.top * positionCount)
    topLogprobs.reserveCapacity(extents.top * positionCount)
    tailLogprobs.reserveCapacity(extents.tail * positionCount)
    gatheredLogprobs.reserveCapacity(extents.gathered * positionCount)
    fullLogprobs.reserveCapacity(extents.full * positionCount)
    entropies.reserveCapacity(extents.entropy * positionCount)
    drawnTokenIDs.reserveCapacity(extents.drawn * positionCount)
    // D is what the peer says: it must send the numbers before it gets the memory of more than 64 MiB.
    hiddenStates.reserveCapacity(min(extents.hiddenWidth * positionCount, 16 << 20))
  }

  /// Adds a chunk whose extents have been checked.
  fileprivate mutating func append(_ chunk: Retort__V1__ScoreChunk, _ extents: ScoreExtents) {
    func add(_ start: UnsafeMutablePointer<Float>?, _ count: Int, to column: inout [Float]) {
      unsafe column.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
    }
    let count = extents.count
    positionCount += count
    unsafe drawnTokenIDs.append(
      contentsOf: UnsafeBufferPointer(start: chunk.drawn_token_ids, count: chunk.n_drawn_token_ids))
    if extents.isHalf {
      unsafe HalfColumn.append(chunk.token_logprobs_f16.data, extents.token * count, to: &tokenLogprobs)
      if extents.top > 0 {
        topTokenIDs += extents.unpackedIDs
        unsafe LogprobColumn.append(chunk.packed_top_logprobs.data, extents.top * count, to: &topLogprobs)
        unsafe LogprobColumn.append(chunk.packed_tail_logprobs.data, count, to: &tailLogprobs)
      }
      unsafe HalfColumn.append(chunk.gathered_logprobs_f16.data, extents.gathered * count, to: &gatheredLogprobs)
      unsafe HalfColumn.append(chunk.full_logprobs_f16.data, extents.full * count, to: &fullLogprobs)
      unsafe HalfColumn.append(chunk.entropies_f16.data, extents.entropy * count, to: &entropies)
      unsafe HalfColumn.append(chunk.hidden_states_f16.data, extents.hiddenWidth * count, to: &hiddenStates)
    } else {
      unsafe add(chunk.token_logprobs, chunk.n_token_logprobs, to: &tokenLogprobs)
      unsafe topTokenIDs.append(
        contentsOf: UnsafeBufferPointer(start: chunk.top_token_ids, count: chunk.n_top_token_ids))
      unsafe add(chunk.top_logprobs, chunk.n_top_logprobs, to: &topLogprobs)
      unsafe add(chunk.tail_logprobs, chunk.n_tail_logprobs, to: &tailLogprobs)
      unsafe add(chunk.gathered_logprobs, chunk.n_gathered_logprobs, to: &gatheredLogprobs)
      unsafe add(chunk.full_logprobs, chunk.n_full_logprobs, to: &fullLogprobs)
      unsafe add(chunk.entropies, chunk.n_entropies, to: &entropies)
      unsafe add(chunk.hidden_states, chunk.n_hidden_states, to: &hiddenStates)
    }
  }
}
