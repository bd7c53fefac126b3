import Foundation
import Glibc
import ModelFixtures
import Reports
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(10)), .serialized) struct LocalRunTests {
  private let run: SmallRun

  init() throws { run = try SmallRun() }

  @Test("three processes distil a teacher: the KL falls, and everything is there at the end")
  func distils() async throws {
    let outcome = try await run.program.run(["run", run.recipe("out"), "--local"])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    for file in ["recipe.yaml", "metrics.jsonl", "report.html", "student/model.safetensors", "student/tokenizer.json"] {
      #expect(FileManager.default.fileExists(atPath: run.output("out").appending(path: file).path), "\(file)")
    }
    let log = try MetricsLog(file: run.output("out").appending(path: "metrics.jsonl"))
    #expect(log.curve("loss").map(\.step) == Array(1...24))
    let divergences = log.curve("eval/kl")
    #expect(divergences.map(\.step) == [0, 12, 24])
    #expect(try #require(divergences.last).value < #require(divergences.first).value)
    #expect(outcome.output.contains("eval/kl") && outcome.output.contains("report.html"))
    #expect(outcome.errors.contains("24/24"))
    let page = try String(contentsOf: run.output("out").appending(path: "report.html"), encoding: .utf8)
    #expect(page.contains("<h2>Samples</h2>") && page.contains("KL to the teacher"))
    #expect(page.contains("<h2>Wire</h2>"))
    for name in ["score", "train"] {
      for figure in ["bytes_sent", "bytes_received", "messages_sent", "messages_received", "encode_s", "decode_s"] {
        #expect(log.total("wire/\(name)/\(figure)") > 0, "wire/\(name)/\(figure)")
      }
    }
    // Every byte that a student got came from the cache or from the teacher.
    #expect(log.total("wire/teacher/bytes_fetched") + log.total("wire/teacher/bytes_from_cache") > 0)
    #expect(log.total("wire/score/bytes_received") == log.total("wire/teacher_bytes"))
  }

  @Test("two runs with one seed write the same bytes, another seed writes others")
  func deterministic() async throws {
    let first = try await run.run("first")
    #expect(try await run.run("second") == first)
    let other = try await run.program.run(["run", run.recipe("third"), "seed=6", "--local"])
    #expect(other.exit == .status(0))
    #expect(try run.weights("third") != first)
  }

  @Test(
    "a service killed in the middle is started again, and the bytes are the same",
    arguments: ["student", "coordinator", "teacher"])
  func killed(service: String) async throws {
    let expected = try await run.run("undisturbed")
    let output = run.output("killed")
    let outcome = try await run.program.run(["run", run.recipe("killed"), "--local"]) { parent in
      try await wait { rowCount(output) >= 8 }
      try #require(kill(try #require(child(of: parent, named: service)), SIGKILL) == 0)
    }
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(outcome.errors.contains("child died and is started again"))
    #expect(try run.weights("killed") == expected)
  }

  @Test("a run whose command was killed leaves no process behind, goes on with --resume, and writes the same bytes")
  func resumed() async throws {
    let expected = try await run.run("undisturbed")
    let recipe = try run.recipe("resumed")
    let output = run.output("resumed")
    let killed = try await run.program.run(["run", recipe, "--local"]) { parent in
      try await wait { rowCount(output) >= 8 }
      let children = try ["teacher", "coordinator", "student"].map { try #require(child(of: parent, named: $0)) }
      kill(parent, SIGKILL)
      for child in children { try await wait { kill(child, 0) != 0 } }
    }
    #expect(killed.exit == .signal(SIGKILL))
    let again = try await run.program.run(["run", recipe, "--local"])
    #expect(again.exit == .status(1) && again.complaints.count == 1 && again.errors.contains("--resume"))
    let outcome = try await run.program.run(["run", recipe, "--local", "--resume"])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(try run.weights("resumed") == expected)
  }

  @Test(
    "a newest checkpoint that the disk damaged is passed over: the run goes on from the one before, to the same bytes")
  func damagedCheckpoint() async throws {
    let expected = try await run.run("undisturbed")
    let arguments = ["run", try run.recipe("damaged"), "--local"]
    let output = run.output("damaged")
    let killed = try await run.program.run(arguments) { parent in
      try await wait { FileManager.default.fileExists(atPath: output.appending(path: "checkpoint-10").path) }
      let children = try ["teacher", "coordinator", "student"].map { try #require(child(of: parent, named: $0)) }
      kill(parent, SIGKILL)
      for child in children { try await wait { kill(child, 0) != 0 } }
    }
    #expect(killed.exit == .signal(SIGKILL))
    // Which of them the journal names is the coordinator's secret: all but the oldest are damaged.
    let names = try FileManager.default.contentsOfDirectory(atPath: output.path).filter { $0.hasPrefix("checkpoint-") }
    let newest = names.sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count }.dropFirst()
    #expect(!newest.isEmpty)
    for name in newest {
      let file = try FileHandle(forUpdating: output.appending(path: "\(name)/optimizer.safetensors"))
      try file.truncate(atOffset: 1000)
      try file.close()
    }
    let outcome = try await run.program.run(arguments + ["--resume"])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(try run.weights("damaged") == expected)
    let log = try String(contentsOf: output.appending(path: "logs/coordinator.log"), encoding: .utf8)
    #expect(log.contains("checkpoint damaged") && log.contains("optimizer.safetensors"), "\(log)")
  }

  @Test("Ctrl-C ends everything, and says how to go on")
  func interrupted() async throws {
    let output = run.output("stopped")
    let outcome = try await run.program.run(["run", run.recipe("stopped", steps: 4000), "--local"]) { parent in
      try await wait { rowCount(output) >= 3 }
      kill(parent, SIGINT)
    }
    #expect(outcome.exit == .status(130), "\(outcome.errors)")
    #expect(outcome.complaints.count == 1 && outcome.errors.contains("--resume"))
  }
}
