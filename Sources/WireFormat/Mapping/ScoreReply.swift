public import Sequences

/// Puts the chunks of one Score reply together, checking that they are the ones asked for, in order.
public struct ScoreReply: Sendable {
  private let options: ScoreOptions
  private let vocabSize: Int
  private let positionCount: Int
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
  /// - Throws: ``WireFormatError`` where the chunk does not follow the previous one, goes past R or ends before it.
  public mutating func append(_ chunk: WireScoreChunk?) throws(WireFormatError) {
    guard let chunk else { throw .missing(field: "chunk") }
    guard !isComplete, chunk.firstPosition == scores.positionCount else {
      throw .outOfRange(
        field: "chunk.first_position", value: "\(chunk.firstPosition)", allowed: "the next, \(scores.positionCount)")
    }
    let next = try PositionScores(chunk, options: options, vocabSize: vocabSize)
    let end = scores.positionCount + next.positionCount
    guard chunk.last ? end == positionCount : end <= positionCount else {
      throw .outOfRange(
        field: "chunk.position_count", value: "\(next.positionCount)",
        allowed: "\(positionCount - scores.positionCount) in the last chunk and no more in others")
    }
    scores.append(next)
    isComplete = chunk.last
  }
}
