import Foundation
import Puzzles
import Sequences
import Testing

@Suite("Corpora of puzzles") struct PuzzleCorpusTests {
  @Test("no instruction is in both splits, whatever the seeds")
  func splitsAreDisjoint() {
    let trained = Set(rows(.train, seed: 1, count: 20_000).map(\.prompt))
    let heldOut = Set(
      rows(.heldOut, seed: 1, count: 4000).map(\.prompt) + rows(.heldOut, seed: 2, count: 4000).map(\.prompt))
    #expect(trained.isDisjoint(with: heldOut))
    #expect(trained.count > 5000 && heldOut.count > 1000)
  }

  @Test("about one instruction in eight is held out")
  func heldOutShare() {
    var generator = SeededGenerator(seed: 3)
    let draws = (0..<8000).map { PuzzleLanguage.kinds[3].draw(level: $0 % 2 + 3, using: &generator).instruction }
    let share = Double(draws.count { PuzzleSplit(instruction: $0) == .heldOut }) / Double(draws.count)
    #expect((0.11...0.14).contains(share), "\(share)")
  }

  @Test("one seed gives one corpus, another seed another")
  func deterministic() {
    #expect(rows(.train, seed: 5, count: 700) == rows(.train, seed: 5, count: 700))
    #expect(rows(.train, seed: 5, count: 700) != rows(.train, seed: 6, count: 700))
  }

  @Test("the corpus of a seed is the same with every version of the toolchain")
  func pinned() {
    let lines = rows(.train, seed: 1, count: 7).map(\.jsonLine)
    #expect(
      lines == [
        #"{"prompt":"make 10 of 3 has 5:","completion":"4+1+5"}"#,
        #"{"prompt":"pal 5 with i:","completion":"lpipl"}"#,
        #"{"prompt":"mix ffps:","completion":"fpfs"}"#,
        #"{"prompt":"alt emw:","completion":"wem"}"#,
        #"{"prompt":"rise 4 to 12 has 1:","completion":"1,2,4,5"}"#,
        #"{"prompt":"nest 3 deep 3 [3:","completion":"[[[]]]"}"#,
        #"{"prompt":"code 3 with 1 f:","completion":"yxf"}"#,
      ])
  }

  @Test("a distinct corpus asks nothing twice, of every kind")
  func distinct() {
    let corpus = PuzzleCorpus(split: .heldOut, distinct: true, using: SeededGenerator(seed: 7))
    let prompts = corpus.prefix(300).map(\.prompt)
    #expect(Set(prompts).count == 300)
    #expect(Set(prompts.compactMap { $0.split(separator: " ").first }).count == PuzzleLanguage.kinds.count)
  }

  @Test("kinds take turns")
  func kindsTakeTurns() {
    let keywords = rows(.train, seed: 8, count: 70).compactMap {
      $0.prompt.split(separator: " ").first.map(String.init)
    }
    #expect(keywords == (0..<70).map { PuzzleLanguage.kinds[$0 % 7].keyword })
  }

  @Test("a line of JSON reads back as its row")
  func jsonLines() throws {
    for row in rows(.train, seed: 9, count: 700) {
      #expect(try JSONDecoder().decode(PuzzleRow.self, from: Data(row.jsonLine.utf8)) == row)
    }
  }

  private func rows(_ split: PuzzleSplit, seed: UInt64, count: Int) -> [PuzzleRow] {
    Array(PuzzleCorpus(split: split, using: SeededGenerator(seed: seed)).prefix(count))
  }
}
