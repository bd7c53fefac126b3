import CoordinatorService
import Foundation
import GRPCCore
import Recipes
import Sequences
import Synchronization
import Testing
import WireBytes
import WireFormat

/// A teacher that writes, scores given text and gives points.
///
/// Answers are «short» and «much longer text» in turn. A prompt that has an «f» makes each token of its answers more probable by one nat;
/// judges give «short» 4 points for prompts with a «z», else 8.
private final class CritiqueTeacher: TeacherUpstream {
  let address: String
  private let counts = Mutex<[String: Int]>([:])
  var asked: [String: Int] { counts.withLock { $0 } }
  private let scores: Bool

  init(address: String = "teacher:7001", scores: Bool = true) { (self.address, self.scores) = (address, scores) }

  func describe() async throws -> WireModelDescription {
    makeDescription {
      $0.modelDigest = address
      $0.contextLength = 4096
      if !scores { $0.abilities = WireAbilities(generate: true) }
    }
  }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    switch method {
    case .generate: try await receive(generated(request))
    case .score: try await receive(scored(request))
    case .outputHead: break
    }
  }

  private func generated(_ request: WireBytes) throws -> WireBytes {
    let asked = try request.withUnsafeBytes { try TeacherServiceGenerateRequest(decoding: $0) }
    let batch = try asked.prompts.map { try SequenceBatch($0) } ?? SequenceBatch()
    let completions = batch.sequences.enumerated().map { index, sequence in
      let prompt = LetterCodec().decode(Array(sequence.tokenIDs))
      let isJudge = prompt.contains("[Answer begins]")
      counts.withLock { $0[isJudge ? "judge" : "teacher", default: 0] += 1 }
      let text =
        isJudge
        ? "It is fine.\nScore: \(prompt.contains("z") ? 4 : 8)/10"
        : asked.seeds[index].isMultiple(of: 2) ? "short" : "much longer text"
      return Completion(
        promptIndex: index, tokenIDs: LetterCodec().encodeContinuation(text) + [2], tokenLogprobs: [],
        finishReason: .stop)
    }
    return WireBytes(try TeacherServiceGenerateResponse(completions: WireCompletionBatch(completions)).encoded())
  }

  private func scored(_ request: WireBytes) throws -> WireBytes {
    counts.withLock { $0["score", default: 0] += 1 }
    let asked = try request.withUnsafeBytes { try TeacherServiceScoreRequest(decoding: $0) }
    let batch = try asked.sequences.map { try SequenceBatch($0) } ?? SequenceBatch()
    let logprobs = batch.sequences.flatMap { sequence in
      let prompt = LetterCodec().decode(Array(sequence.tokenIDs.prefix(sequence.promptLength)))
      let count = sequence.tokenIDs.count - sequence.promptLength
      return [Float](repeating: prompt.contains("f") ? -2 : -3, count: count)
    }
    return WireBytes(
      try TeacherServiceScoreResponse(
        chunk: WireScoreChunk(positionCount: UInt32(logprobs.count), last: true, tokenLogprobs: logprobs)
      ).encoded())
  }
}

@Suite("Runs with critics", .timeLimit(.minutes(2)))
struct CriticsRunTests {
  private static func run(
    _ folder: URL, _ teacher: CritiqueTeacher, referee: CritiqueTeacher? = nil, _ critics: String
  ) async throws -> (status: RunStatus, answers: [[String: Any]]) {
    let model = try RunBench.writeModel(in: folder)
    let rows = ["one f text", "two texts.", "three f z "].map { #"{"prompt":"\#($0)"}"# }
    try RunBench.write(rows, to: "train.jsonl", in: folder)
    let yaml = """
      method: critics
      teacher: \(teacher.address)
      student: \(model)
      data: {train: \(folder.path)/train.jsonl}
      output_dir: \(folder.path)/out
      generation: {max_new_tokens: 64}
      critics: {samples_per_prompt: 6, \(critics)}
      training: {per_device_train_batch_size: 2, max_steps: 2}
      evaluation: {metrics: []}
      """
    let bench = RunBench(folder: folder, teacher: teacher, referee: referee)
    let status = try await bench.finish(yaml)
    return (status, (try? bench.lines("answers.jsonl")) ?? [])
  }

  @Test("each critic refuses what it is to refuse, the cheap ones first")
  func critics() async throws {
    try await withFolder { folder in
      let (teacher, referee) = (CritiqueTeacher(), CritiqueTeacher(address: "referee:7001"))
      // Prompts have eleven tokens: «short» five, the other text sixteen.
      let (status, answers) = try await Self.run(
        folder, teacher, referee: referee, "brevity_limit: 1, least_faithfulness: 0.5, least_score: 5, keep: all")
      #expect(status.state == .finished, "\(status.message)")
      #expect(answers.count == 18)
      var counts: [String: Int] = [:]
      for answer in answers {
        let figures = try #require(answer["figures"] as? [String: Double])
        let (line, reason) = (try #require(answer["line"] as? Int), answer["rejection"] as? String)
        let isShort = answer["answer"] as? String == "short"
        // As far as a double's text goes through JSON.
        #expect(abs((figures["brevity"] ?? 0) - (isShort ? 5.0 : 16) / 11) < 1e-12)
        #expect(figures["faithfulness"] == (isShort ? (line == 2 ? 0 : 1) : nil))
        #expect(figures["score"] == (isShort && line != 2 ? (line == 3 ? 4 : 8) : nil))
        let expected = !isShort ? "brevity" : line == 2 ? "faithfulness" : line == 3 ? "score" : nil
        let isFirst = isShort && line == 1 && answer["isKept"] as? Bool == true
        #expect(reason == (isFirst ? nil : expected ?? "duplicate"), "\(answer)")
        counts[reason ?? "kept", default: 0] += 1
      }
      #expect(counts["kept"] == 1 && teacher.asked["teacher"] == 18)
      // What is alike is asked once: a row's short answers are one text.
      #expect(teacher.asked["score"] == 3 && teacher.asked["judge"] == nil)
      #expect(referee.asked == ["judge": 2])
      let metrics = try String(contentsOfFile: "\(folder.path)/out/metrics.jsonl", encoding: .utf8)
      #expect(metrics.contains("\"data/rejected_brevity\":\(counts["brevity"] ?? 0)"), "\(metrics)")
    }
  }

  @Test("overlap alone needs no scores; faithfulness is refused where the teacher scores nothing")
  func abilities() async throws {
    try await withFolder { folder in
      let teacher = CritiqueTeacher(scores: false)
      let (status, answers) = try await Self.run(folder, teacher, "rouge_limit: 0.5")
      #expect(status.state == .finished, "\(status.message)")
      // Two texts are all there are, whatever the row.
      #expect(answers.count { $0["isKept"] as? Bool == true } == 2)
      #expect(answers.contains { $0["rejection"] as? String == "overlap" })
    }
    try await withFolder { folder in
      let teacher = CritiqueTeacher(scores: false)
      let (status, _) = try await Self.run(folder, teacher, "least_faithfulness: 0")
      #expect(
        status.state == .failed && status.message.contains("leave out critics.least_faithfulness"), "\(status.message)")
      #expect(teacher.asked.isEmpty)
    }
  }
}
