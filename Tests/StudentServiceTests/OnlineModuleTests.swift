import Checkpoints
import Foundation
import GRPCCore
import Kernels
import ModelServing
import ServiceTestSupport
import Testing
import Transformer
import WireFormat

@Suite("A student beside whom a teacher's module learns")
struct OnlineModuleTests {
  private static let adapters = WireAdapterOptions(
    rank: 2, alpha: 8, dropout: 0.1, targetModules: ["q_proj", "v_proj"])

  /// A folder with a student and the model that the module is on.
  private func makeFolder() throws -> StudentFolder {
    let folder = try StudentFolder()
    for (name, seed) in [("teacher", 12), ("other", 13)] as [(String, UInt64)] {
      let model = try TinyModel.served(seed: seed)
      try ModelFolder(
        configuration: model.transformer.configuration, parameters: model.parameters,
        special: SpecialTokens(bosTokenID: 1, eosTokenIDs: [2])
      ).write(to: folder.url.appending(path: name))
    }
    return folder
  }

  /// A Load of a student and a module that teach each other: α = ½, β = 1.
  private func request(
    _ path: String = "model", resume: Bool = false, on teacher: String = "teacher",
    adapters: WireAdapterOptions = Self.adapters, studentAdapters: WireAdapterOptions? = nil
  ) -> LoadRequest {
    var request = LoadRequest.training(path, kinds: [.forwardKL], resume: resume)
    request.teacherAddress = ""
    request.objective = WireObjective(
      terms: [WireLossTerm(kind: .forwardKL, weight: 0.5, crossEntropyWeight: 1)], reduction: .tokenMean)
    request.module = WireOnlineModule(
      path: teacher, adapters: adapters,
      objective: WireObjective(
        terms: [WireLossTerm(kind: .forwardKL, weight: 1, crossEntropyWeight: 1)], reduction: .tokenMean),
      learningRate: 0.02)
    request.adapters = studentAdapters
    return request
  }

  private func step(_ number: Int, evaluate: Bool = false) -> TrainRequest {
    .step(number, evaluate: evaluate, terms: 1)
  }

  @Test("learns from it and teaches it, and nobody else is asked")
  func learns() async throws {
    let dialer = try FakeDialer()
    try await withStudent(makeFolder(), dialer: dialer) { client in
      let loaded = try await client.load(request())
      #expect(loaded.module?.modelDigest.isEmpty == false && loaded.module?.modelDigest != loaded.model?.modelDigest)
      let before = try #require(try await train(client, [step(0, evaluate: true)])[0].metrics)
      let steps = try await train(client, (1...30).map { step($0) })
      let after = try #require(try await train(client, [step(30, evaluate: true)])[0].metrics)
      #expect(after.loss < 0.95 * before.loss)
      #expect(try #require(after.module).loss < 0.95 * #require(before.module).loss)
      #expect(before.module?.gradientNorm == 0 && before.teacherBytes == 0)
      for answer in steps {
        let metrics = try #require(answer.metrics)
        #expect(metrics.learningRate == 0.01 && metrics.module?.learningRate == 0.02)
        #expect(metrics.gradientNorm > 0 && metrics.module?.gradientNorm ?? 0 > 0 && metrics.teacherMass == 1)
      }
    }
    #expect(dialer.requestCount == 0 && dialer.headCount == 0)
  }

  @Test("with an objective of another request, it is the student alone that is measured")
  func others() async throws {
    try await withStudent(makeFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(request())
      var other = step(0, evaluate: true)
      other.objective = WireObjective(terms: [WireLossTerm(kind: .crossEntropy, weight: 1)], reduction: .tokenMean)
      let measured = try #require(try await train(client, [other])[0].metrics)
      #expect(measured.loss > 0 && measured.module == nil)
      other.objective?.terms[0].kind = .forwardKL
      let error = await #expect(throws: RPCError.self) { try await train(client, [other]) }
      #expect(error?.message.contains("neither teacher_address nor module") == true)
    }
  }

  @Test("saving and resuming in between changes no bit, dropout and all", arguments: [false, true])
  func resumes(adaptsStudent: Bool) async throws {
    let studentAdapters = adaptsStudent ? Self.adapters : nil
    func result(pausing: Bool) async throws -> (digest: String, losses: [Double], module: Data) {
      let folder = try makeFolder()
      var (digest, losses) = ("", [Double]())
      try await withStudent(folder, dialer: FakeDialer()) { client in
        _ = try await client.load(request(studentAdapters: studentAdapters))
        _ = try await train(client, (1...3).map { step($0) })
        if pausing {
          let saved = try await client.save(SaveRequest(path: "checkpoint-3"))
          let loaded = try await client.load(
            request("checkpoint-3", resume: true, studentAdapters: studentAdapters))
          #expect(loaded.step == 3 && loaded.model?.modelDigest == saved.modelDigest)
          let checkpoint = try Checkpoint.load(folder.url.appending(path: "checkpoint-3"), arithmetic: .present())
          let module = try #require(checkpoint.module)
          #expect(module.secondMoments.view.array.contains { $0 != 0 })
        }
        losses = try await train(client, (4...6).map { step($0) }).flatMap {
          [$0.metrics?.loss ?? .nan, $0.metrics?.module?.loss ?? .nan]
        }
        digest = try await client.export(ExportRequest(path: "student", modulePath: "module")).modelDigest
      }
      let file = folder.url.appending(path: "module/adapter_model.safetensors")
      return (digest, losses, try Data(contentsOf: file))
    }
    let (paused, whole) = (try await result(pausing: true), try await result(pausing: false))
    #expect(paused.digest == whole.digest && paused.losses == whole.losses && paused.module == whole.module)
  }

  @Test("what is exported of it is a folder of PEFT's adapters on the model that it is on")
  func exports() async throws {
    let folder = try makeFolder()
    try await withStudent(folder, dialer: FakeDialer()) { client in
      _ = try await client.load(request())
      _ = try await train(client, [step(1)])
      _ = try await client.export(ExportRequest(path: "student", modulePath: "module"))
    }
    let base = folder.url.appending(path: "teacher")
    let adapted = try ModelFolder.load(base, adapters: folder.url.appending(path: "module"))
    #expect(try adapted.digest() != ModelFolder.load(base).digest())
    let config = try String(
      contentsOf: folder.url.appending(path: "module/adapter_config.json"), encoding: .utf8)
    #expect(config.contains("\"teacher\""))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.appending(path: "student").path)
    #expect(!names.contains { $0.contains("adapter") || $0.contains("module") })
  }

  @Test("a module that cannot be, or is not the checkpoint's, is refused in one line")
  func refusals() async throws {
    try await withStudent(makeFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(request())
      _ = try await train(client, [step(1)])
      _ = try await client.save(SaveRequest(path: "with/checkpoint-1"))
      var plain = request()
      plain.module = nil
      _ = try await client.load(plain)
      await expectRefusal(.failedPrecondition, "module") {
        _ = try await client.export(ExportRequest(path: "student", modulePath: "module"))
      }
      _ = try await client.save(SaveRequest(path: "without/checkpoint-0"))
      var rank = Self.adapters
      rank.rank = 3
      var without = request()
      without.module?.objective = nil
      for (load, code, words) in [
        (request(on: "absent"), .notFound, "absent"),
        (request(on: "../model"), .invalidArgument, "inside"),
        (request(on: ""), .invalidArgument, "inside"), (without, .failedPrecondition, "module.objective"),
        (request(adapters: WireAdapterOptions(alpha: 8)), .invalidArgument, "lora_r"),
        (
          request(adapters: WireAdapterOptions(rank: 2, alpha: 8, targetModules: ["c_attn"])), .invalidArgument,
          "lora_target_modules"
        ),
        (request("with/checkpoint-1", resume: true, adapters: rank), .failedPrecondition, "rank 2"),
        (request("with/checkpoint-1", resume: true, on: "other"), .failedPrecondition, "on the model"),
        (request("without/checkpoint-0", resume: true), .failedPrecondition, "no module"),
      ] as [(LoadRequest, RPCError.Code, String)] {
        await expectRefusal(code, words) { _ = try await client.load(load) }
      }
    }
  }

  private func expectRefusal(_ code: RPCError.Code, _ words: String, _ call: () async throws -> Void) async {
    do {
      try await call()
      Issue.record("nothing was refused where \(words) was expected")
    } catch let error as RPCError {
      #expect(error.code == code && error.message.contains(words) && !error.message.contains("\n"), "\(error)")
    } catch {
      Issue.record("\(error)")
    }
  }
}
