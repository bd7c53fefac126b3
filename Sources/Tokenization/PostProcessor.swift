/// The special tokens that are put around a text.
struct PostProcessor: Sendable {
  private(set) var before: [UInt32] = []
  private(set) var after: [UInt32] = []

  /// Adds nothing.
  init() {}

  /// Puts tokens around a text.
  init(before: [UInt32], after: [UInt32]) { (self.before, self.after) = (before, after) }

  init(_ field: JSONField) throws(TokenizerError) {
    let kind = try field.required("type").string()
    switch kind {
    case "ByteLevel": break  // Changes offsets alone, which are not kept.
    case "Sequence":
      for part in try field.required("processors").array() {
        let inner = try PostProcessor(part)
        before = inner.before + before
        after += inner.after
      }
    case "TemplateProcessing": try readTemplate(field)
    case "RobertaProcessing", "BertProcessing":
      before = [try Self.pairID(field.required("cls"))]
      after = [try Self.pairID(field.required("sep"))]
    default: throw try field.required("type").unsupported("post-processor \"\(kind)\"")
    }
  }

  /// Reads `single`: special tokens, the text `A` once, special tokens.
  private mutating func readTemplate(_ field: JSONField) throws(TokenizerError) {
    let specialTokens = try field.required("special_tokens")
    let single = try field.required("single")
    var hasText = false
    for piece in try single.array() {
      if let special = try piece.optional("SpecialToken") {
        var ids: [UInt32] = []
        let name = try special.required("id").string()
        for id in try specialTokens.required(name).required("ids").array() { ids.append(try id.tokenID()) }
        if hasText { after += ids } else { before += ids }
      } else {
        let name = try piece.required("Sequence").required("id")
        guard try name.string() == "A", !hasText else { throw name.invalid("expected the text \"A\" once") }
        hasText = true
      }
    }
    guard hasText else { throw single.invalid("has no text \"A\"") }
  }

  /// The id of a pair such as `["<s>", 0]`.
  private static func pairID(_ field: JSONField) throws(TokenizerError) -> UInt32 {
    guard let id = try field.array().last else { throw field.invalid("expected a token and its id") }
    return try id.tokenID()
  }
}
