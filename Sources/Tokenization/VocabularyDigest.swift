import Crypto

/// The digest by which two models know that their token ids mean the same.
///
/// SHA-256 over these bytes; every number is an unsigned 32-bit little-endian integer:
///
///  1. the ASCII text `retort.vocabulary.v1` and one byte 0;
///  2. V, the number of ids;
///  3. for each id from 0 to V − 1: the token's number of bytes and its UTF-8, as the vocabulary writes it;
///     `0xFFFFFFFF` alone for an id that no token has;
///  4. the number of merges, then for each, in the order of rank: left id, right id, id of the result;
///  5. the number of special added tokens, then their ids in ascending order;
///  6. the id of BOS, then of EOS; `0xFFFFFFFF` for none;
///  7. in a unigram model, the score of each of its tokens in id order, as a little-endian float64.
enum VocabularyDigest {
  static func hex(of parts: TokenizerParts) -> String {
    var bytes = Array("retort.vocabulary.v1\0".utf8)
    append(UInt32(parts.tokens.count), to: &bytes)
    for token in parts.tokens {
      append(token.map { UInt32($0.bytes.count) } ?? .max, to: &bytes)
      bytes += token?.bytes ?? []
    }
    let merges = parts.model.merges
    append(UInt32(merges.count), to: &bytes)
    for merge in merges {
      for number in [merge.left, merge.right, merge.result] { append(number, to: &bytes) }
    }
    let special = Set(parts.addedTokens.filter(\.isSpecial).map(\.id)).sorted()
    append(UInt32(special.count), to: &bytes)
    for id in special { append(id, to: &bytes) }
    append(parts.special.bosID ?? .max, to: &bytes)
    append(parts.special.eosID ?? .max, to: &bytes)
    for score in parts.model.scores {
      append(UInt32(truncatingIfNeeded: score.bitPattern), to: &bytes)
      append(UInt32(truncatingIfNeeded: score.bitPattern >> 32), to: &bytes)
    }
    return hex(bytes)
  }

  /// SHA-256 in lower-case hex.
  static func hex(_ bytes: [UInt8]) -> String {
    SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
  }
}
