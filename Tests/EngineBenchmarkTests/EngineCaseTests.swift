import EngineBenchmark
import Foundation
import Sequences
import Testing

@Suite("the cases of the engine's benchmark")
struct EngineCaseTests {
  @Test("every suite has cases, and every case a name of its own")
  func names() throws {
    #expect(Set(EngineCase.all.map(\.name)).count == EngineCase.all.count)
    for suite in EngineSuite.measured {
      let cases = try EngineCase.cases(of: suite, named: [])
      #expect(!cases.isEmpty)
    }
  }

  @Test("a case of another suite is refused with the list of those that there are")
  func unknown() {
    #expect(
      throws: EngineBenchmarkError.unknownCase(
        name: "generate-1", known: EngineCase.all.filter { $0.suite == .score }.map(\.name))
    ) { try EngineCase.cases(of: .score, named: ["generate-1"]) }
  }

  @Test("the same case gives the same tokens, of its vocabulary and within the context", arguments: EngineCase.all)
  func tokens(engineCase: EngineCase) {
    func file() -> CaseFile {
      CaseFile(engineCase, folder: nil, vocabSize: 101, contextLength: 200, threads: 2)
    }
    #expect(file() == file())
    #expect(file().sequences.joined().allSatisfy { $0 < 101 })
    #expect(file().sequences.allSatisfy { (2...200).contains($0.count + file().newTokens) })
    #expect(file().terms.count == file().sequences.count)
  }

  @Test("a case's file is read as it was written, with the keys that the peers read")
  func file() throws {
    let place = try TemporaryPlace()
    var file = CaseFile(
      try #require(EngineCase.all.first { $0.suite == .train }), folder: URL(filePath: "/model"), vocabSize: 11,
      contextLength: 6, threads: 3)
    let url = try file.write(to: place.url, withTeacher: true)
    let read = try CaseFile(reading: url)
    #expect(read == file)
    let keys = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]).keys
    #expect(
      Set(keys) == [
        "name", "suite", "folder", "vocab_size", "sequences", "terms", "teacher", "new_tokens", "sampling_temperature",
        "full_logprobs", "threads", "micro_batch_size",
      ])
  }

  @Test("the teacher's rows are normalised, and each is another")
  func teacher() throws {
    let place = try TemporaryPlace()
    var file = CaseFile(
      try #require(EngineCase.all.first { $0.suite == .train }), folder: nil, vocabSize: 301, contextLength: 12,
      threads: 1)
    _ = try file.write(to: place.url, withTeacher: true)
    let values = try TeacherFile.read(file.teacher, count: file.positionCount * 301)
    let masses = stride(from: 0, to: values.count, by: 301).map { start in
      values[start..<start + 301].reduce(0.0) { $0 + exp(Double($1)) }
    }
    #expect(masses.count == 8 * 11)
    #expect(masses.allSatisfy { abs($0 - 1) < 1e-5 })
    #expect(Set(stride(from: 0, to: values.count, by: 301).map { values[$0] }).count == 88)
    #expect(throws: EngineBenchmarkError.self) { try TeacherFile.read(file.teacher, count: values.count + 1) }
  }
}

/// A folder that is deleted with its last owner.
final class TemporaryPlace: Sendable {
  let url = FileManager.default.temporaryDirectory.appending(
    path: "retort-test-\(UUID().uuidString)", directoryHint: .isDirectory)

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }
}
