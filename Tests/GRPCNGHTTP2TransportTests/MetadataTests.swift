import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

@Suite("Metadata and statuses", .timeLimit(.minutes(1)))
struct MetadataTests {
  @Test(
    "base64 is read with padding and without, and nothing else is taken for it",
    arguments: [
      ("", [UInt8]()), ("AA==", [0]), ("AA", [0]), ("AQI=", [1, 2]), ("AQI", [1, 2]), ("AQID", [1, 2, 3]),
      ("/+8=", [255, 239]), ("//79", [255, 254, 253]), ("A", nil), ("AQI==", nil), ("A=A=", nil), ("AQ=", nil),
      ("AQID=", nil), ("_-8", nil), ("AQ D", nil), ("====", nil),
    ])
  func base64(text: String, bytes: [UInt8]?) {
    #expect(Base64Text.decode(text.utf8) == bytes)
  }

  @Test("binary values of every length keep their bytes", arguments: [0, 1, 2, 3, 4, 100, 1000])
  func binaryRoundTrips(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
    var headers = HeaderFields()
    try headers.append(["a-bin": .binary(bytes)])
    #expect(headers["a-bin"]?.contains("=") == false)
    #expect(Array(headers.metadata[binaryValues: "a-bin"]) == [bytes])
  }

  @Test("joined binary values are taken apart, in order; what is not base64 stays as it came")
  func joined() {
    let headers: HeaderFields = ["a-bin": "AQ==, AgM,,!", "a-bin": "BA", "b": "1, 2"]
    let metadata = headers.metadata
    #expect(Array(metadata[binaryValues: "a-bin"]) == [[1], [2, 3], [], [4]])
    #expect(Array(metadata["a-bin"]).contains(.string("!")))
    #expect(Array(metadata[stringValues: "b"]) == ["1, 2"])
  }

  private static let reserved = [
    "te", "content-type", "user-agent", "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding",
    "upgrade", "content-length", "grpc-status", "grpc-message", "grpc-encoding", "grpc-accept-encoding", ":path",
    ":status", "Grpc-Status",
  ]

  @Test("names of the protocol are left out of what is sent", arguments: reserved)
  func reservedNames(name: String) throws {
    var headers = HeaderFields()
    try headers.append([name: "1"])
    #expect(headers.fields.isEmpty)
  }

  @Test("handlers see who calls, and none of the protocol's own fields")
  func hidden() {
    let headers: HeaderFields = [
      ":method": "POST", ":path": "/a/b", "te": "trailers", "content-type": "application/grpc", "user-agent": "x/1",
      "grpc-encoding": "gzip", "grpc-accept-encoding": "gzip", "grpc-timeout": "1S", "authorization": "Bearer x",
    ]
    #expect(headers.metadata == ["user-agent": "x/1", "grpc-timeout": "1S", "authorization": "Bearer x"])
  }

  private static let codes: [RPCError.Code] = (1...16).compactMap {
    Status.Code(rawValue: $0).flatMap(RPCError.Code.init)
  }

  @Test("all seventeen codes arrive, with message and metadata")
  func everyCode() async throws {
    #expect(Self.codes.count == 16)
    try await Loopback.run { loopback in
      let fine = try await loopback.unary(WireBytes([1]))
      #expect(try fine.message == WireBytes([1]))
      for code in Self.codes {
        let message = "code \(code.rawValue): 100 %, «ä»\r\n\u{1F600}"
        let failed = try await loopback.unary(
          WireBytes(text: message), method: EchoService.fail, metadata: ["code": "\(code.rawValue)"])
        let error = #expect(throws: RPCError.self) { try failed.message }
        #expect(error?.code == code)
        #expect(error?.message == message)
        #expect(error.map { Array($0.metadata[stringValues: "why"]) } == ["asked for"])
        #expect(error.map { Array($0.metadata[binaryValues: "why-bin"]) } == [[0, 255]])
      }
    }
  }
}
