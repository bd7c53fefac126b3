extension BytePairEncoder {
  /// Reads the `model` of a `tokenizer.json`.
  convenience init(_ field: JSONField) throws(TokenizerError) {
    if let dropout = try field.optional("dropout") {
      guard case .number(0) = dropout.value else { throw dropout.unsupported("dropout") }
    }
    let vocabulary = try Self.vocabulary(field.required("vocab"))
    let prefix = Array((try field.optional("continuing_subword_prefix")?.string() ?? "").utf8)
    let suffix = Array((try field.optional("end_of_word_suffix")?.string() ?? "").utf8)
    var merges = MergeReader(vocabulary: vocabulary, prefixLength: prefix.count)
    try Self.readMerges(field.required("merges"), into: &merges)
    var unknownID: UInt32?
    if let unknown = try field.optional("unk_token") {
      let text = try unknown.string()
      unknownID = vocabulary[ByteString(text)]
      if unknownID == nil { throw .unknownToken(file: unknown.file, field: unknown.path, token: text) }
    }
    self.init(
      vocabulary: vocabulary, merges: merges.merges, unknownID: unknownID,
      fusesUnknown: try field.flag("fuse_unk", default: false),
      fallsBackToBytes: try field.flag("byte_fallback", default: false),
      ignoresMerges: try field.flag("ignore_merges", default: false), prefix: prefix, suffix: suffix)
  }

  /// Reads `vocab.json` and `merges.txt`, a pair per line.
  convenience init(vocabulary field: JSONField, merges file: TokenizerFile) throws(TokenizerError) {
    let vocabulary = try Self.vocabulary(field)
    var merges = MergeReader(vocabulary: vocabulary)
    for (number, line) in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let content = line.last == 0x0D ? line.dropLast() : line
      if content.isEmpty || content.starts(with: Array("#version".utf8)) { continue }
      let path = "line \(number + 1)"
      guard let (left, right) = Self.pair(Array(content)) else {
        let problem = "expected two tokens with a space between"
        throw .invalidField(file: file.path, field: path, problem: problem)
      }
      guard merges.add(left, right) else {
        throw merges.refusal(of: left, right, file: file.path, path: path)
      }
    }
    self.init(
      vocabulary: vocabulary, merges: merges.merges, unknownID: nil, fusesUnknown: false, fallsBackToBytes: false,
      ignoresMerges: false)
  }

  private static func vocabulary(_ field: JSONField) throws(TokenizerError) -> [ByteString: UInt32] {
    let members = try field.object()
    var vocabulary: [ByteString: UInt32] = [:]
    vocabulary.reserveCapacity(members.count)
    for member in members {
      guard let id = member.value.tokenID, vocabulary.updateValue(id, forKey: ByteString(member.key)) == nil else {
        let path = "\(field.path)[\"\(member.key.prefix(60))\"]"
        let entry = JSONField(file: field.file, path: path, value: member.value)
        throw entry.invalid("id \(try entry.tokenID()) is the second of this token")
      }
    }
    guard !vocabulary.isEmpty else { throw field.invalid("has no tokens") }
    return vocabulary
  }

  /// Reads merges of the form `"a b"` or `["a", "b"]`.
  private static func readMerges(_ field: JSONField, into merges: inout MergeReader) throws(TokenizerError) {
    guard case .array(let values) = field.value else { throw field.invalid("expected an array") }
    for (index, value) in values.enumerated() {
      guard let (left, right) = pair(value) else {
        let entry = JSONField(file: field.file, path: "\(field.path)[\(index)]", value: value)
        throw entry.invalid("expected two tokens, as \"a b\" or [\"a\", \"b\"]")
      }
      guard merges.add(left, right) else {
        throw merges.refusal(of: left, right, file: field.file, path: "\(field.path)[\(index)]")
      }
    }
  }

  private static func pair(_ value: JSONValue) -> (ByteString, ByteString)? {
    switch value {
    case .string(let text): pair(Array(text.utf8))
    case .array(let parts):
      if parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1] {
        (ByteString(left), ByteString(right))
      } else {
        nil
      }
    default: nil
    }
  }

  /// Two tokens with one space between.
  private static func pair(_ text: [UInt8]) -> (ByteString, ByteString)? {
    guard let space = text.firstIndex(of: 0x20), !text[(space + 1)...].contains(0x20) else { return nil }
    return (ByteString(text[..<space]), ByteString(text[(space + 1)...]))
  }
}

/// Collects merges; a pair that comes twice has the later rank.
private struct MergeReader {
  let vocabulary: [ByteString: UInt32]
  var merges: [UInt64: BytePairEncoder.Merge] = [:]
  var count: Int32 = 0

  /// Bytes of the prefix that a word's later tokens have: the right one of a pair loses it.
  private let prefixLength: Int

  init(vocabulary: [ByteString: UInt32], prefixLength: Int = 0) {
    (self.vocabulary, self.prefixLength) = (vocabulary, prefixLength)
  }

  private func joined(_ left: ByteString, _ right: ByteString) -> ByteString {
    ByteString(left.bytes + right.bytes.dropFirst(prefixLength))
  }

  /// Adds the next merge; false where it names a token that the vocabulary lacks.
  mutating func add(_ left: ByteString, _ right: ByteString) -> Bool {
    guard let leftID = vocabulary[left], let rightID = vocabulary[right],
      let result = vocabulary[joined(left, right)]
    else { return false }
    merges[UInt64(leftID) << 32 | UInt64(rightID)] = BytePairEncoder.Merge(rank: count, result: result)
    count += 1
    return true
  }

  func refusal(of left: ByteString, _ right: ByteString, file: String, path: String) -> TokenizerError {
    let tokens = [left, right, joined(left, right)]
    let missing = tokens.first { vocabulary[$0] == nil } ?? left
    let text = String(String(decoding: missing.bytes, as: UTF8.self).prefix(60))
    return .unknownToken(file: file, field: path, token: text)
  }
}
