import GRPCNGHTTP2Transport

/// What RFC 9113 asks of a server, from the preface to its states, sections 3 to 5.
let connectionScripts: [FrameScript] = [
  // Section 3.4: the preface.
  FrameScript("3.4 the preface and SETTINGS", [], .nothing),
  FrameScript(
    "3.4 another preface", .raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"), .closed, .goAway(.protocolError), preface: false),
  FrameScript("3.4 a line of HTTP/1", .raw("GET / HTTP/1.1\r\nhost: x\r\n\r\n"), .closed, preface: false),
  FrameScript(
    "3.4 a hello of TLS", .raw([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), .goAway(.protocolError), preface: false),
  FrameScript("3.4 PING before SETTINGS", [.magic, .ping()], .goAway(.protocolError), preface: false),
  FrameScript("3.4 HEADERS before SETTINGS", [.magic, .headers(1, .call())], .goAway(.protocolError), preface: false),
  FrameScript(
    "3.4 an answer to SETTINGS before SETTINGS", [.magic, .settingsAnswer], .goAway(.protocolError), preface: false),
  FrameScript("3.4 WINDOW_UPDATE before SETTINGS", [.magic, .update(0, 1)], .goAway(.protocolError), preface: false),
  // Section 4.1: the format of frames.
  FrameScript("4.1 a frame of an unknown type", [.frame(0x16, 0, 0, [1, 2, 3])], .nothing),
  FrameScript("4.1 a frame of an unknown type on an idle stream", [.frame(0xFF, 0xFF, 1, [1])], .nothing),
  FrameScript("4.1 unknown flags of PING", [.frame(6, 0xFE, 0, [9, 9, 9, 9, 9, 9, 9, 9])], .nothing),
  FrameScript("4.1 unknown flags of SETTINGS", [.frame(4, 0xFE, 0, [])], .nothing),
  FrameScript(
    "4.1 the reserved bit of a stream's id", [.frame(6, 0, 0x8000_0000, [9, 9, 9, 9, 9, 9, 9, 9])], .nothing),
  FrameScript("4.1 the reserved bit of WINDOW_UPDATE", [.frame(8, 0, 0, [0x80, 0, 0, 1])], .nothing),
  // Section 4.2: the size of frames.
  FrameScript(
    "4.2 DATA of 16,384 bytes", [.headers(1, .call(), end: false), .data(1, [0, 0, 0, 0x3F, 0xFB] + zeros(16_379))],
    .nothing),
  FrameScript(
    "4.2 DATA of 16,385 bytes", [.headers(1, .call(), end: false), .data(1, zeros(16_385))], .goAway(.frameSizeError),
    .reset(1, .frameSizeError)),
  FrameScript("4.2 HEADERS of 16,385 bytes", [.frame(1, 5, 1, zeros(16_385))], .goAway(.frameSizeError)),
  FrameScript("4.2 SETTINGS of 16,386 bytes", [.frame(4, 0, 0, zeros(16_386))], .goAway(.frameSizeError)),
  FrameScript("4.2 an unknown frame of 16,385 bytes", [.frame(0x16, 0, 0, zeros(16_385))], .goAway(.frameSizeError)),
  FrameScript(
    "4.2 the greatest length that a frame can have", [.raw([255, 255, 255, 6, 0, 0, 0, 0, 0])], .goAway(.frameSizeError)
  ),
  // Section 4.3: header compression.
  FrameScript(
    "4.3 a header list that cannot be decompressed", [.headers(1, Block([0x00, 0xFF, 0xFF]))],
    .goAway(.compressionError)),
  FrameScript("4.3 PRIORITY inside a header list", [.headersBegin(1, .call()), .priority(1)], .goAway(.protocolError)),
  FrameScript(
    "4.3 DATA inside a header list", [.headersBegin(1, .call(), end: false), .data(1)], .goAway(.protocolError)),
  FrameScript("4.3 PING inside a header list", [.headersBegin(1, .call()), .ping()], .goAway(.protocolError)),
  FrameScript("4.3 RST_STREAM inside a header list", [.headersBegin(1, .call()), .reset(1)], .goAway(.protocolError)),
  FrameScript("4.3 SETTINGS inside a header list", [.headersBegin(1, .call()), .settings()], .goAway(.protocolError)),
  FrameScript(
    "4.3 another header list inside a header list", [.headersBegin(1, .call()), .headers(3, .call())],
    .goAway(.protocolError)),
  FrameScript(
    "4.3 the second half of another stream's list", [.headersBegin(1, .call()), .continuation(3, .none)],
    .goAway(.protocolError)),
  FrameScript(
    "5.5 an unknown frame inside a header list", [.headersBegin(1, .call()), .frame(0x16, 0, 1)],
    .goAway(.protocolError)),
  // Section 5.1: the states of a stream.
  FrameScript("5.1 idle: DATA", [.data(1, [0])], .goAway(.protocolError)),
  FrameScript("5.1 idle: RST_STREAM", [.reset(1)], .goAway(.protocolError)),
  FrameScript("5.1 idle: WINDOW_UPDATE", [.update(1, 1)], .goAway(.protocolError)),
  FrameScript("5.1 idle: CONTINUATION", [.continuation(1, .call())], .goAway(.protocolError)),
  FrameScript("5.1 idle: PRIORITY", [.priority(1)], .nothing),
  FrameScript(
    "5.1 half closed: DATA", [.headers(1, .call()), .data(1, [0])], .goAway(.streamClosed), .reset(1, .streamClosed)),
  FrameScript(
    "5.1 half closed: HEADERS", [.headers(1, .call()), .headers(1, Block([("a", "b")]))], .goAway(.streamClosed),
    .reset(1, .streamClosed)),
  FrameScript(
    "5.1 half closed: CONTINUATION", [.headers(1, .call()), .continuation(1, .none)], .goAway(.protocolError),
    .goAway(.streamClosed)),
  FrameScript("5.1 half closed: WINDOW_UPDATE", [.headers(1, .call()), .update(1, 1)], .nothing),
  FrameScript("5.1 half closed: PRIORITY", [.headers(1, .call()), .priority(1)], .nothing),
  FrameScript("5.1 half closed: RST_STREAM", [.headers(1, .call()), .reset(1)], .nothing),
  FrameScript(
    "5.1 closed by RST_STREAM: DATA", [.headers(1, .call(), end: false), .reset(1), .data(1, [0])],
    .goAway(.streamClosed), .reset(1, .streamClosed)),
  FrameScript(
    "5.1 closed by RST_STREAM: HEADERS",
    [.headers(1, .call(), end: false), .reset(1), .headers(1, Block([("a", "b")]))], .goAway(.streamClosed),
    .reset(1, .streamClosed)),
  FrameScript(
    "5.1 closed by RST_STREAM: CONTINUATION",
    [.headers(1, .call(), end: false), .reset(1), .continuation(1, .none)], .goAway(.protocolError),
    .goAway(.streamClosed)),
  FrameScript("5.1 closed by RST_STREAM: WINDOW_UPDATE", [.headers(1, .call()), .reset(1), .update(1, 1)], .nothing),
  FrameScript("5.1 closed by RST_STREAM: PRIORITY", [.headers(1, .call()), .reset(1), .priority(1)], .nothing),
  FrameScript("5.1 closed by RST_STREAM: RST_STREAM", [.headers(1, .call()), .reset(1), .reset(1)], .nothing),
  FrameScript(
    "5.1 closed by both ends: DATA", [.headers(1, .call("Reply")), .data(1, [0])], .goAway(.streamClosed),
    .reset(1, .streamClosed)),
  FrameScript(
    "5.1 closed by both ends: HEADERS", [.headers(1, .call("Reply")), .headers(1, Block([("a", "b")]))],
    .goAway(.streamClosed)),
  FrameScript(
    "5.1 closed by both ends: CONTINUATION", [.headers(1, .call("Reply")), .continuation(1, .none)],
    .goAway(.protocolError), .goAway(.streamClosed)),
  FrameScript("5.1 closed by both ends: WINDOW_UPDATE", [.headers(1, .call("Reply")), .update(1, 1)], .nothing),
  FrameScript("5.1 closed by both ends: PRIORITY", [.headers(1, .call("Reply")), .priority(1)], .nothing),
  FrameScript(
    "5.1 closed by an early answer: DATA that was under way",
    [.headers(1, .call("/x", without: ["te"]), end: false), .data(1, zeros(100)), .data(1, zeros(100))], .status(1, 12)),
  FrameScript("5.1.1 a stream of an even id", [.headers(2, .call())], .goAway(.protocolError)),
  FrameScript("5.1.1 a stream of id 0", [.headers(0, .call())], .goAway(.protocolError)),
  FrameScript(
    "5.1.1 ids that leave some out", [.headers(5, .call("Reply")), .headers(101, .call("Reply"))], .status(5, 0)),
  FrameScript(
    "5.1.2 the hundred-and-first stream", Frames((0..<101).flatMap { Frames.headers(2 * $0 + 1, .call()).bytes }),
    .goAway(.protocolError), .reset(201, .refusedStream)),
  FrameScript(
    "5.1.2 a hundred streams", Frames((0..<100).flatMap { Frames.headers(2 * $0 + 1, .call()).bytes }), .nothing),
  FrameScript(
    "5.1.2 a hundred and fifty streams, one after another",
    Frames((0..<150).flatMap { Frames.headers(2 * $0 + 1, .call("Reply")).bytes }), .status(1, 0)),
  // Section 5.3: priority, which RFC 9113 leaves to RFC 7540.
  FrameScript(
    "5.3 HEADERS that depend on themselves", [.frame(1, 0x25, 1, Frames.word(1) + [15] + Block.call().bytes)],
    .reset(1, .protocolError), .goAway(.protocolError)),
  FrameScript(
    "5.3 PRIORITY that depends on itself", [.priority(1, on: 1)], .goAway(.protocolError), .reset(1, .protocolError)),
  FrameScript(
    "5.3 HEADERS with a priority", [.frame(1, 0x25, 1, Frames.word(0) + [15] + Block.call("Reply").bytes)],
    .status(1, 0)),
  // Section 5.4: errors.
  FrameScript(
    "5.4.1 nothing is answered after GOAWAY", [.data(1), .headers(3, .call("Reply"))], .goAway(.protocolError)),
  FrameScript(
    "5.4.2 other streams go on after an error of one",
    [.headers(1, .call(with: [("A", "b")])), .headers(3, .call("Reply"))], .status(3, 0)),
]

/// What RFC 9113 asks of a server, frame by frame, sections 6 and 7.
let frameScripts: [FrameScript] = [
  // Section 6.1: DATA.
  FrameScript("6.1 DATA on stream 0", [.data(0, [1])], .goAway(.protocolError)),
  FrameScript(
    "6.1 padding as long as the payload", [.headers(1, .call(), end: false), .frame(0, 8, 1, [5, 0, 0, 0, 0])],
    .goAway(.protocolError)),
  FrameScript(
    "6.1 padding of DATA without a length", [.headers(1, .call(), end: false), .frame(0, 8, 1, [])],
    .goAway(.frameSizeError), .goAway(.protocolError)),
  FrameScript(
    "6.1 DATA that is padded", [.headers(1, .call(), end: false), .frame(0, 8, 1, [3, 0, 0, 0, 0, 0, 9, 9, 9])],
    .nothing),
  FrameScript(
    "6.1 DATA that is padding alone", [.headers(1, .call(), end: false), .frame(0, 8, 1, [3, 0, 0, 0])], .nothing),
  // Section 6.2: HEADERS.
  FrameScript(
    "6.2 padding as long as the payload",
    [.frame(1, 0xD, 1, [UInt8(Block.call().bytes.count + 1)] + Block.call().bytes)], .goAway(.protocolError)),
  FrameScript(
    "6.2 HEADERS that are padded", [.frame(1, 0xD, 1, [2] + Block.call("Reply").bytes + [0, 0])], .status(1, 0)),
  FrameScript(
    "6.2 HEADERS that are padded and have a priority",
    [.frame(1, 0x2D, 1, [1] + Frames.word(0) + [9] + Block.call("Reply").bytes + [0])], .status(1, 0)),
  FrameScript(
    "6.2 a priority that is cut short", [.frame(1, 0x25, 1, [0, 0, 0])], .goAway(.frameSizeError),
    .goAway(.protocolError)),
  // Section 6.3: PRIORITY.
  FrameScript("6.3 PRIORITY on stream 0", [.priority(0)], .goAway(.protocolError)),
  FrameScript(
    "6.3 PRIORITY of 4 bytes", [.headers(1, .call(), end: false), .frame(2, 0, 1, [0, 0, 0, 0])],
    .reset(1, .frameSizeError), .goAway(.frameSizeError)),
  FrameScript(
    "6.3 PRIORITY of 6 bytes", [.frame(2, 0, 1, zeros(6))], .reset(1, .frameSizeError), .goAway(.frameSizeError)),
  // Section 6.4: RST_STREAM.
  FrameScript("6.4 RST_STREAM on stream 0", [.reset(0)], .goAway(.protocolError)),
  FrameScript(
    "6.4 RST_STREAM of 3 bytes", [.headers(1, .call()), .frame(3, 0, 1, zeros(3))], .goAway(.frameSizeError)),
  FrameScript(
    "6.4 RST_STREAM of 5 bytes", [.headers(1, .call()), .frame(3, 0, 1, zeros(5))], .goAway(.frameSizeError)),
  FrameScript("6.4 RST_STREAM of an even stream", [.reset(2)], .goAway(.protocolError)),
  // Section 6.5: SETTINGS.
  FrameScript("6.5 an answer to SETTINGS with a payload", [.frame(4, 1, 0, zeros(6))], .goAway(.frameSizeError)),
  FrameScript("6.5 SETTINGS on a stream", [.frame(4, 0, 1, [])], .goAway(.protocolError)),
  FrameScript("6.5 SETTINGS of 5 bytes", [.frame(4, 0, 0, zeros(5))], .goAway(.frameSizeError)),
  FrameScript("6.5 an answer to SETTINGS", [.settingsAnswer], .nothing),
  FrameScript("6.5.2 ENABLE_PUSH of 2", [.settings((2, 2))], .goAway(.protocolError)),
  FrameScript("6.5.2 INITIAL_WINDOW_SIZE of 2^31", [.settings((4, 0x8000_0000))], .goAway(.flowControlError)),
  FrameScript("6.5.2 MAX_FRAME_SIZE of 16,383", [.settings((5, 16_383))], .goAway(.protocolError)),
  FrameScript("6.5.2 MAX_FRAME_SIZE of 2^24", [.settings((5, 1 << 24))], .goAway(.protocolError)),
  FrameScript("6.5.2 MAX_FRAME_SIZE at its ends", [.settings((5, 16_384)), .settings((5, (1 << 24) - 1))], .nothing),
  FrameScript("6.5.2 an unknown setting", [.settings((0xFF, 7))], .nothing),
  FrameScript(
    "6.5.2 no table, no streams, small headers", [.settings((1, 0), (3, 0), (6, 100)), .headers(1, .call("Reply"))],
    .status(1, 0)),
  FrameScript(
    "6.5.3 the last of two values counts", [.settings((4, 100), (4, 1)), .headers(1, .call("Reply"))], .sent(1, 1)),
  FrameScript(
    "6.5.3 33 settings in one frame", [.frame(4, 0, 0, (0..<33).flatMap { _ in [0, 0xFF, 0, 0, 0, 1] as [UInt8] })],
    .goAway(.enhanceYourCalm), .goAway(.protocolError)),
  // Section 6.6: PUSH_PROMISE.
  FrameScript(
    "6.6 PUSH_PROMISE of a client", [.headers(1, .call()), .frame(5, 4, 1, Frames.word(2) + Block.call().bytes)],
    .goAway(.protocolError)),
  // Section 6.7: PING.
  FrameScript("6.7 PING is answered", [.ping(7)], .nothing),
  FrameScript("6.7 an answer to no PING", [.ping(7, answers: true)], .nothing),
  FrameScript("6.7 PING on a stream", [.frame(6, 0, 1, zeros(8))], .goAway(.protocolError)),
  FrameScript("6.7 PING of 7 bytes", [.frame(6, 0, 0, zeros(7))], .goAway(.frameSizeError)),
  FrameScript("6.7 PING of 9 bytes", [.frame(6, 0, 0, zeros(9))], .goAway(.frameSizeError)),
  // Section 6.8: GOAWAY.
  FrameScript("6.8 GOAWAY on a stream", [.frame(7, 0, 1, zeros(8))], .goAway(.protocolError)),
  FrameScript("6.8 GOAWAY of 7 bytes", [.frame(7, 0, 0, zeros(7))], .goAway(.frameSizeError)),
  FrameScript(
    "6.8 calls end after the client's GOAWAY", [.headers(1, .call()), .headers(3, .call("Reply")), .goAway()],
    .status(3, 0)),
  // Section 6.9: WINDOW_UPDATE.
  FrameScript("6.9 an increment of 0 to the connection", [.update(0, 0)], .goAway(.protocolError)),
  FrameScript(
    "6.9 an increment of 0 to a stream", [.headers(1, .call()), .update(1, 0)], .reset(1, .protocolError),
    .goAway(.protocolError)),
  FrameScript("6.9 WINDOW_UPDATE of 3 bytes", [.frame(8, 0, 0, zeros(3))], .goAway(.frameSizeError)),
  FrameScript("6.9 WINDOW_UPDATE of 5 bytes", [.frame(8, 0, 0, zeros(5))], .goAway(.frameSizeError)),
  FrameScript(
    "6.9.1 no more is sent than a window of 1 takes", [.settings((4, 1)), .headers(1, .call("Reply"))], .sent(1, 1)),
  FrameScript("6.9.1 the connection's window above 2^31-1", [.update(0, 0x7FFF_FFFF)], .goAway(.flowControlError)),
  FrameScript(
    "6.9.1 a stream's window above 2^31-1", [.headers(1, .call()), .update(1, 0x7FFF_FFFF)],
    .reset(1, .flowControlError), .goAway(.flowControlError)),
  FrameScript(
    "6.9.2 a window that is opened by SETTINGS", [.settings((4, 0)), .headers(1, .call("Reply")), .settings((4, 3))],
    .sent(1, 3)),
  FrameScript(
    "6.9.2 a window that becomes negative, and is opened by WINDOW_UPDATE",
    [.settings((4, 3)), .headers(1, .call("Reply")), .settings((4, 0)), .update(1, 5)], .sent(1, 5)),
  FrameScript(
    "6.9.2 SETTINGS that lift a stream's window above 2^31-1",
    [.headers(1, .call()), .update(1, 0x7FFF_0000), .settings((4, 0x7FFF_FFFF))], .goAway(.flowControlError)),
  FrameScript(
    "6.9 a window that stays closed does not stop the trailers of others",
    [.settings((4, 0)), .headers(1, .call("Reply")), .headers(3, .call("/x"))], .status(3, 12)),
  // Section 6.10: CONTINUATION.
  FrameScript(
    "6.10 a header list in three frames",
    [
      .headersBegin(1, .call("Reply")), .continuation(1, Block([("a", "b")]), ends: false),
      .continuation(1, Block([("c", "d")])),
    ], .status(1, 0)),
  FrameScript(
    "6.10 a header list in nine frames",
    [
      .headersBegin(1, .call("Reply")), .continuation(1, Block([("a", "b")]), ends: false) * 7,
      .continuation(1, .none),
    ], .status(1, 0)),
  FrameScript(
    "6.10 a header list in ten frames",
    [
      .headersBegin(1, .call("Reply")), .continuation(1, Block([("a", "b")]), ends: false) * 8,
      .continuation(1, .none),
    ], .goAway(.enhanceYourCalm)),
  FrameScript(
    "6.10 empty CONTINUATION without end",
    [.headersBegin(1, .call("Reply")), .continuation(1, .none, ends: false) * 500], .goAway(.enhanceYourCalm)),
  FrameScript(
    "6.10 CONTINUATION on stream 0", [.headersBegin(1, .call()), .continuation(0, .none)], .goAway(.protocolError)),
  FrameScript(
    "6.10 CONTINUATION after the end of a header list", [.headers(1, .call()), .continuation(1, .none)],
    .goAway(.protocolError), .goAway(.streamClosed)),
  FrameScript(
    "6.10 CONTINUATION after DATA", [.headers(1, .call(), end: false), .data(1, [0]), .continuation(1, .none)],
    .goAway(.protocolError)),
  // Section 7: error codes.
  FrameScript("7 GOAWAY with an unknown code", [.headers(1, .call()), .goAway(0xFF)], .nothing),
  FrameScript("7 RST_STREAM with an unknown code", [.headers(1, .call()), .reset(1, 0xFF)], .nothing),
]

func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
