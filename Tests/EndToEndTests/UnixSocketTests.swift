import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Glibc
import ModelFixtures
import ServiceRuntime
import Testing
import WireBytes
import WireFormat

/// Services that nobody reaches but the user's own processes, and calls without a deadline.
@Suite(.timeLimit(.minutes(10)), .serialized) struct UnixSocketTests {
  private let run: SmallRun

  init() throws { run = try SmallRun() }

  private func socket(_ name: String) -> String { "unix:" + run.folder.path("\(name).sock") }

  private func teacher(
    _ options: String..., body: @escaping @Sendable () async throws -> Void
  ) async throws {
    let arguments = ["teacher", "--model", run.folder.path("teacher"), "--listen", socket("teacher")]
    try await run.program.service(arguments + options) {
      try await waitUntilHealthy()
      try await body()
    }
  }

  /// The socket's file is there a moment before anybody listens.
  private func waitUntilHealthy() async throws {
    while try await run.program.run(["health", socket("teacher")]).exit != .status(0) {}
  }

  @Test(
    "a run whose services meet at sockets gives the bytes of one over TCP; the files are the user's alone, then gone")
  func wholeRun() async throws {
    let expected = try await run.run("plain")
    let recipe = try run.recipe("sockets", teacher: socket("teacher"))
    let state = run.folder.path("state")
    try await teacher {
      try await run.program.service([
        "coordinator", "--teacher", socket("teacher"), "--state", state, "--listen", socket("coordinator"),
      ]) {
        try await run.program.service([
          "student", "--coordinator", socket("coordinator"), "--root", "/", "--listen", socket("student"),
        ]) {
          let outcome = try await run.program.run(["run", recipe, "--coordinator", socket("coordinator")])
          #expect(outcome.exit == .status(0), "\(outcome.errors)")
          for name in ["teacher", "coordinator", "student"] {
            let healthy = try await run.program.run(["health", socket(name)])
            #expect(healthy.exit == .status(0), "\(healthy.errors)")
            let attributes = try FileManager.default.attributesOfItem(atPath: run.folder.path("\(name).sock"))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
          }
        }
      }
    }
    #expect(try run.weights("sockets") == expected)
    for name in ["teacher", "coordinator", "student"] {
      #expect(!FileManager.default.fileExists(atPath: run.folder.path("\(name).sock")))
    }
  }

  @Test("a socket that somebody answers on is refused before the model is read; one of a killed service is taken over")
  func takenAndStale() async throws {
    let command = ["teacher", "--model", run.folder.path("teacher"), "--listen", socket("teacher")]
    let killed = try await run.program.run(command) { pid in
      try await waitUntilHealthy()
      let second = try await run.program.run(
        ["teacher", "--model", run.folder.path("nothing"), "--listen", socket("teacher")])
      #expect(second.exit != .status(0) && second.complaints.count == 1 && second.errors.contains("in use"))
      kill(pid, SIGKILL)
    }
    #expect(killed.exit != .status(0))
    #expect(FileManager.default.fileExists(atPath: run.folder.path("teacher.sock")))
    let absent = try await run.program.run(["health", socket("teacher")])
    #expect(absent.exit != .status(0) && absent.complaints.count == 1, "\(absent.errors)")
    let outcome = try await run.program.run(command) { pid in
      try await waitUntilHealthy()
      kill(pid, SIGTERM)
    }
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
  }

  @Test("a call that names no deadline ends with the service's, and the service goes on")
  func defaultDeadline() async throws {
    try await teacher("--default-deadline", "1") {
      let transport = NGHTTP2ClientTransport(service: try ServiceTarget(parsing: socket("teacher")))
      let error = await #expect(throws: RPCError.self) {
        try await withGRPCClient(transport: transport) { client in
          // A caller that says nothing, and does not end.
          try await client.bidirectionalStreaming(
            request: StreamingClientRequest<WireBytes> { _ in try await Task.sleep(for: .seconds(60)) },
            descriptor: TeacherServiceRPC.Method.Score.descriptor, serializer: PassThroughSerializer(),
            deserializer: PassThroughDeserializer(), options: .defaults
          ) { response in
            for try await _ in response.messages {}
          }
        }
      }
      #expect(error?.code == .deadlineExceeded)
      #expect(
        error?.message.contains("TeacherService/Score took longer than 1.0 seconds") == true, "\(error?.message ?? "")")
      #expect(try await run.program.run(["health", socket("teacher")]).exit == .status(0))
    }
  }
}
