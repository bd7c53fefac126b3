/// What makes ids of a piece of text.
enum TokenModel: Sendable {
  case bytePair(BytePairEncoder)
  case unigram(UnigramEncoder)

  /// Reads the `model` of a `tokenizer.json`.
  init(_ field: JSONField) throws(TokenizerError) {
    let type = try field.optional("type")
    var kind = try type?.string()
    // Older files do not say; only a unigram model has its pieces in an array.
    if kind == nil, case .array? = try field.optional("vocab")?.value { kind = "Unigram" }
    switch kind ?? "BPE" {
    case "BPE": self = .bytePair(try BytePairEncoder(field))
    case "Unigram": self = .unigram(try UnigramEncoder(field))
    default: throw (type ?? field).unsupported("model \"\(kind ?? "")\"")
    }
  }

  var vocabulary: [ByteString: UInt32] {
    switch self {
    case .bytePair(let encoder): encoder.vocabulary
    case .unigram(let encoder): encoder.vocabulary
    }
  }

  /// The tokens with their ids; a unigram model may have one token at several ids.
  var tokens: [(token: ByteString, id: UInt32)] {
    switch self {
    case .bytePair(let encoder): encoder.vocabulary.map { ($0.key, $0.value) }
    case .unigram(let encoder): encoder.pieces.enumerated().map { ($1, UInt32($0)) }
    }
  }

  /// The merges in the order of rank: left, right and result; none in a unigram model.
  var merges: [(left: UInt32, right: UInt32, result: UInt32)] {
    guard case .bytePair(let encoder) = self else { return [] }
    return encoder.merges.entries.sorted { ($0.value.rank, $0.key) < ($1.value.rank, $1.key) }.map { pair, merge in
      (UInt32(pair >> 32), UInt32(truncatingIfNeeded: pair), merge.result)
    }
  }

  /// The score of each id; none in a byte-pair model.
  var scores: [Double] {
    if case .unigram(let encoder) = self { encoder.scores } else { [] }
  }

  /// Cuts a long piece where no token can cross, so that its words can be kept: the ids stay the same.
  func words(_ text: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
    switch self {
    case .bytePair(let encoder): encoder.words(text, range)
    case .unigram: [range]
    }
  }

  /// Appends the ids of a piece.
  func append(_ text: [UInt8], _ range: Range<Int>, to ids: inout [UInt32]) {
    switch self {
    case .bytePair(let encoder): encoder.append(text, range, to: &ids)
    case .unigram(let encoder): ids += encoder.encode(text, range)
    }
  }

  /// Appends the ids of a piece, each byte of which stands for its character of GPT-2's alphabet.
  func appendWritten(_ text: [UInt8], _ range: Range<Int>, to ids: inout [UInt32]) {
    if case .bytePair(let encoder) = self, encoder.appendWritten(text, range, to: &ids) { return }
    var written: [UInt8] = []
    written.reserveCapacity(2 * range.count)
    ByteAlphabet.append(text[range], to: &written)
    append(written, 0..<written.count, to: &ids)
  }
}
