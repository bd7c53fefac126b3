internal import Foundation

/// The folder of a run that has students trained by runs of their own.
struct LoopFolder: Sendable {
  let run: RunFolder

  /// The folder of the run that makes a round's student.
  func round(_ number: Int) -> String { "\(run.path)/round-\(number)" }
  /// What that run is trained on. Not in its own folder, which is to be empty when it begins.
  func data(_ number: Int) -> String { "\(run.path)/data/round-\(number).jsonl" }

  /// Writes a file of rows, all or nothing.
  func write(_ rows: [Data], to path: String) throws {
    let file = URL(fileURLWithPath: path)
    try FolderError.explaining(run.path) {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(rows.flatMap { $0 + [UInt8(ascii: "\n")] }).write(to: file, options: .atomic)
    }
  }

  /// Writes a file of values, a line of JSON each, all or nothing.
  func write(_ rows: [some Encodable], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try write(try rows.map { try encoder.encode($0) }, to: path)
  }

  /// Copies the last round's student to where every run leaves its own.
  func takeStudent(ofRound number: Int) throws {
    try FolderError.explaining(run.path) {
      run.clear(run.student)
      let draft = "\(run.student).draft"
      run.clear(draft)
      try FileManager.default.copyItem(atPath: RunFolder(path: round(number)).student, toPath: draft)
      try FileManager.default.moveItem(atPath: draft, toPath: run.student)
    }
  }
}
