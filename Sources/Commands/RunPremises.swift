import Foundation
import Recipes
import UpstreamTeacher

/// What can be known to be wrong with a run on this machine before anything is started or written for it.
struct RunPremises: Sendable {
  private let recipe: Recipe
  private let output: URL

  /// Looks at a recipe whose paths are written out.
  init(recipe: Recipe) {
    self.recipe = recipe
    output = URL(filePath: recipe.outputDir, directoryHint: .isDirectory)
  }

  /// True where a run has written results; logs and state alone are what is left of one that never began.
  var holdsRun: Bool { exists("recipe.yaml") || exists("metrics.jsonl") }

  /// Checks that the models are there, and reads the data.
  ///
  /// - Throws: ``CommandError``, or `RecipeError` with the file and line of a row that is wrong.
  func check() throws {
    for source in recipe.teachers.all.map(\.source) + recipe.otherModels.map(\.source) { try Self.check(source) }
    if recipe.teacherWeights == .bfloat16 {
      try LocalModel.checkBFloat16(setting: "teacher_weights: bfloat16")
    }
    try Self.checkModel(recipe.student.tokenizerFolder)
    if let folder = recipe.okd?.teacher { try Self.checkModel(folder) }
    _ = try DataFile(path: recipe.trainData, limit: recipe.maxSamples)
    if let file = recipe.evalData { _ = try DataFile(path: file, limit: recipe.maxEvalSamples) }
    if let file = recipe.corpusData { _ = try DataFile.corpus(path: file) }
  }

  /// Checks that the recipe is still that of the run in the folder, where the folder can be seen.
  ///
  /// - Parameter folder: What relative paths are below.
  func checkUnchanged(below folder: URL) throws {
    let file = output.appending(path: "recipe.yaml")
    guard let yaml = try? String(contentsOf: file, encoding: .utf8) else { return }
    let stored = try Recipe(yaml: yaml, file: file.path(percentEncoded: false), isKnown: true)
      .withPaths(below: folder)
    guard let difference = RecipeDifference(from: stored, to: recipe) else { return }
    throw CommandError.recipeChanged(key: difference.key, was: difference.was, now: difference.now)
  }

  /// Takes away the state of a run that never began, lest it be gone on with beside the new one.
  func clearState() throws(CommandError) {
    guard exists("state") else { return }
    do { try FileManager.default.removeItem(at: output.appending(path: "state")) } catch {
      throw .unwritable(folder: recipe.outputDir, reason: FileProblem.words(error))
    }
  }

  private func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: output.appending(path: name).path(percentEncoded: false))
  }

  private static func check(_ source: Recipe.TeacherSource) throws {
    switch source {
    case .folder(let folder): try checkModel(folder)
    case .address: break
    case .endpoint(let endpoint):
      let place = try EndpointURL(endpoint.url)
      guard let file = endpoint.keyFile else { return }
      _ = try APIKey(file: URL(filePath: file))
      if !place.isEncrypted, !place.isLoopback { throw UpstreamError.keyInTheClear(url: place.base) }
    }
  }

  private static func checkModel(_ folder: String) throws(CommandError) {
    let file = URL(filePath: folder, directoryHint: .isDirectory).appending(path: "config.json")
    let path = file.path(percentEncoded: false)
    guard FileManager.default.isReadableFile(atPath: path) else {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw .unreadable(file: path, reason: isThere ? "permission denied" : "no such file")
    }
  }
}
