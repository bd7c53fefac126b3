public import Sequences

/// Text to token ids and back, as the `tokenizers` library does it for a byte-pair or unigram `tokenizer.json`.
///
/// Values share one cache of pieces; encoding from several threads is safe.
public struct Tokenizer: TextEncoding {
  /// Number of ids: the largest plus one, added tokens included.
  public let vocabSize: Int
  /// SHA-256 over the tokens in id order, the merges and the special ids, lower-case hex: see `VocabularyDigest`.
  public let vocabularyDigest: String
  /// Ids that begin a sequence; at most one.
  public let bosTokenIDs: [TokenID]
  /// Ids that end a sequence by the tokenizer's own word; `generation_config.json` may name more.
  public let eosTokenIDs: [TokenID]
  /// The id that fills batches of unequal lengths, where the folder names one.
  public let padTokenID: TokenID?
  /// The id of what the vocabulary lacks, where the folder names one.
  public let unkTokenID: TokenID?
  /// The template that turns messages into text.
  public let chatTemplate: String?
  /// SHA-256 of the chat template's UTF-8, lower-case hex; empty: none.
  public let chatTemplateDigest: String

  /// The file of the vocabulary, for messages.
  public let file: String
  /// Where the chat template stands, for messages.
  let chatTemplateFile: String
  let specialTexts: SpecialTexts
  private let normalizer: Normalizer?
  private let preTokenizer: PreTokenizer?
  private let model: TokenModel
  private let postProcessor: PostProcessor
  private let decoder: Decoder?
  private let tokens: [ByteString?]
  private let idsByToken: [ByteString: UInt32]
  private let specialIDs: Set<UInt32>
  private let rawMatcher: AddedTokenMatcher
  private let normalizedMatcher: AddedTokenMatcher
  private let caches = SharedWordCaches()

  init(_ parts: TokenizerParts) {
    normalizer = parts.normalizer
    preTokenizer = parts.preTokenizer
    model = parts.model
    postProcessor = parts.postProcessor
    decoder = parts.decoder
    (tokens, idsByToken) = (parts.tokens, parts.idsByToken)
    specialIDs = Set(parts.addedTokens.filter(\.isSpecial).map(\.id))
    (rawMatcher, normalizedMatcher) = parts.matchers
    vocabSize = parts.tokens.count
    vocabularyDigest = VocabularyDigest.hex(of: parts)
    bosTokenIDs = parts.special.bosID.map { [$0] } ?? []
    eosTokenIDs = parts.special.eosID.map { [$0] } ?? []
    padTokenID = parts.special.padID
    unkTokenID = parts.special.unkID
    (file, chatTemplateFile) = (parts.file, parts.chatTemplateFile)
    specialTexts = parts.special.texts
    chatTemplate = parts.chatTemplate
    chatTemplateDigest = parts.chatTemplate.map { VocabularyDigest.hex(Array($0.utf8)) } ?? ""
  }

  /// Returns the ids of a text.
  ///
  /// - Parameter addSpecialTokens: Whether the tokens of the post-processor, such as BOS, are put around the text.
  ///   Special tokens that the text itself contains become their ids either way.
  public func encode(_ text: String, addSpecialTokens: Bool = true) -> [TokenID] {
    var ids = addSpecialTokens ? postProcessor.before : []
    append(text, continues: false, to: &ids)
    if addSpecialTokens { ids += postProcessor.after }
    return ids
  }

  /// Returns the ids of a text that goes on from other text, such as a completion after its prompt: without the tokens of
  /// the post-processor, and without the space that the tokenizer may put before the beginning of a text.
  public func encodeContinuation(_ text: String) -> [TokenID] {
    var ids: [TokenID] = []
    append(text, continues: true, to: &ids)
    return ids
  }

  private func append(_ text: String, continues: Bool, to ids: inout [TokenID]) {
    for segment in segments(of: text, continues: continues) {
      if let id = segment.tokenID {
        ids.append(id)
      } else {
        append(segment, continues: continues, to: &ids)
      }
    }
  }

  /// Cuts at added tokens: those of the text as given, then those of the normalized rest.
  private func segments(of text: String, continues: Bool) -> [Segment] {
    let whole = Segment(text: Array(text.utf8), tokenID: nil, isFirst: true)
    return rawMatcher.split(whole).flatMap { segment -> [Segment] in
      guard segment.tokenID == nil else { return [segment] }
      var normalized = segment
      if let normalizer {
        normalized.text = normalizer.normalize(segment.text, continues: continues && segment.isFirst)
        if segment.isFirst, preTokenizer?.asksForFirst == true {
          normalized.isFirst = !normalizer.dropsFirst(of: segment.text)
        }
      }
      return normalizedMatcher.split(normalized)
    }
  }

  private func append(_ segment: Segment, continues: Bool, to ids: inout [UInt32]) {
    var pieces = Pieces(
      text: segment.text, ranges: [0..<segment.text.count], isFirst: segment.isFirst, continues: continues)
    preTokenizer?.apply(&pieces)
    ids.reserveCapacity(ids.count + pieces.ranges.count)
    caches.withCache { cache in
      let text = pieces.text
      for piece in pieces.ranges {
        if pieces.isToBeWritten {
          cache.append(text, piece, to: &ids) { model.appendWritten(text, piece, to: &$0) }
        } else if piece.count <= WordCache.maximumPieceLength {
          cache.append(text, piece, to: &ids) { model.append(text, piece, to: &$0) }
        } else {
          for word in model.words(text, piece) {
            cache.append(text, word, to: &ids) { model.append(text, word, to: &$0) }
          }
        }
      }
    }
  }

  /// Returns the text of ids. An id that no token has is left out; bytes that are not UTF-8 become U+FFFD.
  ///
  /// - Parameter skipSpecialTokens: Whether special tokens are left out.
  public func decode(_ tokenIDs: some Sequence<TokenID>, skipSpecialTokens: Bool = true) -> String {
    let parts = tokenIDs.compactMap { id -> [UInt8]? in
      skipSpecialTokens && specialIDs.contains(id) ? nil : content(of: id)
    }
    let bytes = decoder.map { Array($0.decode(parts).joined()) } ?? Array(parts.joined(separator: [0x20]))
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes of the text that each id stands for, special tokens included; nil where the text of all is not that of the
  /// parts one after another, as with a decoder that cleans up what it joins. Shape: `[T]`.
  public func pieces(of tokenIDs: some Sequence<TokenID>) -> [[UInt8]]? {
    let ids = Array(tokenIDs)
    let parts = ids.compactMap { content(of: $0) }
    guard parts.count == ids.count else { return nil }
    let pieces = decoder.map { $0.pieces(parts) } ?? parts.enumerated().map { $0 == 0 ? $1 : [0x20] + $1 }
    guard pieces.count == ids.count else { return nil }
    let whole = String(decoding: pieces.joined(), as: UTF8.self)
    return whole == decode(ids, skipSpecialTokens: false) ? pieces : nil
  }

  private func content(of id: TokenID) -> [UInt8]? {
    Int(id) < tokens.count ? tokens[Int(id)]?.bytes : nil
  }

  /// The token of an id as the vocabulary writes it, such as `Ġthe` or `▁the`; nil where the id has none.
  public func token(_ id: TokenID) -> String? {
    content(of: id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The id of a token as the vocabulary writes it.
  public func id(of token: String) -> TokenID? { idsByToken[ByteString(token)] }

  /// Whether the id is left out of decoded text.
  public func isSpecial(_ id: TokenID) -> Bool { specialIDs.contains(id) }
}
