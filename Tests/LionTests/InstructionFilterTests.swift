import Evaluation
import Lion
import Sequences
import Testing

@Suite("What is taken of the generator's texts")
struct InstructionFilterTests {
  private func filter(_ words: InstructionWords, _ pool: [String] = []) -> InstructionFilter {
    var filter = InstructionFilter(limit: 0.7, words: words)
    for text in pool { filter.add(text) }
    return filter
  }

  @Test(
    "each rule refuses by its name",
    arguments: [
      ("Write a poem about rain", false, nil), ("Write a poem about rain", true, .truncated), ("", false, .failed),
      ("Follow this Instruction with great care", false, .speaksOfInstructions), ("Write a poem", false, .tooShort),
      ("don't stop it's", false, .tooShort), ("- Write a poem about rain", false, .badStart),
      ("Sort these five numbers by size", false, .duplicate), ("Sort these nine numbers by size", false, .duplicate),
      ("Sort words, then explain why that order helps", false, nil),
    ] as [(String, Bool, InstructionRejection?)], InstructionWords.allCases)
  func rules(example: (String, Bool, InstructionRejection?), words: InstructionWords) {
    let filter = filter(words, ["Sort these five numbers by size"])
    #expect(filter.rejection(of: example.0, isTruncated: example.1) == example.2)
  }

  @Test("other scripts are refused as Lion's code does, or compared word by word")
  func scripts() {
    let (known, other) = ("请把这些数字从小到大排序", "请写一首关于雨的短诗")
    #expect(filter(.rouge, [known]).rejection(of: known, isTruncated: false) == .tooShort)
    #expect(filter(.rouge).rejection(of: "Écris un poème sur la pluie", isTruncated: false) == .badStart)
    #expect(filter(.unicode, [known]).rejection(of: known, isTruncated: false) == .duplicate)
    #expect(filter(.unicode, [known]).rejection(of: other, isTruncated: false) == nil)
    #expect(filter(.unicode).rejection(of: "Écris un poème sur la pluie", isTruncated: false) == nil)
  }

  @Test(
    "where F is 0.7 the order of rouge_score's operations decides",
    arguments: [(7, 8, 12, true), (7, 10, 10, false), (14, 20, 20, false)])
  func border(common: Int, left: Int, right: Int, isDuplicate: Bool) {
    let shared = (0..<common).map { "w\($0)" }
    let one = (shared + (common..<left).map { "l\($0)" }).joined(separator: " ")
    let other = (shared + (common..<right).map { "r\($0)" }).joined(separator: " ")
    #expect((filter(.rouge, [one]).rejection(of: other, isTruncated: false) == .duplicate) == isDuplicate)
    #expect((filter(.rouge, [other]).rejection(of: one, isTruncated: false) == .duplicate) == isDuplicate)
  }

  @Test("decisions are those of comparing with every instruction", arguments: [3, 20, 150])
  func bruteForce(length: Int) {
    var generator = SeededGenerator(seed: 7, path: UInt64(length))
    func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    // Texts are changes of a few others, so that F lies on both sides of the limit.
    let bases = (0..<6).map { _ in (0..<length + below(length)).map { _ in "w\(below(2 * length))" } }
    func text() -> String {
      let change = below(100)
      return bases[below(bases.count)].map { below(100) < change ? "w\(below(2 * length))" : $0 }
        .filter { _ in below(10) > 0 }.joined(separator: " ")
    }
    let pool = (0..<60).map { _ in text() }
    let filter = filter(.rouge, pool)
    var duplicates = 0
    for candidate in (0..<200).map({ _ in text() }) where candidate.split(separator: " ").count > 3 {
      let largest = pool.map { rougeL(reference: candidate, prediction: $0, stemmed: false).fMeasure }.max() ?? 0
      let rejection = filter.rejection(of: candidate, isTruncated: false)
      #expect((rejection == .duplicate) == (largest > 0.7), "\(largest)")
      duplicates += rejection == .duplicate ? 1 : 0
    }
    #expect((1..<200).contains(duplicates))
  }
}
