/// A text cut into pieces: consecutive ranges of `text`, some of which may be left out.
struct Pieces {
  var text: [UInt8]
  var ranges: [Range<Int>]
  /// Whether the first piece stands at the very beginning of the whole text.
  var isFirst: Bool
  /// Whether the whole text goes on from other text: a first piece gets nothing put before it.
  var continues = false
}

/// How a text is cut into pieces before pairs are merged; no merge crosses a cut.
indirect enum PreTokenizer: Sendable {
  case sequence([PreTokenizer])
  /// Each byte becomes a character of GPT-2's alphabet, after a cut by `pattern`.
  case byteLevel(addsSpace: Bool, pattern: KnownPattern?)
  /// Spaces become `mark`, which is put before a piece as `prefix` says; `cuts`: before each mark.
  case metaspace(mark: [UInt8], prefix: MetaspacePrefix, cuts: Bool)
  case split(Splitter, SplitBehavior)

  init(_ field: JSONField) throws(TokenizerError) {
    let kind = try field.required("type").string()
    switch kind {
    case "Sequence":
      var parts: [PreTokenizer] = []
      for part in try field.required("pretokenizers").array() { parts.append(try PreTokenizer(part)) }
      self = .sequence(parts)
    case "ByteLevel":
      let usesPattern = try field.flag("use_regex", default: true)
      self = .byteLevel(
        addsSpace: try field.flag("add_prefix_space", default: true), pattern: usesPattern ? .gpt2 : nil)
    case "Metaspace":
      self = .metaspace(
        mark: try field.metaspaceMark(), prefix: try MetaspacePrefix(field),
        cuts: try field.flag("split", default: true))
    case "Digits":
      self = .split(.numbers, try field.flag("individual_digits", default: false) ? .isolated : .contiguous)
    case "WhitespaceSplit": self = .split(.whiteSpace, .removed)
    case "Split": self = try Self.split(field)
    default: throw try field.required("type").unsupported("pre-tokenizer \"\(kind)\"")
    }
  }

  private static func split(_ field: JSONField) throws(TokenizerError) -> PreTokenizer {
    let inverts = try field.flag("invert", default: false)
    let name = try field.required("behavior")
    guard let behavior = SplitBehavior(rawValue: try name.string().lowercased()) else {
      throw name.unsupported("behavior \"\(try name.string())\"")
    }
    let pattern = try field.required("pattern")
    if let literal = try pattern.optional("String") {
      let text = Array(try literal.string().utf8)
      return .split(inverts ? .notLiteral(text) : .literal(text), behavior)
    }
    let expression = try pattern.required("Regex")
    let text = try expression.string()
    if let known = KnownPattern(text) {
      // The pattern matches everything: removing what does not match removes nothing.
      guard behavior == .isolated || (behavior == .removed && inverts) else {
        throw name.unsupported("behavior \"\(behavior.rawValue)\" of a pattern that matches everything")
      }
      return .split(.pattern(known), .isolated)
    }
    guard !inverts, let splitter = Splitter(expression: text) else {
      throw expression.unsupported("the pre-tokenizer pattern \(text)")
    }
    return .split(splitter, behavior)
  }

  func apply(_ pieces: inout Pieces) {
    switch self {
    case .sequence(let parts): for part in parts { part.apply(&pieces) }
    case .byteLevel(let addsSpace, let pattern):
      if addsSpace {
        let continues = pieces.continues
        pieces.rewrite { text, range, result, isFirst in
          if text[range.lowerBound] != 0x20, !(isFirst && continues) { result.append(0x20) }
          result += text[range]
        }
      }
      if let pattern { pieces.cut(.pattern(pattern), .isolated) }
      pieces.rewrite { text, range, result, _ in ByteAlphabet.append(text[range], to: &result) }
    case .metaspace(let mark, let prefix, let cuts):
      let continues = pieces.continues
      pieces.rewrite { text, range, result, isFirst in
        let marked = Array(text[range]).replacing([0x20], with: mark)
        let takesMark = isFirst ? prefix != .never && !continues : prefix == .always
        if takesMark, !marked.starts(with: mark) { result += mark }
        result += marked
      }
      if cuts { pieces.cut(.literal(mark), .mergedWithNext) }
    case .split(let splitter, let behavior): pieces.cut(splitter, behavior)
    }
  }
}

/// Where a `Metaspace` puts its mark before a piece that has none.
enum MetaspacePrefix: String, Sendable {
  case always, first, never

  /// Reads `prepend_scheme`, or the older `add_prefix_space`.
  init(_ field: JSONField) throws(TokenizerError) {
    guard let scheme = try field.optional("prepend_scheme") else {
      self = try field.flag("add_prefix_space", default: true) ? .always : .never
      return
    }
    guard let prefix = MetaspacePrefix(rawValue: try scheme.string()) else {
      throw scheme.unsupported("prepend_scheme \"\(try scheme.string())\"")
    }
    self = prefix
  }
}

extension JSONField {
  /// The one character that stands for a space; "▁" where unset.
  func metaspaceMark() throws(TokenizerError) -> [UInt8] {
    guard let field = try optional("replacement") else { return Array("▁".utf8) }
    let mark = try field.string()
    guard mark.unicodeScalars.count == 1 else { throw field.invalid("expected one character") }
    return Array(mark.utf8)
  }
}

extension Pieces {
  /// Rewrites every piece; `write` gets the text, the piece, the new text to append to, and whether it is the first.
  mutating func rewrite(_ write: ([UInt8], Range<Int>, inout [UInt8], Bool) -> Void) {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 2)
    var newRanges: [Range<Int>] = []
    newRanges.reserveCapacity(ranges.count)
    for (index, range) in ranges.enumerated() {
      let start = result.count
      write(text, range, &result, isFirst && index == 0)
      newRanges.append(start..<result.count)
    }
    (text, ranges) = (result, newRanges)
  }

  /// Cuts every piece.
  mutating func cut(_ splitter: Splitter, _ behavior: SplitBehavior) {
    var newRanges: [Range<Int>] = []
    newRanges.reserveCapacity(text.count / 4)
    for range in ranges {
      if case .pattern(let pattern) = splitter {
        var start = range.lowerBound
        while start < range.upperBound {
          let end = pattern.pieceEnd(text, from: start, to: range.upperBound)
          newRanges.append(start..<end)
          start = end
        }
      } else {
        newRanges += behavior.pieces(splitter.parts(of: text, in: range))
      }
    }
    if let first = newRanges.first, let before = ranges.first, first.lowerBound != before.lowerBound { isFirst = false }
    ranges = newRanges
  }
}
