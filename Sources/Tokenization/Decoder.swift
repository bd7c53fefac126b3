/// How tokens become text: each step maps a list of byte strings to another.
indirect enum Decoder: Sendable {
  case sequence([Decoder])
  /// Characters of GPT-2's alphabet become bytes; the tokens become one.
  case byteLevel
  /// Tokens such as `<0x0A>` become bytes; U+FFFD for each of a run of them that is not UTF-8.
  case byteFallback
  /// The tokens become one.
  case fuse
  /// At most so many of a character taken away at the ends of each token.
  case strip(character: [UInt8], start: Int, stop: Int)
  case replace([UInt8], with: [UInt8])
  /// The mark becomes a space; those of the first token go, where marks are put before a text.
  case metaspace(mark: [UInt8], dropsFirst: Bool)
  /// A mark at the beginning of the first token goes; `dropsAll`: one of each token until something is left.
  case beginning(mark: [UInt8], dropsAll: Bool)
  /// A word's last token has a suffix: it becomes a space, and goes at the very end.
  case suffix([UInt8])
  /// Tokens that go on a word have a prefix: it goes, and the others get a space before them.
  case continuation(prefix: [UInt8], cleansUp: Bool)

  init(_ field: JSONField) throws(TokenizerError) {
    let kind = try field.required("type").string()
    switch kind {
    case "Sequence":
      var parts: [Decoder] = []
      for part in try field.required("decoders").array() { parts.append(try Decoder(part)) }
      self = .sequence(parts)
      try TextGrowth.check(growth, field)
    case "ByteLevel": self = .byteLevel
    case "ByteFallback": self = .byteFallback
    case "Fuse": self = .fuse
    case "Strip":
      let content = try field.required("content")
      let character = try content.string()
      guard character.unicodeScalars.count == 1 else { throw content.invalid("expected one character") }
      let (start, stop) = (try field.required("start").tokenID(), try field.required("stop").tokenID())
      self = .strip(character: Array(character.utf8), start: Int(start), stop: Int(stop))
    case "Replace":
      let pattern = try field.required("pattern")
      let new = Array(try field.required("content").string().utf8)
      if let expression = try pattern.optional("Regex") {
        throw expression.unsupported("the regular expression \(try expression.string().prefix(200)) of a decoder")
      }
      self = .replace(Array(try pattern.required("String").string().utf8), with: new)
    case "BPEDecoder":
      self = .suffix(Array((try field.optional("suffix")?.string() ?? "</w>").utf8))
    case "WordPiece":
      self = .continuation(
        prefix: Array((try field.optional("prefix")?.string() ?? "##").utf8),
        cleansUp: try field.flag("cleanup", default: true))
    case "Metaspace":
      self = .metaspace(mark: try field.metaspaceMark(), dropsFirst: try MetaspacePrefix(field) != .never)
    default: throw try field.required("type").unsupported("decoder \"\(kind)\"")
    }
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .sequence(let parts): parts.reduce(tokens) { $1.decode($0) }
    case .byteLevel: [Array(String(decoding: tokens.flatMap(ByteAlphabet.decode), as: UTF8.self).utf8)]
    case .byteFallback: Self.joinBytes(tokens)
    case .fuse: [Array(tokens.joined())]
    case .strip(let character, let start, let stop): tokens.map { Self.strip($0, character, start, stop) }
    case .replace(let old, let new): tokens.map { $0.replacing(old, with: new) }
    case .beginning(let mark, let dropsAll): Self.withoutFirstMarks(tokens, mark, dropsAll: dropsAll)
    case .suffix(let suffix):
      tokens.enumerated().map { $1.replacing(suffix, with: $0 == tokens.count - 1 ? [] : [0x20]) }
    case .continuation(let prefix, let cleansUp): Self.joinWords(tokens, prefix, cleansUp: cleansUp)
    case .metaspace(let mark, let dropsFirst):
      tokens.enumerated().map { $1.replacing(mark, with: $0 == 0 && dropsFirst ? [] : [0x20]) }
    }
  }

  /// What ``decode(_:)`` makes of each token, bytes that are no letter yet left as they are. Whoever asks compares the parts
  /// with the whole: what is taken away at the ends of joined tokens goes at the ends of the first and the last.
  func pieces(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .sequence(let parts):
      var (result, isJoined) = (tokens, false)
      for part in parts {
        if isJoined, case .strip(let character, let start, let stop) = part {
          if let first = result.first { result[0] = Self.strip(first, character, start, 0) }
          if let last = result.last { result[result.count - 1] = Self.strip(last, character, 0, stop) }
        } else {
          result = part.pieces(result)
        }
        if case .fuse = part { isJoined = true }
      }
      return result
    case .byteLevel: return tokens.map(ByteAlphabet.decode)
    case .byteFallback: return tokens.map { token in Self.byteValue(token).map { [$0] } ?? token }
    case .fuse: return tokens
    default: return decode(tokens)
    }
  }

  private static func joinBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func endRun() {
      if String(validating: run, as: UTF8.self) != nil {
        if !run.isEmpty { result.append(run) }
      } else {
        result += [[UInt8]](repeating: Array("\u{FFFD}".utf8), count: run.count)
      }
      run = []
    }
    for token in tokens {
      if let byte = byteValue(token) {
        run.append(byte)
      } else {
        endRun()
        result.append(token)
      }
    }
    endRun()
    return result
  }

  private static func withoutFirstMarks(_ tokens: [[UInt8]], _ mark: [UInt8], dropsAll: Bool) -> [[UInt8]] {
    var result = tokens
    for index in tokens.indices {
      if tokens[index].starts(with: mark) { result[index].removeFirst(mark.count) }
      if !dropsAll || !result[index].isEmpty { break }
    }
    return result
  }

  private static func joinWords(_ tokens: [[UInt8]], _ prefix: [UInt8], cleansUp: Bool) -> [[UInt8]] {
    tokens.enumerated().map { index, token in
      var result = token
      if index > 0 { result = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token }
      guard cleansUp else { return result }
      let spaced = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
      ]
      return spaced.reduce(result) { $0.replacing(Array($1.0.utf8), with: Array($1.1.utf8)) }
    }
  }

  /// The byte that a token such as `<0x0A>` names.
  private static func byteValue(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }

  private static func strip(_ token: [UInt8], _ character: [UInt8], _ start: Int, _ stop: Int) -> [UInt8] {
    var (first, end) = (0, token.count)
    for _ in 0..<start {
      guard token.matches(character, at: first) else { break }
      first += character.count
    }
    for _ in 0..<stop {
      guard end - character.count >= first, token.matches(character, at: end - character.count) else { break }
      end -= character.count
    }
    return Array(token[first..<end])
  }
}
