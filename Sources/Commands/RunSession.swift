public import Authentication
public import Foundation
import GRPCCore
public import GRPCNGHTTP2Transport
import Logging
public import Recipes
import Reports
import ServiceRuntime
import WireFormat

/// `retort run`: submits a recipe, shows its progress, and says at the end what came out.
public struct RunSession: Sendable {
  /// Who does the work.
  public enum Place: Sendable {
    /// Children of this process; `program` is what they run, `students` how many of them train: nil, as many as the recipe has
    /// room for and the machine has cores for.
    case local(program: URL, students: Int? = nil)
    /// A coordinator that is there already.
    case coordinator(ServiceTarget, ClientAccess)

    /// True where the services see the files of this machine.
    var sharesFiles: Bool {
      if case .coordinator(let address, _) = self { address.isLocal } else { true }
    }
  }

  private let recipe: Recipe
  private let name: String
  private let here: URL
  private let place: Place
  private let resumes: Bool

  /// Plans a run.
  ///
  /// - Parameter resumes: Whether to go on with the run of the recipe's `output_dir`.
  /// - Throws: `RecipeError`.
  public init(recipe: Recipe, place: Place, resumes: Bool) throws {
    here = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
    switch place {
    case .local: try recipe.checkTeacherIsNamed()
    case .coordinator:
      try Self.checkEndpoints(recipe)
      guard recipe.teacherWeights == .float32 else {
        throw CommandError.badOption(
          name: "teacher_weights", value: recipe.teacherWeights.rawValue,
          expected: "float32 with --coordinator, whose teacher runs already")
      }
    }
    self.recipe = place.sharesFiles ? try recipe.withPaths(below: here) : recipe
    name = recipe.outputDir
    self.place = place
    self.resumes = resumes
  }

  /// A coordinator that is there already starts no teachers.
  private static func checkEndpoints(_ recipe: Recipe) throws(CommandError) {
    for source in recipe.teachers.all.map(\.source) + recipe.otherModels.map(\.source) {
      if case .endpoint(let endpoint) = source { throw .teacherNotSupported(endpoint.url) }
    }
  }

  /// Runs to the end.
  ///
  /// - Returns: The run's folder, as the coordinator sees it.
  /// - Throws: ``CommandError`` and `ServiceRuntimeError`; `CancellationError` where the task is cancelled, after the children's end.
  public func run(_ display: RunDisplay) async throws -> String {
    switch place {
    case .coordinator(let address, let access):
      if resumes, place.sharesFiles { try RunPremises(recipe: recipe).checkUnchanged(below: here) }
      return try await follow(address, access, display)
    case .local(let program, let students):
      let output = URL(filePath: recipe.outputDir, directoryHint: .isDirectory)
      let premises = RunPremises(recipe: recipe)
      if premises.holdsRun, !resumes { throw CommandError.outputExists(folder: name) }
      if !premises.holdsRun, resumes { throw CommandError.nothingToResume(folder: name) }
      if resumes { try premises.checkUnchanged(below: here) }
      try premises.check()
      if !resumes { try premises.clearState() }
      let services = try LocalServices(recipe: recipe, program: program, output: output, students: students)
      if resumes {
        try await services.waitForOldTeachers { folder in
          display.logger.warning(
            "waiting for the teacher of the run before, which finishes calls on their way",
            metadata: ["state.folder": "\(folder)"])
        }
      }
      return try await ChildSupervisor(logger: display.logger).withChildren(services.commands) {
        try await follow(services.coordinator, .plain, display)
      }
    }
  }

  /// The command's words for going on with the run.
  public static func remedy(place: Place) -> String {
    switch place {
    case .local: "go on with the same command and --resume"
    case .coordinator: "the run goes on without this command; see it again with the same command and --resume"
    }
  }

  private func follow(_ address: ServiceTarget, _ access: ClientAccess, _ display: RunDisplay) async throws -> String {
    let run = try await begin(address, access)
    display.begin(run)
    let ended = try await RunWatch(coordinator: address, access: access, runID: run.runID).run { display.show($0) }
    display.finish()
    switch ended.state {
    case .failed: throw CommandError.runFailed(run: ended.runID, reason: ended.message)
    case .cancelled: throw CommandError.runCancelled(run: ended.runID, remedy: "the same command and --resume")
    default: return ended.outputDir
    }
  }

  /// Submits the recipe, or finds the run to go on with.
  private func begin(_ address: ServiceTarget, _ access: ClientAccess) async throws -> WireRun {
    let key = UUID().uuidString
    do {
      return try await ServiceConnection.untilAnswered(address, access, limit: .seconds(30)) { client in
        let coordinator = CoordinatorServiceRPC.Client(wrapping: client)
        guard resumes else {
          let request = SubmitRunRequest(recipeYAML: recipe.resolvedYAML, idempotencyKey: key)
          return try await coordinator.submitRun(request).run ?? WireRun()
        }
        let runs = try await coordinator.listRuns(ListRunsRequest()).runs
        guard let run = runs.last(where: { Self.path($0.outputDir) == Self.path(recipe.outputDir) }) else {
          throw CommandError.nothingToResume(folder: name)
        }
        guard run.state == .failed || run.state == .cancelled else { return run }
        return try await coordinator.resumeRun(ResumeRunRequest(runID: run.runID)).run ?? run
      }
    } catch let error as RPCError where error.isPassing {
      throw CommandError.unreachable(service: "coordinator", address: "\(address)", reason: error.message)
    } catch let error as RPCError {
      throw CommandError.refused(service: "coordinator", reason: error.message)
    }
  }

  private static func path(_ folder: String) -> String {
    URL(filePath: folder, directoryHint: .isDirectory).standardizedFileURL.path(percentEncoded: false)
  }
}
