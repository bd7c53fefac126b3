import Puzzles
import Sequences
import Testing

@Suite("Puzzles") struct PuzzleTests {
  /// A right answer of each kind, and wrong ones that differ in one thing.
  static let examples: [(instruction: String, right: String, wrong: [String])] = [
    (
      "make 14 of 3 has 2:", "4*3+2",
      [
        "4*3+3", "2*7", "5*2+4*1", "5+5+4", "4*3+2 ", "4*3+2+0", "04*3+2", "4*3+2=14", "", "+4*32", "12+2", "4*3+",
        "4x3+2",
        "6+6+2",
      ]
    ),
    ("pal 7 with k:", "abkrkba", ["abkrkb", "abkrkab", "abcrcba", "abkrrkba", "aBkrkBa", "abk kba", ""]),
    ("mix aabbc:", "abcab", ["aabbc", "abcabc", "abca", "abbca", "abdab", "ABCAB", ""]),
    ("alt aeikt:", "akite", ["aeikt", "akiet", "akitea", "kaite", "akiti", ""]),
    (
      "rise 4 to 30 has 9:", "3,5,9,13",
      [
        "3,5,9,14", "5,3,9,13", "3,5,10,12", "3,5,9,", "3,5,13,9", "03,5,9,13", "+3,5,9,13", "9,9,6,6", "0,9,10,11",
        "9,21", "3,5,9,13,0",
      ]
    ),
    (
      "nest 5 deep 3 [2:", "([()])[]()",
      [
        "([()])()()", "([()])[]", "()()()[][]", "([(]))[]()", "([()])[](", ")([()])[](", "((()))[][]()", "([()])[]xx",
        "",
      ]
    ),
    ("code 7 with 3 s:", "sabssyk", ["sabssys", "sabsyk", "sabssykk", "sabstyk", "Sabssyk", "sab ssyk", ""]),
  ]

  @Test("a right answer is accepted and what differs in one thing is refused", arguments: examples)
  func checksExamples(instruction: String, right: String, wrong: [String]) throws {
    let puzzle = try #require(PuzzleLanguage.puzzle(instruction: instruction))
    #expect(puzzle.instruction == instruction)
    #expect(puzzle.accepts(right))
    for answer in wrong { #expect(!puzzle.accepts(answer), "accepted \(answer)") }
  }

  @Test(
    "a drawn puzzle reads back from its instruction and accepts every drawn answer",
    arguments: PuzzleLanguage.kinds.indices, PuzzleLanguage.levels)
  func drawnAnswersAreRight(kind: Int, level: Int) throws {
    var generator = SeededGenerator(seed: 11, path: UInt64(kind), UInt64(level))
    for _ in 0..<200 {
      let puzzle = PuzzleLanguage.kinds[kind].draw(level: level, using: &generator)
      let answer = try #require(puzzle.answer(using: &generator))
      #expect(
        PuzzleLanguage.isValid(instruction: puzzle.instruction, answer: answer), "\(puzzle.instruction) \(answer)")
      #expect(puzzle.instruction.count <= 20 && answer.count <= 16)
      #expect((puzzle.instruction + answer).allSatisfy(PuzzleLanguage.alphabet.contains))
    }
  }

  @Test("the checker agrees with a second one on mutated answers", arguments: PuzzleLanguage.kinds.indices)
  func checkerAgreesWithReference(kind: Int) throws {
    var generator = SeededGenerator(seed: 12, path: UInt64(kind))
    var (right, wrong) = (0, 0)
    for index in 0..<2000 {
      let puzzle = PuzzleLanguage.kinds[kind].draw(level: index % 4 + 1, using: &generator)
      var text = Array(try #require(puzzle.answer(using: &generator)))
      mutate(&text, using: &generator)
      let answer = String(text)
      let expected = ReferenceChecker.accepts(instruction: puzzle.instruction, answer: answer)
      #expect(puzzle.accepts(answer) == expected, "\(puzzle.instruction) \(answer)")
      if expected { right += 1 } else { wrong += 1 }
    }
    #expect(right > 20 && wrong > 200, "\(right) right, \(wrong) wrong: the mutations test too little")
  }

  @Test("an instruction has many answers, and the draws find them", arguments: examples.map(\.instruction))
  func manyAnswers(instruction: String) throws {
    let puzzle = try #require(PuzzleLanguage.puzzle(instruction: instruction))
    var generator = SeededGenerator(seed: 13)
    let answers = Set((0..<500).compactMap { _ in puzzle.answer(using: &generator) })
    #expect(answers.count >= 9)
  }

  @Test("draws of a small puzzle find each right answer about equally often")
  func drawsAreEven() throws {
    let puzzle = try #require(PuzzleLanguage.puzzle(instruction: "mix aabbc:"))
    var generator = SeededGenerator(seed: 14)
    var counts: [String: Int] = [:]
    for _ in 0..<6000 { counts[try #require(puzzle.answer(using: &generator)), default: 0] += 1 }
    #expect(counts.count == 12)
    #expect(counts.values.allSatisfy { (400...600).contains($0) }, "\(counts)")
  }

  @Test(
    "an instruction in another form is nobody's",
    arguments: [
      "", "make", "make 14 of 3 has 2", "make 014 of 3 has 2:", "make 14 of 1 has 2:", "make +14 of 3 has 2:",
      "make  14 of 3 has 2:", "make 14 of 3 has 6:", "pal 7 with K:", "pal 7 with kk:", "pal 0 with k:", "mix ba:",
      "mix :", "alt aEb:", "rise 4 to 30:", "nest 2 deep 3 [0:", "nest 2 deep 1 [3:", "code 3 with 4 s:", "sing aab:",
    ])
  func refusesOtherForms(instruction: String) {
    #expect(PuzzleLanguage.puzzle(instruction: instruction) == nil)
    #expect(!PuzzleLanguage.isValid(instruction: instruction, answer: "a"))
  }

  @Test(
    "an instruction without an answer gives none",
    arguments: ["make 800 of 2 has 1:", "mix aaab:", "alt bcd:", "rise 3 to 5 has 1:"])
  func impossible(instruction: String) throws {
    var generator = SeededGenerator(seed: 15)
    #expect(try #require(PuzzleLanguage.puzzle(instruction: instruction)).answer(using: &generator) == nil)
  }

  private func mutate(_ text: inout [Character], using generator: inout SeededGenerator) {
    let place = Int(generator.next() % UInt64(text.count))
    let other = Int(generator.next() % UInt64(text.count))
    switch generator.next() % 4 {
    case 0: text.swapAt(place, other)
    case 1: text[place] = text[other]
    case 2: text.remove(at: place)
    default:
      let alphabet = PuzzleLanguage.alphabet
      text[place] = alphabet[Int(generator.next() % UInt64(alphabet.count))]
    }
  }
}
