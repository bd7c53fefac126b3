/// The texts of the requests that Lion makes of language models.
public struct LionPrompts: Sendable, Hashable {
  /// Asks teacher and student for an answer: the student learns it in the same words.
  public var task: PromptTemplate
  /// Asks the referee to score two answers.
  public var referee: PromptTemplate
  /// Asks for a task like one that the student finds hard.
  public var generatorHard: PromptTemplate
  /// Asks for a rarer task in the domain of one that the student masters.
  public var generatorEasy: PromptTemplate

  /// Reads the templates; where `replacement` has a file of that name it is taken instead of the one that comes with Retort.
  ///
  /// Names: `task.txt`, `referee.txt`, `generator-hard.txt`, `generator-easy.txt`.
  public init(replacement: (_ fileName: String) throws -> String? = { _ in nil }) throws {
    func read(_ name: String, _ preset: [UInt8], _ places: Set<String>) throws -> PromptTemplate {
      let text = try replacement(name) ?? String(decoding: preset, as: UTF8.self)
      return try PromptTemplate(text, source: name, places: places)
    }
    task = try read("task.txt", PackageResources.task_txt, ["instruction"])
    referee = try read("referee.txt", PackageResources.referee_txt, ["instruction", "first", "second"])
    generatorHard = try read("generator-hard.txt", PackageResources.generator_hard_txt, ["instruction"])
    generatorEasy = try read("generator-easy.txt", PackageResources.generator_easy_txt, ["instruction"])
  }
}
