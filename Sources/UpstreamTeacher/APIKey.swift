public import Foundation

/// The key of an endpoint. Its text never appears in descriptions, logs, errors, files or answers.
public struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let secret: String

  /// Reads a key from a file that nobody but its owner can read: one word of visible ASCII characters.
  ///
  /// - Throws: ``UpstreamError/badKeyFile(file:problem:)``.
  public init(file: URL) throws(UpstreamError) {
    let path = file.resolvingSymlinksInPath().path(percentEncoded: false)
    let shown = file.relativePath
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      throw .badKeyFile(file: shown, problem: "cannot be read: check the path")
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular, (attributes[.size] as? Int ?? 0) <= 8192 else {
      throw .badKeyFile(file: shown, problem: "is not a small regular file")
    }
    let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
    guard mode & 0o077 == 0 else {
      throw .badKeyFile(
        file: shown, problem: "others can read it (mode \(String(mode & 0o777, radix: 8))): chmod 600 it")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .badKeyFile(file: shown, problem: "cannot be read: check its permissions")
    }
    let word = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard !word.isEmpty, word.utf8.count <= 4096, word.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw .badKeyFile(file: shown, problem: "does not hold one word of visible ASCII characters")
    }
    secret = word
  }

  /// What `Authorization` carries.
  var authorization: String { "Bearer \(secret)" }

  /// A text without the key, and without pieces of it that an endpoint quotes, such as its first and last letters.
  package func removed(from text: String) -> String {
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map { word -> Substring in
      let letters = word.drop { !$0.isLetter && !$0.isNumber }
      return letters.count >= 6 && secret.hasPrefix(letters.prefix(6)) || word.contains(secret) ? "[key]" : word
    }
    return words.joined(separator: " ")
  }

  /// Hides the secret.
  public var description: String { "API key" }
  /// Hides the secret.
  public var debugDescription: String { description }
  /// Hides the secret.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
