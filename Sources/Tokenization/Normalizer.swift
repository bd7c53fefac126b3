import Foundation

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
    case "Prepend": self = .prepend(Array(try field.required("prepend").string().utf8))
    case "Replace":
      let (old, new) = try field.replacement()
      self = .replace(old, with: new)
    case "Lowercase": self = .lowercase
    case "Strip":
      self = .strip(
        left: try field.flag("strip_left", default: true), right: try field.flag("strip_right", default: true))
    default: throw try field.required("type").unsupported("normalizer \"\(kind)\"")
    }
  }

  /// - Parameter continues: Whether the text goes on from other text; its beginning is then left as it is.
  func normalize(_ text: [UInt8], continues: Bool = false) -> [UInt8] {
    switch self {
    case .sequence(let parts): parts.reduce(text) { $1.normalize($0, continues: continues) }
    case .form(let form): form.apply(text)
    case .prepend(let prefix): text.isEmpty || continues ? text : prefix + text
    case .replace(let old, let new): text.replacing(old, with: new)
    case .lowercase: Self.lowercased(text)
    case .strip(let left, let right): Self.stripped(text, left: left && !continues, right: right)
    }
  }

  private static func lowercased(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      result += Array(scalar.properties.lowercaseMapping.utf8)
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

extension Normalizer.UnicodeForm {
  func apply(_ text: [UInt8]) -> [UInt8] {
    // Below U+0300 every text is composed already; ASCII is in every form.
    let unchanged: UInt8 = self == .composed ? 0xCC : 0x80
    if text.allSatisfy({ $0 < unchanged }) { return text }
    let string = String(decoding: text, as: UTF8.self)
    let normalized =
      switch self {
      case .composed: string.precomposedStringWithCanonicalMapping
      case .decomposed: string.decomposedStringWithCanonicalMapping
      case .compatibilityComposed: string.precomposedStringWithCompatibilityMapping
      case .compatibilityDecomposed: string.decomposedStringWithCompatibilityMapping
      }
    return Array(normalized.utf8)
  }
}

extension JSONField {
  /// The pattern and content of a `Replace`; the pattern is a plain string, or a regular expression without operators.
  func replacement() throws(TokenizerError) -> (old: [UInt8], new: [UInt8]) {
    let pattern = try required("pattern")
    let new = Array(try required("content").string().utf8)
    if let text = try pattern.optional("String") { return (Array(try text.string().utf8), new) }
    let expression = try pattern.required("Regex")
    let text = try expression.string()
    guard !text.contains(where: { #"\^$.|?*+()[]{}"#.contains($0) }) else {
      throw expression.unsupported("the regular expression \(text)")
    }
    return (Array(text.utf8), new)
  }
}
