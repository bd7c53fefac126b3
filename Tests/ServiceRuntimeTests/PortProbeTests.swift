import Foundation
import GRPCNGHTTP2Transport
import Glibc
import ServiceRuntime
import Testing

@Suite struct PortProbeTests {
  @Test("free ports differ and can be listened on")
  func freePorts() throws {
    let ports = try PortProbe.freePorts(3)
    #expect(Set(ports).count == 3)
    for port in ports { try PortProbe.check(NetworkAddress.tcp(host: "127.0.0.1", port: port)) }
  }

  @Test("a port that somebody listens on is refused")
  func portInUse() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    #expect(listen(descriptor, 1) == 0)
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
    }
    let taken = NetworkAddress.tcp(host: "127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port)))
    #expect(throws: ServiceRuntimeError.portInUse(taken)) { try PortProbe.check(taken) }
  }

  @Test("an address that is not this machine's is refused")
  func foreignAddress() {
    #expect(throws: ServiceRuntimeError.self) { try PortProbe.check(NetworkAddress.tcp(host: "192.0.2.1", port: 7001)) }
  }
}
