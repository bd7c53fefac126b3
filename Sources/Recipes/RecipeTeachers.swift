extension Recipe {
  /// Where a teacher is.
  public enum TeacherSource: Sendable, Hashable {
    /// A model folder, to be served by whoever runs the recipe.
    case folder(String)
    /// HOST:PORT of a teacher service.
    case address(String)
    /// An HTTP endpoint, to be adapted by whoever runs the recipe.
    case endpoint(Endpoint)
  }

  /// An OpenAI-compatible endpoint, and how to ask it. What is nil has the default of `retort teacher --upstream`.
  public struct Endpoint: Sendable, Hashable {
    /// Where it is, such as `https://HOST/v1`.
    public var url: String
    /// The model's name there.
    public var model: String
    /// `auto`, `chat` or `completions`.
    public var api: String?
    /// File of the key.
    public var keyFile: String?
    /// PEM file of certificates that the endpoint's may come from.
    public var authority: String?
    /// Folder of ledger and cache; nil: one below `output_dir`.
    public var state: String?
    /// File of prices.
    public var prices: String?
    /// The other options of `retort teacher`, in its words: `--name value`, or `--name` alone.
    public var options: [String]
  }

  /// A teacher of a recipe.
  public struct NamedTeacher: Sendable, Hashable {
    /// Its name in the data; empty: it is the only one.
    public var name: String
    /// Where it is.
    public var source: TeacherSource
    /// Folder of its tokenizer, if that is not known to be the student's; nil: the teacher's own folder, or the student's. An
    /// endpoint's text and log-probs are read with it.
    public var tokenizer: String?

    /// The folder whose tokenizer is the teacher's; nil: it is taken to be the student's.
    public var tokenizerFolder: String? {
      if let tokenizer { return tokenizer }
      return if case .folder(let folder) = source { folder } else { nil }
    }
  }

  /// One teacher, or several of which each row of the data has its own.
  public struct Teachers: Sendable, Hashable {
    /// All of them; the one of rows that name none is the first.
    public var all: [NamedTeacher]
    /// The column of the data that names a row's teacher; nil: there is one teacher at most.
    public var column: String?
    /// The teacher of rows that name none; nil: there is one teacher, or each row must name its own.
    public var defaultName: String?
  }

  /// Names of the teachers; one empty name where rows need not name one.
  public var teacherNames: [String] { teachers.column == nil ? [""] : teachers.all.map(\.name) }

  /// Where the teacher is, of several the one of rows that name none, or any; nil where there is none.
  public var teacher: TeacherSource? { teachers.all.first?.source }
}

extension Recipe.Teachers {
  init(_ values: ResolvedValues) throws(RecipeError) {
    let names = values.names(under: TeacherOptions.block)
    if names.isEmpty {
      for key in ["column", "default"] where values.text("teacher.\(key)") != nil {
        throw .conflict("teacher.\(key) is for several teachers: name them in teacher.teachers, or leave it out")
      }
      let one = try Recipe.NamedTeacher(values, at: "teacher", name: "")
      self.init(all: one.map { [$0] } ?? [], column: nil, defaultName: nil)
      return
    }
    if let extra = values.names(under: "teacher").first(where: { !["teachers", "column", "default"].contains($0) }) {
      throw .conflict("teacher.\(extra) beside teacher.teachers: give it to one of them")
    }
    var all: [Recipe.NamedTeacher] = []
    for name in names {
      guard let teacher = try Recipe.NamedTeacher(values, at: "\(TeacherOptions.block).\(name)", name: name) else {
        continue
      }
      all.append(teacher)
    }
    let first = values.text("teacher.default")
    if let first, !names.contains(first) {
      throw .conflict("teacher.default: '\(first)' is not one of teacher.teachers: \(names.joined(separator: ", "))")
    }
    self.init(
      all: all.filter { $0.name == first } + all.filter { $0.name != first },
      column: values.text("teacher.column") ?? "teacher", defaultName: first)
  }

  /// The name of a row's teacher.
  ///
  /// - Parameter given: What the row says; nil: nothing.
  /// - Returns: nil where there is one teacher for all rows.
  public func name(given: String?) throws(RowProblem) -> String? {
    guard let column else { return nil }
    let known = all.map(\.name).sorted().joined(separator: ", ")
    guard let name = given ?? defaultName else {
      throw RowProblem("no '\(column)' says whose it is: name one of \(known), or set teacher.default")
    }
    guard all.contains(where: { $0.name == name }) else {
      throw RowProblem("'\(column)': there is no teacher '\(name)' among teacher.teachers: \(known)")
    }
    return name
  }
}

extension Recipe.NamedTeacher {
  /// Reads the teacher at a path; nil: there is none.
  init?(_ values: ResolvedValues, at path: String, name: String) throws(RecipeError) {
    let url = values.text("\(path).url")
    let given = values.text(path) ?? values.text("\(path).from")
    if url == nil {
      let stray = TeacherOptions.endpoint.map { "\(path).\($0.path)" }.first { values.value($0) != nil }
      if let stray { throw .conflict("\(stray) is an endpoint's: give \(path).url, or leave it out") }
    }
    (self.name, tokenizer) = (name, values.text("\(path).tokenizer"))
    switch (given, url) {
    case (nil, nil):
      guard tokenizer == nil, name.isEmpty else {
        throw .missingKey(key: "\(path).from", expected: "a model folder or HOST:PORT, or \(path).url for an endpoint")
      }
      return nil
    case (_?, _?): throw .conflict("\(path).from and \(path).url exclude each other: a teacher is in one place")
    case (let given?, nil):
      guard !given.hasPrefix("http://"), !given.hasPrefix("https://") else {
        throw .missingKey(
          key: "\(path).model", expected: "the model's name there: '\(path): {url: \(given), model: NAME}'")
      }
      source = Recipe.TeacherSource(given)
    case (nil, let url?): source = .endpoint(try Recipe.Endpoint(values, at: path, url: url))
    }
  }
}

extension Recipe.TeacherSource {
  /// Reads the model at a path that is no teacher's; nil: there is none.
  init?(_ values: ResolvedValues, at path: String) throws(RecipeError) {
    guard let model = try Recipe.NamedTeacher(values, at: path, name: "") else { return nil }
    self = model.source
  }
}

extension Recipe {
  /// Models beside the teachers that the recipe names, with their keys: who judges and who invents.
  public var otherModels: [(key: String, source: TeacherSource)] {
    [
      ("lion.referee", lion?.referee), ("lion.generator", lion?.generator), ("critics.referee", critics?.referee),
      ("evaluation.judge", evaluation.judge),
    ].compactMap { key, source in source.map { (key, $0) } }
  }

  /// Refuses models that cannot be told apart: one run has one judge, and a ledger is one process's.
  func checkModels() throws(RecipeError) {
    if let judge = evaluation.judge, let referee = lion?.referee ?? critics?.referee, judge != referee {
      throw .conflict(
        "evaluation.judge and \(method.rawValue).referee: a run has one judge for both: name the same, or leave one out"
      )
    }
    var owners: [String: (key: String, source: TeacherSource)] = [:]
    let named = teachers.all.map { ($0.name.isEmpty ? "teacher" : "teacher.teachers.\($0.name)", $0.source) }
    for (key, source) in named + otherModels {
      guard case .endpoint(let endpoint) = source, let state = endpoint.state else { continue }
      // Judges are one process, if a recipe names the same twice.
      let judges = ["lion.referee", "critics.referee", "evaluation.judge"]
      if let other = owners.updateValue((key, source), forKey: state),
        !judges.contains(key) || !judges.contains(other.key)
      {
        throw .conflict("\(other.key) and \(key) share the state folder \(state): give each its own")
      }
    }
  }
}

extension Recipe.Endpoint {
  init(_ values: ResolvedValues, at path: String, url: String) throws(RecipeError) {
    guard let model = values.text("\(path).model") else {
      throw .missingKey(key: "\(path).model", expected: "the model's name at \(url)")
    }
    (self.url, self.model) = (url, model)
    (api, keyFile) = (values.text("\(path).api"), values.text("\(path).api_key_file"))
    (authority, state, prices) = (
      values.text("\(path).ca"), values.text("\(path).state"), values.text("\(path).prices")
    )
    let isPriced = prices != nil || values.value("\(path).price_input") != nil
    guard (values.value("\(path).price_input") == nil) == (values.value("\(path).price_output") == nil) else {
      throw .conflict("\(path): price_input and price_output belong together: give both, or neither")
    }
    if prices != nil, values.value("\(path).price_input") != nil {
      throw .conflict("\(path): prices and price_input say the same thing: give one")
    }
    if values.value("\(path).budget") != nil, !isPriced {
      throw .conflict("\(path).budget needs prices: give price_input and price_output, or a prices file")
    }
    options = Self.options(values, at: path)
  }

  private static func options(_ values: ResolvedValues, at path: String) -> [String] {
    let numbers = [
      "context_length", "price_input", "price_output", "budget", "doubtful_calls", "requests_per_minute",
      "tokens_per_minute", "concurrency", "call_timeout", "patience",
    ]
    let flags = [
      ("extra_sampling", "--extra-sampling"), ("stream", "--stream-upstream"),
      ("refuse_other_models", "--refuse-other-models"),
    ]
    return numbers.flatMap { name in
      values.value("\(path).\(name)").map { ["--\(name.replacing("_", with: "-"))", $0.plain] } ?? []
    } + flags.flatMap { name, option in values.value("\(path).\(name)") == .flag(true) ? [option] : [] }
  }
}

extension Recipe.TeacherSource {
  /// Tells a target such as HOST:PORT, several of them or unix:PATH from a folder.
  init(_ text: String) {
    let text = text.contains("/") ? text : text.split(separator: /, */).joined(separator: ",")
    if ["unix:", "dns:", "ipv4:", "ipv6:"].contains(where: text.hasPrefix) {
      self = .address(text)
    } else if let colon = text.lastIndex(of: ":"), UInt16(text[text.index(after: colon)...]) != nil, !text.contains("/")
    {
      self = .address(text)
    } else {
      self = .folder(text)
    }
  }
}
