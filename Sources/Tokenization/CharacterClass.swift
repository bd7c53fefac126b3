/// What the known pre-tokenizer patterns ask of a character.
struct CharacterClass: OptionSet, Sendable {
  let rawValue: UInt8

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

  /// Classes of the Basic Multilingual Plane; the rest is looked up.
  private static let plane: [CharacterClass] = (0..<0x10000).map { compute($0) }

  @inline(__always)
  static func of(_ scalar: UInt32) -> CharacterClass {
    scalar < 0x10000 ? plane[Int(scalar)] : compute(scalar)
  }

  private static func compute(_ value: UInt32) -> CharacterClass {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    var classes: CharacterClass = []
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      classes = [.letter, .word]
    case .decimalNumber: classes = [.number, .word]
    case .letterNumber, .otherNumber: classes = [.number]
    case .nonspacingMark, .spacingMark, .enclosingMark: classes = [.mark, .word]
    case .connectorPunctuation: classes = [.word]
    default: break
    }
    if scalar.properties.isAlphabetic || scalar.properties.isJoinControl { classes.insert(.word) }
    if scalar.properties.isWhitespace { classes.insert(.space) }
    if value == 0x0A || value == 0x0D { classes.insert(.newline) }
    return classes
  }
}
