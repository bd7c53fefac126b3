import Foundation

/// A tokenizer's components as its files give them, before they are put together.
struct TokenizerParts {
  var normalizer: Normalizer?
  var preTokenizer: PreTokenizer?
  var model: TokenModel
  var postProcessor = PostProcessor()
  var decoder: Decoder?
  /// In id order; nil at an id that no token has.
  var tokens: [ByteString?] = []
  var idsByToken: [ByteString: UInt32]
  var addedTokens: [AddedToken] = []
  var special = SpecialTokens()
  var chatTemplate: String?
  /// Where it stands, for messages.
  var chatTemplateFile = "chat template"
  /// The file of the vocabulary, for messages.
  let file: String

  private static let maximumFieldsShown = 60

  init(model: TokenModel, file: String) throws(TokenizerError) {
    (self.model, self.file) = (model, file)
    idsByToken = model.vocabulary
    tokens = []
    for (token, id) in model.tokens { try place(token, id, file: file, field: "model.vocab") }
  }

  /// Puts a token at its id; refuses an id that another token has, or one that leaves the ids mostly empty.
  private mutating func place(_ token: ByteString, _ id: UInt32, file: String, field: String) throws(TokenizerError) {
    let name = String(String(decoding: token.bytes, as: UTF8.self).prefix(Self.maximumFieldsShown))
    guard Int(id) <= 2 * idsByToken.count + 65_536 else {
      throw .invalidField(file: file, field: field, problem: "id \(id) of \"\(name)\" is far beyond the other ids")
    }
    if Int(id) >= tokens.count { tokens += [ByteString?](repeating: nil, count: Int(id) + 1 - tokens.count) }
    guard tokens[Int(id)] == nil else {
      throw .invalidField(file: file, field: field, problem: "id \(id) of \"\(name)\" belongs to another token too")
    }
    tokens[Int(id)] = token
  }

  /// Adds the tokens of an `added_tokens` array, or of an `added_tokens_decoder` object, whose member names are ids.
  mutating func addTokens(_ field: JSONField) throws(TokenizerError) {
    var entries: [(UInt32, JSONField)] = []
    if case .object(let members) = field.value {
      for member in members {
        let entry = JSONField(file: field.file, path: "\(field.path).\(member.key)", value: member.value)
        guard let id = UInt32(member.key), id < 1 << 24 else { throw entry.invalid("the name is not a token id") }
        entries.append((id, entry))
      }
    } else {
      for entry in try field.array() { entries.append((try entry.required("id").tokenID(), entry)) }
    }
    entries.sort { $0.0 < $1.0 }
    for (id, entry) in entries { try add(AddedToken(entry, id: id), from: entry) }
  }

  /// Adds a token; one of the same content that is there already stays as it is.
  private mutating func add(_ token: AddedToken, from field: JSONField) throws(TokenizerError) {
    guard !token.content.bytes.isEmpty else { return }
    if let known = idsByToken[token.content] {
      guard known == token.id else {
        throw field.invalid("id \(token.id), but the vocabulary has the token at \(known)")
      }
    } else {
      idsByToken[token.content] = token.id
      try place(token.content, token.id, file: field.file, field: field.path)
    }
    if let index = addedTokens.firstIndex(where: { $0.id == token.id }) {
      if token.isSpecial { addedTokens[index].isSpecial = true }
    } else {
      addedTokens.append(token)
    }
  }

  /// Keeps a piece whole: a special one in the text as given, one of the user's in the normalized text.
  mutating func keep(_ content: ByteString, id: UInt32, isUserDefined: Bool) {
    guard !content.bytes.isEmpty else { return }
    addedTokens.append(
      isUserDefined ? AddedToken(userDefined: content, id: id) : AddedToken(special: content, id: id))
  }

  /// Makes a token of the vocabulary special, unless it is an added token already.
  mutating func markSpecial(_ id: UInt32) {
    guard let content = tokens[Int(id)] else { return }
    if let index = addedTokens.firstIndex(where: { $0.id == id }) {
      addedTokens[index].isSpecial = true
    } else {
      addedTokens.append(AddedToken(special: content, id: id))
    }
  }

  /// The searches for added tokens in the text as given and in the normalized text; special tokens come first.
  var matchers: (raw: AddedTokenMatcher, normalized: AddedTokenMatcher) {
    var (raw, normalized) = (AddedTokenMatcher(), AddedTokenMatcher())
    for token in addedTokens.filter(\.isSpecial) + addedTokens.filter({ !$0.isSpecial }) {
      if token.isNormalized {
        normalized.insert(
          token,
          pattern: token.isWritten
            ? token.content.bytes : normalizer?.normalize(token.content.bytes) ?? token.content.bytes)
      } else {
        raw.insert(token, pattern: token.content.bytes)
      }
    }
    return (raw, normalized)
  }
}
