import CoordinatorService
import Foundation
import Recipes
import Synchronization
import Testing
import WireFormat

@Suite("A run beside whose student a module learns", .timeLimit(.minutes(2)))
struct OnlineModuleRunTests {
  private func recipe(_ folder: URL, _ overrides: String...) throws -> String {
    let model = try RunBench.writeModel(in: folder, contextLength: 64)
    try RunBench.write(
      (0..<6).map { #"{"prompt":"ask \#($0)","completion":"answer \#($0)"}"# }, to: "train.jsonl", in: folder)
    let yaml = """
      method: okd
      okd: {teacher: \(model), learning_rate: 0.5, lora_r: 4, lora_target_modules: [q_proj]}
      objective: {alpha: 0.2, beta: 4}
      student: \(model)
      data: \(folder.path)/train.jsonl
      output_dir: \(folder.path)/out
      training: {per_device_train_batch_size: 3, max_steps: 4}
      """
    return try Recipe(yaml: yaml, overrides: overrides).resolvedYAML
  }

  @Test("has the student load it with its own objective, and needs no teacher", arguments: ["kl", "rkl"])
  func loads(loss: String) async throws {
    try await withFolder { folder in
      let bench = RunBench(folder: folder, teacher: nil)
      let status = try await bench.finish(try recipe(folder, "objective.loss_type=\(loss)"))
      #expect(status.state == .finished, "\(status.message)")
      let module = try #require(bench.students.state.withLock { $0.module })
      let term = try #require(module.objective?.terms.first)
      #expect(term.kind == (loss == "kl" ? .forwardKL : .reverseKL) && module.objective?.reduction == .tokenMean)
      #expect(term.weight == 4 && term.crossEntropyWeight == 0.25 && module.learningRate == 0.5)
      #expect(module.adapters?.rank == 4 && module.adapters?.targetModules == ["q_proj"])
      #expect(FileManager.default.fileExists(atPath: "\(folder.path)/out/module"))
      let rows = try bench.lines("metrics.jsonl")
      #expect(rows.count { $0["train/module_loss"] as? Double == 0.25 } == 4)
      #expect(rows.count { $0["train/module_grad_norm"] as? Double == 2 } == 4)
    }
  }

  @Test("is refused before the first step where the module's model has another vocabulary, or too short a context")
  func refuses() async throws {
    let changes: [(String, @Sendable (inout WireModelDescription) -> Void)] = [
      ("vocabular", { $0.vocabularyDigest = "other" }), ("tokens", { $0.vocabSize = 299 }),
      ("end completions", { $0.eosTokenIDs = [7] }), ("context", { $0.contextLength = 3 }),
    ]
    for (words, change) in changes {
      try await withFolder { folder in
        let bench = RunBench(folder: folder, teacher: nil)
        bench.students.state.withLock { change(&$0.moduleDescription) }
        let status = try await bench.finish(try recipe(folder))
        #expect(status.state == .failed && status.message.hasPrefix("okd.teacher: "), "\(status.message)")
        #expect(status.message.contains(words) && !status.message.contains("\n"), "\(status.message)")
        #expect(bench.students.state.withLock { $0.trained }.isEmpty)
      }
    }
  }

  @Test("is refused where the module is on no model folder")
  func missing() async throws {
    try await withFolder { folder in
      let yaml = try recipe(folder, "okd.teacher=\(folder.path)/nothing")
      let message: String
      do { message = try await RunBench(folder: folder, teacher: nil).finish(yaml).message } catch {
        message = "\(error)"
      }
      #expect(message.contains("okd.teacher: \(folder.path)/nothing/config.json"), "\(message)")
    }
  }
}
