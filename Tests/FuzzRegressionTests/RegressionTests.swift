import Foundation
import FuzzTargets
import Testing

/// Inputs that the fuzzer found, and those that it starts from.
private enum Inputs {
  static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzzing")

  static func files(_ kind: String, _ target: FuzzTarget) throws -> [URL] {
    let folder = folder.appending(path: kind).appending(path: target.rawValue)
    guard FileManager.default.fileExists(atPath: folder.path(percentEncoded: false)) else { return [] }
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
  }
}

@Suite("Inputs of the fuzz targets")
struct RegressionTests {
  @Test("what the fuzzer starts from, and what it once found, breaks nothing", arguments: FuzzTarget.allCases)
  func replay(target: FuzzTarget) throws {
    let seeds = try Inputs.files("Corpus", target)
    #expect(!seeds.isEmpty)
    for file in try seeds + Inputs.files("Regressions", target) {
      target.run(Array(try Data(contentsOf: file)))
    }
  }

  @Test("no beginning of a seed breaks anything", arguments: FuzzTarget.allCases)
  func beginnings(target: FuzzTarget) throws {
    for file in try Inputs.files("Corpus", target) {
      let bytes = Array(try Data(contentsOf: file))
      for count in 0..<min(bytes.count, 200) { target.run(Array(bytes.prefix(count))) }
    }
  }
}
