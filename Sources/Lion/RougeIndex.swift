/// Which words a text has, for the comparison of instructions.
public enum InstructionWords: String, Sendable, Hashable, Codable, CaseIterable {
  /// Runs of ASCII letters and digits, as `rouge_score` takes them and Lion's code does: texts in other scripts have none.
  case rouge
  /// Runs of letters and digits of any script, ideographs and kana one by one. The same for ASCII text.
  case unicode

  func words(of text: String) -> [Substring.UnicodeScalarView] {
    let scalars = Substring(text.lowercased()).unicodeScalars
    switch self {
    case .rouge:
      return scalars.split { !$0.isASCII || !($0.properties.isAlphabetic || $0.properties.numericType != nil) }
    case .unicode:
      var words: [Substring.UnicodeScalarView] = []
      for run in scalars.split(whereSeparator: { !Self.isWordPart($0) }) {
        var start = run.startIndex
        for index in run.indices where Self.standsAlone(run[index]) {
          if start < index { words.append(run[start..<index]) }
          let after = run.index(after: index)
          words.append(run[index..<after])
          start = after
        }
        if start < run.endIndex { words.append(run[start...]) }
      }
      return words
    }
  }

  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
      true
    default: false
    }
  }

  /// Ideographs and kana, which are written without spaces.
  static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isIdeographic || (0x3040...0x30FF).contains(scalar.value)
  }
}

/// The instructions of a pool, and whether a new one is too much like one of them by ROUGE-L.
///
/// Decisions are those of comparing with each instruction in `rouge_score`'s order of operations,
/// `P = L / n`, `R = L / m`, `F = 2 P R / (P + R) > limit`; bounds on L only leave comparisons out.
public struct RougeIndex: Sendable {
  private let limit: Double
  private let words: InstructionWords
  private var idOfWord: [String: Int32] = [:]
  /// Texts by their number of words; each as its words in order and sorted.
  private var texts: [Int: [(words: [Int32], sorted: [Int32])]] = [:]

  /// Makes an empty index.
  ///
  /// - Parameter limit: The largest F that is not too much, such as 0.7.
  public init(limit: Double, words: InstructionWords) { (self.limit, self.words) = (limit, words) }

  /// Adds an instruction.
  public mutating func add(_ text: String) {
    let ids = words.words(of: text).map { word in
      let word = String(word)
      if let id = idOfWord[word] { return id }
      let id = Int32(idOfWord.count)
      idOfWord[word] = id
      return id
    }
    texts[ids.count, default: []].append((ids, ids.sorted()))
  }

  /// Whether F with any instruction is above the limit.
  public func resembles(_ text: String) -> Bool {
    // Words that no instruction has match nothing; they count in the length alone.
    let ids = words.words(of: text).map { idOfWord[String($0)] ?? -1 }
    let sorted = ids.sorted()
    var masks: SubsequenceMasks?
    for (count, others) in texts where exceeds(common: min(count, ids.count), count, ids.count) {
      for other in others {
        guard exceeds(common: overlap(sorted, other.sorted), count, ids.count) else { continue }
        let prepared = masks ?? SubsequenceMasks(ids)
        masks = prepared
        if exceeds(common: prepared.commonLength(with: other.words), count, ids.count) { return true }
      }
    }
    return false
  }

  private func exceeds(common: Int, _ m: Int, _ n: Int) -> Bool {
    guard common > 0 else { return false }
    let (precision, recall) = (Double(common) / Double(m), Double(common) / Double(n))
    return 2 * precision * recall / (precision + recall) > limit
  }

  /// Words that both have, each as often as both do: no common subsequence is longer.
  private func overlap(_ left: [Int32], _ right: [Int32]) -> Int {
    var (i, j, count) = (0, 0, 0)
    while i < left.count, j < right.count {
      if left[i] == right[j] {
        (i, j, count) = (i + 1, j + 1, count + 1)
      } else if left[i] < right[j] {
        i += 1
      } else {
        j += 1
      }
    }
    return count
  }
}

/// Longest common subsequences with one text, 64 of its words at a time.
///
/// - SeeAlso: Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004.
struct SubsequenceMasks {
  private let count: Int
  /// For each word, bit i of limb i / 64 is set where it is word i.
  private var masks: [Int32: [UInt64]] = [:]

  init(_ words: [Int32]) {
    count = words.count
    let limbs = (words.count + 63) / 64
    for (index, word) in words.enumerated() {
      masks[word, default: [UInt64](repeating: 0, count: limbs)][index / 64] |= 1 << UInt64(index % 64)
    }
  }

  /// The length of the longest common subsequence with other words.
  func commonLength(with others: [Int32]) -> Int {
    var row = [UInt64](repeating: .max, count: (count + 63) / 64)
    for word in others {
      guard let mask = masks[word] else { continue }
      var carry: UInt64 = 0
      for limb in row.indices {
        let (value, matched) = (row[limb], row[limb] & mask[limb])
        let (sum, overflow) = value.addingReportingOverflow(matched)
        let (total, carried) = sum.addingReportingOverflow(carry)
        row[limb] = total | (value & ~mask[limb])
        carry = overflow || carried ? 1 : 0
      }
    }
    return (0..<count).count { row[$0 / 64] >> UInt64($0 % 64) & 1 == 0 }
  }
}
