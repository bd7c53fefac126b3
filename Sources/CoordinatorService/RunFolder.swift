internal import Foundation
internal import Recipes

/// The folder of a run's results, and the names in it.
struct RunFolder: Sendable {
  let path: String

  func checkpoint(_ step: Int) -> String { "\(path)/checkpoint-\(step)" }
  var student: String { "\(path)/student" }
  var start: String { "\(path)/student-start" }
  var metrics: URL { URL(fileURLWithPath: path).appendingPathComponent("metrics.jsonl") }

  /// A path as a student takes it: relative to the root that both share, or absolute where it climbs.
  static func named(_ path: String) -> String {
    path.split(separator: "/").contains("..") ? URL(fileURLWithPath: path).standardizedFileURL.path : path
  }

  /// Makes the folder with the resolved recipe in it.
  func prepare(_ recipe: Recipe) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let file = URL(fileURLWithPath: path).appendingPathComponent("recipe.yaml")
    try Data(recipe.resolvedYAML.utf8).write(to: file, options: .atomic)
    if case .architecture(let from, let numbers, let ties) = recipe.student {
      try StudentFolder.write(to: start, from: from, numbers: numbers, tiesWordEmbeddings: ties)
    }
  }

  /// Deletes a folder that a student is about to write anew; one left by a process that died means nothing.
  func clear(_ folder: String) {
    try? FileManager.default.removeItem(atPath: folder)
  }
}
