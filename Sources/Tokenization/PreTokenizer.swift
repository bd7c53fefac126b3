/// A text cut into pieces: consecutive ranges of `text`, some of which may be left out.
struct Pieces {
  var text: [UInt8]
  var ranges: [Range<Int>]
  /// Whether the first piece stands at the very beginning of the whole text.
  var isFirst: Bool
  /// Whether the whole text goes on from other text: a first piece gets nothing put before it.
  var continues = false
  /// Whether each byte still is to become its character of GPT-2's alphabet: bytes that are as good as these characters for
  /// finding a piece's ids need not be rewritten.
  fileprivate(set) var isToBeWritten = false
}

/// How a text is cut into pieces before pairs are merged; no merge crosses a cut.
indirect enum PreTokenizer: Sendable {
  case sequence([PreTokenizer])
  /// Each byte becomes a character of GPT-2's alphabet, after a cut by `pattern`.
  case byteLevel(addsSpace: Bool, pattern: KnownPattern?)
  /// Spaces become `mark`, which is put before a piece as `prefix` says; `cuts`: before each mark.
  case metaspace(mark: [UInt8], prefix: MetaspacePrefix, cuts: Bool)
  /// `inverts`: what does not match counts as what does.
  case split(Splitter, SplitBehavior, inverts: Bool)

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
      let limit = try field.flag("individual_digits", default: false) ? 1 : Int.max
      self = .split(.run(of: .number, limit: limit), .isolated, inverts: false)
    case "WhitespaceSplit": self = .split(.run(of: .space, limit: 1), .removed, inverts: false)
    case "Whitespace": self = .split(try Self.known(#"\w+|[^\w\s]+"#, for: field), .removed, inverts: true)
    case "BertPreTokenizer":
      self = .sequence([
        .split(.run(of: .space, limit: 1), .removed, inverts: false), .split(.punctuation, .isolated, inverts: false),
      ])
    case "Punctuation":
      let behavior = try field.optional("behavior")
      self = .split(.punctuation, try behavior.map(Self.behavior) ?? .isolated, inverts: false)
    case "CharDelimiterSplit":
      self = .split(.literal(Array(try field.required("delimiter").string().utf8)), .removed, inverts: false)
    case "Split": self = try Self.split(field)
    default: throw try field.required("type").unsupported("pre-tokenizer \"\(kind)\"")
    }
  }

  private static func split(_ field: JSONField) throws(TokenizerError) -> PreTokenizer {
    let inverts = try field.flag("invert", default: false)
    let behavior = try Self.behavior(field.required("behavior"))
    let pattern = try field.required("pattern")
    if let literal = try pattern.optional("String") {
      return .split(.literal(Array(try literal.string().utf8)), behavior, inverts: inverts)
    }
    let expression = try pattern.required("Regex")
    return .split(try known(expression.string(), for: expression), behavior, inverts: inverts)
  }

  private static func known(_ expression: String, for field: JSONField) throws(TokenizerError) -> Splitter {
    guard let splitter = Splitter(expression: expression) else {
      throw field.unsupported("the pre-tokenizer pattern \(expression.prefix(200))")
    }
    return splitter
  }

  private static func behavior(_ name: JSONField) throws(TokenizerError) -> SplitBehavior {
    guard let behavior = SplitBehavior(rawValue: try name.string().lowercased()) else {
      throw name.unsupported("behavior \"\(try name.string())\"")
    }
    return behavior
  }

  /// Whether the first piece of a text is treated in another way than the others.
  var asksForFirst: Bool {
    switch self {
    case .sequence(let parts): parts.contains(where: \.asksForFirst)
    case .metaspace(_, let prefix, _): prefix == .first
    case .byteLevel, .split: false
    }
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
      if let pattern { pieces.cut(.pattern(pattern), .isolated, inverts: false) }
      pieces.writeBytesLater()
    case .metaspace(let mark, let prefix, let cuts):
      let continues = pieces.continues
      pieces.rewrite { text, range, result, isFirst in
        let marked = Array(text[range]).replacing([0x20], with: mark)
        let takesMark = isFirst ? prefix != .never && !continues : prefix == .always
        if takesMark, !marked.starts(with: mark) { result += mark }
        result += marked
      }
      if cuts { pieces.cut(.literal(mark), .mergedWithNext, inverts: false) }
    case .split(let splitter, let behavior, let inverts): pieces.cut(splitter, behavior, inverts: inverts)
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
  /// Has each byte become its character of GPT-2's alphabet, once the characters are asked for.
  fileprivate mutating func writeBytesLater() {
    writeBytes()
    isToBeWritten = true
  }

  private mutating func writeBytes() {
    guard isToBeWritten else { return }
    isToBeWritten = false
    rewrite { text, range, result, _ in ByteAlphabet.append(text[range], to: &result) }
  }

  /// Rewrites every piece; `write` gets the text, the piece, the new text to append to, and whether it is the first.
  mutating func rewrite(_ write: ([UInt8], Range<Int>, inout [UInt8], Bool) -> Void) {
    writeBytes()
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
  mutating func cut(_ splitter: Splitter, _ behavior: SplitBehavior, inverts: Bool) {
    writeBytes()
    var newRanges: [Range<Int>] = []
    newRanges.reserveCapacity(text.count / 4)
    for range in ranges {
      if case .pattern(let pattern) = splitter, pattern.matchesEverywhere, behavior == .isolated {
        var start = range.lowerBound
        while start < range.upperBound {
          let end = pattern.pieceEnd(text, from: start, to: range.upperBound)
          newRanges.append(start..<end)
          start = end
        }
      } else {
        let parts = splitter.parts(of: text, in: range)
        newRanges += behavior.pieces(inverts ? parts.map { ($0.range, !$0.matches) } : parts)
      }
    }
    if let first = newRanges.first, let before = ranges.first, first.lowerBound != before.lowerBound { isFirst = false }
    ranges = newRanges
  }
}
