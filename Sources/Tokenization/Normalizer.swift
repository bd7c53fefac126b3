/// What is done to a text before it is split.
indirect enum Normalizer: Sendable {
  case sequence([Normalizer])
  /// A canonical or compatibility form of Unicode.
  case form(UnicodeForm)
  /// Text put before a text that is not empty.
  case prepend([UInt8])
  /// Every occurrence of a string replaced.
  case replace([UInt8], with: [UInt8])
  /// Each character in lower case.
  case lowercase
  /// White space taken away at the ends.
  case strip(left: Bool, right: Bool)
  /// Combining marks taken away.
  case stripAccents
  /// Every match of a known pattern replaced.
  case replaceMatches(of: Splitter, with: [UInt8])
  /// A SentencePiece model's map of characters, as `tokenizers` applies it.
  case mapped(CharacterMap)
  /// Control characters taken away, and what counts as white space made a space.
  case controlFree
  /// Each byte becomes its character of GPT-2's alphabet.
  case byteLevel
  /// What BERT does to a text.
  case bert(BertNormalizer)
  /// What a SentencePiece model does to a text.
  case sentencePiece(SentencePieceNormalizer)

  enum UnicodeForm: String, Sendable {
    case composed = "NFC"
    case decomposed = "NFD"
    case compatibilityComposed = "NFKC"
    case compatibilityDecomposed = "NFKD"
  }

  init(_ field: JSONField) throws(TokenizerError) {
    let kind = try field.required("type").string()
    if let form = UnicodeForm(rawValue: kind) {
      self = .form(form)
      return
    }
    switch kind {
    case "Sequence":
      var parts: [Normalizer] = []
      for part in try field.required("normalizers").array() { parts.append(try Normalizer(part)) }
      self = .sequence(parts)
      try TextGrowth.check(growth, field)
    case "Prepend": self = .prepend(Array(try field.required("prepend").string().utf8))
    case "Replace":
      self = try Self.replacement(field)
    case "StripAccents": self = .stripAccents
    case "Precompiled": self = .mapped(try CharacterMap(field.required("precompiled_charsmap")))
    case "Nmt": self = .controlFree
    case "ByteLevel": self = .byteLevel
    case "BertNormalizer": self = .bert(try BertNormalizer(field))
    case "Lowercase": self = .lowercase
    case "Strip":
      self = .strip(
        left: try field.flag("strip_left", default: true), right: try field.flag("strip_right", default: true))
    default: throw try field.required("type").unsupported("normalizer \"\(kind)\"")
    }
  }

  /// Reads a `Replace`: of a string, or of a known pattern.
  private static func replacement(_ field: JSONField) throws(TokenizerError) -> Normalizer {
    let pattern = try field.required("pattern")
    let new = Array(try field.required("content").string().utf8)
    if let text = try pattern.optional("String") { return .replace(Array(try text.string().utf8), with: new) }
    let expression = try pattern.required("Regex")
    let text = try expression.string()
    if !text.contains(where: { #"\^$.|?*+()[]{}"#.contains($0) }) { return .replace(Array(text.utf8), with: new) }
    guard let splitter = Splitter(expression: text) else {
      throw expression.unsupported("the regular expression \(text.prefix(200))")
    }
    return .replaceMatches(of: splitter, with: new)
  }

  /// Whether the text loses its first character: what is left does then not stand at the beginning of the text.
  func dropsFirst(of text: [UInt8]) -> Bool {
    guard let first = text.first else { return false }
    let next = text.scalar(at: 0).next
    switch self {
    case .sequence(let parts):
      var text = text
      for part in parts {
        if part.dropsFirst(of: text) { return true }
        text = part.normalize(Array(text.prefix(Self.firstPart)))
      }
      return false
    case .form, .prepend, .lowercase, .byteLevel, .sentencePiece: return false
    case .replace(let old, let new): return new.isEmpty && first == old.first && text.matches(old, at: 0)
    case .strip, .stripAccents, .controlFree, .bert: return normalize(Array(text[..<next])).isEmpty
    case .mapped: return normalize(Array(text[..<next])).isEmpty
    case .replaceMatches(let splitter, let new):
      let part = text.prefix(Self.firstPart)
      return new.isEmpty && splitter.parts(of: Array(part), in: 0..<part.count).first?.matches == true
    }
  }

  /// Bytes that decide what becomes of the first character.
  private static let firstPart = 4096

  /// - Parameter continues: Whether the text goes on from other text; its beginning is then left as it is.
  func normalize(_ text: [UInt8], continues: Bool = false) -> [UInt8] {
    switch self {
    case .sequence(let parts): parts.reduce(text) { $1.normalize($0, continues: continues) }
    case .form(let form): form.apply(text)
    case .prepend(let prefix): text.isEmpty || continues ? text : prefix + text
    case .replace(let old, let new): text.replacing(old, with: new)
    case .lowercase: Self.lowercased(text)
    case .strip(let left, let right): Self.stripped(text, left: left && !continues, right: right)
    case .stripAccents: Self.filtered(text) { !CharacterClass.of($0).contains(.mark) }
    case .replaceMatches(let splitter, let new): Self.replaced(text, splitter, with: new)
    case .mapped(let map): map.normalize(text)
    case .controlFree: Self.withoutControls(text)
    case .byteLevel: Self.byteLevel(text)
    case .bert(let normalizer): normalizer.normalize(text)
    case .sentencePiece(let normalizer): normalizer.normalize(text, continues: continues)
    }
  }

  /// Each character in lower case.
  static func lowercased(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      result += Array(scalar.properties.lowercaseMapping.utf8)
    }
    return result
  }

  private static func filtered(_ text: [UInt8], _ isKept: (UInt32) -> Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      let (scalar, next) = text.scalar(at: index)
      if isKept(scalar) { result += text[index..<next] }
      index = next
    }
    return result
  }

  private static func replaced(_ text: [UInt8], _ splitter: Splitter, with new: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for part in splitter.parts(of: text, in: 0..<text.count) { result += part.matches ? new[...] : text[part.range] }
    return result
  }

  private static func byteLevel(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(2 * text.count)
    ByteAlphabet.append(text[...], to: &result)
    return result
  }

  /// What machine translation at Google did first, as SentencePiece's `nmt_nfkc` and `tokenizers`' `Nmt` say.
  private static func withoutControls(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      let (scalar, next) = text.scalar(at: index)
      switch scalar {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: result.append(0x20)
      default: result += text[index..<next]
      }
      index = next
    }
    return result
  }

  private static func stripped(_ text: [UInt8], left: Bool, right: Bool) -> [UInt8] {
    var (start, end) = (0, text.count)
    while left, start < end {
      let (scalar, next) = text.scalar(at: start)
      guard CharacterClass.of(scalar).contains(.space) else { break }
      start = next
    }
    while right, start < end {
      let last = text.indexBefore(end)
      guard CharacterClass.of(text.scalar(at: last).value).contains(.space) else { break }
      end = last
    }
    return Array(text[start..<end])
  }
}
