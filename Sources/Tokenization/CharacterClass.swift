/// What the known pre-tokenizer patterns ask of a character.
struct CharacterClass: OptionSet, Sendable, Hashable {
  let rawValue: UInt16

  /// `\p{L}`
  static let letter = CharacterClass(rawValue: 1)
  /// `\p{N}`
  static let number = CharacterClass(rawValue: 2)
  /// `\s`
  static let space = CharacterClass(rawValue: 4)
  /// `[\r\n]`
  static let newline = CharacterClass(rawValue: 8)
  /// `\p{M}`
  static let mark = CharacterClass(rawValue: 16)
  /// `\w`
  static let word = CharacterClass(rawValue: 32)
  /// `\p{P}`
  static let punctuation = CharacterClass(rawValue: 64)
  /// `\p{S}`
  static let symbol = CharacterClass(rawValue: 128)
  /// `\p{Lu}`
  static let upper = CharacterClass(rawValue: 256)
  /// `\p{Ll}`
  static let lower = CharacterClass(rawValue: 512)
  /// `\p{Lt}`
  static let title = CharacterClass(rawValue: 1024)
  /// `\p{Lm}`
  static let modifier = CharacterClass(rawValue: 2048)
  /// `\p{Lo}`
  static let otherLetter = CharacterClass(rawValue: 4096)
  /// `\p{Nd}`
  static let digit = CharacterClass(rawValue: 8192)

  /// Classes of the Basic Multilingual Plane; the rest is looked up.
  private static let plane: [CharacterClass] = (0..<0x10000).map { compute($0) }

  @inline(__always)
  static func of(_ scalar: UInt32) -> CharacterClass {
    let isLetter = (scalar | 0x20) &- 0x61 < 26
    if isLetter { return scalar & 0x20 == 0 ? [.letter, .word, .upper] : [.letter, .word, .lower] }
    if scalar == 0x20 { return .space }
    return scalar < 0x10000 ? plane[Int(scalar)] : compute(scalar)
  }

  private static func compute(_ value: UInt32) -> CharacterClass {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    var classes = ofCategory(scalar.properties.generalCategory)
    if scalar.properties.isAlphabetic || scalar.properties.isJoinControl { classes.insert(.word) }
    if scalar.properties.isWhitespace { classes.insert(.space) }
    if value == 0x0A || value == 0x0D { classes.insert(.newline) }
    return classes
  }

  private static func ofCategory(_ category: Unicode.GeneralCategory) -> CharacterClass {
    switch category {
    case .uppercaseLetter: [.letter, .word, .upper]
    case .lowercaseLetter: [.letter, .word, .lower]
    case .titlecaseLetter: [.letter, .word, .title]
    case .modifierLetter: [.letter, .word, .modifier]
    case .otherLetter: [.letter, .word, .otherLetter]
    case .decimalNumber: [.number, .word, .digit]
    case .letterNumber, .otherNumber: [.number]
    case .nonspacingMark, .spacingMark, .enclosingMark: [.mark, .word]
    case .connectorPunctuation: [.word, .punctuation]
    case .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
      .otherPunctuation:
      [.punctuation]
    case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: [.symbol]
    default: []
    }
  }
}
