package import Foundation
import Kernels
package import Sequences

/// A case as both sides read it: `case.json`, with the teacher's log-probs in a file beside it.
///
/// Its keys are in snake case, so that a peer in Python reads them by their names here.
package struct CaseFile: Sendable, Codable, Hashable {
  /// The case's name.
  package var name: String
  /// The kind of work.
  package var suite: EngineSuite
  /// The model folder; empty where the suite needs none.
  package var folder: String
  /// V: ids that occur.
  package var vocabSize: Int
  /// Token ids of each sequence, or of each prompt. Shape: `[B][T]`.
  package var sequences: [[TokenID]]
  /// The objective's term of each sequence: 0 is the skewed forward KL, 1 the skewed reverse KL. Shape: `[B]`.
  package var terms: [Int]
  /// Raw little-endian float32 log-probs of every position but each sequence's first. Shape: `[R, V]`. Empty: none.
  package var teacher: String
  /// Sequences that are computed at once in a step.
  package var microBatchSize: Int
  /// Tokens to generate for each prompt.
  package var newTokens: Int
  /// 0: the most probable token each time.
  package var samplingTemperature: Double
  /// Log-probs of the whole vocabulary are asked for.
  package var fullLogprobs: Bool
  /// Threads to compute with.
  package var threads: Int

  /// α of the skewed divergences.
  package static let alpha = 0.1
  /// The learning rate of a step, without warm-up or decay.
  package static let learningRate = 1e-4

  /// R: positions with a log-prob, each sequence's first token having none.
  package var positionCount: Int { sequences.reduce(0) { $0 + $1.count - 1 } }
  /// Tokens that are read.
  package var tokenCount: Int { sequences.reduce(0) { $0 + $1.count } }

  /// Makes the file of a case: its tokens follow from the case and from the vocabulary alone.
  package init(_ engineCase: EngineCase, folder: URL?, vocabSize: Int, contextLength: Int, threads: Int) {
    name = engineCase.name
    suite = engineCase.suite
    self.folder = folder?.path(percentEncoded: false) ?? ""
    self.vocabSize = vocabSize
    self.threads = threads
    newTokens = min(engineCase.newTokenCount, max(1, contextLength - 2))
    samplingTemperature = engineCase.samplingTemperature
    fullLogprobs = engineCase.wantsFullLogprobs
    let length = max(2, min(engineCase.sequenceLength, contextLength - newTokens))
    sequences = (0..<engineCase.sequenceCount).map { index in
      var generator = SeededGenerator(seed: 1, path: UInt64(index))
      return (0..<length).map { _ in TokenID(generator.next() % UInt64(vocabSize)) }
    }
    terms = sequences.indices.map { $0 * 2 < engineCase.sequenceCount ? 0 : 1 }
    teacher = ""
    microBatchSize = engineCase.microBatchSize
  }

  /// The order to measure the machine, for which no model is needed.
  init(machineWithThreads threads: Int) {
    (name, suite, folder, teacher) = ("machine", .machine, "", "")
    (vocabSize, sequences, terms, microBatchSize, newTokens) = (0, [], [], 1, 0)
    (samplingTemperature, fullLogprobs, self.threads) = (0, false, threads)
  }

  /// Writes `case.json` into a folder, and the teacher's log-probs where the case has them. Returns the file's place.
  package mutating func write(to folder: URL, withTeacher: Bool) throws -> URL {
    if withTeacher {
      let url = folder.appending(path: "teacher.f32")
      try TeacherFile.write(rows: positionCount, vocabSize: vocabSize, to: url)
      teacher = url.path(percentEncoded: false)
    }
    let url = folder.appending(path: "case.json")
    try encoded().write(to: url)
    return url
  }

  /// The file's bytes.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try encoder.encode(self)
  }

  /// Reads a file.
  package init(reading url: URL) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(CaseFile.self, from: Data(contentsOf: url))
  }
}
