internal import Foundation
internal import Recipes

/// A run of method `sft` inside of another: what a round's student learns from, in `RUN/round-K`, with everything that a run has.
/// It is cancelled and resumed with the whole.
struct ImitationRun: Sendable {
  let parent: RunRecord
  let round: Int
  let folder: LoopFolder

  private static let method = "method=\(Method.sft.rawValue)"

  /// Whose student the first rounds go on from is the one before.
  private func overrides(_ recipe: Recipe) -> [String] {
    var own = [
      Self.method, "data.train=\(folder.data(round))", "output_dir=\(folder.round(round))",
    ]
    // Of the data, whose rows were counted before.
    if recipe.maxSamples != nil { own.append("data.max_samples=\(Int.max)") }
    return round > 0 ? own + ["student=\(RunFolder(path: folder.round(round - 1)).student)"] : own
  }

  /// The run as the journal has it, or as it is to begin.
  func record(in journal: Journal) async throws -> RunRecord {
    let whole = try Recipe(yaml: parent.recipeYAML, isKnown: true)
    let recipe = try Recipe(yaml: parent.recipeYAML, overrides: overrides(whole), isKnown: true)
    let part = RunRecord(
      runID: "\(parent.runID)\(RunRecord.partSeparator)\(round)", recipeYAML: recipe.resolvedYAML,
      outputDir: recipe.outputDir, method: recipe.method.rawValue, submittedMilliseconds: parent.submittedMilliseconds,
      status: RunStatus(state: .waiting, message: "reading the data", step: 0, maxSteps: 0))
    switch try await journal.add(
      part, idempotencyKey: part.runID, folderIsFree: !RunFolder(path: part.outputDir).holdsRun)
    {
    case .new: return part
    case .known(let known): return known
    case .taken(let runID): throw Coordinator.Refusal.folderTaken(folder: part.outputDir, runID: runID)
    }
  }

  /// What an imitation needs besides the models, read before there is anything to imitate; throws what would keep it from its end.
  ///
  /// - Parameter rows: What is to be asked, with any answer.
  static func rehearsal(
    of parent: Recipe, runID: String, rows: [Data], _ dependencies: RunDependencies
  ) throws -> RunMaterial {
    let overrides = [method, "data.train=\(parent.trainData)"]
    let recipe = try Recipe(yaml: parent.resolvedYAML, overrides: overrides, isKnown: true)
    let contents = rows.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    let file = try DataFile(contents: contents, path: recipe.trainData, column: recipe.teachers.column)
    return try dependencies.material(of: recipe, runID: runID, train: file)
  }

  /// Writes the rows and works on the run until it has ended.
  ///
  /// - Parameter began: Called with the worker, which is to be cancelled with the whole.
  func work(
    rows: [Data], _ dependencies: RunDependencies, _ board: RunBoard, began: (RunDriver?) async -> Void
  ) async throws {
    try folder.write(rows, to: folder.data(round))
    let part = try await record(in: dependencies.journal)
    let driver = RunDriver(record: part, dependencies: dependencies, board: board)
    await began(driver)
    await driver.run()
    await began(nil)
    try Task.checkCancellation()
    let status = board.status(of: part.runID) ?? part.status
    guard status.state == .finished else { throw LoopProblem.imitation(round: round + 1, message: status.message) }
  }
}

/// What keeps a loop from going on.
enum LoopProblem: Error, CustomStringConvertible {
  case noModel(method: Method, role: String)
  case imitation(round: Int, message: String)
  case longPrompt(model: String, length: Int, contextLength: Int)

  var description: String {
    switch self {
    case .noModel(let method, let role):
      "method \(method.rawValue) needs a \(role) and this coordinator has none: start it with --teacher HOST:PORT"
    case .imitation(let round, let message): "imitation of round \(round): \(message)"
    case .longPrompt(let model, let length, let contextLength):
      "the longest prompt has \(length) tokens, which fill the \(model)'s context of \(contextLength): shorten it, "
        + "or what stands before it"
    }
  }
}
