import Foundation
import GRPCNGHTTP2Transport
import Glibc
import LoopbackSockets
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
    #expect(!LoopbackSocket().bind(port: UInt16(port)) && errno == EADDRINUSE)
  }

  @Test("a port that somebody listens on is refused")
  func portInUse() throws {
    let listener = LoopbackSocket()
    #expect(listener.bind() && listener.listen())
    let taken = NetworkAddress.tcp(host: "127.0.0.1", port: Int(listener.port))
    #expect(throws: ServiceRuntimeError.portInUse(taken)) { try PortProbe.check(taken) }
  }

  @Test("an address that is not this machine's is refused")
  func foreignAddress() {
    #expect(throws: ServiceRuntimeError.self) { try PortProbe.check(NetworkAddress.tcp(host: "192.0.2.1", port: 7001)) }
  }
}
