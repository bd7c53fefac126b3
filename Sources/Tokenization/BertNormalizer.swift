/// What BERT does to a text before it is split, as `tokenizers`' `BertNormalizer` says.
struct BertNormalizer: Sendable {
  /// Control characters taken away, and white space made a space.
  let cleansText: Bool
  /// A space on both sides of each Chinese character.
  let separatesChinese: Bool
  /// Combining marks without width taken away, after canonical decomposition.
  let stripsAccents: Bool
  /// Each character in lower case.
  let lowercases: Bool

  init(_ field: JSONField) throws(TokenizerError) {
    cleansText = try field.flag("clean_text", default: true)
    separatesChinese = try field.flag("handle_chinese_chars", default: true)
    lowercases = try field.flag("lowercase", default: true)
    // Null, and left out: as the text's case.
    stripsAccents = try field.flag("strip_accents", default: lowercases)
  }

  func normalize(_ text: [UInt8]) -> [UInt8] {
    var text = text
    if cleansText { text = Self.rewritten(text, Self.clean) }
    if separatesChinese { text = Self.rewritten(text) { Self.isChinese($0) ? [" ", $0, " "] : [$0] } }
    if stripsAccents {
      text = Normalizer.UnicodeForm.decomposed.apply(text)
      text = Self.rewritten(text) { $0.properties.generalCategory == .nonspacingMark ? [] : [$0] }
    }
    return lowercases ? Normalizer.lowercased(text) : text
  }

  private static func rewritten(_ text: [UInt8], _ body: (Unicode.Scalar) -> [Unicode.Scalar]) -> [UInt8] {
    var result = ""
    result.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      result.unicodeScalars.append(contentsOf: body(scalar))
    }
    return Array(result.utf8)
  }

  private static func clean(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    switch scalar {
    case "\t", "\n", "\r": return [" "]
    case "\0", "\u{FFFD}": return []
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: return []
    default: return [scalar.properties.isWhitespace ? " " : scalar]
    }
  }

  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2B81F, 0x2B920...0x2CEAF,
      0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
