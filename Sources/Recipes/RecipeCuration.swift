extension Recipe {
  /// Answers that are sampled from the teacher, judged by a checker, and learnt where they are right.
  public struct Rejection: Sendable, Hashable {
    /// Answers that may be asked for a row.
    public var samplesPerPrompt: Int
    /// `first`, `all` or `shortest`.
    public var keep: String
    /// Who judges, by name.
    public var checker: CheckerName
    /// The external program of ``CheckerName/command``, and what it may use.
    public var program: CheckerProgram?
    /// A text that the teacher reads before each prompt, such as worked examples; the student does not. nil: none.
    public var examples: String?

    init(_ values: ResolvedValues) throws(RecipeError) {
      samplesPerPrompt = values.whole("rejection.samples_per_prompt") ?? 1
      keep = values.text("rejection.keep") ?? "first"
      let name = try values.required(
        "rejection.checker", "who judges: one of \(CheckerName.allCases.map(\.rawValue).joined(separator: ", "))")
      checker = CheckerName(rawValue: name) ?? .exactMatch
      program = checker == .command ? try CheckerProgram(values) : nil
      examples = values.text("rejection.examples")
    }
  }

  /// Who judges an answer.
  public enum CheckerName: String, Sendable, Hashable, CaseIterable {
    /// Equal to the data's answer but for case, punctuation and white space.
    case exactMatch = "exact_match"
    /// The number behind the first `####` is that of the data's answer.
    case numericStrict = "numeric_strict"
    /// The last number is that of the data's answer.
    case numericFlexible = "numeric_flexible"
    /// The language of the demo.
    case puzzles
    /// An external program.
    case command

    /// Whether each row must have the right answer.
    public var needsReference: Bool { self == .exactMatch || self == .numericStrict || self == .numericFlexible }
  }

  /// An external program that judges answers.
  public struct CheckerProgram: Sendable, Hashable {
    /// The program and its arguments.
    public var command: [String]
    /// What it can read besides the files that the command names.
    public var reads: [String]
    /// `bubblewrap` or `none`.
    public var isolation: String
    /// Seconds that it may take.
    public var seconds: Double
    /// Memory that each of its processes may use, in MiB.
    public var memoryMiB: Int
    /// What it may print, in KiB.
    public var outputKiB: Int

    init(_ values: ResolvedValues) throws(RecipeError) {
      command = values.list("rejection.command")
      guard !command.isEmpty else {
        throw .missingKey(key: "rejection.command", expected: "the program and its arguments: [python3, check.py]")
      }
      reads = values.list("rejection.command_reads")
      isolation = values.word("rejection.isolation")
      seconds = values.number("rejection.command_seconds")
      memoryMiB = values.whole("rejection.command_memory_mib")
      outputKiB = values.whole("rejection.command_output_kib")
    }
  }
}
