/// The texts of the special tokens, as chat templates know them.
struct SpecialTexts: Sendable {
  var bos: String?
  var eos: String?
  var pad: String?
  var unk: String?
}

/// The special tokens that a folder names.
struct SpecialTokens: Sendable {
  var texts = SpecialTexts()
  var bosID: UInt32?
  var eosID: UInt32?
  var padID: UInt32?
  var unkID: UInt32?

  init() {}

  /// Reads the names from `tokenizer_config.json`, then from `special_tokens_map.json`, and finds their ids.
  ///
  /// - Throws: ``TokenizerError/unknownToken(file:field:token:)`` where BOS or EOS is not in the vocabulary.
  init(files: [JSONField], ids: [ByteString: UInt32]) throws(TokenizerError) {
    (texts.bos, bosID) = try Self.find("bos_token", files, ids, isNeeded: true)
    (texts.eos, eosID) = try Self.find("eos_token", files, ids, isNeeded: true)
    (texts.pad, padID) = try Self.find("pad_token", files, ids, isNeeded: false)
    (texts.unk, unkID) = try Self.find("unk_token", files, ids, isNeeded: false)
  }

  private static func find(
    _ name: String, _ files: [JSONField], _ ids: [ByteString: UInt32], isNeeded: Bool
  ) throws(TokenizerError) -> (String?, UInt32?) {
    for file in files {
      guard let field = try file.optional(name) else { continue }
      var content = field
      if case .object = field.value { content = try field.required("content") }
      let text = try content.string()
      let id = ids[ByteString(text)]
      if id == nil, isNeeded { throw .unknownToken(file: field.file, field: field.path, token: text) }
      return (text, id)
    }
    return (nil, nil)
  }

  /// The ids, each once.
  var ids: [UInt32] { Set([bosID, eosID, padID, unkID].compactMap(\.self)).sorted() }
}
