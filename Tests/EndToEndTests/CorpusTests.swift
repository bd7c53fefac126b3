import Foundation
import ModelFixtures
import Reports
import ServiceRuntime
import Testing

/// Methods that learn a corpus of pre-training text besides, whole: three processes, a random teacher, puzzles.
@Suite(.timeLimit(.minutes(10)), .serialized) struct CorpusTests {
  private let run: SmallRun

  init() throws {
    run = try SmallRun()
    // Some longer than the 48 tokens that a sequence may have; not a multiple of what a step takes.
    let rows = (0..<17).map { row in
      #"{"text":"\#(Array(repeating: "word \(row) of a corpus", count: 1 + row % 4).joined(separator: " "))"}"#
    }
    try run.folder.write(rows.joined(separator: "\n") + "\n", to: "corpus.jsonl")
  }

  @Test(
    "the corpus is learnt, and a killed run takes the same rows again and writes the same bytes",
    arguments: [
      ("dpkd", []), ("dpkd", ["objective.loss_type=as_released"]), ("minillm", ["data.corpus_batch_size=3"]),
      ("distillm", ["objective.seq_kd=true", "objective.loss_eps=-1000", "objective.lmbda=0.4"]),
    ] as [(String, [String])])
  func resumed(method: String, overrides: [String]) async throws {
    try await run.expectSameBytesAfterKill(afterRows: 11) { name in
      ["run", try run.recipe(name, method: method), "--local", "evaluation.metrics=[]"]
        + ["data.corpus=\(run.folder.path("corpus.jsonl"))"] + overrides
    }
    let curve = try MetricsLog(file: run.output("resumed").appending(path: "metrics.jsonl"))
      .curve("train/loss_on_corpus_text")
    #expect(curve.map(\.step) == Array(1...24))
    let loss = curve.map(\.value)
    let (first, last) = (loss.prefix(6).reduce(0, +), loss.suffix(6).reduce(0, +))
    #expect(last < 0.9 * first, "\(loss)")
  }

  @Test("replicas share the corpus with the pairs: 1, 2 and 4 students write the same bytes")
  func replicas() async throws {
    var found: [Data] = []
    for students in [1, 2, 4] {
      let name = "students-\(students)"
      let outcome = try await run.program.run([
        "run", try run.recipe(name, method: "dpkd"), "data.corpus=\(run.folder.path("corpus.jsonl"))",
        "data.corpus_batch_size=5", "evaluation.metrics=[]", "training.replicas=4", "--students", "\(students)",
      ])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
      found.append(try run.weights(name))
    }
    #expect(found[1] == found[0] && found[2] == found[0])
  }

  @Test("a corpus that is no corpus is refused before anything is started")
  func refused() async throws {
    let arguments = ["run", try run.recipe("refused", method: "dpkd"), "--local"]
    for (file, words) in [
      ("prompts.jsonl", "prompts.jsonl:1: a corpus has rows of 'text' alone"), ("nothing.jsonl", "no such file"),
    ] {
      let outcome = try await run.program.run(arguments + ["data.corpus=\(run.folder.path(file))"])
      #expect(outcome.exit != .status(0))
      #expect("\(outcome.errors)\(outcome.output)".contains(words), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: run.output("refused").appending(path: "state").path()))
    }
  }
}
