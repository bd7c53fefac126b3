import Recipes
import Sequences
import Testing

private func recipe(_ method: String, _ overrides: String...) throws -> Recipe {
  try Recipe(
    yaml: """
      method: \(method)
      student: models/student
      data: pairs.jsonl
      output_dir: out
      """, overrides: overrides)
}

@Suite("A recipe of pairs") struct PairRecipeTests {
  struct Expected: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let form: PairObjective.Form
    let reference: PairObjective.Reference
    let means: Bool
    let beta, gamma, lmWeight: Double
  }
  static let expected = [
    Expected(
      testDescription: "dpo", form: .logistic, reference: .student, means: false, beta: 0.1, gamma: 0, lmWeight: 0),
    Expected(
      testDescription: "ipo", form: .squared, reference: .student, means: true, beta: 0.1, gamma: 0, lmWeight: 0),
    Expected(
      testDescription: "simpo", form: .logistic, reference: .none, means: true, beta: 2, gamma: 1, lmWeight: 0),
    Expected(
      testDescription: "cpo", form: .logistic, reference: .none, means: false, beta: 0.1, gamma: 0, lmWeight: 1),
    Expected(testDescription: "slic", form: .hinge, reference: .none, means: true, beta: 1, gamma: 0, lmWeight: 1),
    Expected(
      testDescription: "dpkd", form: .logistic, reference: .teacher, means: true, beta: 0.1, gamma: 0, lmWeight: 1),
    Expected(testDescription: "plad", form: .hinge, reference: .none, means: true, beta: 1, gamma: 0, lmWeight: 1),
  ]

  @Test("has the method's loss and its defaults, and its resolved text reads back", arguments: expected)
  func defaults(_ expected: Expected) throws {
    let recipe = try recipe(expected.testDescription, "generation=none")
    let pair = try #require(recipe.objective.pair)
    #expect(pair.form == expected.form && pair.reference == expected.reference)
    #expect(pair.isLengthNormalized == expected.means && pair.beta == expected.beta && pair.gamma == expected.gamma)
    #expect(recipe.objective.terms.map(\.source) == [.teacher, .student])
    #expect(recipe.objective.terms.map(\.kind) == [.crossEntropy, .crossEntropy])
    #expect(recipe.objective.terms.map(\.weight) == [expected.lmWeight, 0])
    #expect(recipe.usesTeacherLogprobs == (expected.testDescription == "dpkd"))
    #expect(recipe.asksTeacher == (expected.testDescription == "dpkd"))
    #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
  }

  @Test("takes the variants of DPKD and PLaD by name")
  func variants() throws {
    let released = try recipe("dpkd", "objective.loss_type=as_released")
    #expect(released.objective.pair == nil && released.usesTeacherLogprobs && !released.usesStudentText)
    #expect(released.objective.terms.map(\.kind) == [.topTokenPreference])
    #expect(released.objective.terms[0].alpha == 1 && released.objective.terms[0].weight == 0.5)
    #expect(try recipe("dpkd", "objective.loss_type=ipo").objective.pair?.reference == .teacher)
    #expect(try recipe("dpkd", "objective.loss_type=simpo").objective.pair?.reference == PairObjective.Reference.none)
    #expect(try recipe("plad", "objective.loss_type=score_margin").objective.pair?.usesScores == true)
    #expect(try recipe("dpo", "objective.loss_type=hinge").objective.pair?.form == .hinge)
    #expect(try recipe("simpo", "objective.beta=2.5").objective.pair?.beta == 2.5)
  }

  @Test("refuses a loss that the method has not, and keeps the bounds of the JSD's beta")
  func refuses() throws {
    for (method, override) in [("dpo", "objective.loss_type=simpo"), ("kd", "objective.loss_type=ipo")] {
      #expect(throws: RecipeError.self) { try recipe(method, override) }
    }
    for value in ["0", "1", "1.5"] {
      #expect(throws: RecipeError.self) { try recipe("jsd", "teacher=host:1", "objective.beta=\(value)") }
    }
    #expect(throws: RecipeError.self) { try recipe("dpo", "objective.beta=0") }
  }

  @Test("reads the scores of a row's texts, both or none")
  func scores() throws {
    let row = #"{"prompt":"a","chosen":"b","rejected":"c","score_chosen":0.5,"score_rejected":-1}"#
    let file = try DataFile(contents: row, path: "rows.jsonl")
    #expect(
      file.rows[0].row
        == .pair(prompt: "a", chosen: "b", rejected: "c", scores: PairScores(chosen: 0.5, rejected: -1)))
    #expect(throws: RecipeError.self) {
      try DataFile(contents: #"{"prompt":"a","chosen":"b","rejected":"c","score_chosen":1}"#, path: "rows.jsonl")
    }
  }
}
