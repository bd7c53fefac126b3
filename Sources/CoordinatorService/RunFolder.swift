internal import Foundation
internal import Recipes

/// The folder of a run's results, and the names in it.
struct RunFolder: Sendable {
  let path: String

  func checkpoint(_ step: Int) -> String { "\(path)/checkpoint-\(step)" }
  var student: String { "\(path)/student" }
  var module: String { "\(path)/module" }
  var start: String { "\(path)/student-start" }
  func calibration(_ step: Int) -> URL { URL(fileURLWithPath: path).appendingPathComponent("calibration-\(step).csv") }
  /// Answers of the newest evaluation, side by side: a JSON object a line.
  var samples: URL { URL(fileURLWithPath: path).appendingPathComponent("samples.jsonl") }
  var metrics: URL { URL(fileURLWithPath: path).appendingPathComponent("metrics.jsonl") }

  /// A path as a student takes it: relative to the root that both share, or absolute where it climbs.
  static func named(_ path: String) -> String {
    path.split(separator: "/").contains("..") ? URL(fileURLWithPath: path).standardizedFileURL.path : path
  }

  /// One spelling for all names of a folder, whether it exists or not.
  static func canonical(_ path: String) -> String {
    var url = URL(fileURLWithPath: path).standardizedFileURL
    var missing: [String] = []
    while url.path != "/", !FileManager.default.fileExists(atPath: url.path) {
      missing.append(url.lastPathComponent)
      url = url.deletingLastPathComponent()
    }
    return missing.reversed().reduce(url.resolvingSymlinksInPath()) { $0.appendingPathComponent($1) }.path
  }

  /// True where the files of a run are there, be it another coordinator's.
  var holdsRun: Bool {
    ["recipe.yaml", "metrics.jsonl"].contains { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
  }

  /// Makes the folder with the resolved recipe in it.
  func prepare(_ recipe: Recipe) throws {
    try FolderError.explaining(path) {
      try DurableFolder.make(URL(fileURLWithPath: path))
      for folder in [path, start] { sweep(folder) }
      let file = URL(fileURLWithPath: path).appendingPathComponent("recipe.yaml")
      try Data(recipe.resolvedYAML.utf8).write(to: file, options: .atomic)
    }
    if case .architecture(let from, let numbers, let ties) = recipe.student {
      try StudentFolder.write(to: start, from: from, numbers: numbers, tiesWordEmbeddings: ties)
    }
  }

  /// Deletes what students that died, or lost power, have left of folders that nobody writes any more; waits until all else is on
  /// the disk.
  func finish() throws {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    where name.hasPrefix(".") && name.contains(".partial-") {
      clear("\(path)/\(name)")
    }
    try FolderError.explaining(path) { try DurableFolder.synchronize(tree: URL(fileURLWithPath: path)) }
  }

  /// Deletes what a coordinator had not renamed when it was killed: Foundation writes files under such names first.
  private func sweep(_ folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(".dat.nosync") {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// Deletes a folder that a student is about to write anew; one left by a process that died means nothing.
  func clear(_ folder: String) {
    try? FileManager.default.removeItem(atPath: folder)
  }
}
