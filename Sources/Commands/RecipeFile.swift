import Foundation
public import Recipes

/// A recipe on disk.
public struct RecipeFile: Sendable {
  private let path: String
  private let yaml: String

  /// Reads the file.
  public init(path: String) throws(CommandError) {
    self.path = path
    do { yaml = try String(contentsOf: URL(filePath: path), encoding: .utf8) } catch {
      throw .unreadable(file: path, reason: "no such file, or not text")
    }
  }

  /// The recipe with overrides applied.
  public func recipe(overrides: [String] = []) throws(RecipeError) -> Recipe {
    try Recipe(yaml: yaml, file: path, overrides: overrides)
  }
}
