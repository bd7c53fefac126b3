// The two programs of this package's transport with protobuf-c, as BenchmarkPeer describes them: as small a program as
// nio-peer is, so that the memory of both compares.
import Foundation
import WireBenchmark

do {
  try await NGHTTP2Peer.run(try BenchmarkPeer.Command(Array(CommandLine.arguments.dropFirst())))
} catch {
  FileHandle.standardError.write(Data("nghttp2-peer: \(error)\n".utf8))
  exit(1)
}
