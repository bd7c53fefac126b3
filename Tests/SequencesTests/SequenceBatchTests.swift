import Sequences
import Testing

@Suite struct SequenceBatchTests {
  @Test("row i of the hidden states predicts token i + 1, and only completions count")
  func shift() {
    let batch = SequenceBatch([
      TokenSequence(prompt: [5, 6], completion: [7, 8]),
      TokenSequence(prompt: [9], completion: [1]),
    ])
    let positions = batch.scoredPositions
    #expect(positions.predictingRows == [1, 2, 4])
    #expect(positions.targets == [7, 8, 1])
    #expect(positions.ranges == [0..<2, 2..<3])
  }

  @Test("the first token of a sequence has no log-prob, even without a prompt")
  func firstToken() {
    let batch = SequenceBatch([TokenSequence(tokenIDs: [3, 4, 5], promptLength: 0)])
    #expect(batch.scoredPositions.targets == [4, 5])
    #expect(batch.scoredPositions.predictingRows == [0, 1])
  }

  @Test("a sequence without completion has no positions")
  func promptOnly() {
    let batch = SequenceBatch([
      TokenSequence(tokenIDs: [3, 4], promptLength: 2), TokenSequence(prompt: [], completion: [1]),
    ])
    #expect(batch.scoredPositions.count == 0)
    #expect(batch.scoredPositions.ranges == [0..<0, 0..<0])
  }

  @Test("columns that disagree are refused")
  func malformed() {
    #expect(SequenceBatch(tokenIDs: [1, 2], sequenceLengths: [3], promptLengths: [1]) == nil)
    #expect(SequenceBatch(tokenIDs: [1, 2], sequenceLengths: [2], promptLengths: [3]) == nil)
    #expect(SequenceBatch(tokenIDs: [1, 2], sequenceLengths: [2], promptLengths: []) == nil)
    #expect(SequenceBatch(tokenIDs: [1, 2], sequenceLengths: [2, 0], promptLengths: [1, 0]) == nil)
    #expect(SequenceBatch(tokenIDs: [1, 2], sequenceLengths: [Int.max, Int.max], promptLengths: [1, 1]) == nil)
  }

  @Test("packing and unpacking give the same sequences")
  func roundTrip() {
    let sequences = [
      TokenSequence(prompt: [1, 2, 3], completion: []), TokenSequence(prompt: [4], completion: [5, 6]),
    ]
    #expect(SequenceBatch(sequences).sequences == sequences)
    #expect(SequenceBatch(sequences).slice(1..<2).sequences == [sequences[1]])
  }
}
