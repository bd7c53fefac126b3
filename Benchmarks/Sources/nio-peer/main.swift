// The two programs of grpc-swift-nio-transport with swift-protobuf, as BenchmarkPeer describes them.
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import WireBenchmark

do {
  switch try BenchmarkPeer.Command(Array(CommandLine.arguments.dropFirst())) {
  case .serve:
    let transport = HTTP2ServerTransport.Posix(
      address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext,
      config: .defaults {
        // Unset, nothing is advertised and connections with over 100 calls are dropped.
        $0.http2.maxConcurrentStreams = 1000
        // The default is 4 MiB; as ours.
        $0.rpc.maxRequestPayloadSize = 64 << 20
      })
    try await BenchmarkPeer.serve(ProtobufCodec.self, on: transport) {
      try await transport.listeningAddress.ipv4?.port ?? 0
    }
  case .call(let port, let serverProcess, let benchmarkCase, let seconds):
    let transport = try HTTP2ClientTransport.Posix(
      target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
    try await BenchmarkPeer.call(
      ProtobufCodec.self, over: transport, serverProcess: serverProcess, benchmarkCase: benchmarkCase,
      seconds: seconds)
  }
} catch {
  FileHandle.standardError.write(Data("nio-peer: \(error)\n".utf8))
  exit(1)
}
