import GRPCNGHTTP2Transport

/// What RFC 9113 asks of a server about messages, section 8.
let messageScripts: [FrameScript] = [
  // Section 8.1: the order of frames.
  FrameScript(
    "8.1 a second header list that does not end the stream",
    [.headers(1, .call(), end: false), .headers(1, Block([("a", "b")]), end: false)], .reset(1, .protocolError),
    .goAway(.protocolError)),
  FrameScript(
    "8.1 trailers that end the stream", [.headers(1, .call("Reply"), end: false), .headers(1, Block([("a", "b")]))],
    .status(1, 0)),
  FrameScript(
    "8.1 trailers with a pseudo-header", [.headers(1, .call(), end: false), .headers(1, Block([(":method", "POST")]))],
    .reset(1, .protocolError), .goAway(.protocolError)),
  FrameScript(
    "8.1.1 an answer's status in a request", [.headers(1, .call(pseudo: [(":status", "200")]))],
    .reset(1, .protocolError)),
  FrameScript(
    "8.1.1 less DATA than content-length says",
    [.headers(1, .call(with: [("content-length", "10")]), end: false), .data(1, [0], end: true)],
    .reset(1, .protocolError)),
  FrameScript(
    "8.1.1 more DATA than content-length says",
    [.headers(1, .call(with: [("content-length", "1")]), end: false), .data(1, zeros(5), end: true)],
    .reset(1, .protocolError)),
  FrameScript(
    "8.1.1 more DATA than content-length says, in several frames",
    [
      .headers(1, .call(with: [("content-length", "3")]), end: false), .data(1, zeros(2)),
      .data(1, zeros(2), end: true),
    ], .reset(1, .protocolError)),
  FrameScript(
    "8.1.1 content-length and no DATA at all", [.headers(1, .call(with: [("content-length", "1")]))],
    .reset(1, .protocolError)),
  FrameScript(
    "8.1.1 DATA as content-length says",
    [.headers(1, .call("Reply", with: [("content-length", "5")]), end: false), .data(1, zeros(5), end: true)],
    .status(1, 0)),
  FrameScript(
    "8.1.1 content-length twice",
    [.headers(1, .call(with: [("content-length", "5"), ("content-length", "5")]), end: false)],
    .reset(1, .protocolError)),
  FrameScript(
    "8.1.1 content-length that is no number", [.headers(1, .call(with: [("content-length", "-1")]), end: false)],
    .reset(1, .protocolError)),
  // Section 8.2: fields.
  FrameScript("8.2.1 a name in capitals", [.headers(1, .call(with: [("X-A", "b")]))], .reset(1, .protocolError)),
  FrameScript("8.2.1 a name with a space", [.headers(1, .call(with: [("x a", "b")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.1 a name with a control character", [.headers(1, .call(with: [("x\u{1}", "b")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.1 a name with a byte above 0x7F", [.headers(1, .call(with: [("xé", "b")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.1 a name with a colon inside", [.headers(1, .call(with: [("x:a", "b")]))], .reset(1, .protocolError)),
  FrameScript("8.2.1 an empty name", [.headers(1, .call(with: [("", "b")]))], .reset(1, .protocolError)),
  FrameScript("8.2.1 a value with NUL", [.headers(1, .call(with: [("x", "a\u{0}b")]))], .reset(1, .protocolError)),
  FrameScript("8.2.1 a value with a line feed", [.headers(1, .call(with: [("x", "a\nb")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.1 a value with a carriage return", [.headers(1, .call(with: [("x", "a\rb")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.1 a value that begins with a space", [.headers(1, .call(with: [("x", " a")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.1 a value that ends with a tab", [.headers(1, .call(with: [("x", "a\t")]))], .reset(1, .protocolError)),
  FrameScript("8.2.2 connection", [.headers(1, .call(with: [("connection", "close")]))], .reset(1, .protocolError)),
  FrameScript("8.2.2 keep-alive", [.headers(1, .call(with: [("keep-alive", "5")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.2 proxy-connection", [.headers(1, .call(with: [("proxy-connection", "x")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.2 transfer-encoding", [.headers(1, .call(with: [("transfer-encoding", "chunked")]))], .reset(1, .protocolError)
  ),
  FrameScript("8.2.2 upgrade", [.headers(1, .call(with: [("upgrade", "h2c")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.2.2 te that is not trailers", [.headers(1, .call(without: ["te"], with: [("te", "gzip")]))],
    .reset(1, .protocolError)),
  FrameScript(
    "8.2.3 a cookie in crumbs", [.headers(1, .call("Reply", with: [("cookie", "a=1"), ("cookie", "b=2")]))],
    .status(1, 0)),
  // Section 8.3: control data.
  FrameScript(
    "8.3 an unknown pseudo-header", [.headers(1, .call(pseudo: [(":test", "x")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.3 a pseudo-header after others", [.headers(1, .call(without: [":scheme"], with: [(":scheme", "http")]))],
    .reset(1, .protocolError)),
  FrameScript("8.3.1 no :method", [.headers(1, .call(without: [":method"]))], .reset(1, .protocolError)),
  FrameScript("8.3.1 no :scheme", [.headers(1, .call(without: [":scheme"]))], .reset(1, .protocolError)),
  FrameScript("8.3.1 no :path", [.headers(1, .call(without: [":path"]))], .reset(1, .protocolError)),
  FrameScript(
    "8.3.1 an empty :path", [.headers(1, .call(without: [":path"], pseudo: [(":path", "")]))], .reset(1, .protocolError)
  ),
  FrameScript("8.3.1 :method twice", [.headers(1, .call(pseudo: [(":method", "POST")]))], .reset(1, .protocolError)),
  FrameScript("8.3.1 :scheme twice", [.headers(1, .call(pseudo: [(":scheme", "http")]))], .reset(1, .protocolError)),
  FrameScript("8.3.1 :path twice", [.headers(1, .call(pseudo: [(":path", "/a/b")]))], .reset(1, .protocolError)),
  FrameScript(
    "8.3.1 no :authority, which may be", [.headers(1, .call("Reply", without: [":authority"], with: [("host", "x")]))],
    .status(1, 0)),
  FrameScript(
    "8.5 CONNECT with a path", [.headers(1, .call(without: [":method"], pseudo: [(":method", "CONNECT")]))],
    .reset(1, .protocolError)),
  FrameScript(
    "8.5 CONNECT", [.headers(1, .call(without: [":method", ":path", ":scheme"], pseudo: [(":method", "CONNECT")]))],
    .http(1, 405)),
]

/// What gRPC over HTTP/2 asks of a server.
let callScripts: [FrameScript] = [
  FrameScript(
    "gRPC: a call", [.headers(1, .call("Reply"), end: false), .data(1, [0, 0, 0, 0, 1, 7], end: true)], .status(1, 0)),
  FrameScript("gRPC: an empty request", [.headers(1, .call("Reply"))], .status(1, 0)),
  FrameScript("gRPC: a handler that leaves without a status", [.headers(1, .call("Gone"))], .status(1, 2)),
  FrameScript("gRPC: GET", [.headers(1, .call(without: [":method"], pseudo: [(":method", "GET")]))], .http(1, 405)),
  FrameScript(
    "gRPC: GET of /", [.headers(1, .call("/", without: [":method"], pseudo: [(":method", "GET")]))], .http(1, 404)),
  FrameScript("gRPC: HEAD", [.headers(1, .call(without: [":method"], pseudo: [(":method", "HEAD")]))], .http(1, 405)),
  FrameScript(
    "gRPC: OPTIONS of *",
    [.headers(1, .call("*", without: [":method", ":path"], pseudo: [(":method", "OPTIONS"), (":path", "*")]))],
    .http(1, 405)),
  FrameScript("gRPC: no content-type", [.headers(1, .call(without: ["content-type"]))], .http(1, 415)),
  FrameScript(
    "gRPC: another content-type",
    [.headers(1, .call(without: ["content-type"], with: [("content-type", "text/html")]))], .http(1, 415)),
  FrameScript(
    "gRPC: gRPC-Web", [.headers(1, .call(without: ["content-type"], with: [("content-type", "application/grpc-web")]))],
    .http(1, 415)),
  FrameScript(
    "gRPC: a subtype",
    [.headers(1, .call("Reply", without: ["content-type"], with: [("content-type", "application/grpc+proto")]))],
    .status(1, 0)),
  FrameScript("gRPC: a path of one part", [.headers(1, .call("/x"))], .status(1, 12)),
  FrameScript("gRPC: a path of three parts", [.headers(1, .call("/a/b/c"))], .status(1, 12)),
  FrameScript(
    "gRPC: a path without a slash before it", [.headers(1, .call("", without: [":path"], pseudo: [(":path", "a/b")]))],
    .status(1, 12), .reset(1, .protocolError)),
  FrameScript(
    "gRPC: an encoding that nobody knows", [.headers(1, .call(with: [("grpc-encoding", "lz77")]))], .status(1, 12)),
  FrameScript(
    "gRPC: a message that is compressed though no encoding was named",
    [.headers(1, .call(), end: false), .data(1, [1, 0, 0, 0, 1, 7], end: true)], .status(1, 13)),
  FrameScript(
    "gRPC: a flag that nobody knows", [.headers(1, .call(), end: false), .data(1, [2, 0, 0, 0, 1, 7], end: true)],
    .status(1, 13)),
  FrameScript(
    "gRPC: a message of 4 GiB", [.headers(1, .call(), end: false), .data(1, [0, 255, 255, 255, 255])], .status(1, 8)),
  FrameScript(
    "gRPC: a message of 64 MiB and 1 byte", [.headers(1, .call(), end: false), .data(1, [0, 4, 0, 0, 1])], .status(1, 8)
  ),
  FrameScript(
    "gRPC: a message of 64 MiB begins", [.headers(1, .call(), end: false), .data(1, [0, 4, 0, 0, 0, 1])], .nothing),
  FrameScript("gRPC: headers of 64 fields", [.headers(1, .call("Reply", with: fields(58)))], .status(1, 0)),
  FrameScript("gRPC: headers of 65 fields", [.headers(1, .call("Reply", with: fields(59)))], .status(1, 8)),
  FrameScript(
    "gRPC: a cookie in sixty crumbs", [.headers(1, .call("Reply", with: (0..<60).map { ("cookie", "c\($0)=1") }))],
    .status(1, 8)),
  FrameScript("gRPC: headers of 8 KiB", [.headers(1, .call("Reply", with: [("a", value(0))]))], .status(1, 0)),
  FrameScript(
    "gRPC: headers of 8 KiB and 1 byte", [.headers(1, .call("Reply", with: [("a", value(1))]))], .status(1, 8)),
  FrameScript(
    "gRPC: a small list that unpacks to 300 KiB",
    [
      .headers(
        1,
        .call("Reply")
          + Block(Block.literal(0x40, "a", String(repeating: "b", count: 3000)) + [UInt8](repeating: 0xBE, count: 100)))
    ], .status(1, 8)),
  FrameScript(
    "gRPC: the connection goes on after headers beyond the limit",
    [.headers(1, .call(with: fields(100))), .headers(3, .call("Reply"))], .status(3, 0)),
]

/// What RFC 7541 asks of who reads compressed headers.
let compressionScripts: [FrameScript] = [
  FrameScript("HPACK 2.3.3 an index beyond both tables", [.headers(1, Block([0xBE]))], .goAway(.compressionError)),
  FrameScript(
    "HPACK 2.3.3 a name by an index beyond both tables", [.headers(1, Block([0x7F, 0x10, 1, 0x61]))],
    .goAway(.compressionError)),
  FrameScript(
    "HPACK 4.2 a table larger than was allowed",
    [.headers(1, Block(Block.integer(4097, prefix: 5, first: 0x20)) + .call())], .goAway(.compressionError)),
  FrameScript(
    "HPACK 4.2 a table of the size that was allowed",
    [.headers(1, Block(Block.integer(4096, prefix: 5, first: 0x20)) + .call("Reply"))], .status(1, 0)),
  FrameScript(
    "HPACK 4.2 the table's size changes twice at the start",
    [.headers(1, Block([0x20] + Block.integer(4096, prefix: 5, first: 0x20)) + .call("Reply"))], .status(1, 0)),
  FrameScript(
    "HPACK 4.2 the table's size changes after a field", [.headers(1, .call() + Block([0x20]))],
    .goAway(.compressionError)),
  FrameScript(
    "HPACK 4.3 an entry that the new size has pushed out",
    [.headers(1, .call("Reply") + Block(Block.literal(0x40, "a", "b"))), .headers(3, Block([0x20, 0xBE]))],
    .goAway(.compressionError)),
  FrameScript(
    "HPACK 4.4 an entry larger than the table empties it",
    [
      .headers(
        1,
        .call("Reply")
          + Block(Block.literal(0x40, "a", "b") + Block.literal(0x40, "c", String(repeating: "d", count: 5000)))),
      .headers(3, Block([0xBE])),
    ], .goAway(.compressionError)),
  FrameScript(
    "HPACK 5.1 an integer beyond 2^32",
    [.headers(1, Block([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]))], .goAway(.compressionError)
  ),
  FrameScript(
    "HPACK 5.1 an integer that is cut short", [.headers(1, Block([0xFF, 0x80]))], .goAway(.compressionError)),
  FrameScript(
    "HPACK 5.2 a string longer than the list", [.headers(1, Block([0x00, 0x05, 0x61]))], .goAway(.compressionError)),
  FrameScript(
    "HPACK 5.2 padding longer than 7 bits",
    [.headers(1, Block([0x00, 0x85, 0xF2, 0xB2, 0x4A, 0x84, 0xFF, 0x84, 0x49, 0x50, 0x9F, 0xFF]))],
    .goAway(.compressionError)),
  FrameScript(
    "HPACK 5.2 padding of zeros",
    [.headers(1, Block([0x00, 0x85, 0xF2, 0xB2, 0x4A, 0x84, 0xFF, 0x83, 0x49, 0x50, 0x90]))], .goAway(.compressionError)
  ),
  FrameScript(
    "HPACK 5.2 the end of a string inside it",
    [.headers(1, Block([0x00, 0x85, 0xF2, 0xB2, 0x4A, 0x84, 0xFF, 0x87, 0x49, 0x51, 0xFF, 0xFF, 0xFF, 0xFA, 0x7F]))],
    .goAway(.compressionError)),
  FrameScript(
    "HPACK 5.2 a compressed string",
    [
      .headers(
        1,
        .call("Reply")
          + Block([0x00, 0x01, 0x61, 0x8C, 0xF1, 0xE3, 0xC2, 0xE5, 0xF2, 0x3A, 0x6B, 0xA0, 0xAB, 0x90, 0xF4, 0xFF]))
    ], .status(1, 0)),
  FrameScript("HPACK 6.1 index 0", [.headers(1, Block([0x80]))], .goAway(.compressionError)),
  FrameScript(
    "HPACK 6.1 entries of the static table",
    [.headers(1, Block([0x83, 0x86]) + .call("Reply", without: [":method", ":scheme"]))], .status(1, 0)),
  FrameScript(
    "HPACK 6.1 an entry of the dynamic table",
    [
      .headers(1, .call("Reply", without: ["te"]) + Block(Block.literal(0x40, "te", "trailers"))),
      .headers(3, .call("Reply", without: ["te"]) + Block([0xBE])),
    ], .status(3, 0)),
  FrameScript(
    "HPACK 6.2.3 a field that is never indexed", [.headers(1, .call("Reply") + Block(Block.literal(0x10, "a", "b")))],
    .status(1, 0)),
  FrameScript(
    "HPACK 6.3 sizes of a table that are cut short", [.headers(1, Block([0x3F]))], .goAway(.compressionError)),
]

/// Fields enough, small.
private func fields(_ count: Int) -> [(String, String)] { (0..<count).map { ("a\($0)", "b") } }

/// The value of a field `a` with which the headers of `Reply` have 8 KiB and so many bytes more.
private func value(_ excess: Int) -> String {
  let others =
    [
      ":method", "POST", ":scheme", "http", ":path", "/test.Echo/Reply", ":authority", "x", "te", "trailers",
      "content-type",
      "application/grpc",
    ].reduce(0) { $0 + $1.utf8.count } + 6 * 32
  return String(repeating: "v", count: (8 << 10) - others - 33 + excess)
}
