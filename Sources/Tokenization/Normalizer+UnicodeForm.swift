import Foundation

extension Normalizer.UnicodeForm {
  /// The text in this form.
  ///
  /// Only what may change goes through Foundation: each run of characters that are not stable, with the stable one before it,
  /// which may join with them. What stands on two sides of a stable character never does.
  func apply(_ text: [UInt8]) -> [UInt8] {
    guard var index = nextUnstable(text, from: 0) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 8)
    var done = 0
    while true {
      let start = index > done ? text.indexBefore(index) : index
      var end = text.scalar(at: index).next
      while end < text.count {
        let (scalar, next) = text.scalar(at: end)
        if isStable(scalar) { break }
        end = next
      }
      result += text[done..<start]
      result += normalized(text[start..<end])
      done = end
      guard let next = nextUnstable(text, from: end) else { break }
      index = next
    }
    return result + text[done...]
  }

  /// Where the first character at or after `start` begins that is not stable; nil where all are.
  private func nextUnstable(_ text: [UInt8], from start: Int) -> Int? {
    var index = start
    while index < text.count {
      if text[index] < 0x80 {
        index += 1
        continue
      }
      let (scalar, next) = text.scalar(at: index)
      if !isStable(scalar) { return index }
      index = next
    }
    return nil
  }

  /// Whether the form never changes the character and it never joins with one before it. ASCII is in every form; of the others,
  /// blocks in common use are known to be composed already.
  @inline(__always)
  private func isStable(_ scalar: UInt32) -> Bool {
    scalar < 0x80 || (self == .composed && Self.isComposed(scalar))
  }

  /// Whether a character is one that canonical composition neither changes nor joins to another before it; false also where that
  /// is not known. U+0374, U+037E, U+0387 and U+2000, for example, are not.
  static func isComposed(_ scalar: UInt32) -> Bool {
    switch scalar {
    // Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, Devanagari's and Thai's letters
    case 0...0x2FF, 0x388...0x3FF, 0x400...0x482, 0x48A...0x52F, 0x531...0x589, 0x5D0...0x5EA, 0x620...0x64A,
      0x660...0x66F, 0x671...0x6D3, 0x904...0x939, 0xE01...0xE30, 0xE40...0xE46, 0x1E00...0x1EFF:
      true
    // Punctuation, currencies, arrows, mathematics, technical and other symbols
    case 0x2010...0x2027, 0x2030...0x205E, 0x2070...0x209C, 0x20A0...0x20C0, 0x2100...0x2125, 0x212C...0x2328,
      0x232B...0x2ADB, 0x2ADD...0x2BFF:
      true
    // East Asian scripts
    case 0x2E80...0x2FD5, 0x3000...0x3029, 0x3030...0x3096, 0x309B...0x30FF, 0x3105...0x312F, 0x3131...0x318E,
      0x3190...0xA48C, 0xAC00...0xD7A3, 0xFF01...0xFFEE:
      true
    // Pictures; ideographs beyond the first plane
    case 0x1F300...0x1FAFF, 0x20000...0x2F7FF: true
    default: false
    }
  }

  private func normalized(_ text: ArraySlice<UInt8>) -> [UInt8] {
    let string = String(decoding: text, as: UTF8.self)
    let decomposed =
      switch self {
      case .composed, .decomposed: string.decomposedStringWithCanonicalMapping
      case .compatibilityComposed, .compatibilityDecomposed: string.decomposedStringWithCompatibilityMapping
      }
    if self == .decomposed || self == .compatibilityDecomposed { return Array(decomposed.utf8) }
    // Foundation composes what is decomposed, not always what is half composed.
    return Self.joiningHangul(Array(decomposed.precomposedStringWithCanonicalMapping.utf8))
  }

  /// A syllable without a final consonant and the consonant after it are one, which Foundation leaves as two.
  private static func joiningHangul(_ text: [UInt8]) -> [UInt8] {
    let (syllables, finals) = (UInt32(0xAC00)...0xD7A3, UInt32(0x11A8)...0x11C2)
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      let (scalar, next) = text.scalar(at: index)
      result += text[index..<next]
      index = next
      guard next < text.count, syllables.contains(scalar), (scalar - 0xAC00) % 28 == 0 else { continue }
      let (final, after) = text.scalar(at: next)
      guard finals.contains(final), let joined = Unicode.Scalar(scalar + final - 0x11A7) else { continue }
      result.removeLast(3)
      result += Array(String(joined).utf8)
      index = after
    }
    return result
  }
}
