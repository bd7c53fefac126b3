import ForeignPython
import Foundation
import Logging
import ModelFixtures
import Reports
import ServiceRuntime
import Testing

private let python = ForeignPython(importing: "grpc")

/// The folder of Package.swift.
private let projectFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// A model made by others; RETORT_DATA names the folder that has it.
private let tinyStories: URL? = {
  let data =
    ProcessInfo.processInfo.environment["RETORT_DATA"].map { URL(filePath: $0) }
    ?? projectFolder.deletingLastPathComponent().appending(path: "shared/data")
  let folder = data.appending(path: "tinystories-656k")
  return FileManager.default.fileExists(atPath: folder.appending(path: "config.json").path) ? folder : nil
}()

@Suite(.timeLimit(.minutes(10)), .serialized) struct ForeignPeerTests {
  private let run: SmallRun
  private let addresses: [String]

  init() throws {
    run = try SmallRun()
    addresses = try PortProbe.freePorts(3).map { "127.0.0.1:\($0)" }
  }

  @Test(
    "a teacher of 60 lines of Python serves a run", .enabled(if: python != nil, "\(ForeignPython.missing)"))
  func pythonTeacher() async throws {
    let python = try #require(python).program
    let script = projectFolder.appending(path: "Examples/python-teacher/teacher.py")
    let lineCount =
      try String(contentsOf: script, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).count - 1
    #expect(lineCount <= 60)
    let recipe = try run.recipe("python", steps: 12, teacher: addresses[0])
    let supervisor = ChildSupervisor(logger: LogSetup.logger(label: "test", level: .critical) { _ in })
    let teacher = ChildCommand(
      name: "python", executable: python, arguments: [script.path, addresses[0], "50", "1", "2"],
      logFile: run.folder.url.appending(path: "python.log"))
    try await supervisor.withChildren([teacher]) {
      let outcome = try await run.program.run(["run", recipe, "--local"])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
    }
    let log = try MetricsLog(file: run.output("python").appending(path: "metrics.jsonl"))
    #expect(try #require(log.last("eval/kl")) < #require(log.curve("eval/kl").first).value)
  }

  @Test(
    "python grpcio calls every implemented RPC", .enabled(if: python != nil, "\(ForeignPython.missing)"))
  func pythonClient() async throws {
    let python = try #require(python).program
    let folder = run.folder.path("teacher")
    let recipe = try run.recipe("client", steps: 6, teacher: addresses[0])
    let state = run.folder.path("state")
    let (teacher, coordinator, student) = (addresses[0], addresses[1], addresses[2])
    try await run.program.service(["teacher", "--model", folder, "--listen", teacher]) {
      try await run.program.service(["coordinator", "--teacher", teacher, "--state", state, "--listen", coordinator]) {
        try await run.program.service(["student", "--coordinator", coordinator, "--listen", student, "--root", "/"]) {
          for address in [teacher, coordinator, student] {
            try await waitForListener(at: address)
          }
          let script = projectFolder.appending(path: "scripts/check-grpcio.py").path
          let outcome = try await run.program.run(python, [script, teacher, coordinator, student, recipe, folder])
          #expect(outcome.exit == .status(0), "\(outcome.errors)")
          #expect(outcome.output.contains("RPCs answered"))
          let asking = projectFolder.appending(path: "scripts/check-introspection.py").path
          let asked = try await run.program.run(python, [asking, teacher, coordinator, student])
          #expect(asked.exit == .status(0), "\(asked.errors)")
        }
      }
    }
  }

  @Test(
    "a real model is distilled into two layers over sockets: its KL falls",
    .enabled(if: tinyStories != nil, "no tinystories-656k: set RETORT_DATA to the folder that has it"))
  func tinyStoriesModel() async throws {
    let teacher = try #require(tinyStories).path
    try run.folder.write(
      ["Once upon a time", "The little dog", "One day, Tom", "Lily and her mom", "There was a big"]
        .map { "{\"prompt\":\"\($0)\"}\n" }.joined(), to: "stories.jsonl")
    let recipe = try run.folder.write(
      """
      method: distillm2
      teacher: \(teacher)
      student:
        from: \(teacher)
        num_hidden_layers: 2
      data:
        train: \(run.folder.path("stories.jsonl"))
        eval: \(run.folder.path("stories.jsonl"))
      output_dir: \(run.folder.path("stories"))
      seed: 1
      generation: {max_new_tokens: 24, rounds: 2, batch_size: 8}
      training: {learning_rate: 0.003, per_device_train_batch_size: 5, max_steps: 10, max_length: 64}
      evaluation: {metrics: [kl], num_samples: 1, max_new_tokens: 24}

      """, to: "stories.yaml")
    let outcome = try await run.program.run(["run", recipe, "--local"])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let log = try MetricsLog(file: run.output("stories").appending(path: "metrics.jsonl"))
    let divergences = log.curve("eval/kl").map(\.value)
    #expect(try #require(divergences.last) < 0.9 * #require(divergences.first))
  }
}
