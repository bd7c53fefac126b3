internal import Recipes

extension RunDependencies {
  /// Reads what a run needs besides the models; throws everything that can be known to keep it from its end.
  ///
  /// - Parameter train: Rows that stand for those of the recipe's file; nil: none do.
  func material(of recipe: Recipe, runID: String, train: DataFile? = nil) throws -> RunMaterial {
    if let name = recipe.evaluation.checker, checkers[name] == nil {
      let known = checkers.keys.sorted().joined(separator: ", ")
      throw RecipeError.conflict("evaluation.checker: '\(name)' is unknown; known: \(known.isEmpty ? "none" : known)")
    }
    let material = try RunMaterial(recipe: recipe, runID: runID, codec: codec, train: train)
    if material.plan.needs.any { try checkTeachers(recipe) }
    if material.plan.evaluates {
      _ = try RunJudge(material, facade: referee ?? teacher(named: recipe.teacherNames[0]))
    }
    return material
  }

  /// Refuses a recipe whose teachers this coordinator has not.
  func checkTeachers(_ recipe: Recipe) throws(RecipeError) {
    for name in recipe.teacherNames where teacher(named: name) == nil {
      throw .conflict(
        name.isEmpty
          ? "method \(recipe.method.rawValue) needs a teacher and this coordinator has none: start it with --teacher HOST:PORT"
          : "this coordinator has no teacher '\(name)': start it with --named-teacher \(name)=HOST:PORT")
    }
  }
}
