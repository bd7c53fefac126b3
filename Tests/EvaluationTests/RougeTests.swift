import Evaluation
import Foundation
import Testing

@Suite("ROUGE-L")
struct RougeTests {
  /// `[reference, prediction, [P, R, F] unstemmed, [P, R, F] stemmed]` of `Golden/generate.py`.
  struct Pair: Decodable {
    let reference: String
    let prediction: String
    let plain: [Double]
    let stemmed: [Double]

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      reference = try values.decode(String.self)
      prediction = try values.decode(String.self)
      plain = try values.decode([Double].self)
      stemmed = try values.decode([Double].self)
    }
  }

  struct Golden: Decodable {
    let pairs: [Pair]
    let stems: [[String]]

    static func load() throws -> Golden {
      let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      return try JSONDecoder().decode(
        Golden.self, from: Data(contentsOf: here.appendingPathComponent("Golden/rouge.json")))
    }
  }

  @Test("of random pairs is that of rouge_score, stemmed and not")
  func pairs() throws {
    let golden = try Golden.load()
    #expect(golden.pairs.count == 300)
    for pair in golden.pairs {
      for (stemmed, expected) in [(false, pair.plain), (true, pair.stemmed)] {
        let score = rougeL(reference: pair.reference, prediction: pair.prediction, stemmed: stemmed)
        let found = [score.precision, score.recall, score.fMeasure]
        for (value, other) in zip(found, expected) {
          #expect(abs(value - other) < 1e-12, "\(pair.reference) | \(pair.prediction)")
        }
      }
    }
  }

  @Test("stems words as NLTK does")
  func stems() throws {
    let golden = try Golden.load()
    #expect(golden.stems.count > 1500)
    for entry in golden.stems { #expect(PorterStemmer.stem(entry[0]) == entry[1], "\(entry[0])") }
  }

  @Test(
    "of known pairs is the published value",
    arguments: [
      ("The quick brown fox jumps over the lazy dog", "The quick brown dog jumps on the log.", 0.588235, 0.588235),
      ("Running dogs are happily jumping", "the dog runs and jumps happily", 0.363636, 0.181818),
      ("generalizations dying lies skies news", "generalization die lie sky new", 0.8, 0),
      ("don't stop", "dont stop", 0.4, 0.4), ("3.14 is pi", "3,14 is pi", 1, 1),
      ("café naïve résumé", "cafe naive resume", 0, 0), ("北京 is big", "is big", 1, 1), ("!!!", "...", 0, 0),
    ])
  func known(reference: String, prediction: String, stemmed: Double, plain: Double) {
    #expect(abs(rougeL(reference: reference, prediction: prediction, stemmed: true).fMeasure - stemmed) < 1e-6)
    #expect(abs(rougeL(reference: reference, prediction: prediction, stemmed: false).fMeasure - plain) < 1e-6)
  }

  @Test("takes the best of several references")
  func references() {
    let score = rougeL(references: ["a b", "a b c d", "x"], prediction: "a b c", stemmed: false)
    #expect(abs(score.fMeasure - 6.0 / 7) < 1e-12)
    #expect(rougeL(references: [], prediction: "a", stemmed: true).fMeasure == 0)
  }
}
