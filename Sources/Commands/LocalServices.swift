import Foundation
import GRPCNGHTTP2Transport
import Kernels
import Recipes
import ServiceRuntime

/// The three services of `retort run --local`, as children of this process on loopback.
struct LocalServices: Sendable {
  /// Where the coordinator will listen.
  let coordinator: ServiceTarget
  /// The children, in the order in which they are started.
  let commands: [ChildCommand]

  /// Plans the children of a recipe.
  ///
  /// - Parameters:
  ///   - program: This program.
  ///   - output: The run's folder, which gets the logs and the state.
  /// - Throws: ``CommandError/teacherNotSupported(_:)`` and `ServiceRuntimeError`.
  init(recipe: Recipe, program: URL, output: URL) throws {
    let ports = try PortProbe.freePorts(5).map { NetworkAddress.tcp(host: "127.0.0.1", port: $0) }
    let logs = output.appending(path: "logs", directoryHint: .isDirectory)
    let state = output.appending(path: "state", directoryHint: .isDirectory)
    // Where the services tell each other who computes; a user's own choice counts, an empty one that they do not.
    let file = state.appending(path: "compute-share").path(percentEncoded: false)
    let share = ProcessInfo.processInfo.environment[ComputeShare.variable] ?? file
    func child(
      _ command: String, _ arguments: [String], _ listen: NetworkAddress, named other: String? = nil
    ) -> ChildCommand {
      let name = other ?? command
      return ChildCommand(
        name: name, executable: program, arguments: [command] + arguments + ["--listen", "\(listen)"],
        // What the user's own services are secured with is not for these, which stay on loopback.
        environment: Dictionary(
          uniqueKeysWithValues: CredentialSettings.variables.map { ($0, "") } + [(ComputeShare.variable, share)]),
        logFile: logs.appending(path: "\(name).log"))
    }
    var commands: [ChildCommand] = []
    var teacher: String?
    switch recipe.teacher {
    case .folder(let folder):
      commands.append(child("teacher", ["--model", folder] + recipe.teacherWeights.options, ports[0]))
      teacher = "\(ports[0])"
    case .address(let address): teacher = address
    case .url(let url): throw CommandError.teacherNotSupported(url)
    case nil: break
    }
    var others: [String] = []
    for (role, source, port) in [
      ("referee", recipe.lion?.referee ?? recipe.critics?.referee ?? recipe.evaluation.judge, ports[3]),
      ("generator", recipe.lion?.generator, ports[4]),
    ] {
      switch source {
      case .folder(let folder):
        commands.append(child("teacher", ["--model", folder], port, named: role))
        others += ["--\(role)", "\(port)"]
      case .address(let address): others += ["--\(role)", address]
      case .url(let url): throw CommandError.teacherNotSupported(url)
      case nil: break
      }
    }
    // The recipe is the user's own, and so are the programs that it names.
    if let program = recipe.rejection?.program {
      others += ["--checker-programs", program.isolation == "none" ? "any" : "isolated"]
    }
    coordinator = ServiceTarget([ports[1]])
    let named = (teacher.map { ["--teacher", $0] } ?? []) + others
    commands.append(
      child("coordinator", named + ["--state", state.path(percentEncoded: false)], ports[1]))
    commands.append(child("student", ["--coordinator", "\(coordinator)", "--root", "/"], ports[2]))
    self.commands = commands
    for folder in [logs, state] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    try? FileManager.default.removeItem(atPath: file)
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
