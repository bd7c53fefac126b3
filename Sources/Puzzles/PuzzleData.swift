import Sequences

/// The data files of the example, each a corpus with its own seed. What trains a student is disjoint from what tests it.
public enum PuzzleData: String, CaseIterable, Sendable {
  /// What the teacher is trained on.
  case teacher
  /// What teacher and student are asked while the student learns; no answers.
  case prompts
  /// The few right answers that a student without a teacher would have.
  case few
  /// What no model was trained on: the same number of instructions of each kind, while there are any.
  case heldOut = "heldout"

  /// Number of instructions of each kind in ``heldOut``, at most.
  public static let heldOutPerKind = 24

  /// Name of the file.
  public var fileName: String { "\(rawValue).jsonl" }

  /// Number of rows; of ``heldOut`` it is what the language has.
  public var rowCount: Int {
    switch self {
    case .teacher: 192_000
    case .prompts: 16_000
    case .few: 256
    case .heldOut: Self.heldOutRows.count
    }
  }

  /// The lines of the file, without their ends.
  public var lines: any Sequence<String> {
    switch self {
    case .teacher: Self.corpus(.train, seed: 1).prefix(rowCount).lazy.map(\.jsonLine)
    case .prompts: Self.corpus(.train, seed: 2).prefix(rowCount).lazy.map { #"{"prompt":"\#($0.prompt)"}"# }
    case .few: Self.corpus(.train, seed: 3).prefix(rowCount).lazy.map(\.jsonLine)
    case .heldOut: Self.heldOutRows.map(\.jsonLine)
    }
  }

  /// The file's contents.
  public var contents: String { lines.reduce(into: "") { $0 += "\($1)\n" } }

  private static func corpus(_ split: PuzzleSplit, seed: UInt64, distinct: Bool = false) -> PuzzleCorpus {
    PuzzleCorpus(split: split, distinct: distinct, using: SeededGenerator(seed: seed))
  }

  private static var heldOutRows: [PuzzleRow] {
    let kindCount = PuzzleLanguage.kinds.count
    var counts: [Substring: Int] = [:]
    return corpus(.heldOut, seed: 4, distinct: true).prefix(2 * kindCount * heldOutPerKind).filter { row in
      counts[row.prompt.prefix { $0 != " " }, default: 0] += 1
      return counts[row.prompt.prefix { $0 != " " }, default: 0] <= heldOutPerKind
    }
  }
}
