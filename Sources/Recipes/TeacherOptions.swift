/// Keys of one teacher: below `teacher`, and below each name of `teacher.teachers`.
enum TeacherOptions {
  /// The block of teachers by name.
  static let block = "teacher.teachers"

  /// Paths below the teacher. Options of an endpoint that are left out have the defaults of `retort teacher --upstream`.
  static let keys: [RecipeKey] =
    [
      RecipeKey("from", .place, nil),
      RecipeKey("tokenizer", .text, nil),
    ] + endpoint

  /// Options that an endpoint alone has.
  static let endpoint: [RecipeKey] = [
    RecipeKey("url", .text, nil),
    RecipeKey("model", .text, nil),
    RecipeKey("api", .choice(["auto", "chat", "completions"]), nil),
    RecipeKey("api_key_file", .text, nil),
    RecipeKey("ca", .text, nil),
    RecipeKey("state", .text, nil),
    RecipeKey("context_length", .whole(2...Int(Int32.max)), nil),
    RecipeKey("extra_sampling", .flag, nil),
    RecipeKey("stream", .flag, nil),
    RecipeKey("refuse_other_models", .flag, nil),
    RecipeKey("price_input", .number(0...1e6), nil),
    RecipeKey("price_output", .number(0...1e6), nil),
    RecipeKey("prices", .text, nil),
    RecipeKey("budget", .number(0...1e9, open: true), nil),
    RecipeKey("doubtful_calls", .choice(["retry", "skip", "refuse"]), nil),
    RecipeKey("requests_per_minute", .whole(1...1 << 30), nil),
    RecipeKey("tokens_per_minute", .whole(1...1 << 30), nil),
    RecipeKey("concurrency", .whole(1...1 << 30), nil),
    RecipeKey("call_timeout", .whole(1...1 << 30), nil),
    RecipeKey("patience", .whole(1...1 << 30), nil),
  ]

  /// The last of the schema's paths below the teacher.
  static let lastPath = "teacher.patience"

  /// Splits `teacher.teachers.NAME.OPTION`; nil: it is none. The option is empty where the path ends with the name.
  static func named(_ path: String) -> (name: String, option: String)? {
    guard path.hasPrefix("\(block).") else { return nil }
    let parts = path.dropFirst(block.count + 1).split(separator: ".", omittingEmptySubsequences: false)
    guard let name = parts.first, parts.count <= 2, (1...64).contains(name.count),
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") })
    else { return nil }
    return (String(name), parts.count == 2 ? String(parts[1]) : "")
  }
}
