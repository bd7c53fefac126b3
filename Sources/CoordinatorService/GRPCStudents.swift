public import Authentication
internal import GRPCCore
internal import GRPCNGHTTP2Transport
internal import Sequences
internal import WireFormat

/// Students behind sockets.
public struct GRPCStudents: StudentConnector {
  private let access: ClientAccess

  /// Makes a connector.
  ///
  /// - Parameter access: With what to come to students.
  public init(access: ClientAccess = .plain) { self.access = access }

  /// Connects, runs the body, and disconnects.
  public func withStudent(
    at address: String, _ body: @Sendable (any StudentConnection) async throws -> Void
  ) async throws {
    try await access.withClient(to: NetworkAddress(parsing: address)) { client in
      try await body(GRPCStudent(client: StudentServiceRPC.Client(wrapping: client)))
    }
  }
}

/// One student behind a socket.
private struct GRPCStudent: StudentConnection {
  let client: StudentServiceRPC.Client<NGHTTP2ClientTransport>

  func load(_ request: LoadRequest) async throws -> LoadResponse { try await client.load(request) }
  func save(_ request: SaveRequest) async throws -> SaveResponse { try await client.save(request) }
  func export(_ request: ExportRequest) async throws -> ExportResponse { try await client.export(request) }

  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
    let count = request.prompts?.sequenceLengths.count ?? 0
    let completions = try await client.generate(request) { response in
      var completions: [Completion] = []
      for try await message in response.messages {
        completions += try (message.completions ?? WireCompletionBatch()).completions(promptCount: count)
      }
      return completions
    }
    return completions.sorted { $0.promptIndex < $1.promptIndex }
  }

  func train(
    requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
    onReply: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws {
    try await client.train { writer in
      try await requests { try await writer.write($0) }
    } onResponse: { response in
      for try await message in response.messages { try await onReply(message) }
    }
  }
}
