import GRPCNGHTTP2Transport
import ServiceRuntime
import Testing

@Suite("Addresses to listen on") struct ListeningAddressTests {
  @Test(
    "an address that others reach needs TLS and tokens, or --insecure",
    arguments: [
      ("127.0.0.1:1", true), ("127.1.2.3:1", true), ("[::1]:1", true), ("localhost:1", true), ("0.0.0.0:1", false),
      ("127.evil.com:1", false), ("127.0.0.1.2:1", false), ("[::]:1", false), ("10.0.0.1:1", false),
      ("unix:/run/t.sock", true),
    ])
  func exposure(text: String, isLocal: Bool) throws {
    let address = try NetworkAddress(parsing: text)
    #expect(address.isLocal == isLocal)
    #expect(try address.checkExposure(isSecured: false, insecure: true) == !isLocal)
    #expect(try address.checkExposure(isSecured: true, insecure: false) == false)
    if !isLocal {
      #expect(throws: ServiceRuntimeError.exposedAddress(address)) {
        try address.checkExposure(isSecured: false, insecure: false)
      }
    }
  }

  @Test("port 0 becomes a free one of loopback; other addresses stay")
  func ports() throws {
    guard case .tcp("127.0.0.1", let port) = try NetworkAddress(parsing: "127.0.0.1:0").withPort() else {
      Issue.record("no port of 127.0.0.1")
      return
    }
    #expect(port > 0)
    for text in ["127.0.0.1:7", "unix:/run/t.sock"] {
      let address = try NetworkAddress(parsing: text)
      #expect(try address.withPort() == address)
    }
  }

  @Test("what stands for all addresses becomes the machine's name, and a path an absolute one")
  func reachable() throws {
    for text in ["0.0.0.0:7", "[::]:7"] {
      let address = try NetworkAddress(parsing: text).reachable
      #expect(!address.description.hasPrefix("0.0.0.0") && !address.description.hasPrefix("["))
    }
    #expect(try NetworkAddress(parsing: "teacher:7").reachable.description == "teacher:7")
    guard case .unixSocket(let path) = NetworkAddress.unixSocket(path: "t.sock").reachable else { return }
    #expect(path.hasPrefix("/") && path.hasSuffix("/t.sock"))
  }
}
