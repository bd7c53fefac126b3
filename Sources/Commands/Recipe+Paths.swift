public import Foundation
public import Recipes

extension Recipe {
  /// The same recipe with its paths written out, so that services that run elsewhere on this machine read the same files.
  ///
  /// - Parameter folder: What relative paths are below.
  public func withPaths(below folder: URL) throws(RecipeError) -> Recipe {
    func place(_ path: String) -> String {
      let full = URL(filePath: path, relativeTo: folder).standardizedFileURL.path(percentEncoded: false)
      return full.count > 1 && full.hasSuffix("/") ? String(full.dropLast()) : full
    }
    var overrides = ["output_dir=\(place(outputDir))", "data.train=\(place(trainData))"]
    if let evalData { overrides.append("data.eval=\(place(evalData))") }
    if case .folder(let path) = teacher { overrides.append("teacher=\(place(path))") }
    switch student {
    case .folder(let path): overrides.append("student=\(place(path))")
    case .architecture(let from, _, _): overrides.append("student.from=\(place(from))")
    }
    if let folder = lion?.prompts { overrides.append("lion.prompts=\(place(folder))") }
    if case .folder(let path) = lion?.referee { overrides.append("lion.referee=\(place(path))") }
    if case .folder(let path) = lion?.generator { overrides.append("lion.generator=\(place(path))") }
    return try Recipe(yaml: resolvedYAML, overrides: overrides)
  }
}
