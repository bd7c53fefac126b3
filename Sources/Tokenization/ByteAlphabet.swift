/// GPT-2's alphabet: a printable character for each of the 256 bytes.
///
/// Printable characters of Latin-1 stand for themselves; the other bytes, in order, are U+0100, U+0101 and so on.
enum ByteAlphabet {
  /// The scalar of each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) { return byte }
      defer { next += 1 }
      return next
    }
  }()

  /// The byte of each scalar below U+0144; nil where the scalar is not of the alphabet.
  private static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = UInt8(byte) }
    return bytes
  }()

  /// Appends each byte's character as UTF-8.
  static func append(_ text: ArraySlice<UInt8>, to result: inout [UInt8]) {
    for byte in text {
      let scalar = scalars[Int(byte)]
      if scalar < 0x80 {
        result.append(UInt8(scalar))
      } else {
        result.append(UInt8(0xC0 | scalar >> 6))
        result.append(UInt8(0x80 | scalar & 0x3F))
      }
    }
  }

  /// The bytes that a token stands for; a token with a character outside the alphabet stands for its own UTF-8.
  static func decode(_ token: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(token.count)
    var index = 0
    while index < token.count {
      let (scalar, next) = token.scalar(at: index)
      guard scalar < bytes.count, let byte = bytes[Int(scalar)] else { return token }
      result.append(byte)
      index = next
    }
    return result
  }
}
