import CoordinatorService
import Foundation
import GRPCCore
import Recipes
import Sequences
import Synchronization
import Testing
import WireBytes
import WireFormat

/// Letters, with a chat template: `[system]…[user]…[assistant]`.
private struct ChatCodec: TextCodec {
  enum Template { case whole, withoutSystem, refusing }
  struct Refusal: Error {}
  var template = Template.whole
  private let letters = LetterCodec()
  var eosTokenIDs: [TokenID] { letters.eosTokenIDs }
  var bosTokenIDs: [TokenID] { letters.bosTokenIDs }

  init(_ template: Template = .whole) { self.template = template }
  func encode(_ text: String, addSpecialTokens: Bool) -> [TokenID] {
    letters.encode(text, addSpecialTokens: addSpecialTokens)
  }
  func encodeContinuation(_ text: String) -> [TokenID] { letters.encodeContinuation(text) }
  func decode(_ tokenIDs: [TokenID]) -> String { letters.decode(tokenIDs) }
  func renderChat(_ messages: [ChatMessage], tools: String?, addGenerationPrompt: Bool) throws -> String? {
    if template == .refusing, messages.contains(where: { $0.role == "system" }) { throw Refusal() }
    let shown = messages.filter { template == .whole || $0.role != "system" }
    return shown.map { "[\($0.role)]\($0.content)" }.joined() + (addGenerationPrompt ? "[assistant]" : "")
  }
}

/// A teacher that repeats what it is asked; its first answer to a question is cut off where that has a «long».
private final class RepeatingTeacher: TeacherUpstream {
  let address: String
  private let prompts = Mutex<[String]>([])
  var asked: [String] { prompts.withLock { $0 } }

  init(address: String = "teacher:7001") { self.address = address }

  func describe() async throws -> WireModelDescription { makeDescription { $0.contextLength = 4096 } }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let asked = try request.withUnsafeBytes { try TeacherServiceGenerateRequest(decoding: $0) }
    let batch = try asked.prompts.map { try SequenceBatch($0) } ?? SequenceBatch()
    let completions = batch.sequences.enumerated().map { index, sequence in
      let prompt = LetterCodec().decode(Array(sequence.tokenIDs))
      let isFirst = prompts.withLock { prompts in
        defer { prompts.append(prompt) }
        return !prompts.contains(prompt)
      }
      return Completion(
        promptIndex: index, tokenIDs: LetterCodec().encodeContinuation("so \(prompt)") + [2], tokenLogprobs: [],
        finishReason: isFirst && prompt.contains("long") ? .length : .stop)
    }
    try await receive(
      WireBytes(try TeacherServiceGenerateResponse(completions: WireCompletionBatch(completions)).encoded()))
  }
}

@Suite("Runs of staged explanations", .timeLimit(.minutes(2)))
struct OrcaRunTests {
  private static func run(
    _ folder: URL, _ teacher: RepeatingTeacher, _ template: ChatCodec.Template = .whole,
    students: FakeStudents = FakeStudents()
  ) async throws -> RunStatus {
    let model = try RunBench.writeModel(in: folder)
    try RunBench.write(["Think step by step.", "", "Justify your answer.", ""], to: "systems.txt", in: folder)
    try RunBench.write(
      [
        #"{"prompt":"why","completion":"because"}"#,
        #"{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"how"}]}"#,
      ], to: "first.jsonl", in: folder)
    try RunBench.write([#"{"instruction":"long tale","input":"of two"}"#], to: "second.jsonl", in: folder)
    let yaml = """
      method: orca
      teacher: \(teacher.address)
      student: \(model)
      output_dir: \(folder.path)/out
      generation: {max_new_tokens: 64}
      orca: {system_prompts: \(folder.path)/systems.txt, samples_per_prompt: 2,
        data: [\(folder.path)/first.jsonl, \(folder.path)/second.jsonl]}
      training: {per_device_train_batch_size: 2, max_steps: 2}
      evaluation: {metrics: []}
      """
    return try await RunBench(folder: folder, teacher: teacher, students: students, codec: ChatCodec(template)).finish(
      yaml)
  }

  @Test("each row is asked under a system prompt, and each stage is learnt after the one before")
  func stages() async throws {
    try await withFolder { folder in
      let (teacher, students) = (RepeatingTeacher(), FakeStudents())
      let status = try await Self.run(folder, teacher, students: students)
      #expect(status == RunStatus(state: .finished, message: "finished: 3 answers were learnt", step: 2, maxSteps: 2))
      let rows = try (0..<2).map { stage in
        try String(contentsOfFile: "\(folder.path)/out/data/round-\(stage).jsonl", encoding: .utf8)
          .split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
          }
      }
      let turns = try rows.map { stage in
        try stage.map { row in
          try #require(row["messages"] as? [[String: String]]).map { "\($0["role"] ?? "") \($0["content"] ?? "")" }
        }
      }
      #expect(turns[0].count == 2 && turns[1].count == 1)
      let systems = ["system Think step by step.", "system Justify your answer."]
      #expect(systems.contains(turns[0][0][0]) && turns[0][0][1] == "user why")
      #expect(turns[0][0][2].hasPrefix("assistant so [system]") && turns[0][0][2].hasSuffix("[user]why[assistant]"))
      #expect(turns[0][1].prefix(2) == ["system Be brief.", "user how"])
      #expect(systems.contains(turns[1][0][0]) && turns[1][0][1] == "user long tale\n\nof two")
      // What was cut off was asked for once more.
      #expect(teacher.asked.count == 4 && Set(teacher.asked).count == 3)
      #expect(students.state.withLock { $0.trained } == [1, 2, 1, 2])
      #expect((rows[1][0]["source"] as? [String: Any])?["file"] as? String == "\(folder.path)/second.jsonl")
    }
  }

  @Test(
    "a template without a turn of the system is refused before anything is paid",
    arguments: [
      (ChatCodec.Template.withoutSystem, "leaves the system's turn out"), (.refusing, "refuses the system's turn"),
    ])
  private func template(template: ChatCodec.Template, reason: String) async throws {
    try await withFolder { folder in
      let teacher = RepeatingTeacher()
      let status = try await Self.run(folder, teacher, template)
      #expect(status.state == .failed && status.message.contains(reason), "\(status.message)")
      #expect(teacher.asked.isEmpty)
    }
  }
  /// Runs two stages with teachers of two names; the first stage's second row may name its own.
  private static func staged(
    _ folder: URL, weak: RepeatingTeacher, strong: RepeatingTeacher, own: String = ""
  ) async throws -> RunStatus {
    let model = try RunBench.writeModel(in: folder)
    try RunBench.write(["Justify your answer."], to: "systems.txt", in: folder)
    try RunBench.write([#"{"prompt":"why"}"#, #"{"prompt":"how"\#(own)}"#], to: "first.jsonl", in: folder)
    try RunBench.write([#"{"prompt":"what"}"#], to: "second.jsonl", in: folder)
    var bench = RunBench(folder: folder, teacher: weak, codec: ChatCodec())
    bench.adjust = { dependencies in
      let logger = dependencies.logger
      guard let cache = try? ReplyCache(folder: folder.appendingPathComponent("strong")) else { return }
      dependencies.namedTeachers["weak"] = dependencies.facade
      dependencies.namedTeachers["strong"] = TeacherFacade(upstream: strong, cache: cache, logger: logger)
    }
    return try await bench.finish(
      """
      method: orca
      teacher: {teachers: {weak: \(weak.address), strong: \(strong.address)}}
      student: \(model)
      output_dir: \(folder.path)/out
      generation: {max_new_tokens: 64}
      orca: {system_prompts: \(folder.path)/systems.txt, teachers: [weak, strong],
        data: [\(folder.path)/first.jsonl, \(folder.path)/second.jsonl]}
      training: {per_device_train_batch_size: 2, max_steps: 2}
      evaluation: {metrics: []}
      """)
  }

  @Test("each stage has its teacher, but for rows that name their own")
  func teachers() async throws {
    try await withFolder { folder in
      let (weak, strong) = (RepeatingTeacher(address: "weak:7001"), RepeatingTeacher(address: "strong:7001"))
      let status = try await Self.staged(folder, weak: weak, strong: strong, own: #","teacher":"strong""#)
      #expect(status.state == .finished, "\(status.message)")
      #expect(weak.asked.map { $0.suffix(14) } == ["why[assistant]"])
      #expect(Set(strong.asked.map { $0.suffix(15) }) == ["]how[assistant]", "what[assistant]"])
      let learnt = try String(contentsOfFile: "\(folder.path)/out/data/round-0.jsonl", encoding: .utf8)
      #expect(learnt.contains(#""teacher":"weak""#) && learnt.contains(#""teacher":"strong:7001""#))
    }
  }

  @Test("a row of a teacher that nobody knows is refused with its line before anything is paid")
  func stranger() async throws {
    try await withFolder { folder in
      let (weak, strong) = (RepeatingTeacher(address: "weak:7001"), RepeatingTeacher(address: "strong:7001"))
      let status = try await Self.staged(folder, weak: weak, strong: strong, own: #","teacher":"clever""#)
      #expect(status.state == .failed && status.message.contains("first.jsonl:2"), "\(status.message)")
      #expect(status.message.contains("there is no teacher 'clever'") && weak.asked.isEmpty, "\(status.message)")
    }
  }
}
