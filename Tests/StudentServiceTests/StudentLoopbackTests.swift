import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import ModelServing
import ServiceTestSupport
import StudentService
import TeacherService
import Testing
import WireFormat

@Suite("Student service over HTTP/2", .timeLimit(.minutes(1)))
struct StudentLoopbackTests {
  typealias Client = StudentServiceRPC.Client<NGHTTP2ClientTransport>

  @Test("trains once the teacher comes, and again after it went and came back")
  func lateTeacher() async throws {
    let stage = try Stage()
    try await stage.withStudent { client in
      _ = try await client.load(stage.load)
      for step in 1...2 {
        let call = Task { try await train(client, [.step(step)]) }
        for await _ in stage.away { break }
        try await withGRPCServer(transport: stage.teacherTransport, services: [try stage.teacher]) { _ in
          let answers = try await call.value
          #expect(answers.count == 1 && answers[0].metrics?.teacherBytes ?? 0 > 0)
        }
      }
    }
  }

  @Test("a caller that leaves ends the wait for the teacher; the student answers the next one")
  func callerLeaves() async throws {
    let stage = try Stage()
    try await stage.withStudent { client in
      _ = try await client.load(stage.load)
      let call = Task { try await train(client, [.step(1)]) }
      for await _ in stage.away { break }
      call.cancel()
      for await _ in stage.dialer.released { break }
      _ = await call.result
      let description = try await client.describe(StudentServiceDescribeRequest())
      #expect(description.loaded && description.step == 0)
    }
  }

  private func train(_ client: Client, _ requests: [TrainRequest]) async throws -> [TrainResponse] {
    try await client.train { writer in
      for request in requests { try await writer.write(request) }
    } onResponse: { response in
      var answers: [TrainResponse] = []
      for try await message in response.messages { answers.append(message) }
      return answers
    }
  }
}

/// A student on loopback, and a place where a teacher may come to listen.
private final class Stage: Sendable {
  let folder: StudentFolder
  let dialer: TellingDialer
  /// Yields when a call found no teacher.
  let away: AsyncStream<Void>

  init() throws {
    folder = try StudentFolder()
    let (away, tellAway) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.away = away
    let patience = TeacherPatience(delays: RetryDelays(first: .milliseconds(5), limit: .milliseconds(20))) { _, _ in
      tellAway.yield()
    }
    dialer = TellingDialer(
      real: GRPCTeacherDialer(patience: patience) { address in
        var configuration = NGHTTP2ClientTransport.Configuration()
        configuration.backoff.initial = .milliseconds(5)
        configuration.backoff.maximum = .milliseconds(20)
        return NGHTTP2ClientTransport(target: try NetworkAddress(parsing: address), configuration: configuration)
      })
  }

  private var teacherAddress: NetworkAddress {
    .unixSocket(path: folder.url.appending(path: "t").path(percentEncoded: false))
  }

  var teacherTransport: NGHTTP2ServerTransport { NGHTTP2ServerTransport(address: teacherAddress) }

  /// A teacher with the vocabulary of the student's head.
  var teacher: TeacherRPCs {
    get throws {
      let tiny = try TinyModel.served(seed: 12)
      var description = tiny.description
      description.vocabSize = description.headSize
      description.abilities = .all(vocabSize: Int(description.headSize))
      return TeacherRPCs(
        model: try ServedModel(transformer: tiny.transformer, parameters: tiny.parameters, description: description))
    }
  }

  var load: LoadRequest {
    var request = LoadRequest.training()
    request.teacherAddress = teacherAddress.description
    return request
  }

  func withStudent(_ body: (StudentLoopbackTests.Client) async throws -> Void) async throws {
    let transport = NGHTTP2ServerTransport(address: .tcp(host: "127.0.0.1", port: 0))
    let service = StudentRPCs(root: RootFolder(folder.url), dialer: dialer, version: "test")
    try await withGRPCServer(transport: transport, services: [service]) { _ in
      let address = try await transport.listeningAddress
      try await withGRPCClient(transport: NGHTTP2ClientTransport(target: address)) { client in
        try await body(StudentLoopbackTests.Client(wrapping: client))
      }
    }
  }
}

/// Tells when the student lets go of its teacher.
private struct TellingDialer: TeacherDialer {
  let real: GRPCTeacherDialer<NGHTTP2ClientTransport>
  let released: AsyncStream<Void>
  private let tell: AsyncStream<Void>.Continuation

  init(real: GRPCTeacherDialer<NGHTTP2ClientTransport>) {
    self.real = real
    (released, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func withTeacher<Result: Sendable>(
    at address: String, _ body: (any Teacher) async throws -> Result
  ) async throws -> Result {
    defer { tell.yield() }
    return try await real.withTeacher(at: address, body)
  }
}
