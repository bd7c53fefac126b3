import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite("Sockets", .timeLimit(.minutes(1)))
struct SocketTests {
  /// The sockets of this process with an end at `host`, and whether programs that it starts would inherit them.
  private static func inherited(_ host: String) -> [Bool] {
    (3..<Int32(min(sysconf(Int32(_SC_OPEN_MAX)), 65_536))).compactMap { descriptor in
      let ends = [end(descriptor, getsockname), end(descriptor, getpeername)]
      guard ends.contains(inet_addr(host)) else { return nil }
      return fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0
    }
  }

  private static func end(
    _ descriptor: Int32, _ name: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
  ) -> in_addr_t? {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(descriptor, $0, &size) }
    }
    return result == 0 && address.sin_family == sa_family_t(AF_INET) ? address.sin_addr.s_addr : nil
  }

  @Test("programs that are started beside a server and a client inherit none of their sockets")
  func closeOnExec() async throws {
    let host = OwnHost.next()
    let transport = NGHTTP2ServerTransport(address: .tcp(host: host, port: 0))
    let server = GRPCServer(transport: transport, services: [EchoService()])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      let address = try await transport.listeningAddress
      try await withRunningClient(NGHTTP2ClientTransport(target: address)) { client in
        _ = try await client.unary(
          request: ClientRequest(message: WireBytes([7])), descriptor: EchoService.echo, serializer: RawCoding(),
          deserializer: RawCoding(), options: .defaults
        ) { try $0.message }
        // The listener, and both ends of the connection.
        #expect(Self.inherited(host) == [false, false, false])
      }
      server.beginGracefulShutdown()
      try await group.waitForAll()
    }
  }
}
