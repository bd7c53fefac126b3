public import Foundation
import Sequences
import Transformer

/// `retort score`: the log-probs that a model gives to the rows of a file.
public struct ScoreFile: Sendable {
  /// Rows scored together.
  private static let batchSize = 64

  private let model: LocalModel
  private let topCount: Int

  /// Scores with a model; `topCount` is the number of most probable tokens to give with each position, 0 for none.
  public init(model: LocalModel, topCount: Int) throws(CommandError) {
    guard (0...model.vocabSize).contains(topCount) else {
      throw .badOption(
        name: "--top-logprobs", value: "\(topCount)", expected: "0 to \(model.vocabSize), the vocabulary's size")
    }
    self.model = model
    self.topCount = topCount
  }

  /// Reads rows from a file and passes the rows with their answers to `emit`, in order, as they are ready.
  ///
  /// - Throws: ``CommandError`` that names file and line for the first row that is wrong, after the rows before it.
  public func run(data file: URL, emit: (String) throws -> Void) throws {
    let path = file.relativePath
    let text: String
    do { text = try String(contentsOf: file, encoding: .utf8) } catch {
      throw CommandError.unreadable(file: path, reason: FileProblem.words(error))
    }
    var batch: [(line: Int, row: ScoreRow)] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
      .enumerated()
    {
      guard !line.allSatisfy(\.isWhitespace) else { continue }
      do {
        let row = try ScoreRow(json: String(line), tokenizer: model.tokenizer, file: path, line: index + 1)
        do { try model.transformer.check(SequenceBatch([row.sequence]), vocabSize: model.vocabSize) } catch {
          throw CommandError.badRow(file: path, line: index + 1, reason: error.description)
        }
        batch.append((index + 1, row))
      } catch {
        try score(batch.map(\.row), emit: emit)
        throw error
      }
      if batch.count == Self.batchSize {
        try score(batch.map(\.row), emit: emit)
        batch = []
      }
    }
    try score(batch.map(\.row), emit: emit)
  }

  private func score(_ rows: [ScoreRow], emit: (String) throws -> Void) throws {
    guard !rows.isEmpty else { return }
    let scores = try model.score(rows.map(\.sequence), options: ScoreOptions(tokenLogprobs: true, topCount: topCount))
    for (row, scores) in zip(rows, scores) { try emit(row.reply(scores, topCount: topCount)) }
  }
}
