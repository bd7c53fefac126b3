internal import Crypto
internal import Foundation

/// SHA-256 of bytes that come in parts.
struct Digest {
  private var state = SHA256()

  mutating func add(_ bytes: some DataProtocol) { state.update(data: bytes) }

  /// Lower-case hex.
  var hex: String {
    state.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
