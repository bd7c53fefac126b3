import Foundation
import Recipes
import Testing

private func recipe(_ method: String, _ overrides: String...) throws -> Recipe {
  try Recipe(
    yaml: """
      method: \(method)
      teacher: host:1
      student: models/student
      data: {train: rows.jsonl, eval: heldout.jsonl, corpus: text.jsonl}
      output_dir: out
      training: {per_device_train_batch_size: 4, gradient_accumulation_steps: 3}
      """, overrides: overrides)
}

@Suite("A recipe with a corpus") struct CorpusRecipeTests {
  @Test(
    "has one more term, of weight 1 and as many sequences as samples, unless it says otherwise",
    arguments: [
      ("dpkd", []), ("dpkd", ["objective.loss_type=ipo"]), ("dpkd", ["objective.loss_type=simpo"]),
      ("dpkd", ["objective.loss_type=cpo"]), ("minillm", []), ("distillm", []),
    ] as [(String, [String])])
  func defaults(method: String, overrides: [String]) throws {
    let plain = try recipe(method, "data.corpus_batch_size=12", "objective.corpus_weight=1")
    let own = try #require(try recipe(method).objective.corpus)
    #expect(own.term.kind == .crossEntropy && own.term.weight == 1 && own.batchSize == 12)
    #expect(own == plain.objective.corpus && plain.corpusData == "text.jsonl")
    let other = try recipe(method, "data.corpus_batch_size=5", "objective.corpus_weight=0.25")
    #expect(other.objective.corpus?.term.weight == 0.25 && other.objective.corpus?.batchSize == 5)
    #expect(try Recipe(yaml: other.resolvedYAML) == other)
    // What is asked of the teacher, and what a sample adds to a batch, stay as they are.
    #expect(other.objective.terms == plain.objective.terms && other.textSources == plain.textSources)
  }

  @Test("of DPKD's released loss has a quarter of the corpus' cross-entropy and KL")
  func released() throws {
    let corpus = try #require(
      try recipe("dpkd", "objective.loss_type=as_released", "objective.corpus_weight=2").objective.corpus)
    #expect(corpus.term.kind == .forwardKL && corpus.term.weight == 0.5 && corpus.term.crossEntropyWeight == 1)
    let error = #expect(throws: RecipeError.self) {
      try Recipe(
        yaml: """
          method: dpkd
          teacher: {column: from, teachers: {a: "one:1", b: "two:2"}}
          student: models/student
          data: {train: rows.jsonl, corpus: text.jsonl}
          output_dir: out
          objective: {loss_type: as_released}
          """)
    }
    #expect(try #require(error).description.contains("data.corpus: objective.loss_type as_released asks one teacher"))
  }

  @Test("is refused where the method has no such term, and so are its keys without it")
  func refused() throws {
    for method in Method.allCases where ![.dpkd, .minillm, .distillm].contains(method) {
      let needed =
        switch method {
        case .rejection: ["rejection.checker=exact_match"]
        case .critics: ["critics.brevity_limit=1"]
        case .okd: ["okd.teacher=models/large"]
        case .orca: ["orca.system_prompts=systems.txt"]
        case .tripost: ["rejection.checker=exact_match"]
        default: [String]()
        }
      let error = #expect(throws: RecipeError.self, "\(method)") {
        try Recipe(
          yaml: "method: \(method.rawValue)\nteacher: t\nstudent: s\ndata: {train: d, corpus: c}\noutput_dir: o\n",
          overrides: needed)
      }
      let message = "data.corpus has no use in this recipe of method \(method.rawValue): it is for methods distillm, "
      #expect(try #require(error).description.contains(message + "minillm and dpkd"), "\(error?.description ?? "")")
    }
    for key in ["objective.corpus_weight=1", "data.corpus_batch_size=4"] {
      let error = #expect(throws: RecipeError.self) {
        try Recipe(
          yaml: "method: dpkd\nteacher: t\nstudent: s\ndata: {train: d}\noutput_dir: o\n", overrides: [key])
      }
      #expect(try #require(error).description.contains("it is for recipes with data.corpus"))
    }
    #expect(throws: RecipeError.self) { try recipe("dpkd", "objective.corpus_weight=-1") }
    #expect(throws: RecipeError.self) { try recipe("dpkd", "data.corpus_batch_size=0") }
  }

  @Test("reads rows of text alone: others are refused with file and line")
  func rows() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "retort-corpus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "text.jsonl").path
    try #"{"text":"one two"}"#.appending("\n\n").appending(#"{"text":"three"}"#)
      .write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try DataFile.corpus(path: path).rows.map(\.line) == [1, 3])
    try #"{"text":"one"}"#.appending("\n").appending(#"{"prompt":"p","completion":"c"}"#)
      .write(toFile: path, atomically: true, encoding: .utf8)
    let error = #expect(throws: RecipeError.self) { try DataFile.corpus(path: path) }
    #expect(try #require(error).description.contains("text.jsonl:2: a corpus has rows of 'text' alone"))
  }
}
