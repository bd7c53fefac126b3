internal import Foundation
internal import Recipes
internal import Sequences

/// System prompts, of which each row gets one.
struct SystemPrompts: Sendable {
  private let prompts: [String]

  /// Reads a file: a prompt on each line; in a `.jsonl` file each line is `{"system": …}`.
  init(path: String, contents: String) throws {
    struct Row: Decodable { let system: String }
    var prompts: [String] = []
    for (number, line) in contents.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }
    ).enumerated() {
      let text = line.trimmingCharacters(in: .whitespaces)
      guard !text.isEmpty else { continue }
      guard path.hasSuffix(".jsonl") else {
        prompts.append(text)
        continue
      }
      guard let row = try? JSONDecoder().decode(Row.self, from: Data(text.utf8)), !row.system.isEmpty else {
        throw RecipeError.badRow(path: path, line: number + 1, reason: "expected {\"system\": text}")
      }
      prompts.append(row.system)
    }
    guard !prompts.isEmpty else { throw RecipeError.unreadableData(path: path, reason: "no system prompts in it") }
    self.prompts = prompts
  }

  /// The prompt of a row, drawn by the run's seed.
  func prompt(seed: UInt64, stage: Int, row: Int) -> String {
    var generator = SeededGenerator(
      seed: seed, path: SeedStream.curation.rawValue, .max - 1, UInt64(stage), UInt64(row))
    return prompts[Int(generator.next() % UInt64(prompts.count))]
  }

  /// Refuses a tokenizer whose chat template has no turn of the system.
  static func check(_ codec: any TextCodec, folder: String) throws {
    let (mark, ask) = ("mark of the system", [ChatMessage(role: "user", content: "mark of the user")])
    let problem: String
    do {
      let text = try codec.renderChat([ChatMessage(role: "system", content: mark)] + ask, addGenerationPrompt: true)
      if text?.contains(mark) == true { return }
      problem = text == nil ? "has no chat template" : "has a chat template that leaves the system's turn out"
    } catch {
      problem = "has a chat template that refuses the system's turn (\(error))"
    }
    throw RecipeError.conflict(
      "method orca asks under system prompts, and the tokenizer of \(folder) \(problem): take a student whose template has that turn"
    )
  }
}

extension DataRow {
  /// The row as a conversation that begins with a turn of the system; one that has its own keeps it.
  func asked(under system: String) -> DataRow {
    let turn = ChatMessage(role: "system", content: system)
    switch self {
    case .chat(let messages, let tools):
      return messages.first?.role == "system" ? self : .chat([turn] + messages, tools: tools)
    default:
      return .chat([turn, ChatMessage(role: "user", content: instruction ?? "")], tools: nil)
    }
  }
}
