import Foundation
import GRPCNGHTTP2Transport
import Kernels
import Recipes
import ServiceRuntime
import UpstreamTeacher

/// The services of `retort run --local`, as children of this process on loopback.
struct LocalServices: Sendable {
  /// Where the coordinator will listen.
  let coordinator: ServiceTarget
  /// The children, in the order in which they are started.
  let commands: [ChildCommand]
  /// Folders of ledger and cache of the endpoints among them.
  private let endpointStates: [String]

  /// Plans the children of a recipe.
  ///
  /// - Parameters:
  ///   - program: This program.
  ///   - output: The run's folder, which gets the logs and the state.
  ///   - students: How many train; nil: as many as the recipe has room for and the machine has cores for.
  /// - Throws: `ServiceRuntimeError`.
  init(recipe: Recipe, program: URL, output: URL, students: Int? = nil) throws {
    var plan = LocalPlan(recipe: recipe, program: program, output: output)
    for teacher in recipe.teachers.all { try plan.add(teacher) }
    try plan.add(role: "referee", recipe.lion?.referee ?? recipe.critics?.referee ?? recipe.evaluation.judge)
    try plan.add(role: "generator", recipe.lion?.generator)
    // The recipe is the user's own, and so are the programs that it names.
    if let program = recipe.rejection?.program {
      plan.permit(["--checker-programs", program.isolation == "none" ? "any" : "isolated"])
    }
    let count = students ?? max(1, min(recipe.training.replicas, ComputePool.threadCount))
    coordinator = try plan.addCoordinatorAndStudents(count)
    commands = plan.commands
    endpointStates = plan.endpointStates
    for folder in [plan.logs, plan.state] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    try? FileManager.default.removeItem(atPath: plan.shareFile)
  }

  /// Waits for teachers of a run that was killed: each still finishes the calls on its way, and holds its folder until then.
  ///
  /// - Parameter say: Told once, if there is one to wait for, what its folder is.
  func waitForOldTeachers(limit: Duration = .seconds(30), say: (_ folder: String) -> Void) async throws {
    let (begin, held) = (ContinuousClock.now, { endpointStates.first { StateFolder.isHeld(URL(filePath: $0)) } })
    guard let first = held() else { return }
    say(first)
    while held() != nil, begin.duration(to: .now) < limit { try await Task.sleep(for: .milliseconds(100)) }
  }
}

/// Children, one after the other, and what the coordinator has to know of them.
private struct LocalPlan {
  let recipe: Recipe
  let program: URL
  let output: URL
  private(set) var commands: [ChildCommand] = []
  private(set) var endpointStates: [String] = []
  private var coordinatorArguments: [String] = []

  init(recipe: Recipe, program: URL, output: URL) {
    (self.recipe, self.program, self.output) = (recipe, program, output)
  }

  var logs: URL { output.appending(path: "logs", directoryHint: .isDirectory) }

  var state: URL { output.appending(path: "state", directoryHint: .isDirectory) }

  /// Where the services tell each other who computes, unless the user chose another place.
  var shareFile: String { state.appending(path: "compute-share").path(percentEncoded: false) }

  /// Adds a teacher of the recipe.
  mutating func add(_ teacher: Recipe.NamedTeacher) throws {
    let name = teacher.name.isEmpty ? "teacher" : "teacher-\(teacher.name)"
    let address = try address(
      of: teacher.source, named: name, tokenizer: teacher.tokenizer, recipe.teacherWeights.options)
    if teacher == recipe.teachers.all.first { coordinatorArguments += ["--teacher", address] }
    if !teacher.name.isEmpty { coordinatorArguments += ["--named-teacher", "\(teacher.name)=\(address)"] }
  }

  /// Adds a model of another role.
  mutating func add(role: String, _ source: Recipe.TeacherSource?) throws {
    guard let source else { return }
    coordinatorArguments += ["--\(role)", try address(of: source, named: role)]
  }

  /// Where a model is, or will be: as a child of the plan unless it is somewhere already.
  private mutating func address(
    of source: Recipe.TeacherSource, named name: String, tokenizer: String? = nil, _ options: [String] = []
  ) throws -> String {
    switch source {
    case .folder(let folder): try child("teacher", ["--model", folder] + options, named: name)
    case .address(let address): address
    case .endpoint(let endpoint): try child("teacher", arguments(of: endpoint, tokenizer, named: name), named: name)
    }
  }

  /// Gives the coordinator options of its own.
  mutating func permit(_ options: [String]) { coordinatorArguments += options }

  mutating func addCoordinatorAndStudents(_ count: Int) throws -> ServiceTarget {
    let options = coordinatorArguments + ["--state", state.path(percentEncoded: false)]
    let address = try child("coordinator", options, named: "coordinator")
    for number in 1...count {
      _ = try child(
        "student", ["--coordinator", address, "--root", "/"], named: number == 1 ? "student" : "student-\(number)")
    }
    return try ServiceTarget(parsing: address)
  }

  /// Adds a child; returns where it will listen.
  private mutating func child(_ command: String, _ arguments: [String], named name: String) throws -> String {
    let address = NetworkAddress.tcp(host: "127.0.0.1", port: try PortProbe.freePorts(1)[0])
    // A user's own choice counts, an empty one that the services do not tell each other.
    let share = ProcessInfo.processInfo.environment[ComputeShare.variable] ?? shareFile
    commands.append(
      ChildCommand(
        name: name, executable: program, arguments: [command] + arguments + ["--listen", "\(address)"],
        // What the user's own services are secured with is not for these, which stay on loopback.
        environment: Dictionary(
          uniqueKeysWithValues: CredentialSettings.variables.map { ($0, "") } + [(ComputeShare.variable, share)]),
        logFile: logs.appending(path: "\(name).log")))
    return "\(address)"
  }

  /// The options of `retort teacher --upstream`.
  private mutating func arguments(
    of endpoint: Recipe.Endpoint, _ tokenizer: String?, named name: String
  ) -> [String] {
    let state = endpoint.state ?? output.appending(path: "\(name)-state").path(percentEncoded: false)
    endpointStates.append(state)
    let texts = [
      ("--upstream", endpoint.url), ("--upstream-model", endpoint.model),
      ("--tokenizer", tokenizer ?? recipe.student.tokenizerFolder), ("--state", state),
      ("--upstream-api", endpoint.api),
      ("--api-key-file", endpoint.keyFile), ("--upstream-ca", endpoint.authority), ("--prices", endpoint.prices),
    ]
    return texts.flatMap { name, value in value.map { [name, $0] } ?? [] } + endpoint.options
  }
}

extension TeacherWeights {
  /// What `retort teacher` is told.
  fileprivate var options: [String] {
    switch self {
    case .float32: []
    case .bfloat16: ["--precision", "bfloat16", "--generation-weights", "bfloat16"]
    case .int8: ["--generation-weights", "int8"]
    }
  }
}
