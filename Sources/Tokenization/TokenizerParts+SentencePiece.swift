extension TokenizerParts {
  /// Reads `tokenizer.model`, where a folder has no `tokenizer.json`.
  ///
  /// Control pieces in a text become their ids, as in every tokenizer here and unlike in SentencePiece itself.
  init(sentencePiece source: SentencePieceModel, extras: [JSONField], template: TokenizerFile?) throws(TokenizerError) {
    try self.init(model: source.model(), file: source.file)
    normalizer = .sentencePiece(source.normalizer)
    let mark = Array("▁".utf8)
    decoder = .sequence([.replace(mark, with: [0x20]), .byteFallback, .fuse])
    if source.normalizer.addsSpace || source.normalizer.removesExtraSpaces {
      let begins = Decoder.beginning(mark: mark, dropsAll: source.normalizer.removesExtraSpaces)
      decoder = .sequence([begins, .replace(mark, with: [0x20]), .byteFallback, .fuse])
    }
    for (id, piece) in source.pieces.enumerated() where source.isKept(piece) {
      keep(piece.text, id: UInt32(id), isUserDefined: piece.kind == .userDefined)
    }
    try finish(extras, template)
    special.bosID = special.bosID ?? source.bosID
    special.eosID = special.eosID ?? source.eosID
    special.padID = special.padID ?? source.padID
    special.unkID = special.unkID ?? source.unknownID
    special.texts.bos = special.texts.bos ?? text(of: special.bosID)
    special.texts.eos = special.texts.eos ?? text(of: special.eosID)
    // Llama's begins a text with BOS, T5's ends it with EOS; the configuration may say otherwise.
    let endsTexts = try extras.first?.optional("tokenizer_class")?.string().hasPrefix("T5") ?? false
    let begins = try extras.first?.flag("add_bos_token", default: !endsTexts) ?? !endsTexts
    let ends = try extras.first?.flag("add_eos_token", default: endsTexts) ?? endsTexts
    postProcessor = PostProcessor(
      before: begins ? [special.bosID].compactMap(\.self) : [], after: ends ? [special.eosID].compactMap(\.self) : [])
  }

  private func text(of id: UInt32?) -> String? {
    id.flatMap { tokens[Int($0)] }.map { String(decoding: $0.bytes, as: UTF8.self) }
  }
}

extension SentencePieceModel {
  /// Whether a piece is found before the model sees the text. A unigram model scores the user's pieces instead.
  fileprivate func isKept(_ piece: Piece) -> Bool {
    switch piece.kind {
    case .control, .unknown: true
    case .userDefined: !isUnigram
    case .normal, .byte, .unused: false
    }
  }

  func model() -> TokenModel {
    let kept = Set(pieces.indices.filter { pieces[$0].kind != .normal }.map(UInt32.init))
    if isUnigram { return .unigram(unigram(excluding: kept)) }
    var vocabulary: [ByteString: UInt32] = [:]
    for (id, piece) in pieces.enumerated() { vocabulary[piece.text] = UInt32(id) }
    return .bytePair(
      BytePairEncoder(
        vocabulary: vocabulary, merges: merges(vocabulary, excluding: kept), unknownID: unknownID, fusesUnknown: true,
        fallsBackToBytes: fallsBackToBytes, ignoresMerges: false))
  }

  /// The user's pieces have a score of zero, above every other.
  private func unigram(excluding: Set<UInt32>) -> UnigramEncoder {
    UnigramEncoder(
      pieces: pieces.map { ($0.text, Double($0.score)) }, unknownID: unknownID, fallsBackToBytes: fallsBackToBytes,
      excluding: excluding.filter { pieces[Int($0)].kind != .userDefined }, roundsSums: true)
  }

  /// Two pieces merge where what they make is a piece; the greater its score, the sooner. Equal scores merge from the left.
  private func merges(_ vocabulary: [ByteString: UInt32], excluding: Set<UInt32>) -> [UInt64: BytePairEncoder.Merge] {
    let scores = Set(pieces.map(\.score)).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: scores.enumerated().map { ($1, Int32($0)) })
    var merges: [UInt64: BytePairEncoder.Merge] = [:]
    for (id, piece) in pieces.enumerated() where piece.kind == .normal {
      let bytes = piece.text.bytes
      for cut in bytes.indices.dropFirst() where bytes[cut] & 0xC0 != 0x80 {
        guard let left = vocabulary[ByteString(bytes[..<cut])], let right = vocabulary[ByteString(bytes[cut...])],
          !excluding.contains(left), !excluding.contains(right)
        else { continue }
        merges[UInt64(left) << 32 | UInt64(right)] = BytePairEncoder.Merge(
          rank: ranks[piece.score] ?? 0, result: UInt32(id))
      }
    }
    return merges
  }
}
