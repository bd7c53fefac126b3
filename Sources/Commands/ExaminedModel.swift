import Authentication
import GRPCCore
import GRPCNGHTTP2Transport
import Sequences
import WireFormat

/// A model that can be asked, wherever it is.
protocol ExaminedModel: Sendable {
  /// What it says about itself.
  func describe() async throws -> WireModelDescription
  /// Scores of a sequence's completion.
  func score(_ sequence: TokenSequence, options: ScoreOptions) async throws -> PositionScores
  /// The most probable completion of a prompt.
  func complete(_ prompt: [TokenID], maxNewTokens: Int) async throws -> Completion
}

extension LocalModel: ExaminedModel {
  func describe() async throws -> WireModelDescription { description }

  func score(_ sequence: TokenSequence, options: ScoreOptions) async throws -> PositionScores {
    try score([sequence], options: options)[0]
  }

  func complete(_ prompt: [TokenID], maxNewTokens: Int) async throws -> Completion {
    try generate([prompt], sampling: SamplingOptions(samplingTemperature: 0, maxNewTokens: maxNewTokens), seeds: [0])[0]
  }
}

/// A model behind a teacher service.
struct RemoteTeacher: ExaminedModel {
  let address: ServiceTarget
  let access: ClientAccess

  func describe() async throws -> WireModelDescription {
    try await call { client in
      try await client.describe(TeacherServiceDescribeRequest(), options: Self.options).model ?? WireModelDescription()
    }
  }

  func score(_ sequence: TokenSequence, options: ScoreOptions) async throws -> PositionScores {
    let batch = SequenceBatch([sequence])
    let vocabSize = Int(try await describe().vocabSize)
    return try await call { client in
      try await client.score(options: Self.options) { writer in
        try await writer.write(
          TeacherServiceScoreRequest(sequences: WireSequenceBatch(batch), options: WireScoreOptions(options)))
      } onResponse: { response in
        var reply = ScoreReply(positionCount: batch.scoredPositions.count, options: options, vocabSize: vocabSize)
        for try await message in response.messages { try reply.append(message.chunk) }
        return reply.scores
      }
    }
  }

  func complete(_ prompt: [TokenID], maxNewTokens: Int) async throws -> Completion {
    let request = TeacherServiceGenerateRequest(
      prompts: WireSequenceBatch(SequenceBatch([TokenSequence(prompt: prompt, completion: [])])),
      sampling: WireSamplingOptions(SamplingOptions(samplingTemperature: 0, maxNewTokens: maxNewTokens)), seeds: [0])
    return try await call { client in
      try await client.generate(request, options: Self.options) { response in
        for try await message in response.messages {
          if let first = try message.completions?.completions(promptCount: 1).first { return first }
        }
        throw CommandError.refused(service: "teacher", reason: "Generate sent no completion: its service is broken")
      }
    }
  }

  private static var options: CallOptions { ServiceConnection.answering(within: .seconds(30)) }

  private func call<Result: Sendable>(
    _ body: (TeacherServiceRPC.Client<ServiceConnection.Transport>) async throws -> Result
  ) async throws -> Result {
    do {
      return try await ServiceConnection.with(address, access) {
        try await body(TeacherServiceRPC.Client(wrapping: $0))
      }
    } catch let error as RPCError where error.isPassing {
      throw CommandError.unreachable(service: "teacher", address: "\(address)", reason: error.message)
    } catch let error as RPCError {
      throw CommandError.refused(service: "teacher", reason: error.message)
    }
  }
}
