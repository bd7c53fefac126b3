import GRPCCore
import GRPCNGHTTP2Transport
import NIOCore
import Testing
import WireBytes

@Suite("Parts of the transport")
struct PartsTests {
  @Test("messages come out whole however the bytes are cut", arguments: [1, 2, 3, 5, 7, 64, 1000, 100_000])
  func assemblerIgnoresCuts(cut: Int) throws {
    let messages = [0, 1, 4, 5, 6, 300, 0, 0, 70_000, 3].map { WireBytes(patterned: $0, seed: $0) }
    let bytes = messages.flatMap { Array($0.framed.readableBytesView) }
    var assembler = MessageAssembler(limit: 70_000)
    var received: [WireBytes] = []
    for start in stride(from: 0, to: bytes.count, by: cut) {
      let piece = Array(bytes[start..<min(start + cut, bytes.count)])
      try piece.withUnsafeBytes { piece in try assembler.append(piece) { received.append($0) } }
    }
    #expect(received == messages)
    #expect(assembler.isAtBoundary)
  }

  @Test("a prefix that may not be is refused before its message comes")
  func assemblerRefuses() {
    func result(_ bytes: [UInt8]) -> MessageError? {
      var assembler = MessageAssembler(limit: 1000)
      do {
        try bytes.withUnsafeBytes { bytes in try assembler.append(bytes) { _ in } }
        return nil
      } catch {
        return error as? MessageError
      }
    }
    #expect(result([0, 0, 0, 3, 232]) == nil)
    #expect(result([0, 0, 0, 3, 233]) == .oversize(announced: 1001, limit: 1000))
    #expect(result([0, 255, 255, 255, 255]) == .oversize(announced: 4_294_967_295, limit: 1000))
    #expect(result([1, 0, 0, 0, 1]) == .compressed)
    #expect(result([2, 0, 0, 0, 1]) == .badFlag(2))
  }

  @Test("percent-encoding keeps every text", arguments: ["", "plain", "100 %", "line\nbreak", "ÄÖ 😀", "%41", "\u{7F}"])
  func percentEncodingRoundTrips(text: String) {
    let encoded = PercentEncoding.encode(text)
    #expect(encoded.utf8.allSatisfy { $0 >= 0x20 && $0 <= 0x7E })
    #expect(PercentEncoding.decode(encoded) == text)
  }

  @Test("percent-decoding leaves what is not an escape", arguments: ["%", "%4", "%zz", "a%G1b"])
  func percentDecodingIsLenient(text: String) {
    #expect(PercentEncoding.decode(text) == text)
  }

  @Test("the backoff grows by 1.6 to 120 s, and strays by at most a fifth")
  func backoffGrows() {
    var generator = SystemRandomNumberGenerator()
    let backoff = ConnectionBackoff()
    var expected = 1.0
    for failures in 1...30 {
      let delay = backoff.delay(afterFailures: failures, using: &generator) / .seconds(1)
      #expect(delay >= 0.8 * expected - 1e-6 && delay <= 1.2 * expected + 1e-6)
      expected = min(expected * 1.6, 120)
    }
  }

  @Test("the flood counter allows its number at once, and as many again in a window")
  func floodCounterRefills() {
    var counter = FloodCounter(limit: 10, window: .seconds(30))
    for _ in 0..<10 { #expect(counter.count(at: .zero) == true) }
    #expect(counter.count(at: .zero) == false)
    // 31 seconds later 10 have drained, and one more than the limit had been counted.
    for _ in 0..<9 { #expect(counter.count(at: .seconds(31)) == true) }
  }

  @Test(
    "addresses are read and written",
    arguments: [
      ("127.0.0.1:7001", NetworkAddress.tcp(host: "127.0.0.1", port: 7001)),
      ("teacher:0", .tcp(host: "teacher", port: 0)), ("[::1]:80", .tcp(host: "::1", port: 80)),
      ("unix:/tmp/x.sock", .unixSocket(path: "/tmp/x.sock")),
    ])
  func addressesParse(text: String, address: NetworkAddress) throws {
    #expect(try NetworkAddress(parsing: text) == address)
    #expect(address.description == text)
  }

  @Test(
    "what is not an address is refused",
    arguments: ["", "host", "host:", ":80", "host:70000", "::1:80", "a b:1", "unix:", "[]:1", "[[::1]]:1", "[[[]]:1"])
  func badAddresses(text: String) {
    #expect(throws: TransportError.malformedAddress(text)) { try NetworkAddress(parsing: text) }
  }

  @Test(
    "requests that are not calls are refused",
    arguments: [
      (
        ["x": "y"],
        RequestHead.Refusal.http(status: 404, text: "this is a gRPC server: call its methods with a gRPC client\n")
      ),
      ([":method": "GET", ":path": "/a/b"], .http(status: 405, text: "a gRPC method is called with POST\n")),
      (["content-type": "application/json"], .http(status: 415, text: "content-type must be application/grpc\n")),
      (["content-type": "application/grpc-web"], .http(status: 415, text: "content-type must be application/grpc\n")),
      ([":path": "/only"], .call(.unimplemented, "path '/only' is not /SERVICE/METHOD")),
      (
        ["grpc-encoding": "br"],
        .call(.unimplemented, "messages compressed with 'br' are not read: send gzip or identity")
      ),
    ])
  func refusals(changes: [String: String], refusal: RequestHead.Refusal) {
    var values = [":method": "POST", ":path": "/a.B/C", "content-type": "application/grpc"]
    values.merge(changes) { $1 }
    if changes["x"] != nil { values = [":method": "GET", ":path": "/"] }
    var headers = HeaderFields()
    for (name, value) in values { headers.append(name, value) }
    #expect(throws: refusal) { try RequestHead.parse(headers) }
  }

  @Test("metadata that HTTP/2 cannot carry is refused, and the protocol's own names are left out")
  func metadataIsChecked() throws {
    var headers = HeaderFields()
    try headers.append(["Upper": "1", "content-type": "x", "grpc-status": "9", "a-bin": .binary([1, 2])])
    #expect(headers == ["upper": "1", "a-bin": "AQI"])
    #expect(throws: RPCError.self) { try headers.append(["a b": "1"]) }
    #expect(throws: RPCError.self) { try headers.append(["a": "line\nbreak"]) }
  }

  @Test(
    "the code of a reset gives the status of the call",
    arguments: zip(
      (0...13).compactMap { HTTP2ErrorCode(rawValue: $0) },
      [
        RPCError.Code.internalError, .internalError, .internalError, .internalError, .internalError, .unknown,
        .internalError, .unavailable, .cancelled, .internalError, .internalError, .resourceExhausted,
        .permissionDenied, .unknown,
      ]))
  func resetCodes(code: HTTP2ErrorCode, status: RPCError.Code) {
    #expect(code.status == status)
  }
}
