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

  @Test("a free port stays this process's: another socket that does not allow reuse is refused there")
  func heldPort() throws {
    let port = try PortProbe.freePorts(1)[0]
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    #expect(status == -1 && errno == EADDRINUSE)
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
