import CoordinatorService
import Foundation
import Recipes
import Sequences
import Synchronization
import Testing
import WireFormat

@Suite("Runs with ranked demonstrations", .timeLimit(.minutes(2)))
struct BiAlignRunTests {
  private static func row(_ name: String, answer: String? = "r") -> String {
    let demonstrations = ["a", "b", "c"].map { #"{"prompt":"\#($0)\#(name)","completion":"!"}"# }.joined(separator: ",")
    let completion = answer.map { #","completion":"\#($0)""# } ?? ""
    return #"{"demonstrations":[\#(demonstrations)],"prompt":"q\#(name)"\#(completion)}"#
  }

  /// Runs a recipe on some rows; returns how it ended, what was trained on, and the rows of metrics.
  private func run(
    _ rows: [String], _ overrides: [String] = []
  ) async throws -> (status: RunStatus, batches: [WireTrainBatch], metrics: [[String: Any]]) {
    try await withFolder { folder in
      let model = try RunBench.writeModel(in: folder, contextLength: 64)
      try RunBench.write(rows, to: "train.jsonl", in: folder)
      try RunBench.write([Self.row("h"), #"{"prompt":"bare","completion":"s"}"#], to: "eval.jsonl", in: folder)
      let bench = RunBench(folder: folder, teacher: WritingTeacher())
      let yaml = """
        method: bialign
        teacher: teacher:7001
        student: \(model)
        data: {train: \(folder.path)/train.jsonl, eval: \(folder.path)/eval.jsonl}
        output_dir: \(folder.path)/out
        bialign: {subsets: 3, separator: ";"}
        training: {per_device_train_batch_size: 2, max_steps: 2}
        evaluation: {metrics: [perplexity]}
        """
      let status = try await bench.finish(try Recipe(yaml: yaml, overrides: overrides).resolvedYAML)
      let metrics = (try? bench.lines("metrics.jsonl")) ?? []
      return (status, bench.students.state.withLock { $0.batches }, metrics)
    }
  }

  @Test("each sample is the row in one piece, and its answer after each subset of its demonstrations")
  func batches() async throws {
    let (status, batches, metrics) = try await run([Self.row("0"), Self.row("1"), Self.row("2", answer: "two")])
    #expect(status.state == .finished, "\(status.message)")
    #expect(batches.map(\.termIndices) == [[0, 1, 1, 1, 0, 1, 1, 1], [0, 1, 1, 1]])
    #expect(batches.allSatisfy { $0.microBatchSize == 8 && $0.tokenWeights.isEmpty })
    let codec = LetterCodec()
    for batch in batches {
      let sequences = try SequenceBatch(#require(batch.sequences)).sequences
      for sample in stride(from: 0, to: sequences.count, by: 4) {
        let whole = sequences[sample]
        #expect(whole.promptLength == 1 && whole.tokenIDs.first == 1 && whole.tokenIDs.last == 2)
        let parts = codec.decode(whole.tokenIDs).split(separator: ";")
        #expect(parts.count == 4 && parts[3].hasPrefix("q"))
        let ranked = sequences[sample + 1..<sample + 4]
        #expect(Set(ranked.map(\.tokenIDs)).count == 3)
        for sequence in ranked {
          let (prompt, answer) = (
            sequence.tokenIDs.prefix(sequence.promptLength), sequence.tokenIDs.dropFirst(sequence.promptLength)
          )
          #expect(Array(answer) == codec.encodeContinuation(parts[3] == "q2two" ? "two" : "r") + [2])
          let subset = codec.decode(Array(prompt)).split(separator: ";")
          #expect(subset.count > 1 && subset.last == parts[3].prefix(2))
          // In the order of the row.
          #expect(subset.dropLast() == parts.dropLast().filter(subset.dropLast().contains)[...])
        }
      }
    }
    let steps = metrics.filter { $0["loss"] != nil }
    #expect(steps.count == 2)
    for row in steps {
      #expect(row["train/loss_on_data_text"] as? Double == 1)
      #expect(row["train/ranking_loss"] as? Double == 0.25 && row["train/ranking_agreement"] as? Double == 0.75)
    }
    #expect(metrics.contains { $0["eval/perplexity"] != nil })
  }

  @Test("demonstrations may be drawn from the data, the same for a seed and others for another")
  func drawn() async throws {
    let rows = (0..<6).map { #"{"prompt":"p\#($0)","completion":"c\#($0)"}"# }
    func trained(_ overrides: String...) async throws -> [[UInt32]] {
      let (status, batches, _) = try await run(rows, ["bialign.demonstrations=3"] + overrides)
      #expect(status.state == .finished, "\(status.message)")
      return batches.map { $0.sequences?.tokenIDs ?? [] }
    }
    let first = try await trained()
    #expect(try await trained() == first)
    #expect(try await trained("seed=7") != first)
  }

  @Test(
    "rows that cannot be ranked end the run with a line",
    arguments: [
      (#"{"prompt":"p","completion":"c"}"#, "train.jsonl:1: method bialign needs 'demonstrations'"),
      (row("0", answer: nil), "train.jsonl:1: method bialign needs an answer"),
      (row("0", answer: String(repeating: "long", count: 20)), "nothing of what is ranked may be cut"),
      (
        #"{"demonstrations":[{"prompt":"a","completion":"b"},{"prompt":"c","completion":"d"}],"prompt":"p","turns":[{"text":"c","weight":2}]}"#,
        "train.jsonl:1: 'turns' have no weights in method bialign"
      ),
      (#"{"text":"words"}"#, "train.jsonl:1: method bialign needs 'demonstrations'"),
    ])
  func refused(row: String, message: String) async throws {
    let status = try await run([row]).status
    #expect(status.state == .failed && status.message.contains(message), "\(status.message)")
  }
}
