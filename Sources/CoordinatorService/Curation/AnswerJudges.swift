internal import Curation
internal import Evaluation
internal import Foundation
internal import Isolation
internal import Recipes

/// Thinks something of the teacher's answers.
protocol AnswerJudge: Sendable {
  /// Whether an answer is accepted. The same answer is judged alike whenever it is asked.
  func judge(_ text: String, to row: CurationRow) async throws -> AnswerJudgement
}

/// Accepts what a test of the text accepts.
struct TextTest: AnswerJudge {
  let isRight: @Sendable (_ text: String, _ row: CurationRow) -> Bool

  func judge(_ text: String, to row: CurationRow) -> AnswerJudgement {
    AnswerJudgement(rejection: isRight(text, row) ? nil : "wrong")
  }
}

/// Accepts what an external program accepts, by exit status 0.
struct ProgramTest: AnswerJudge {
  let program: IsolatedProgram

  func judge(_ text: String, to row: CurationRow) async throws -> AnswerJudgement {
    let question: [String: Any] = [
      "prompt": row.promptText, "completion": text,
      "row": try JSONSerialization.jsonObject(with: Data(row.json.utf8)),
    ]
    let input = try JSONSerialization.data(withJSONObject: question, options: [.sortedKeys, .withoutEscapingSlashes])
    let outcome = try await program.run(input: input)
    // One that was ended with the run has said nothing.
    try Task.checkCancellation()
    return AnswerJudgement(rejection: Self.rejection(outcome))
  }

  private static func rejection(_ outcome: ProgramOutcome) -> String? {
    switch outcome {
    case .status(0): nil
    case .status: "wrong"
    case .signal: "checker_died"
    case .timeLimit: "checker_time"
    case .outputLimit: "checker_output"
    }
  }
}

extension CurationMaterial {
  /// Who judges the answers of the run; refused before anything is paid where it cannot.
  func judge(_ dependencies: RunDependencies) async throws -> any AnswerJudge {
    if let critics = recipe.critics { return try self.critics(critics, dependencies) }
    guard let rejection = recipe.rejection else { return TextTest { _, _ in true } }
    if rejection.checker.needsReference { try checkReferences(rejection.checker) }
    switch rejection.checker {
    case .exactMatch:
      return TextTest { text, row in exactMatch(references: [row.reference ?? ""], prediction: text) }
    case .numericStrict: return Self.numeric(.strict)
    case .numericFlexible: return Self.numeric(.flexible)
    case .puzzles:
      guard let checker = dependencies.checkers["puzzles"] else {
        throw RecipeError.conflict("rejection.checker: puzzles: this coordinator has no such checker")
      }
      return TextTest { text, row in checker.isValid(prompt: row.promptText, answer: text) }
    case .command:
      guard let program = rejection.program else { throw CurationProblem.noProgram }
      try checkPermission(program, dependencies.programs)
      let isolated = IsolatedProgram(program)
      try await isolated.probe()
      return ProgramTest(program: isolated)
    }
  }

  private func critics(_ options: Recipe.Critics, _ dependencies: RunDependencies) throws -> Critics {
    let referee = dependencies.referee ?? dependencies.facade
    if options.leastScore != nil, referee == nil { throw LoopProblem.noModel(method: .critics, role: "referee") }
    let template = try AnswerScore.template(try options.judgePrompt.map(Self.text))
    return Critics(
      material: self, options: options, dependencies: dependencies, referee: referee, template: template)
  }

  private static func numeric(_ form: NumericAnswer) -> TextTest {
    TextTest { text, row in
      guard let number = NumericAnswer.reference(in: row.reference ?? "") else { return false }
      return form.isRight(text, reference: number)
    }
  }

  private func checkReferences(_ checker: Recipe.CheckerName) throws {
    for row in stages.joined() {
      let hasNumber = checker == .exactMatch || row.reference.flatMap { NumericAnswer.reference(in: $0) } != nil
      guard row.reference == nil || !hasNumber else { continue }
      throw RecipeError.badRow(
        path: recipe.trainData, line: row.line,
        reason:
          "checker \(checker.rawValue) needs the right answer in 'completion', 'chosen', 'output' or an assistant message"
          + (row.reference == nil ? "" : ", and a number in it"))
    }
  }

  /// A program is the recipe's and the coordinator's owner's to choose: never a model's.
  private func checkPermission(_ program: Recipe.CheckerProgram, _ permission: ProgramPermission) throws {
    guard permission == .any || permission == .isolated && program.isolation != ProgramIsolation.none.rawValue else {
      throw CurationProblem.notPermitted(
        isolation: program.isolation, wanted: program.isolation == ProgramIsolation.none.rawValue ? .any : .isolated)
    }
    let models = recipe.modelFolders.map(RunFolder.canonical)
    for path in program.command + program.reads where path.contains("/") {
      let place = RunFolder.canonical(path)
      if let folder = models.first(where: { place.isInside($0) || $0.isInside(place) }) {
        throw CurationProblem.programOfModel(path: path, folder: folder)
      }
      // A socket or a device can be used through a read-only mount as well.
      let type = try? FileManager.default.attributesOfItem(atPath: place)[.type] as? FileAttributeType
      let isSystem = place == "/" || ["/proc", "/sys", "/dev", "/run"].contains { place.isInside($0) }
      guard !isSystem, type == nil || type == .typeRegular || type == .typeDirectory else {
        throw CurationProblem.notReadable(path: path)
      }
    }
  }
}

extension String {
  /// Whether a path is a folder's own or below it.
  fileprivate func isInside(_ folder: String) -> Bool { self == folder || hasPrefix("\(folder)/") }
}

extension Recipe {
  /// Model folders that the recipe names.
  fileprivate var modelFolders: [String] {
    if case .folder(let folder) = teacher { [student.tokenizerFolder, folder] } else { [student.tokenizerFolder] }
  }
}

extension IsolatedProgram {
  /// The program of a recipe.
  fileprivate init(_ program: Recipe.CheckerProgram) {
    self.init(
      command: program.command, readable: program.reads,
      isolation: ProgramIsolation(rawValue: program.isolation) ?? .bubblewrap,
      limits: ProgramLimits(
        seconds: program.seconds, memoryBytes: program.memoryMiB << 20, outputBytes: program.outputKiB << 10))
  }
}

/// What keeps a run that collects answers from beginning, or going on.
enum CurationProblem: Error, CustomStringConvertible {
  case noProgram
  case notPermitted(isolation: String, wanted: ProgramPermission)
  case programOfModel(path: String, folder: String)
  case notReadable(path: String)
  case nothingKept(String)
  case noStart
  case unscored(expected: Int, found: Int)

  var description: String {
    switch self {
    case .noProgram: "rejection.checker: command needs rejection.command"
    case .notPermitted(let isolation, let wanted):
      "rejection.isolation: \(isolation): this coordinator runs no such programs of recipes: start it with --checker-programs \(wanted.rawValue)"
    case .programOfModel(let path, let folder):
      "rejection.command: \(path) is or holds something of the model folder \(folder), from which nothing is run: copy what you trust elsewhere"
    case .notReadable(let path):
      "rejection.command: \(path) is no file or folder that a checker may be given: sockets, devices and the system's own folders stay outside"
    case .nothingKept(let line): line
    case .noStart:
      "critics.least_faithfulness needs an id that begins or ends a sequence, and the tokenizer has none: leave it out"
    case .unscored(let expected, let found): "the teacher scored \(found) of \(expected) tokens: start it anew"
    }
  }
}
