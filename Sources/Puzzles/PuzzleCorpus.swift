import Sequences

/// Which instructions a row may use: what is held out is never trained on, whatever the seed.
public enum PuzzleSplit: Sendable, Hashable, CaseIterable {
  case train, heldOut

  /// The split of an instruction, from its text alone: one in eight is held out.
  public init(instruction: String) {
    let hash = instruction.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var mixer = SeededGenerator(seed: hash)
    self = mixer.next().isMultiple(of: 8) ? .heldOut : .train
  }
}

/// A row of data: an instruction and a right answer to it.
public struct PuzzleRow: Sendable, Hashable, Codable {
  /// The instruction.
  public let prompt: String
  /// One of its right answers, drawn at random.
  public let completion: String

  /// Makes a row.
  public init(prompt: String, completion: String) {
    self.prompt = prompt
    self.completion = completion
  }

  /// The row as a line of JSON, without its end. No character of the language needs to be escaped.
  public var jsonLine: String { #"{"prompt":"\#(prompt)","completion":"\#(completion)"}"# }
}

/// Rows without end from one seed: kinds take turns, levels are drawn evenly.
public struct PuzzleCorpus: Sendable, Sequence, IteratorProtocol {
  private let split: PuzzleSplit
  private let distinct: Bool
  private var generator: AnyGenerator
  private var count = 0
  private var seen: Set<String> = []

  /// Starts a corpus.
  ///
  /// - Parameters:
  ///   - split: The instructions to use.
  ///   - distinct: Whether an instruction may come only once; a kind that runs out of new ones is passed over.
  public init(
    split: PuzzleSplit, distinct: Bool = false, using generator: some RandomNumberGenerator & Sendable
  ) {
    self.split = split
    self.distinct = distinct
    self.generator = AnyGenerator(base: generator)
  }

  /// The next row; nil when no kind has a new instruction, which only a distinct corpus can come to.
  public mutating func next() -> PuzzleRow? {
    for _ in PuzzleLanguage.kinds {
      let kind = PuzzleLanguage.kinds[count % PuzzleLanguage.kinds.count]
      count += 1
      if let row = row(of: kind) { return row }
    }
    return nil
  }

  private mutating func row(of kind: any Puzzle.Type) -> PuzzleRow? {
    for _ in 0..<1000 {
      let puzzle = kind.draw(level: generator.number(in: PuzzleLanguage.levels), using: &generator)
      let instruction = puzzle.instruction
      guard PuzzleSplit(instruction: instruction) == split, !seen.contains(instruction),
        let answer = puzzle.answer(using: &generator)
      else { continue }
      if distinct { seen.insert(instruction) }
      return PuzzleRow(prompt: instruction, completion: answer)
    }
    return nil
  }
}

/// A generator of any type, held by value.
private struct AnyGenerator: RandomNumberGenerator, Sendable {
  var base: any RandomNumberGenerator & Sendable

  mutating func next() -> UInt64 { base.next() }
}
