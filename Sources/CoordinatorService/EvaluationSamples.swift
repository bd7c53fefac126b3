internal import Foundation
internal import Recipes
internal import Sequences

/// Answers to some held-out prompts side by side, as `samples.jsonl` has them: the data's, the teacher's, the student's of the
/// first evaluation (`start`) and of the newest one.
struct EvaluationSamples {
  let material: RunMaterial
  let teacherTexts: [[TokenID]?]

  /// Prompts that are shown.
  static let promptCount = 6
  /// Longest text that is kept, in characters.
  static let textLimit = 2000

  private struct Row: Codable {
    var prompt: String
    var reference: String?
    var teacher: String?
    var start: String?
    var student: String?
  }

  /// Replaces what an earlier evaluation left.
  ///
  /// - Parameter answers: What the student wrote to each prompt.
  func write(_ answers: [String], into folder: RunFolder) throws {
    let before = Self.rows(in: folder.samples)
    let rows = zip(material.evalSamples, answers).prefix(Self.promptCount).enumerated().map { index, pair in
      let (sample, answer) = pair
      let prompt = Self.clipped(sample.promptText)
      let first = before.first { $0.prompt == prompt }
      return Row(
        prompt: prompt, reference: sample.completionText.map(Self.clipped),
        teacher: teacherTexts[index].map { Self.clipped(material.codec.decode($0)) },
        start: first.flatMap { $0.start ?? $0.student }, student: Self.clipped(answer))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = try rows.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }
    try FolderError.explaining(folder.path) {
      try Data(lines.joined().utf8).write(to: folder.samples, options: .atomic)
    }
  }

  private static func rows(in file: URL) -> [Row] {
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { try? JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
  }

  private static func clipped(_ text: String) -> String {
    text.count > textLimit ? String(text.prefix(textLimit)) + "…" : text
  }
}
