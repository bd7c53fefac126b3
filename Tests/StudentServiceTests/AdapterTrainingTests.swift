import Checkpoints
import Foundation
import GRPCCore
import Kernels
import ModelServing
import ServiceTestSupport
import Testing
import Transformer
import WireFormat

@Suite("A student whose adapters learn")
struct AdapterTrainingTests {
  private static let adapters = WireAdapterOptions(
    rank: 2, alpha: 8, dropout: 0.1, targetModules: ["q_proj", "v_proj"])

  /// A Load that trains adapters.
  private func request(
    _ path: String = "model", resume: Bool = false, adapters: WireAdapterOptions? = Self.adapters
  ) -> LoadRequest {
    var request = LoadRequest.training(path, resume: resume, learningRate: 0.05)
    request.adapters = adapters
    return request
  }

  @Test("learns from the teacher, and the checkpoint holds the model as it was beside the adapters")
  func learns() async throws {
    let folder = try StudentFolder()
    try await withStudent(folder, dialer: FakeDialer()) { client in
      let loaded = try await client.load(request())
      let evaluated = try await train(client, [.step(0, evaluate: true)])[0]
      _ = try await train(client, (1...20).map { .step($0) })
      let after = try await train(client, [.step(20, evaluate: true)])[0]
      let (first, last) = (evaluated.metrics?.loss ?? 0, after.metrics?.loss ?? .infinity)
      #expect(last < 0.95 * first, "\(first) to \(last)")
      let saved = try await client.save(SaveRequest(path: "checkpoint-20"))
      #expect(saved.modelDigest != loaded.model?.modelDigest)
      let exported = try await client.export(ExportRequest(path: "student"))
      #expect(exported.modelDigest == saved.modelDigest)
    }
    let model = try ModelFolder.load(folder.url.appending(path: "model"))
    let checkpoint = folder.url.appending(path: "checkpoint-20")
    #expect(AdapterFolder.isPresent(in: checkpoint))
    let base = try Checkpoint.load(checkpoint, arithmetic: .present()).model
    #expect(base.parameters.view.array == model.parameters.view.array)
    let exported = try ModelFolder.load(folder.url.appending(path: "student"))
    // The folder of a checkpoint reads as the merged model.
    #expect(try ModelFolder.load(checkpoint).parameters.view.array == exported.parameters.view.array)
    #expect(exported.parameters.view.array != model.parameters.view.array)
  }

  @Test("saving and resuming in between changes no bit, dropout included")
  func resumes() async throws {
    func digest(pausing: Bool) async throws -> String {
      let folder = try StudentFolder()
      var digest = ""
      try await withStudent(folder, dialer: FakeDialer()) { client in
        _ = try await client.load(request())
        _ = try await train(client, (1...3).map { .step($0) })
        if pausing {
          let saved = try await client.save(SaveRequest(path: "checkpoint-3"))
          let loaded = try await client.load(request("checkpoint-3", resume: true))
          #expect(loaded.step == 3 && loaded.model?.modelDigest == saved.modelDigest)
        }
        _ = try await train(client, (4...6).map { .step($0) })
        digest = try await client.export(ExportRequest(path: "student")).modelDigest
      }
      return digest
    }
    #expect(try await digest(pausing: true) == digest(pausing: false))
  }

  @Test("a checkpoint with adapters is not gone on with as one without, nor the other way round")
  func refusesOthers() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      var other = Self.adapters
      other.rank = 3
      _ = try await client.load(request())
      _ = try await client.save(SaveRequest(path: "with/checkpoint-0"))
      _ = try await client.load(request(adapters: nil))
      _ = try await client.save(SaveRequest(path: "without/checkpoint-0"))
      for (path, adapters) in [("with", nil), ("with", other), ("without", Self.adapters)] {
        await expectRefusal(.failedPrecondition, "adapters") {
          _ = try await client.load(request("\(path)/checkpoint-0", resume: true, adapters: adapters))
        }
      }
      await expectRefusal(.invalidArgument, "lora_target_modules") {
        _ = try await client.load(request(adapters: WireAdapterOptions(rank: 2, alpha: 8, targetModules: ["c_attn"])))
      }
      await expectRefusal(.invalidArgument, "lora_r") {
        _ = try await client.load(request(adapters: WireAdapterOptions(alpha: 8)))
      }
    }
  }

  private func expectRefusal(_ code: RPCError.Code, _ words: String, _ call: () async throws -> Void) async {
    do {
      try await call()
      Issue.record("nothing was refused where \(words) was expected")
    } catch let error as RPCError {
      #expect(error.code == code && error.message.contains(words), "\(error)")
    } catch {
      Issue.record("\(error)")
    }
  }
}
