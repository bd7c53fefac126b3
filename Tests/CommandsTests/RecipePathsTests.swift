import Commands
import Foundation
import Recipes
import Testing

@Suite("Paths of a recipe") struct RecipePathsTests {
  @Test("are written out below a folder, those of all data among them")
  func data() throws {
    let recipe = try Recipe(
      yaml: """
        method: dpkd
        teacher: models/teacher
        student: /models/student
        data: {train: rows.jsonl, eval: ../heldout.jsonl, corpus: text/corpus.jsonl, corpus_batch_size: 3}
        output_dir: out
        """)
    let placed = try recipe.withPaths(below: URL(filePath: "/work/here", directoryHint: .isDirectory))
    #expect(placed.trainData == "/work/here/rows.jsonl" && placed.evalData == "/work/heldout.jsonl")
    #expect(placed.corpusData == "/work/here/text/corpus.jsonl" && placed.outputDir == "/work/here/out")
    #expect(placed.teacher == .folder("/work/here/models/teacher") && placed.student == .folder("/models/student"))
    #expect(placed.objective == recipe.objective)
  }
}
