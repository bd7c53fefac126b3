public import Foundation
import Measurement
import Tokenization

/// Measures how fast a tokenizer encodes texts, on one core, beside PyPI `tokenizers`: the same files, in turns, and the same ids.
public struct TokenizeRun {
  private let location: URL
  private let python: String?
  private let scripts: String
  private let rounds: Int
  private let place: URL

  /// Makes a run.
  ///
  /// - Parameters:
  ///   - location: A model folder, or a `tokenizer.json`.
  ///   - python: A Python with `tokenizers`; nil: no peer.
  ///   - scripts: The folder of the peers' scripts.
  ///   - rounds: Rounds that count, after one that meets every word for the first time.
  ///   - place: Where files of the run are kept.
  public init(location: URL, python: String?, scripts: String, rounds: Int, place: URL) {
    (self.location, self.python, self.scripts) = (location, python, scripts)
    (self.rounds, self.place) = (rounds, place)
  }

  /// What the peer is told.
  private struct Case: Encodable {
    let folder: String
    let text: String
  }

  /// Encodes each text; `progress` hears of each, and why the peer is left out.
  ///
  /// - Throws: `TokenizerError`, or what is wrong with a text's file.
  public func run(_ texts: [URL], progress: (String) -> Void) throws -> [TokenizeResult] {
    let isFile = location.pathExtension == "json"
    return try texts.flatMap { file in
      progress("\(file.lastPathComponent): \(rounds) rounds")
      // Anew for each text, so that the first round finds no word of another.
      let tokenizer =
        isFile ? try Tokenizer(tokenizerJSON: Data(contentsOf: location)) : try Tokenizer(folder: location)
      let data = try Data(contentsOf: file)
      let text = String(decoding: data, as: UTF8.self)
      let peer = startPeer(file, progress: progress)
      defer { peer?.end() }
      var ids: [UInt32] = []
      var seconds: [Double] = []
      for _ in 0...rounds {
        let clock = ContinuousClock()
        let start = clock.now
        ids = tokenizer.encode(text)
        seconds.append((clock.now - start) / .seconds(1))
        try peer?.round()
      }
      let name = file.lastPathComponent
      var results = [
        TokenizeResult(text: name, stack: Contestant.ours, bytes: data.count, ids: ids.count, seconds, isSame: true)
      ]
      if let peer {
        let other = peer.rounds.first?.values.map { UInt32(exactly: $0) ?? .max }
        results.append(
          TokenizeResult(
            text: name, stack: peer.contestant.stack, bytes: data.count, ids: other?.count ?? 0,
            peer.rounds.map(\.seconds), isSame: other == ids))
      }
      return results
    }
  }

  private func startPeer(_ text: URL, progress: (String) -> Void) -> WorkerProcess? {
    guard let python else { return nil }
    let contestant = Contestant(
      stack: "tokenizers", form: "one thread", command: [python, "\(scripts)/tokenizers_peer.py"])
    let file = place.appending(path: "case.json")
    do {
      let content = Case(folder: location.path(percentEncoded: false), text: text.path(percentEncoded: false))
      try JSONEncoder().encode(content).write(to: file)
      return try WorkerProcess(contestant, caseFile: file, threads: 1, patience: 1800)
    } catch {
      progress("left out: \(error)")
      return nil
    }
  }
}

/// How fast one stack encoded one text.
public struct TokenizeResult: Sendable, Encodable, Hashable {
  /// The text's file.
  public let text: String
  /// Whose code: `retort` or `tokenizers`.
  public let stack: String
  /// Size of the text.
  public let bytes: Int
  /// Number of ids, special tokens included.
  public let ids: Int
  /// Bytes of text a second: the median of the rounds that count, the slowest and the fastest of them.
  public let bytesPerSecond, slowest, fastest: Double
  /// The same of the first round, which meets every word for the first time.
  public let firstRound: Double
  /// Whether the ids are ours.
  public let isSame: Bool

  /// - Parameter seconds: Of each round, the first included.
  package init(text: String, stack: String, bytes: Int, ids: Int, _ seconds: [Double], isSame: Bool) {
    (self.text, self.stack, self.bytes, self.ids, self.isSame) = (text, stack, bytes, ids, isSame)
    let rates = seconds.map { Double(bytes) / max($0, 1e-9) }
    let counted = rates.dropFirst().sorted()
    bytesPerSecond = counted.isEmpty ? 0 : counted[counted.count / 2]
    (slowest, fastest, firstRound) = (counted.first ?? 0, counted.last ?? 0, rates.first ?? 0)
  }
}

/// Rates of tokenizers as Markdown or as JSON.
public struct TokenizeReport: Sendable {
  private let results: [TokenizeResult]

  /// Makes a report.
  public init(_ results: [TokenizeResult]) { self.results = results }

  /// All figures, in SI units.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(results), as: UTF8.self)
  }

  /// A table.
  public func markdown() -> String {
    let head = ["text", "stack", "MB/s", "slowest", "fastest", "first round", "ids", "× ours", "same"]
    let ours = Dictionary(
      results.filter { $0.stack == Contestant.ours }.map { ($0.text, $0.bytesPerSecond) }, uniquingKeysWith: { $1 })
    let rows = results.map { one in
      [one.text, one.stack]
        + [one.bytesPerSecond, one.slowest, one.fastest, one.firstRound].map { MarkdownTable.number($0 / 1e6, 1) } + [
          MarkdownTable.number(Double(one.ids)),
          ours[one.text].map { MarkdownTable.number(one.bytesPerSecond / max($0, 1e-9), 2) } ?? "",
          one.isSame ? "yes" : "NO",
        ]
    }
    return MarkdownTable.text([head] + rows, leading: 2)
  }
}
