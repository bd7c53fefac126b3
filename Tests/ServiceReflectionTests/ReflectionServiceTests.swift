import GRPCCore
import GRPCInProcessTransport
import ServiceReflection
import Testing
import WireFormat

@Suite("Reflection service")
struct ReflectionServiceTests {
  let reflection = ReflectionService(services: ["retort.v1.TeacherService", "grpc.health.v1.Health"])

  @Test("lists services in order, itself among them")
  func list() async throws {
    let answer = try await ask(ServerReflectionRequest(host: "here", listServices: ""))
    #expect(
      answer.listServicesResponse?.service.map(\.name)
        == ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "retort.v1.TeacherService"])
    #expect(answer.validHost == "here")
    #expect(answer.originalRequest?.listServices == "")
  }

  @Test(
    "finds the file of a name, with its imports before it",
    arguments: [
      "retort.v1.TeacherService", "retort.v1.TeacherService.Score", "retort.v1.TeacherServiceScoreRequest",
      "retort.v1.TeacherServiceScoreRequest.options",
    ])
  func symbol(_ name: String) async throws {
    let found = try await ask(ServerReflectionRequest(fileContainingSymbol: name)).fileDescriptorResponse
    let files = try #require(found).fileDescriptorProto.map(Self.name)
    #expect(files.last == "retort/v1/teacher_service.proto")
    #expect(files.contains("retort/v1/score.proto"))
    #expect(!files.contains("retort/v1/student_service.proto"))
  }

  @Test("gives a file by its name", arguments: ProtoFile.all.map(\.name))
  func file(_ name: String) async throws {
    let found = try await ask(ServerReflectionRequest(fileByFilename: name)).fileDescriptorResponse
    #expect(try #require(found).fileDescriptorProto.map(Self.name).last == name)
  }

  @Test(
    "says what is not there, and goes on",
    arguments: [
      (ServerReflectionRequest(fileByFilename: "a.proto"), 5),
      (ServerReflectionRequest(fileContainingSymbol: "a.B"), 5),
      (ServerReflectionRequest(fileContainingSymbol: ""), 5),
      (ServerReflectionRequest(allExtensionNumbersOfType: "a.B"), 5),
      (
        ServerReflectionRequest(fileContainingExtension: ExtensionRequest(containingType: "a.B", extensionNumber: 1)), 5
      ),
      (ServerReflectionRequest(), 3),
    ] as [(ServerReflectionRequest, Int32)])
  func missing(_ request: ServerReflectionRequest, _ code: Int32) async throws {
    let answer = try await ask(request)
    #expect(answer.errorResponse?.errorCode == code)
    #expect(answer.originalRequest == request)
  }

  @Test("knows that our messages have no extensions")
  func extensions() async throws {
    let type = "retort.v1.ScoreChunk"
    let answer = try await ask(ServerReflectionRequest(allExtensionNumbersOfType: type))
    #expect(answer.allExtensionNumbersResponse == ExtensionNumberResponse(baseTypeName: type))
  }

  @Test("finds the services that others register")
  func names() {
    let names = ReflectionService.names(of: [reflection], on: InProcessTransport.Server.self)
    #expect(names == ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"])
  }

  /// Field 1 of a FileDescriptorProto, which comes first.
  private static func name(_ descriptor: [UInt8]) -> String {
    String(decoding: descriptor.dropFirst(2).prefix(Int(descriptor[1])), as: UTF8.self)
  }

  private func ask(_ request: ServerReflectionRequest) async throws -> ServerReflectionResponse {
    let transport = InProcessTransport()
    return try await withGRPCServer(transport: transport.server, services: [reflection]) { _ in
      try await withGRPCClient(transport: transport.client) { client in
        try await ServerReflectionRPC.Client(wrapping: client).serverReflectionInfo { writer in
          try await writer.write(request)
        } onResponse: { response in
          for try await answer in response.messages { return answer }
          throw RPCError(code: .unknown, message: "no answer")
        }
      }
    }
  }
}
