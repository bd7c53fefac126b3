public import Foundation
public import Sequences

/// A row ready to be trained on: token ids with the boundary between prompt and completions.
public struct TrainingSample: Sendable, Hashable, Codable {
  /// The prompt; at least one id.
  public var prompt: [TokenID]
  /// What the data answers, end of sequence included; nil: nothing.
  public var completion: [TokenID]?
  /// The worse answer of a pair; nil: none.
  public var rejected: [TokenID]?
  /// True where the row has a prompt that a model can be asked.
  public var isPrompt: Bool
  /// The prompt as text, for people and checkers.
  public var promptText: String
  /// Whether special tokens were put around the prompt; a chat template's text has its own.
  public var addsSpecialTokens: Bool { isChat != true }
  /// The answer as text; nil: none.
  public var completionText: String?
  /// What the data says of a pair's two texts; nil: nothing.
  public var scores: PairScores?
  /// True where a chat template wrote the prompt; else nil.
  var isChat: Bool?
  /// Name of the row's teacher; nil: there is one for all.
  public var teacher: String?
  /// Factors of the losses of the completion's ids; nil: 1 for all.
  public var completionWeights: [Float]?
  /// The prompt with each subset of its demonstrations that is ranked; nil: none is.
  public var rankedPrompts: [[TokenID]]?
}

/// A JSONL file of rows.
public struct DataFile: Sendable {
  /// The rows with their line numbers, in order. Blank lines are skipped.
  public internal(set) var rows: [(line: Int, row: DataRow)]
  /// What each row has in the column that was asked for; nil: nothing, or not asked.
  public let names: [String?]
  /// The turns that each row's answer is made of; nil: it is one piece.
  public let turns: [[AnswerTurn]?]
  /// Name of the file in messages.
  public let path: String

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: At most so many rows; nil: all.
  ///   - column: A column of names to read beside the rows; nil: none.
  /// - Throws: ``RecipeError/badRow(path:line:reason:)`` for the first row that is wrong.
  public init(path: String, limit: Int? = nil, column: String? = nil) throws(RecipeError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw .unreadableData(path: path, reason: exists ? "no permission, or a folder" : "no such file")
    }
    try self.init(data: data, path: path, limit: limit, column: column)
  }

  /// Reads a file's contents.
  public init(contents: String, path: String, limit: Int? = nil, column: String? = nil) throws(RecipeError) {
    try self.init(data: Data(contents.utf8), path: path, limit: limit, column: column)
  }

  /// The lines as ``rows`` count them, from 1 on; by bytes: in Swift a carriage return and what follows it are one character.
  public static func lines(of data: Data) -> [Data.SubSequence] {
    data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }

  private init(data: Data, path: String, limit: Int?, column: String?) throws(RecipeError) {
    var rows: [(line: Int, row: DataRow)] = []
    var names: [String?] = []
    var turns: [[AnswerTurn]?] = []
    for (index, line) in Self.lines(of: data).enumerated() {
      if let limit, rows.count == limit { break }
      guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { continue }
      do {
        let columns = try DataRow.columns(of: line)
        let (row, pieces) = (try DataRow(columns, of: line), try DataRow.turns(of: columns))
        rows.append((index + 1, try pieces.map { pieces throws(RowProblem) in try row.answered(by: pieces) } ?? row))
        turns.append(pieces)
        names.append(try column.flatMap { column throws(RowProblem) in try DataRow.name(in: column, of: columns) })
      } catch let problem {
        throw .badRow(path: path, line: index + 1, reason: problem.reason)
      }
    }
    guard !rows.isEmpty else { throw .unreadableData(path: path, reason: "no rows; expected \(DataRow.shapes)") }
    (self.rows, self.names, self.turns, self.path) = (rows, names, turns, path)
  }

  /// Turns every row into token ids.
  ///
  /// - Parameters:
  ///   - codec: The student's tokenizer.
  ///   - lengths: Where sequences are cut.
  public func samples(codec: some TextCodec, lengths: SequenceLimits) throws(RecipeError) -> [TrainingSample] {
    var samples: [TrainingSample] = []
    for ((line, row), turns) in zip(rows, turns) {
      do {
        var sample = try row.sample(codec: codec, lengths: lengths)
        sample.completionWeights = turns.flatMap { sample.weights(of: $0, codec: codec) }
        samples.append(sample)
      } catch let problem as RowProblem {
        throw .badRow(path: path, line: line, reason: problem.reason)
      } catch {
        throw .badRow(path: path, line: line, reason: "\(error)")
      }
    }
    return samples
  }
}

/// Where sequences are cut.
public struct SequenceLimits: Sendable, Hashable {
  /// Longest prompt; it keeps its end, and its first id where that begins a sequence.
  public var prompt: Int
  /// Longest prompt and completion together.
  public var sequence: Int
  /// Longest completion.
  public var completion: Int

  /// Makes limits.
  public init(prompt: Int, sequence: Int, completion: Int) {
    (self.prompt, self.sequence, self.completion) = (prompt, sequence, completion)
  }

  /// Limits of a recipe on models of a context length.
  ///
  /// - Parameter contextLength: The shorter context of teacher and student.
  public init(training: Recipe.Training, maxNewTokens: Int?, contextLength: Int) {
    sequence = min(training.maxLength, contextLength)
    completion = min(training.maxCompletionLength ?? sequence - 1, sequence - 1)
    // Room for what is to be written; a prompt keeps at least half of the sequence.
    let room = max(sequence - (maxNewTokens ?? 1), sequence / 2)
    prompt = max(1, min(training.maxPromptLength ?? room, sequence - 1))
  }
}
