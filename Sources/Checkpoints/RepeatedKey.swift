internal import Foundation

/// Finds a key that stands twice in an object of a JSON document.
///
/// Foundation's decoders keep one of two equal keys without a word, which lets a file show two readers two models.
enum RepeatedKey {
  /// An object, or a list, that is not closed yet.
  private struct Level {
    /// Those so far; nil in a list.
    var keys: Set<String>?
    /// The last of them.
    var key = ""
  }

  /// The first such key with those around it, such as `rope_scaling.factor`; nil where there is none.
  ///
  /// - Parameter json: UTF-8 that a decoder has read: its grammar is not checked again.
  static func first(in json: Data) -> String? {
    let bytes = [UInt8](json)
    var levels: [Level] = []
    var isKeyNext = false
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "{"): levels.append(Level(keys: []))
      case UInt8(ascii: "["): levels.append(Level())
      case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
      case UInt8(ascii: ","): break
      case UInt8(ascii: "\""):
        let end = endOfString(bytes, from: position)
        if isKeyNext, let last = levels.indices.last {
          let key = text(bytes[position..<end])
          levels[last].key = key
          guard levels[last].keys?.insert(key).inserted ?? true else {
            return levels.filter { $0.keys != nil }.map(\.key).joined(separator: ".")
          }
        }
        position = min(end + 1, bytes.count)
        isKeyNext = false
        continue
      default: continue
      }
      isKeyNext = byte != UInt8(ascii: "}") && byte != UInt8(ascii: "]") && levels.last?.keys != nil
    }
    return nil
  }

  /// Where the quotation mark stands that ends a string.
  private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
    var position = start
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(position, bytes.count)
  }

  /// The text of a string's content: `\u0061` is `a`.
  private static func text(_ content: ArraySlice<UInt8>) -> String {
    let plain = String(decoding: content, as: UTF8.self)
    guard content.contains(UInt8(ascii: "\\")) else { return plain }
    return (try? JSONDecoder().decode(String.self, from: Data("\"\(plain)\"".utf8))) ?? plain
  }
}
