import GRPCNGHTTP2Transport
import Testing

@Suite("Targets of a client")
struct TargetTests {
  @Test(
    "targets are read",
    arguments: [
      ("teacher:7001", [NetworkAddress.tcp(host: "teacher", port: 7001)], true),
      ("dns:teacher:7001", [.tcp(host: "teacher", port: 7001)], true),
      ("dns:///teacher:7001", [.tcp(host: "teacher", port: 7001)], true),
      ("127.0.0.1:80", [.tcp(host: "127.0.0.1", port: 80)], false),
      ("[::1]:80", [.tcp(host: "::1", port: 80)], false),
      ("ipv4:10.0.0.1:80,10.0.0.2:81", [.tcp(host: "10.0.0.1", port: 80), .tcp(host: "10.0.0.2", port: 81)], false),
      ("ipv6:[::1]:80,[fe80::1]:81", [.tcp(host: "::1", port: 80), .tcp(host: "fe80::1", port: 81)], false),
      ("a:1,b:2", [.tcp(host: "a", port: 1), .tcp(host: "b", port: 2)], true),
      ("unix:x.sock", [.unixSocket(path: "x.sock")], false),
      ("unix:///run/x,y.sock", [.unixSocket(path: "/run/x,y.sock")], false),
    ])
  func reads(text: String, endpoints: [NetworkAddress], hasNames: Bool) throws {
    let target = try ServiceTarget(parsing: text)
    #expect(target.endpoints == endpoints)
    #expect(target.hasNames == hasNames)
    #expect(try ServiceTarget(parsing: target.description) == target)
  }

  @Test(
    "what is not a target is refused with a line that says how to write one",
    arguments: [
      "", "host", "dns:", "dns:host", "dns://8.8.8.8/host:1", "ipv4:host:1", "ipv4:[::1]:1", "ipv6:1.2.3.4:1",
    ]
      + ["a:1,,b:2", "unix:", "http://a:1"])
  func refuses(text: String) {
    let error = #expect(throws: TransportError.malformedTarget(text)) { try ServiceTarget(parsing: text) }
    #expect(error?.description.contains("dns:HOST:PORT") == true)
  }

  @Test("the system knows localhost, and says so when it knows a name not")
  func systemResolver() throws {
    let addresses = try SystemNameResolver().addresses(of: "localhost", port: 80)
    let loopback: Set<NetworkAddress> = [.tcp(host: "127.0.0.1", port: 80), .tcp(host: "::1", port: 80)]
    #expect(!addresses.isEmpty && loopback.isSuperset(of: addresses))
    let error = #expect(throws: NameResolutionError.self) {
      try SystemNameResolver().addresses(of: "no-such-host.invalid", port: 80)
    }
    #expect(error?.host == "no-such-host.invalid")
  }
}
