internal import Recipes

extension Journal {
  /// Throws where a run that is taken up again would not be the run that was begun: its recipe means something else now, or its
  /// data changed.
  ///
  /// - Parameters:
  ///   - record: The run, with its recipe as it was resolved when the run was submitted.
  ///   - recipe: The same recipe, as it is read now.
  ///   - dataDigest: SHA-256 of all that the run depends on, its recipe included.
  func checkUnchanged(_ record: RunRecord, recipe: Recipe, dataDigest: String) async throws {
    guard try await keepDataDigest(dataDigest, of: record.runID) != dataDigest else { return }
    guard recipe.resolvedYAML != record.recipeYAML else {
      throw RecipeError.conflict("the data changed since the run began; bring it back, or start a new run")
    }
    let before = Set(record.recipeYAML.split(separator: "\n"))
    let new = recipe.resolvedYAML.split(separator: "\n").first { !before.contains($0) }
    throw RecipeError.conflict(
      "run \(record.runID) was begun by another version of retort, whose recipes mean something else"
        + (new.map { ": they do not say '\($0.drop { $0 == " " })'" } ?? "")
        + "; go on with it by that version, or start a new run")
  }
}
