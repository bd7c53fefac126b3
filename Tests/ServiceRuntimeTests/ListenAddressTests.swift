import ServiceRuntime
import Testing

@Suite struct ListenAddressTests {
  @Test(
    "HOST:PORT is read and written back",
    arguments: [("127.0.0.1:7001", "127.0.0.1", 7001), ("[::1]:0", "::1", 0), ("teacher:65535", "teacher", 65535)])
  func wellFormed(text: String, host: String, port: Int) throws {
    let address = try ListenAddress(parsing: text)
    #expect(address == ListenAddress(host: host, port: port))
    #expect(address.description == text)
  }

  @Test(
    "anything else is refused with the text in the message",
    arguments: [
      "", "7001", "127.0.0.1", "127.0.0.1:", ":7001", "host:65536", "host:-1", "::1:7001", "[::1]", "a b:1",
      "http://x:1",
    ])
  func malformed(text: String) {
    #expect(throws: ServiceRuntimeError.malformedAddress(text)) { try ListenAddress(parsing: text) }
  }

  @Test(
    "an address that others reach needs TLS and tokens, or --insecure",
    arguments: [
      ("127.0.0.1", true), ("127.1.2.3", true), ("::1", true), ("localhost", true), ("0.0.0.0", false),
      ("127.evil.com", false), ("::", false), ("10.0.0.1", false),
    ])
  func exposure(host: String, isLoopback: Bool) throws {
    let address = ListenAddress(host: host, port: 1)
    #expect(address.isLoopback == isLoopback)
    #expect(try address.checkExposure(isSecured: false, insecure: true) == !isLoopback)
    #expect(try address.checkExposure(isSecured: true, insecure: false) == false)
    if !isLoopback {
      #expect(throws: ServiceRuntimeError.exposedAddress(address)) {
        try address.checkExposure(isSecured: false, insecure: false)
      }
    }
  }
}
