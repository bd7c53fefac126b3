internal import GRPCCore
internal import Sequences
internal import WireFormat

/// A student that was given to a run: each call carries the token of the grant, so that one who had the student before changes nothing.
struct FencedStudent: StudentConnection {
  let student: any StudentConnection
  let token: UInt64

  func load(_ request: LoadRequest) async throws -> LoadResponse {
    var request = request
    request.fencingToken = token
    return try await student.load(request)
  }

  func join(_ request: JoinRequest) async throws -> JoinResponse {
    var request = request
    request.fencingToken = token
    return try await student.join(request)
  }

  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
    var request = request
    request.fencingToken = token
    return try await student.generate(request)
  }

  func score(_ sequences: SequenceBatch) async throws -> [Float] { try await student.score(sequences) }

  func train(
    requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
    onReply: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws {
    try await student.train(
      requests: { send in
        try await requests { request in
          var request = request
          request.fencingToken = token
          try await send(request)
        }
      }, onReply: onReply)
  }

  func save(_ request: SaveRequest) async throws -> SaveResponse {
    var request = request
    request.fencingToken = token
    return try await student.save(request)
  }

  func export(_ request: ExportRequest) async throws -> ExportResponse {
    var request = request
    request.fencingToken = token
    return try await student.export(request)
  }
}

extension StudentConnector {
  /// Connects to a student that was given to a run, runs the body, and disconnects.
  func withStudent(
    _ grant: TrainerRegistry.Grant, _ body: @Sendable (any StudentConnection) async throws -> Void
  ) async throws {
    try await withStudent(at: grant.address) { try await body(FencedStudent(student: $0, token: grant.token)) }
  }
}
