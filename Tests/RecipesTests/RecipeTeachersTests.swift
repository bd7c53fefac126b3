import Recipes
import Testing

@Suite("Teachers of a recipe")
struct RecipeTeachersTests {
  private func recipe(_ teacher: String, _ overrides: [String] = []) throws -> Recipe {
    try Recipe(yaml: "method: seqkd\n\(teacher)\nstudent: s\ndata: d.jsonl\noutput_dir: out\n", overrides: overrides)
  }

  private func refusal(_ teacher: String, _ overrides: [String] = []) throws -> String {
    try #require(throws: RecipeError.self) { try recipe(teacher, overrides) }.description
  }

  @Test("an endpoint has the options of retort teacher, and a resolved recipe reads as the same")
  func endpoint() throws {
    let read = try recipe(
      """
      teacher:
        url: https://host/v1
        model: big
        api_key_file: key.txt
        price_input: 2.5
        price_output: 10
        budget: 20
        concurrency: 4
        stream: true
      """)
    guard case .endpoint(let endpoint) = read.teacher else { throw RecipeError.conflict("no endpoint") }
    #expect(endpoint.url == "https://host/v1" && endpoint.model == "big" && endpoint.keyFile == "key.txt")
    #expect(
      endpoint.options == [
        "--price-input", "2.5", "--price-output", "10.0", "--budget", "20.0", "--concurrency", "4", "--stream-upstream",
      ])
    #expect(try Recipe(yaml: read.resolvedYAML) == read)
    let own = try recipe("teacher: {url: http://h, model: m, tokenizer: tokens, refuse_other_models: true}")
    #expect(own.teachers.all.map(\.tokenizerFolder) == ["tokens"] && read.teachers.all.map(\.tokenizerFolder) == [nil])
    guard case .endpoint(let named) = own.teacher else { throw RecipeError.conflict("no endpoint") }
    #expect(named.options == ["--refuse-other-models"])
    #expect(try Recipe(yaml: own.resolvedYAML) == own)
    #expect(
      try recipe("teacher: {url: https://host/v1, model: m}", ["teacher=models/t"]).teacher == .folder("models/t"))
    #expect(try recipe("teacher: models/t", ["teacher.url=http://127.0.0.1/v1", "teacher.model=m"]).teacher != nil)
  }

  @Test(
    "several services of one teacher are a list, or text with commas",
    arguments: ["[a:7001, b:7001]", "\"a:7001,b:7001\"", "{from: [a:7001, b:7001]}", "\n- a:7001\n- b:7001"])
  func places(_ written: String) throws {
    let read = try recipe("teacher: \(written)")
    #expect(read.teacher == .address("a:7001,b:7001"))
    #expect(try Recipe(yaml: read.resolvedYAML) == read)
    #expect(try recipe("teacher: x", ["teacher=[a:7001, b:7001]"]).teacher == read.teacher)
    let named = try recipe("teacher: {teachers: {t: \(written.contains("\n") ? "[a:7001, b:7001]" : written)}}")
    #expect(named.teacher == read.teacher)
  }

  @Test(
    "what an endpoint lacks, or has too much, is refused by the key's name",
    arguments: [
      ("teacher: https://host/v1", "teacher.model"), ("teacher: {url: https://host/v1}", "teacher.model"),
      ("teacher: {from: models/t, budget: 3}", "teacher.budget is an endpoint's"),
      ("teacher: {from: models/t, url: http://h, model: m}", "exclude each other"),
      ("teacher: {url: http://h, model: m, price_input: 1}", "belong together"),
      ("teacher: {url: http://h, model: m, budget: 1}", "needs prices"),
      ("teacher: {url: http://h, model: m, api_key: secret}", "unknown key 'teacher.api_key'"),
      ("teacher: {tokenizer: t}", "teacher.from"), ("teacher: {default: a}", "for several teachers"),
      ("teacher: {default: c, teachers: {a: x, b: y}}", "'c' is not one of teacher.teachers: a, b"),
      ("teacher: {url: http://h, model: m, teachers: {a: x}}", "beside teacher.teachers"),
      ("teacher: {teachers: {a: {tokenizer: t}}}", "teacher.teachers.a.from"),
      ("teacher: {teachers: {'a b': x}}", "unknown key"), ("teacher: []", "HOST:PORT"),
      ("teacher: [models/t, a:7001]", "HOST:PORT"), ("teacher: [\"a:7001,b:7001\"]", "HOST:PORT"),
      ("teacher: {teachers: {t: [models/t]}}", "HOST:PORT"),
    ])
  func refusals(teacher: String, words: String) throws {
    let found = try refusal(teacher)
    #expect(found.contains(words), "\(found)")
  }

  @Test("who judges and who invents may be an endpoint as a teacher may")
  func otherModels() throws {
    let lion = "method: lion\nteacher: t:1\nstudent: s\ndata: {train: d.jsonl, eval: e.jsonl}\noutput_dir: out\n"
    let read = try Recipe(
      yaml: lion + """
        lion:
          referee: {url: https://host/v1, model: judge, api_key_file: key.txt, price_input: 1, price_output: 2, budget: 3}
          generator: models/generator
        """, overrides: ["lion.generator.url=http://127.0.0.1:1/v1", "lion.generator.model=inventor"])
    guard case .endpoint(let referee) = read.lion?.referee, case .endpoint(let generator) = read.lion?.generator else {
      throw RecipeError.conflict("no endpoints")
    }
    #expect(referee.model == "judge" && referee.keyFile == "key.txt" && generator.model == "inventor")
    #expect(referee.options == ["--price-input", "1.0", "--price-output", "2.0", "--budget", "3.0"])
    #expect(read.otherModels.map(\.key) == ["lion.referee", "lion.generator"])
    #expect(try Recipe(yaml: read.resolvedYAML) == read, "\(read.resolvedYAML)")
    let judged = try recipe("teacher: t:1", ["evaluation.metrics=[judge]", "evaluation.judge=models/judge"])
    #expect(judged.otherModels.map(\.source) == [.folder("models/judge")])
    for (overrides, words) in [
      (["lion.referee=https://host/v1"], "'lion.referee: {url: https://host/v1, model: NAME}'"),
      (["lion.referee.concurrency=2"], "lion.referee.concurrency is an endpoint's: give lion.referee.url"),
      (["lion.referee.url=http://h", "lion.referee.model=m", "lion.referee.budget=1"], "needs prices"),
      (["lion.referee=a:1", "evaluation.metrics=[judge]", "evaluation.judge=b:1"], "a run has one judge for both"),
      (["lion.referee.tokenizer=t"], "unknown key 'lion.referee.tokenizer'"),
      (
        ["referee", "generator"].flatMap { role in
          ["url=http://h", "model=m", "state=s"].map { "lion.\(role).\($0)" }
        }, "lion.referee and lion.generator share the state folder s"
      ),
    ] {
      let error = try #require(throws: RecipeError.self) { try Recipe(yaml: lion, overrides: overrides) }
      #expect(error.description.contains(words), "\(error)")
    }
    _ = try Recipe(yaml: lion, overrides: ["lion.referee=a:1", "evaluation.metrics=[judge]", "evaluation.judge=a:1"])
  }

  @Test("several teachers: the default's first, each a folder, an address or an endpoint with its own options")
  func several() throws {
    let read = try recipe(
      """
      teacher:
        default: math
        column: expert
        teachers:
          code: 127.0.0.1:7001
          math: {from: models/math, tokenizer: tokens}
          talk: {url: https://host/v1, model: m, concurrency: 2}
      """, ["teacher.teachers.code=10.0.0.1:7009"])
    #expect(read.teachers.all.map(\.name) == ["math", "code", "talk"])
    #expect(read.teachers.all.map(\.tokenizerFolder) == ["tokens", nil, nil])
    #expect(read.teacher == .folder("models/math") && read.teachers.all[1].source == .address("10.0.0.1:7009"))
    #expect(read.teachers.column == "expert" && read.teachers.defaultName == "math")
    #expect(try Recipe(yaml: read.resolvedYAML) == read, "\(read.resolvedYAML)")
    #expect(try read.teachers.name(given: nil) == "math" && read.teachers.name(given: "code") == "code")
    #expect(throws: RowProblem.self) { try read.teachers.name(given: "poetry") }
    let shared = "teacher: {teachers: {a: {url: http://h, model: m, state: s}, b: {url: http://h, model: n, state: s}}}"
    #expect(try refusal(shared).contains("share the state folder s"))
  }

  @Test("several teachers have no one output head, and Lion has one teacher")
  func oneAlone() throws {
    let two = "teacher: {teachers: {a: x, b: y}}"
    let head = try refusal(two, ["method=kd", "objective.teacher_logprobs=hidden_state"])
    #expect(head.contains("output head of one teacher"))
    #expect(try refusal(two, ["method=lion"]).contains("method lion has one teacher"))
    #expect(
      try refusal(two, ["method=tripost", "rejection.checker=exact_match"]).contains("method tripost has one teacher"))
  }

  @Test(
    "stages have as many teachers as there are, and known ones",
    arguments: [
      ("[a]", "orca.teachers names 1 and there are 2 stages"), ("[a, c]", "'c' is not one of teacher.teachers: a, b"),
    ])
  func stages(names: String, words: String) throws {
    let yaml = """
      method: orca
      teacher: {teachers: {a: x, b: y}}
      student: s
      output_dir: out
      generation: {max_new_tokens: 8}
      orca: {system_prompts: p.txt, data: [d.jsonl, e.jsonl], teachers: \(names)}
      """
    let problem = try #require(throws: RecipeError.self) { try Recipe(yaml: yaml) }
    #expect(problem.description.contains(words), "\(problem)")
  }

  @Test("a column of names is read beside the rows, and what is no name is refused with its line")
  func column() throws {
    let rows = "{\"prompt\":\"a\",\"who\":\"x\"}\n{\"prompt\":\"b\"}\n{\"prompt\":\"c\",\"who\":null}\n"
    #expect(try DataFile(contents: rows, path: "d.jsonl", column: "who").names == ["x", nil, nil])
    #expect(try DataFile(contents: rows, path: "d.jsonl").names == [nil, nil, nil])
    let error = try #require(throws: RecipeError.self) {
      try DataFile(contents: "{\"prompt\":\"a\",\"who\":3}", path: "d.jsonl", column: "who")
    }
    #expect(error.description.hasPrefix("d.jsonl:1: 'who'"))
  }
}
