internal import Foundation

/// One row of a JSONL file, its shape known by its columns.
public enum DataRow: Sendable, Hashable {
  /// `prompt`, and `completion` where there is one.
  case prompt(String, completion: String?)
  /// `prompt`, `chosen` (the teacher's answer), `rejected` (the student's), and what somebody thinks of both.
  case pair(prompt: String, chosen: String, rejected: String, scores: PairScores?)
  /// `instruction`, `input` (which may be empty), and `output` where there is one.
  case instruction(String, input: String, output: String?)
  /// `messages`; where the last is the assistant's it is the completion. `tools`, where there are any: a JSON array of what
  /// the model may call, for the chat template.
  case chat([ChatMessage], tools: String?)
  /// `demonstrations`, a list of `prompt` and `completion`, before `prompt` and `completion`, where there is one.
  case demonstrated(DemonstratedRow)
  /// `text`: no prompt, all of it is learnt.
  case text(String)
}

extension DataRow {
  static let shapes =
    "{\"messages\"}, {\"prompt\",\"completion\"}, {\"prompt\",\"chosen\",\"rejected\"}, {\"demonstrations\",\"prompt\",\"completion\"}, {\"instruction\",\"input\",\"output\"} or {\"text\"}"

  /// The columns of a line; throws where it is no JSON object.
  static func columns(of line: Data) throws(RowProblem) -> [String: Any] {
    let object: Any
    do {
      object = try JSONSerialization.jsonObject(with: line)
    } catch {
      throw RowProblem("not valid JSON; expected one object per line: \(shapes)")
    }
    guard let row = object as? [String: Any] else { throw RowProblem("expected a JSON object: \(shapes)") }
    return row
  }

  /// Reads a row; throws what is wrong with it.
  ///
  /// - Parameter line: The line that the columns are of.
  init(_ columns: [String: Any], of line: Data) throws(RowProblem) { self = try DataRow.detect(columns, line) }

  private static func detect(_ row: [String: Any], _ line: Data) throws(RowProblem) -> DataRow {
    if row["messages"] != nil { return .chat(try messages(row), tools: try tools(row, line)) }
    if row["prompt"] != nil {
      let prompt = try text("prompt", row)
      if row["chosen"] != nil || row["rejected"] != nil {
        return .pair(
          prompt: prompt, chosen: try text("chosen", row), rejected: try text("rejected", row),
          scores: try scores(row))
      }
      let completion = row["completion"] == nil ? nil : try text("completion", row)
      guard let examples = try demonstrations(row) else { return .prompt(prompt, completion: completion) }
      return .demonstrated(DemonstratedRow(demonstrations: examples, prompt: prompt, completion: completion))
    }
    if row["instruction"] != nil { return try alpaca(row) }
    if row["text"] != nil { return .text(try text("text", row)) }
    let columns = row.keys.sorted().joined(separator: ", ")
    throw RowProblem("columns [\(columns)] have no known shape; expected \(shapes)")
  }

  /// `score_chosen` and `score_rejected`: both or none.
  private static func scores(_ row: [String: Any]) throws(RowProblem) -> PairScores? {
    if row["score_chosen"] == nil, row["score_rejected"] == nil { return nil }
    guard let chosen = row["score_chosen"] as? Double, let rejected = row["score_rejected"] as? Double,
      chosen.isFinite, rejected.isFinite
    else { throw RowProblem("'score_chosen' and 'score_rejected': expected two numbers") }
    return PairScores(chosen: chosen, rejected: rejected)
  }

  /// The examples before a prompt; nil: there is no such column.
  private static func demonstrations(_ row: [String: Any]) throws(RowProblem) -> [DemonstratedRow.Demonstration]? {
    guard let column = row["demonstrations"], !(column is NSNull) else { return nil }
    guard let items = column as? [[String: Any]], !items.isEmpty else {
      throw RowProblem("'demonstrations': expected a list of {\"prompt\",\"completion\"}")
    }
    var demonstrations: [DemonstratedRow.Demonstration] = []
    for item in items {
      demonstrations.append(
        DemonstratedRow.Demonstration(prompt: try text("prompt", item), completion: try text("completion", item)))
    }
    return demonstrations
  }

  private static func alpaca(_ row: [String: Any]) throws(RowProblem) -> DataRow {
    .instruction(
      try text("instruction", row), input: row["input"] == nil ? "" : try text("input", row),
      output: row["output"] == nil ? nil : try text("output", row))
  }

  private static func messages(_ row: [String: Any]) throws(RowProblem) -> [ChatMessage] {
    guard let items = row["messages"] as? [[String: Any]], !items.isEmpty else {
      throw RowProblem("'messages': expected a list of {\"role\",\"content\"}")
    }
    var messages: [ChatMessage] = []
    for item in items { messages.append(ChatMessage(role: try text("role", item), content: try text("content", item))) }
    guard messages.contains(where: { $0.role == "user" }) else { throw RowProblem("'messages': none is the user's") }
    return messages
  }

  /// The `tools` column: a list of descriptions, or its JSON text, as data sets with one type a column have it.
  private static func tools(_ row: [String: Any], _ line: Data) throws(RowProblem) -> String? {
    guard let column = row["tools"], !(column is NSNull) else { return nil }
    var (value, text) = (column, RawMember.text("tools", of: Array(line)))
    if let written = column as? String {
      if written.isEmpty { return nil }
      (value, text) = ((try? JSONSerialization.jsonObject(with: Data(written.utf8))) ?? column, written)
    }
    guard let tools = value as? [[String: Any]], let text else {
      throw RowProblem("'tools': expected a list of descriptions of functions, or its JSON text")
    }
    return tools.isEmpty ? nil : text
  }

  /// The name that a row has in a column; nil: none.
  static func name(in column: String, of row: [String: Any]) throws(RowProblem) -> String? {
    guard let value = row[column], !(value is NSNull) else { return nil }
    guard let name = value as? String, !name.isEmpty else { throw RowProblem("'\(column)': expected a teacher's name") }
    return name
  }

  private static func text(_ key: String, _ row: [String: Any]) throws(RowProblem) -> String {
    guard let text = row[key] as? String else { throw RowProblem("'\(key)': expected text") }
    return text
  }
}

/// How good the two texts of a pair are; only differences mean anything.
public struct PairScores: Sendable, Hashable, Codable {
  /// Of the better text.
  public var chosen: Double
  /// Of the other.
  public var rejected: Double

  /// Takes two scores.
  public init(chosen: Double, rejected: Double) { (self.chosen, self.rejected) = (chosen, rejected) }
}

/// What is wrong with a row; whoever knows the file adds its name and line.
public struct RowProblem: Error {
  /// In words.
  public let reason: String
  init(_ reason: String) { self.reason = reason }
}
