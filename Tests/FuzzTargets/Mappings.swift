import Sequences
import WireBytes
import WireFormat

private let vocabSize = 50

/// Columns of decoded messages become what they mean only if their extents agree; the first byte chooses what is read.
func fuzzMapping(_ bytes: ArraySlice<UInt8>) {
  var bytes = bytes
  guard let first = bytes.popFirst() else { return }
  switch first & 3 {
  case 0: fuzzScoreReply(bytes)
  case 1:
    guard let request = try? TeacherServiceScoreRequest(decoding: Array(bytes)) else { return }
    guard let batch = try? SequenceBatch(request.sequences, field: "sequences") else { return }
    precondition(batch.sequenceLengths.reduce(0, +) == batch.tokenIDs.count, "lengths do not add up")
    let positionCount = batch.tokenIDs.count - batch.promptLengths.reduce(0, +)
    guard let options = try? ScoreOptions(request.options, positionCount: positionCount) else { return }
    precondition(options.gatherTokenIDs.count == positionCount * options.gatherCount, "ids to gather do not add up")
  case 2:
    guard let wire = try? WireCompletionBatch(decoding: Array(bytes)) else { return }
    guard let completions = try? wire.completions(promptCount: Int(first >> 2)) else { return }
    precondition(completions.allSatisfy { $0.promptIndex < first >> 2 }, "a prompt that was not sent")
    precondition(completions.flatMap(\.tokenIDs) == wire.tokenIDs, "ids get lost")
  default:
    guard let wire = try? WireSamplingOptions(decoding: Array(bytes)) else { return }
    _ = try? SamplingOptions(wire)
  }
}

/// What was asked, in three bytes, then one chunk, or the answers of the service, each after its length in two bytes.
private func fuzzScoreReply(_ bytes: ArraySlice<UInt8>) {
  guard bytes.count >= 3 else { return }
  let plan = Array(bytes.prefix(3))
  let positionCount = Int(plan[2])
  let gatherCount = Int(plan[1] >> 4)
  let options = ScoreOptions(
    tokenLogprobs: plan[0] & 1 != 0, topCount: Int(plan[1] & 15), fullLogprobs: plan[0] & 2 != 0,
    entropy: plan[0] & 4 != 0, hiddenState: plan[0] & 8 != 0,
    gatherTokenIDs: Array(repeating: 1, count: positionCount * gatherCount), gatherCount: gatherCount,
    precision: plan[0] & 16 != 0 ? .float16 : .float32)
  var reply = ScoreReply(positionCount: positionCount, options: options, vocabSize: vocabSize)
  var rest = bytes.dropFirst(3)
  if plan[0] & 32 != 0 {
    // Without a length before it a chunk is changed with less luck.
    let response = TeacherServiceScoreResponse(chunk: try? WireScoreChunk(decoding: Array(rest)))
    if let bytes = try? response.encoded() { _ = try? reply.append(responseBytes: WireBytes(bytes)) }
    rest = []
  }
  while let high = rest.popFirst(), let low = rest.popFirst() {
    let chunk = rest.prefix(Int(high) << 8 | Int(low))
    rest = rest.dropFirst(chunk.count)
    guard (try? reply.append(responseBytes: WireBytes(Array(chunk)))) != nil else { break }
  }
  check(reply, options)
}

private func check(_ reply: ScoreReply, _ options: ScoreOptions) {
  let scores = reply.scores
  let count = scores.positionCount
  let extents = [
    (scores.tokenLogprobs.count, options.tokenLogprobs ? 1 : 0), (scores.topTokenIDs.count, options.topCount),
    (scores.topLogprobs.count, options.topCount), (scores.tailLogprobs.count, options.topCount > 0 ? 1 : 0),
    (scores.gatheredLogprobs.count, options.gatherCount), (scores.entropies.count, options.entropy ? 1 : 0),
    (scores.fullLogprobs.count, options.fullLogprobs ? vocabSize : 0),
  ]
  for (found, perPosition) in extents { precondition(found == count * perPosition, "a column of another extent") }
  precondition(count == 0 || scores.hiddenStates.count % count == 0, "hidden states of different widths")
  precondition(scores.topTokenIDs.allSatisfy { $0 < vocabSize }, "an id that is none")
}
