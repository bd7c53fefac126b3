/// A SentencePiece `tokenizer.model`: its pieces and what it does to a text.
///
/// The file is a protobuf message of few fields; the reader below knows them alone, so that no wire library is needed
/// beneath the wire layer. Fields: <https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto>
struct SentencePieceModel {
  enum Kind: UInt64 {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  struct Piece {
    var text = ByteString([])
    var score: Float = 0
    var kind = Kind.normal
  }

  let file: String
  private(set) var pieces: [Piece] = []
  private(set) var normalizer = SentencePieceNormalizer()
  private(set) var isUnigram = true
  private(set) var fallsBackToBytes = false
  private var specialIDs: [UInt64: Int] = [40: 0, 41: 1, 42: 2, 43: -1]

  static let maximumPieces = 1 << 22

  init(file: String, bytes: [UInt8]) throws(TokenizerError) {
    self.file = file
    var message = ProtobufReader(bytes[...])
    while let field = try next(&message, "the model") {
      switch (field.number, field.value) {
      case (1, .bytes(let content)):
        pieces.append(try piece(content))
        guard pieces.count <= Self.maximumPieces else { throw invalid("pieces", "more than \(Self.maximumPieces)") }
      case (2, .bytes(let content)): try readTrainer(content)
      case (3, .bytes(let content)): try readNormalizer(content)
      default: break
      }
    }
    guard !pieces.isEmpty else { throw invalid("pieces", "there are none; is this a SentencePiece model?") }
    for (id, piece) in pieces.enumerated() where piece.kind == .userDefined {
      normalizer.kept.insert(piece.text.bytes, value: id)
    }
  }

  private func invalid(_ field: String, _ problem: String) -> TokenizerError {
    .invalidField(file: file, field: field, problem: problem)
  }

  private func next(_ message: inout ProtobufReader, _ name: String) throws(TokenizerError) -> ProtobufReader.Field? {
    switch message.next() {
    case .end: return nil
    case .malformed(let offset): throw invalid(name, "not protobuf at byte \(offset)")
    case .field(let field): return field
    }
  }

  private func piece(_ content: ArraySlice<UInt8>) throws(TokenizerError) -> Piece {
    let name = "pieces[\(pieces.count)]"
    var (message, piece) = (ProtobufReader(content), Piece())
    while let field = try next(&message, name) {
      switch (field.number, field.value) {
      case (1, .bytes(let text)):
        guard String(validating: text, as: UTF8.self) != nil else { throw invalid(name, "the text is not UTF-8") }
        piece.text = ByteString(text)
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .number(let number)):
        guard let kind = Kind(rawValue: number) else { throw invalid(name, "type \(number) is not known") }
        piece.kind = kind
      default: break
      }
    }
    guard piece.score.isFinite else { throw invalid(name, "the score is not a number") }
    if piece.kind == .unused {
      throw .unsupported(file: file, field: name, component: "an unused piece")
    }
    return piece
  }

  private mutating func readTrainer(_ content: ArraySlice<UInt8>) throws(TokenizerError) {
    var message = ProtobufReader(content)
    while let field = try next(&message, "trainer_spec") {
      guard case .number(let number) = field.value else { continue }
      switch field.number {
      case 3:
        guard number == 1 || number == 2 else {
          throw .unsupported(file: file, field: "trainer_spec.model_type", component: "model type \(number)")
        }
        isUnigram = number == 1
      case 24:
        guard number == 0 else {
          throw .unsupported(file: file, field: "trainer_spec.treat_whitespace_as_suffix", component: "it")
        }
      case 35: fallsBackToBytes = number != 0
      case 40...43: specialIDs[field.number] = Int(truncatingIfNeeded: number)
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ content: ArraySlice<UInt8>) throws(TokenizerError) {
    var message = ProtobufReader(content)
    while let field = try next(&message, "normalizer_spec") {
      switch (field.number, field.value) {
      case (2, .bytes(let bytes)) where !bytes.isEmpty:
        guard let map = CharacterMap(bytes: Array(bytes)) else {
          throw invalid("normalizer_spec.precompiled_charsmap", "not a map of SentencePiece")
        }
        normalizer.map = map
      case (3, .number(let flag)): normalizer.addsSpace = flag != 0
      case (4, .number(let flag)): normalizer.removesExtraSpaces = flag != 0
      case (5, .number(let flag)): normalizer.marksSpaces = flag != 0
      default: break
      }
    }
  }

  private func specialID(_ number: UInt64) -> UInt32? {
    guard let id = specialIDs[number], pieces.indices.contains(id), [.unknown, .control].contains(pieces[id].kind)
    else { return nil }
    return UInt32(id)
  }

  var unknownID: UInt32? { pieces.firstIndex { $0.kind == .unknown }.map(UInt32.init) }
  var bosID: UInt32? { specialID(41) }
  var eosID: UInt32? { specialID(42) }
  var padID: UInt32? { specialID(43) }
}

/// The fields of a protobuf message, one after the other, without recursion.
struct ProtobufReader {
  enum Value {
    case number(UInt64)
    case fixed32(UInt32)
    case fixed64
    case bytes(ArraySlice<UInt8>)
  }

  struct Field {
    let number: UInt64
    let value: Value
  }

  enum Event {
    case field(Field)
    case end
    case malformed(offset: Int)
  }

  private let bytes: ArraySlice<UInt8>
  private var index: Int

  init(_ bytes: ArraySlice<UInt8>) { (self.bytes, index) = (bytes, bytes.startIndex) }

  mutating func next() -> Event {
    if index == bytes.endIndex { return .end }
    let start = index
    guard let key = number(), let value = value(wireType: key & 7) else { return .malformed(offset: start) }
    return .field(Field(number: key >> 3, value: value))
  }

  private mutating func value(wireType: UInt64) -> Value? {
    switch wireType {
    case 0: return number().map { .number($0) }
    case 1: return take(8).map { _ in .fixed64 }
    case 2:
      guard let length = number(), length <= UInt64(bytes.endIndex - index) else { return nil }
      return take(Int(length)).map { .bytes($0) }
    case 5: return take(4).map { .fixed32($0.reversed().reduce(0) { $0 << 8 | UInt32($1) }) }
    default: return nil
    }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= bytes.endIndex - index else { return nil }
    defer { index += count }
    return bytes[index..<index + count]
  }

  private mutating func number() -> UInt64? {
    var (result, shift): (UInt64, UInt64) = (0, 0)
    while index < bytes.endIndex, shift < 64 {
      let byte = bytes[index]
      index += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
    return nil
  }
}
