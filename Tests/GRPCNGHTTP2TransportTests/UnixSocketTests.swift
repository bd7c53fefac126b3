import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

@Suite("Unix sockets", .timeLimit(.minutes(1)))
struct UnixSocketTests {
  private let folder: URL
  private var path: String { folder.appending(path: "t.sock").path(percentEncoded: false) }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "retort-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func permissions(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  /// Serves at the path for the length of `body`, then stops.
  private func serve(
    _ configuration: NGHTTP2ServerTransport.Configuration = NGHTTP2ServerTransport.Configuration(),
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    let transport = NGHTTP2ServerTransport(address: .unixSocket(path: path), configuration: configuration)
    let server = GRPCServer(transport: transport, services: [EchoService()])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      _ = try await transport.listeningAddress
      try await body()
      server.beginGracefulShutdown()
      try await group.waitForAll()
    }
  }

  private func echo() async throws {
    let client = NGHTTP2ClientTransport(service: try ServiceTarget(parsing: "unix:\(path)"))
    try await withGRPCClient(transport: client) { client in
      let reply = try await client.unary(
        request: ClientRequest(message: WireBytes([7])), descriptor: EchoService.echo, serializer: RawCoding(),
        deserializer: RawCoding(), options: .defaults
      ) { try $0.message }
      #expect(reply == WireBytes([7]))
    }
  }

  @Test("the file is the user's alone while the server listens, and gone after it")
  func permissionsAndEnd() async throws {
    try await serve {
      #expect(try permissions(of: path) == 0o600)
      try await echo()
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    var shared = NGHTTP2ServerTransport.Configuration()
    shared.socketFilePermissions = 0o660
    try await serve(shared) {
      let mode = try permissions(of: path)
      #expect(mode == 0o660)
    }
  }

  @Test("a socket that a dead server has left is replaced")
  func stale() async throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    close(descriptor)
    #expect(FileManager.default.fileExists(atPath: path))
    try await serve { try await echo() }
  }

  @Test("a socket on which somebody answers is refused, and stays")
  func inUse() async throws {
    try await serve {
      await #expect(throws: TransportError.addressInUse(.unixSocket(path: path))) { try await serve {} }
      #expect(throws: TransportError.addressInUse(.unixSocket(path: path))) {
        try NetworkAddress.unixSocket(path: path).checkSocketFile()
      }
      try await echo()
    }
  }

  @Test("a file that is no socket is refused, and stays")
  func otherFile() async throws {
    try Data("kept".utf8).write(to: URL(filePath: path))
    let error = await #expect(throws: TransportError.self) { try await serve {} }
    #expect(error?.description.contains("the file is no socket") == true)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("kept".utf8))
  }

  @Test("a file that has taken the socket's place is not taken away")
  func replaced() async throws {
    try await serve {
      try FileManager.default.removeItem(atPath: path)
      try Data("kept".utf8).write(to: URL(filePath: path))
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("kept".utf8))
  }

  @Test("a server that drains leaves the socket of its successor alone")
  func successor() async throws {
    let transport = NGHTTP2ServerTransport(address: .unixSocket(path: path))
    let first = GRPCServer(transport: transport, services: [EchoService()])
    let (release, letGo) = AsyncStream.makeStream(of: Void.self)
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let serving = Task { try await first.serve() }
    _ = try await transport.listeningAddress
    let chatting = Task { try await chat(begin, until: release) }
    for await _ in begun { break }
    first.beginGracefulShutdown()
    try await serve {
      letGo.finish()
      try await chatting.value
      try await serving.value
      try await echo()
    }
  }

  /// Keeps a call open.
  private func chat(_ begin: AsyncStream<Void>.Continuation, until release: AsyncStream<Void>) async throws {
    let client = NGHTTP2ClientTransport(service: try ServiceTarget(parsing: "unix:\(path)"))
    try await withGRPCClient(transport: client) { client in
      let request = StreamingClientRequest(of: WireBytes.self) { writer in
        try await writer.write(WireBytes([7]))
        for await _ in release {}
      }
      try await client.bidirectionalStreaming(
        request: request, descriptor: EchoService.chat, serializer: RawCoding(), deserializer: RawCoding(),
        options: .defaults
      ) { response in
        for try await _ in response.messages { begin.yield() }
      }
    }
  }

  @Test("a path that the system cannot hold is refused with its limit", arguments: [0, 108])
  func badLength(count: Int) throws {
    let address = NetworkAddress.unixSocket(path: String(repeating: "x", count: count))
    let error = #expect(throws: TransportError.self) { try address.checkSocketFile() }
    #expect(error?.description.contains("1 to 107 bytes") == true)
  }
}
