import Evaluation
import Testing

@Suite("pass@k")
struct PassAtKTests {
  /// Shares of the subsets of k among n samples, the first c of them right, that hold a right one: by counting them all.
  private func counted(_ correct: Int, _ count: Int, _ k: Int) -> Double {
    let subsets = (0..<1 << count).filter { $0.nonzeroBitCount == k }
    return Double(subsets.count { $0 & (1 << correct - 1) != 0 }) / Double(subsets.count)
  }

  @Test("is the share of the choices of k samples that hold a right one", arguments: 1...9)
  func choices(count: Int) {
    for correct in 0...count {
      for k in 1...count {
        let found = passAtK(correctCount: correct, sampleCount: count, k: k)
        #expect(abs(found - counted(correct, count, k)) < 1e-12, "\(correct) of \(count), \(k)")
      }
    }
  }

  @Test("of one sample is the share of right ones, and of many samples neither overflows nor vanishes")
  func large() {
    #expect(abs(passAtK(correctCount: 3, sampleCount: 1000, k: 1) - 0.003) < 1e-12)
    // 1 − (997 · 996 · 995) / (1000 · 999 · 998), by 3 right ones against 3 drawn.
    let expected = 1 - 997.0 * 996 * 995 / (1000 * 999 * 998)
    #expect(abs(passAtK(correctCount: 3, sampleCount: 1000, k: 3) - expected) < 1e-12)
    #expect(passAtK(correctCount: 500, sampleCount: 1000, k: 500) == 1)
  }

  @Test("is told of powers of two and of all samples", arguments: [(1, [1]), (4, [1, 2, 4]), (6, [1, 2, 4, 6])])
  func counts(samples: Int, expected: [Int]) {
    #expect(passCounts(sampleCount: samples) == expected)
  }
}

@Suite("A tally of pairs")
struct PairwiseTallyTests {
  private func tally(_ gaps: [(Double, Double)], unread: Int = 0) -> PairwiseTally {
    var tally = PairwiseTally()
    for (first, second) in gaps { tally.add(gapWhenFirst: first, gapWhenSecond: second) }
    for _ in 0..<unread { tally.addUnread() }
    return tally
  }

  @Test(
    "a pair is won where no order contradicts",
    arguments: [
      (2, 1, [1, 0, 0]), (2, 0, [1, 0, 0]), (0, 0, [0, 1, 0]), (3, -1, [0, 1, 0]), (-1, 1, [0, 1, 0]),
      (0, -2, [0, 0, 1]), (-1, -1, [0, 0, 1]),
    ] as [(Double, Double, [Int])])
  func outcomes(first: Double, second: Double, expected: [Int]) {
    let tally = tally([(first, second)])
    #expect([tally.wins, tally.ties, tally.losses] == expected)
  }

  @Test("exchanging the answers negates the gap and keeps the bias of the place")
  func exchanged() throws {
    let gaps = [(2.0, 1.0), (3, -1), (0, 0), (-2, 0.5)]
    let (one, other) = (tally(gaps), tally(gaps.map { (-$0.1, -$0.0) }))
    #expect(try #require(one.gap) == -(try #require(other.gap)))
    #expect(one.positionBias == other.positionBias && one.positionBias == (0.5 + 2 + 0 - 1.25) / 4)
    #expect(try #require(one.winRate) + #require(other.winRate) == 1)
    #expect(one.wins == other.losses && one.ties == other.ties)
  }

  @Test("what cannot be read counts in its own share alone")
  func unread() {
    let read = tally([(1, 1), (-1, -1), (1, 1)])
    let mixed = tally([(1, 1), (-1, -1), (1, 1)], unread: 1)
    #expect(mixed.winRate == read.winRate && mixed.gap == read.gap && mixed.count == 3)
    #expect(mixed.unreadShare == 0.25 && read.unreadShare == 0)
    #expect(tally([], unread: 2).winRate == nil && tally([], unread: 2).unreadShare == 1)
    #expect(tally([]).unreadShare == nil)
  }
}
