import GRPCCore
import GRPCNGHTTP2Transport
import ModelServing
import Sequences
import ServiceTestSupport
import TeacherService
import Testing
import WireFormat

@Suite("Teacher service over HTTP/2", .timeLimit(.minutes(1)))
struct TeacherLoopbackTests {
  @Test("a caller that leaves gives up its place in the queue")
  func cancellationInQueue() async throws {
    let (model, queue) = (try TinyModel.served(seed: 1), ComputeQueue())
    let (gate, letGo) = AsyncStream<Void>.makeStream()
    let (begun, tellBegun) = AsyncStream<Void>.makeStream()
    let busy = Task {
      try await ModelAnswers(model: model, queue: queue, limits: ServingLimits(chunkBytes: 4, waitingChunks: 1)).score(
        WireSequenceBatch(TinyModel.sequences(20, seed: 5)), options: WireScoreOptions(tokenLogprobs: true),
        isCancelled: { false },
        write: { _ in
          tellBegun.yield()
          for await _ in gate { break }
        })
    }
    for await _ in begun { break }
    let transport = NGHTTP2ServerTransport(address: .tcp(host: "127.0.0.1", port: 0))
    try await withGRPCServer(transport: transport, services: [TeacherRPCs(model: model, queue: queue)]) { _ in
      let address = try await transport.listeningAddress
      try await withGRPCClient(transport: NGHTTP2ClientTransport(target: address)) { grpc in
        let client = TeacherServiceRPC.Client(wrapping: grpc)
        let call = Task {
          try await client.score { writer in
            try await writer.write(
              TeacherServiceScoreRequest(
                sequences: WireSequenceBatch(TinyModel.sequences(3, seed: 1)),
                options: WireScoreOptions(tokenLogprobs: true)))
          } onResponse: { response in
            for try await _ in response.messages {}
          }
        }
        while queue.waitingCount == 0 { await Task.yield() }
        call.cancel()
        while queue.waitingCount > 0 { await Task.yield() }
        _ = await call.result
      }
    }
    letGo.finish()
    try await busy.value
  }
}
