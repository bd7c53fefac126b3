/// Frames as a peer might write them, right or wrong.
struct Frames: ExpressibleByArrayLiteral, Sendable {
  var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(arrayLiteral elements: Frames...) { bytes = elements.flatMap(\.bytes) }

  static func * (frames: Frames, count: Int) -> Frames {
    Frames((0..<count).flatMap { _ in frames.bytes })
  }

  // MARK: Frames

  static func raw(_ bytes: [UInt8]) -> Frames { Frames(bytes) }

  static func raw(_ text: String) -> Frames { Frames(Array(text.utf8)) }

  /// A frame, whose header may announce another length than its payload has.
  static func frame(_ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []) -> Frames {
    Frames(GRPCNGHTTP2TransportTests.frame(type: type, flags: flags, stream: stream, payload))
  }

  static let magic = raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

  static func data(_ stream: UInt32, _ payload: [UInt8] = [], end: Bool = false) -> Frames {
    frame(0, end ? 1 : 0, stream, payload)
  }

  /// A complete header list.
  static func headers(_ stream: UInt32, _ block: Block, end: Bool = true) -> Frames {
    frame(1, end ? 5 : 4, stream, block.bytes)
  }

  /// The first part of a header list.
  static func headersBegin(_ stream: UInt32, _ block: Block, end: Bool = true) -> Frames {
    frame(1, end ? 1 : 0, stream, block.bytes)
  }

  static func continuation(_ stream: UInt32, _ block: Block, ends: Bool = true) -> Frames {
    frame(9, ends ? 4 : 0, stream, block.bytes)
  }

  static func priority(_ stream: UInt32, on other: UInt32 = 0, weight: UInt8 = 15) -> Frames {
    frame(2, 0, stream, word(other) + [weight])
  }

  static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> Frames { frame(3, 0, stream, word(code)) }

  static func settings(_ entries: (UInt16, UInt32)...) -> Frames {
    frame(4, 0, 0, entries.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + word($0.1) })
  }

  static let settingsAnswer = frame(4, 1)

  static func ping(_ mark: UInt8 = 1, answers: Bool = false) -> Frames {
    frame(6, answers ? 1 : 0, 0, [UInt8](repeating: mark, count: 8))
  }

  static func goAway(last: UInt32 = 0, _ code: UInt32 = 0, _ text: String = "") -> Frames {
    frame(7, 0, 0, word(last) + word(code) + Array(text.utf8))
  }

  static func update(_ stream: UInt32, _ increment: UInt32) -> Frames { frame(8, 0, stream, word(increment)) }

  static func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * UInt32($0)) & 255) } }
}

/// A header list as HPACK writes it, right or wrong.
struct Block: Sendable {
  static let none = Block([UInt8]())

  var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Literals that are not indexed (RFC 7541, section 6.2.2).
  init(_ fields: [(String, String)]) {
    bytes = fields.flatMap { Self.literal(0x00, $0.0, $0.1) }
  }

  static func + (block: Block, more: Block) -> Block { Block(block.bytes + more.bytes) }

  /// A literal whose representation begins with `first`: 0x00 not indexed, 0x10 never indexed, 0x40 indexed.
  static func literal(_ first: UInt8, _ name: String, _ value: String) -> [UInt8] {
    [first] + text(Array(name.utf8)) + text(Array(value.utf8))
  }

  /// A string that is not compressed.
  static func text(_ bytes: [UInt8]) -> [UInt8] { integer(bytes.count, prefix: 7, first: 0) + bytes }

  /// An integer of HPACK (RFC 7541, section 5.1).
  static func integer(_ value: Int, prefix: Int, first: UInt8) -> [UInt8] {
    let most = (1 << prefix) - 1
    guard value >= most else { return [first | UInt8(value)] }
    var bytes = [first | UInt8(most)]
    var rest = value - most
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// The headers of a call, some of them left out, others added.
  static func call(
    _ method: String = "Hang", without: Set<String> = [], with more: [(String, String)] = [],
    pseudo: [(String, String)] = []
  ) -> Block {
    let fields: [(String, String)] = [
      (":method", "POST"), (":scheme", "http"), (":path", method.hasPrefix("/") ? method : "/test.Echo/\(method)"),
      (":authority", "x"),
    ]
    let others: [(String, String)] = [("te", "trailers"), ("content-type", "application/grpc")]
    let kept = { (field: (String, String)) in !without.contains(field.0) }
    return Block(fields.filter(kept) + pseudo + others.filter(kept) + more)
  }
}
