import GRPCCore
import GRPCNGHTTP2Transport

/// Our own stack's two programs: the transport of this package with protobuf-c messages.
public enum NGHTTP2Peer {
  /// Does what the command line asks for.
  ///
  /// - Parameter onEventLoop: Whether handlers run on the event loops of their connections.
  public static func run(_ command: BenchmarkPeer.Command, onEventLoop: Bool = false) async throws {
    switch command {
    case .serve:
      var configuration = NGHTTP2ServerTransport.Configuration()
      configuration.runsHandlersOnEventLoop = onEventLoop
      let transport = NGHTTP2ServerTransport(address: .tcp(host: "127.0.0.1", port: 0), configuration: configuration)
      try await BenchmarkPeer.serve(ParcelCodec.self, on: transport) {
        guard case .tcp(_, let port) = try await transport.listeningAddress else { return 0 }
        return port
      }
    case .call(let port, let serverProcess, let benchmarkCase, let seconds):
      try await BenchmarkPeer.call(
        ParcelCodec.self, over: NGHTTP2ClientTransport(target: .tcp(host: "127.0.0.1", port: port)),
        serverProcess: serverProcess, benchmarkCase: benchmarkCase, seconds: seconds)
    }
  }
}
