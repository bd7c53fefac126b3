import Sequences
import Testing

@Suite("Position scores")
struct PositionScoresTests {
  @Test("positions taken out one by one and put together are what they were")
  func slices() {
    var scores = PositionScores()
    scores.positionCount = 3
    scores.tokenLogprobs = [-1, -2, -3]
    scores.topTokenIDs = [1, 2, 3, 4, 5, 6]
    scores.topLogprobs = [-1, -2, -3, -4, -5, -6]
    scores.tailLogprobs = [-7, -8, -9]
    scores.fullLogprobs = (0..<12).map { Float($0) }
    scores.gatheredLogprobs = [-0.1, -0.2, -0.3]
    scores.entropies = [0.5, 0.25, 0.125]
    scores.hiddenStates = (0..<6).map { Float($0) }
    scores.drawnTokenIDs = [9, 8, 7, 6, 5, 4]
    var again = PositionScores()
    for position in 0..<3 { again.append(scores.positions(position..<position + 1)) }
    #expect(again == scores)
    #expect(scores.positions(1..<2).topTokenIDs == [3, 4])
    #expect(scores.positions(2..<2).positionCount == 0)
  }
}
