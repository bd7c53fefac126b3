import Checkpoints
import Foundation
import GRPCCore
import Kernels
import ModelServing
import ServiceTestSupport
import Testing
import Transformer
import WireFormat

@Suite("A student whose hidden states are compared with the teacher's")
struct HiddenStateTrainingTests {
  /// A Load with z-scored logits, cross-entropy and hidden states.
  private func request(
    _ path: String = "model", resume: Bool = false, hiddenState: Bool = false, adapters: Bool = false
  ) -> LoadRequest {
    var request = LoadRequest.training(path, kinds: [.forwardKL, .reverseKL], hiddenState: hiddenState, resume: resume)
    request.objective?.hiddenWeight = 0.5
    request.objective?.terms[0].standardizeLogits = true
    request.objective?.terms[0].crossEntropyWeight = 1
    if adapters { request.adapters = WireAdapterOptions(rank: 2, alpha: 8, targetModules: ["q_proj", "v_proj"]) }
    return request
  }

  @Test("learns the teacher's hidden states, whatever form its log-probs have", arguments: [false, true])
  func learns(hiddenState: Bool) async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(request(hiddenState: hiddenState))
      let before = try #require(try await train(client, [.step(0, evaluate: true)])[0].metrics)
      _ = try await train(client, (1...30).map { .step($0) })
      let after = try #require(try await train(client, [.step(30, evaluate: true)])[0].metrics)
      #expect(before.hiddenLoss > 0 && after.hiddenLoss < 0.95 * before.hiddenLoss)
      #expect(abs(before.loss - before.termLosses.reduce(0, +) - 0.5 * before.hiddenLoss) <= 1e-9)
    }
  }

  @Test("saving and resuming in between changes no bit, and nobody else gets the projector", arguments: [false, true])
  func resumes(adapters: Bool) async throws {
    func result(pausing: Bool) async throws -> (digest: String, losses: [Double]) {
      let folder = try StudentFolder()
      var result = (digest: "", losses: [Double]())
      try await withStudent(folder, dialer: FakeDialer()) { client in
        _ = try await client.load(request(adapters: adapters))
        _ = try await train(client, (1...3).map { .step($0) })
        if pausing {
          let saved = try await client.save(SaveRequest(path: "checkpoint-3"))
          let loaded = try await client.load(request("checkpoint-3", resume: true, adapters: adapters))
          #expect(loaded.step == 3 && loaded.model?.modelDigest == saved.modelDigest)
          let checkpoint = try Checkpoint.load(folder.url.appending(path: "checkpoint-3"), arithmetic: .present())
          let projector = try #require(checkpoint.projector)
          #expect(projector.firstMoments.view.array.contains { $0 != 0 })
        }
        result.losses = try await train(client, (4...6).map { .step($0) }).map { $0.metrics?.hiddenLoss ?? .nan }
        result.digest = try await client.export(ExportRequest(path: "student")).modelDigest
      }
      let exported = try FileManager.default.contentsOfDirectory(atPath: folder.url.appending(path: "student").path)
      #expect(!exported.contains { $0.contains("projector") })
      return result
    }
    let (paused, whole) = (try await result(pausing: true), try await result(pausing: false))
    #expect(paused.digest == whole.digest && paused.losses == whole.losses)
  }

  @Test("a checkpoint whose projector is damaged is refused")
  func damaged() async throws {
    let folder = try StudentFolder()
    try await withStudent(folder, dialer: FakeDialer()) { client in
      _ = try await client.load(request())
      _ = try await train(client, [.step(1)])
      _ = try await client.save(SaveRequest(path: "checkpoint-1"))
      let file = folder.url.appending(path: "checkpoint-1/projector.safetensors")
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count - 1] ^= 1
      try bytes.write(to: file)
      let error = await #expect(throws: RPCError.self) { try await client.load(request("checkpoint-1", resume: true)) }
      #expect(error?.message.contains("projector.safetensors") == true)
    }
  }
}
