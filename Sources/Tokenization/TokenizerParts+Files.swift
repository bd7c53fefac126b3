extension TokenizerParts {
  /// Reads `tokenizer.json`.
  init(document: JSONField, extras: [JSONField], template: TokenizerFile?) throws(TokenizerError) {
    try self.init(model: TokenModel(document.required("model")), file: document.file)
    if let field = try document.optional("normalizer") { normalizer = try Normalizer(field) }
    if let field = try document.optional("pre_tokenizer") { preTokenizer = try PreTokenizer(field) }
    if let field = try document.optional("post_processor") { postProcessor = try PostProcessor(field) }
    if let field = try document.optional("decoder") { decoder = try Decoder(field) }
    if let field = try document.optional("added_tokens") { try addTokens(field) }
    try finish(extras, template)
    for id in postProcessor.before + postProcessor.after where Int(id) >= tokens.count || tokens[Int(id)] == nil {
      throw .invalidField(file: document.file, field: "post_processor", problem: "no token has id \(id)")
    }
    // A folder without names of special tokens: what is put before a text is BOS.
    if special.bosID == nil, extras.isEmpty { special.bosID = postProcessor.before.first }
  }

  /// Reads `vocab.json` with `merges.txt`; `tokenizer_class` of the configuration says which form they have.
  init(
    vocabulary: JSONField, merges: TokenizerFile, extras: [JSONField], template: TokenizerFile?
  ) throws(TokenizerError) {
    let model = try BytePairEncoder(vocabulary: vocabulary, merges: merges)
    try self.init(model: .bytePair(model), file: vocabulary.file)
    decoder = .byteLevel
    var form = "GPT2Tokenizer"
    if let name = try extras.first?.optional("tokenizer_class") {
      form = try name.string()
      guard ["GPT2Tokenizer", "GPT2TokenizerFast", "Qwen2Tokenizer", "Qwen2TokenizerFast"].contains(form) else {
        throw name.unsupported("\"\(form)\" without tokenizer.json")
      }
    }
    if form.hasPrefix("Qwen2") {
      normalizer = .form(.composed)
      preTokenizer = .byteLevel(addsSpace: false, pattern: .gpt4(digits: 1, joinsMarks: false))
    } else {
      let addsSpace = try extras.first?.flag("add_prefix_space", default: false) ?? false
      preTokenizer = .byteLevel(addsSpace: addsSpace, pattern: .gpt2)
    }
    try finish(extras, template)
    if special.eosID == nil, let id = idsByToken[ByteString("<|endoftext|>")] {
      // Both classes take it where the folder names none; GPT-2's begins with it too.
      special.eosID = id
      if special.bosID == nil, !form.hasPrefix("Qwen2") { special.bosID = id }
      markSpecial(id)
    }
    try readEnds(extras)
  }

  /// Reads what `tokenizer_config.json` and `special_tokens_map.json` add.
  mutating func finish(_ extras: [JSONField], _ template: TokenizerFile?) throws(TokenizerError) {
    for file in extras {
      if let field = try file.optional("added_tokens_decoder") { try addTokens(field) }
    }
    special = try SpecialTokens(files: extras, ids: idsByToken)
    for id in special.ids { markSpecial(id) }
    if let template {
      chatTemplate = String(decoding: template.bytes, as: UTF8.self)
      chatTemplateFile = template.path
    } else if let field = try extras.first?.optional("chat_template") {
      chatTemplate = try Self.templateText(field)
      chatTemplateFile = field.file
    }
  }

  /// `add_bos_token` and `add_eos_token` count where no `tokenizer.json` says what is put around a text.
  private mutating func readEnds(_ extras: [JSONField]) throws(TokenizerError) {
    guard let configuration = extras.first else { return }
    let begins = try configuration.flag("add_bos_token", default: false)
    let ends = try configuration.flag("add_eos_token", default: false)
    postProcessor = PostProcessor(
      before: begins ? [special.bosID].compactMap(\.self) : [], after: ends ? [special.eosID].compactMap(\.self) : [])
  }

  /// The template itself, or the one named "default" of several.
  private static func templateText(_ field: JSONField) throws(TokenizerError) -> String? {
    guard case .array = field.value else { return try field.string() }
    for entry in try field.array() where try entry.required("name").string() == "default" {
      return try entry.required("template").string()
    }
    return nil
  }
}
