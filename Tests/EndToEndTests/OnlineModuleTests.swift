import Foundation
import Glibc
import ModelFixtures
import Reports
import ServiceRuntime
import Testing

/// OKD, whole: two processes, and no teacher among them.
@Suite(.timeLimit(.minutes(10)), .serialized) struct OnlineModuleTests {
  private let run: SmallRun

  init() throws { run = try SmallRun() }

  private func arguments(_ name: String, on teacher: String? = nil) throws -> [String] {
    let recipe = try run.folder.write(
      """
      method: okd
      okd:
        teacher: \(teacher ?? run.folder.path("teacher"))
        learning_rate: 0.005
        lora_r: 4
        lora_alpha: 8
      student:
        from: \(run.folder.path("base"))
      data:
        train: \(run.folder.path("heldout.jsonl"))
      output_dir: \(run.folder.path(name))
      seed: 5
      training:
        learning_rate: 0.01
        per_device_train_batch_size: 4
        max_steps: 24
        save_steps: 5
        max_length: 48

      """, to: "\(name).yaml")
    return ["run", recipe, "--local"]
  }

  private func module(_ name: String) throws -> Data {
    try Data(contentsOf: run.output(name).appending(path: "module/adapter_model.safetensors"))
  }

  @Test("student and module teach each other without a teacher's service, and the module is left beside the student")
  func distils() async throws {
    let outcome = try await run.program.run(arguments("out"))
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let log = try MetricsLog(file: run.output("out").appending(path: "metrics.jsonl"))
    for name in ["loss", "train/module_loss"] {
      let values = log.curve(name).map(\.value)
      #expect(values.count == 24 && values.allSatisfy { $0 > 0 })
      #expect(try #require(values.last) < #require(values.first), "\(name)")
    }
    #expect(log.curve("train/module_grad_norm").count == 24 && log.curve("train/top_agreement").count == 24)
    #expect(log.curve("wire/teacher_bytes").isEmpty && log.total("wire/score/bytes_received") == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: run.output("out").appending(path: "module").path)
    #expect(names.sorted() == ["adapter_config.json", "adapter_model.safetensors"])
    #expect(try !module("out").isEmpty && !run.weights("out").isEmpty)
  }

  @Test("a run killed half-way goes on with the module that it had, and writes the same bytes of both")
  func resumed() async throws {
    #expect(try await run.program.run(arguments("undisturbed")).exit == .status(0))
    let (output, again) = (run.output("resumed"), try arguments("resumed"))
    let killed = try await run.program.run(again) { parent in
      try await wait { rowCount(output) >= 12 }
      #expect(child(of: parent, named: "teacher") == nil)
      let children = try ["coordinator", "student"].map { try #require(child(of: parent, named: $0)) }
      kill(parent, SIGKILL)
      for child in children { try await wait { kill(child, 0) != 0 } }
    }
    #expect(killed.exit == .signal(SIGKILL))
    let outcome = try await run.program.run(again + ["--resume"])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(try run.weights("resumed") == run.weights("undisturbed"))
    #expect(try module("resumed") == module("undisturbed"))
  }

  @Test("a folder that is missing, and one with another vocabulary, are refused in one line")
  func refusals() async throws {
    let other = run.folder.url.appending(path: "other")
    try PuzzleModel.writeReordered(run.folder.url.appending(path: "teacher"), to: other)
    for (teacher, words) in [
      (run.folder.path("nothing"), "nothing/config.json"), (run.folder.path("other"), "different vocabularies"),
    ] {
      let outcome = try await run.program.run(arguments("refused", on: teacher))
      #expect(outcome.exit != .status(0) && outcome.complaints.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
  }
}
