import CoordinatorService
import Foundation
import GRPCCore
import Recipes
import Sequences
import Synchronization
import Testing
import WireBytes
import WireFormat

/// A judge that scores by the number at the end of the instruction.
private final class ScriptedJudge: TeacherUpstream {
  let address = "judge:7005"
  private let contextLength: UInt32
  private let counts = Mutex(0)
  /// Questions that came through.
  var asked: Int { counts.withLock { $0 } }

  init(contextLength: UInt32 = 4096) { self.contextLength = contextLength }

  func describe() async throws -> WireModelDescription {
    makeDescription {
      $0.modelDigest = address
      $0.contextLength = contextLength
    }
  }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let asked = try request.withUnsafeBytes { try TeacherServiceGenerateRequest(decoding: $0) }
    let prompts = try asked.prompts.map { try SequenceBatch($0) } ?? SequenceBatch()
    let completions = prompts.sequences.enumerated().map { index, sequence in
      let text = verdict(LetterCodec().decode(Array(sequence.tokenIDs)))
      return Completion(
        promptIndex: index, tokenIDs: LetterCodec().encodeContinuation(text) + [2], tokenLogprobs: [],
        finishReason: .stop)
    }
    counts.withLock { $0 += completions.count }
    try await receive(
      WireBytes(TeacherServiceGenerateResponse(completions: WireCompletionBatch(completions)).encoded()))
  }

  private func verdict(_ question: String) -> String {
    let task = question.firstMatch(of: /\[Task\]\nheld out (\d)\n/).map { String($0.output.1) } ?? "?"
    let studentIsFirst = !question.contains("Assistant 1 begins]\nreply\n")
    let (student, other, first) = ((9, 5), (4, 6), (8, 6))
    let scores: (Int, Int)
    switch task {
    case "0": scores = studentIsFirst ? student : (student.1, student.0)
    case "1": scores = studentIsFirst ? other : (other.1, other.0)
    case "2": scores = first
    case "3": scores = (7, 7)
    default: return studentIsFirst ? "Both are good." : "Assistant 1: 3\nAssistant 2: 4"
    }
    return "I looked at both.\nAssistant 1: \(scores.0)\nAssistant 2: \(scores.1)"
  }
}

@Suite("Evaluation in runs", .timeLimit(.minutes(2)))
struct JudgeRunTests {
  /// The rows of a run's evaluations.
  private func evaluations(
    _ folder: URL, _ options: String, judge: ScriptedJudge? = nil, teacher: (any TeacherUpstream)? = WritingTeacher()
  ) async throws -> [[String: Double]] {
    struct Short: AnswerChecker {
      func isValid(prompt: String, answer: String) -> Bool { answer < "n" }
    }
    let model = try RunBench.writeModel(in: folder, contextLength: 64)
    for (name, count) in [("train", 4), ("eval", 5)] {
      let rows = (0..<count).map { #"{"prompt":"held out \#($0)","completion":"reply"}"# }
      try RunBench.write(rows, to: "\(name).jsonl", in: folder)
    }
    let yaml = """
      method: kd
      teacher: teacher:7001
      student: \(model)
      data: {train: \(folder.path)/train.jsonl, eval: \(folder.path)/eval.jsonl}
      output_dir: \(folder.path)/out
      generation: {batch_size: 2, max_new_tokens: 8}
      training: {per_device_train_batch_size: 2, max_steps: 1}
      evaluation: \(options)
      """
    let bench = RunBench(folder: folder, teacher: teacher, referee: judge) { $0.checkers = ["short": Short()] }
    let status = try await bench.finish(yaml)
    #expect(status.state == .finished, "\(status.message)")
    return try bench.lines("metrics.jsonl").compactMap { $0 as? [String: Double] }
      .filter { $0.keys.contains { $0.hasPrefix("eval/") } }
  }

  @Test(
    "a judge's words are read in both orders: wins, ties, losses, the gain of the first place, and what says nothing")
  func judged() async throws {
    try await withFolder { folder in
      let judge = ScriptedJudge()
      let rows = try await evaluations(
        folder, "{metrics: [judge], temperature: 0.5, max_new_tokens: 6}", judge: judge)
      #expect(rows.count == 2)
      for row in rows {
        #expect(row["eval/judge/win"] == 0.25 && row["eval/judge/loss"] == 0.25 && row["eval/judge/tie"] == 0.5)
        #expect(row["eval/judge/win_rate"] == 0.5 && row["eval/judge/pairs"] == 4)
        // Gaps 4, −2, 0, 0; the first place gains 2 · 1/2 on both sides of one pair.
        #expect(row["eval/judge/gap"] == 0.5 && row["eval/judge/position_bias"] == 0.5)
        #expect(row["eval/judge/unread"] == 0.2)
        #expect(row["eval/decode/temperature"] == 0.5 && row["eval/decode/max_new_tokens"] == 6)
        #expect(row["eval/decode/num_samples"] == 1 && row["eval/decode/judge_max_new_tokens"] == 512)
      }
      // Five pairs, two orders, at the start and at the end.
      #expect(judge.asked == 20)
    }
  }

  @Test("questions that leave the judge no room are told of, and are not asked")
  func noRoom() async throws {
    try await withFolder { folder in
      let judge = ScriptedJudge(contextLength: 600)
      let rows = try await evaluations(folder, "{metrics: [judge]}", judge: judge)
      #expect(rows.count == 2 && rows.allSatisfy { $0["eval/judge/unread"] == 1 && $0["eval/judge/pairs"] == 0 })
      #expect(rows.allSatisfy { $0["eval/judge/win_rate"] == nil } && judge.asked == 0)
    }
  }

  @Test("agreement with the teacher is a mean over positions; pass@k follows from the share of right samples")
  func figures() async throws {
    try await withFolder { folder in
      let rows = try await evaluations(
        folder, "{metrics: [next_token_agreement, pass@k, valid, rouge_l_unstemmed], num_samples: 3, checker: short}")
      #expect(rows.count == 2)
      for row in rows {
        #expect(row["eval/next_token_agreement"] == 0.75)
        let passes = try [1, 2, 3].map { try #require(row["eval/pass@\($0)"]) }
        #expect(abs(passes[0] - (row["eval/valid"] ?? -1)) < 1e-12)
        #expect(passes[0] < passes[1] && passes[1] < passes[2] && passes[2] <= 1)
        #expect(row["eval/rouge_l_unstemmed"] == 0 && row["eval/decode/num_samples"] == 3)
      }
    }
  }
}
