import Commands
import Foundation
import ModelFixtures
import Testing

@Suite struct ExaminationTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try PuzzleModel.write(to: folder.url.appending(path: "teacher"), seed: 1)
    try PuzzleModel.write(to: folder.url.appending(path: "student"), seed: 2, width: 16, layers: 1)
  }

  @Test("two models of one tokenizer pass every check")
  func passes() async throws {
    let results = try await Examination(teacher: folder.path("teacher"), student: folder.path("student"), recipe: nil)
      .run()
    #expect(results.allSatisfy { $0.outcome == .passed }, "\(Examination.table(results))")
    #expect(results.map(\.name).contains { $0.contains("taught by itself") })
  }

  @Test("another end of sequence is found")
  func otherEnd() async throws {
    let file = folder.url.appending(path: "student/generation_config.json")
    let text = try String(contentsOf: file, encoding: .utf8).replacing(
      "\"eos_token_id\": 2", with: "\"eos_token_id\": 3")
    try Data(text.utf8).write(to: file)
    let results = try await Examination(teacher: folder.path("teacher"), student: folder.path("student"), recipe: nil)
      .run()
    #expect(results.filter { $0.outcome == .failed }.map(\.name) == ["end of sequence"])
  }

  @Test("nothing to examine is refused")
  func nothing() {
    #expect(throws: CommandError.self) { try Examination(teacher: nil, student: nil, recipe: nil) }
  }
}
