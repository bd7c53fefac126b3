internal import Foundation
public import GRPCCore
public import ModelServing
public import WireFormat

/// The teacher: answers about a model that is never trained.
///
/// A slow reader slows the computation of its own answer; a reader that is gone ends it at the next chunk. Calls compute
/// one at a time, each on all cores, and callers have fair turns, also in the midst of an answer: it depends on the request alone.
public struct TeacherRPCs: TeacherServiceRPC.SimpleServiceProtocol {
  private let description: WireModelDescription
  private let answers: ModelAnswers
  private let queue: ComputeQueue
  private let instanceID = UUID().uuidString

  /// Serves a model.
  ///
  /// - Parameter queue: Where its answers are computed; shared with whatever else computes in this process.
  public init(model: ServedModel, queue: ComputeQueue = ComputeQueue(), limits: ServingLimits = ServingLimits()) {
    var description = model.description
    description.outputHeadDigest = model.outputHeadDigest()
    description.abilities?.outputHead = true
    self.description = description
    self.queue = queue
    answers = ModelAnswers(model: model, queue: queue, limits: limits)
  }

  /// Answers Describe.
  public func describe(
    request: TeacherServiceDescribeRequest, context: ServerContext
  ) async throws -> TeacherServiceDescribeResponse {
    TeacherServiceDescribeResponse(model: description, instanceID: instanceID)
  }

  /// Answers Generate.
  public func generate(
    request: TeacherServiceGenerateRequest, response: RPCWriter<TeacherServiceGenerateResponse>, context: ServerContext
  ) async throws {
    try await generate(request, of: .unnamed, response, context)
  }

  /// Answers Generate in the turns of who asks.
  public func generate(
    request: ServerRequest<TeacherServiceGenerateRequest>, context: ServerContext
  ) async throws -> StreamingServerResponse<TeacherServiceGenerateResponse> {
    StreamingServerResponse { response in
      try await generate(request.message, of: Caller(request.metadata), response, context)
      return [:]
    }
  }

  private func generate(
    _ request: TeacherServiceGenerateRequest, of caller: Caller, _ response: RPCWriter<TeacherServiceGenerateResponse>,
    _ context: ServerContext
  ) async throws {
    let call = context.cancellation
    try await call.cancelling { [answers] in
      try await answers.generate(
        request.prompts, sampling: request.sampling, seeds: request.seeds, of: caller,
        isCancelled: { call.isCancelled },
        write: { try await response.write(TeacherServiceGenerateResponse(completions: $0)) })
    }
  }

  /// Answers each request of Score in order.
  public func score(
    request: RPCAsyncSequence<TeacherServiceScoreRequest, any Error>, response: RPCWriter<TeacherServiceScoreResponse>,
    context: ServerContext
  ) async throws {
    try await score(request, of: .unnamed, response, context)
  }

  /// Answers each request of Score in order, in the turns of who asks.
  public func score(
    request: StreamingServerRequest<TeacherServiceScoreRequest>, context: ServerContext
  ) async throws -> StreamingServerResponse<TeacherServiceScoreResponse> {
    StreamingServerResponse { response in
      try await score(request.messages, of: Caller(request.metadata), response, context)
      return [:]
    }
  }

  private func score(
    _ request: RPCAsyncSequence<TeacherServiceScoreRequest, any Error>, of caller: Caller,
    _ response: RPCWriter<TeacherServiceScoreResponse>, _ context: ServerContext
  ) async throws {
    let call = context.cancellation
    try await call.cancelling { [answers, queue] in
      try await queue.forEach(request, of: caller) { message in
        try await answers.score(
          message.sequences, options: message.options, of: caller, isCancelled: { call.isCancelled },
          write: { try await response.write(TeacherServiceScoreResponse(chunk: $0)) })
      }
    }
  }

  /// Answers GetOutputHead.
  public func getOutputHead(
    request: GetOutputHeadRequest, response: RPCWriter<GetOutputHeadResponse>, context: ServerContext
  ) async throws {
    let digest = description.outputHeadDigest
    try await context.cancellation.cancelling { [answers] in
      try await answers.outputHead(expecting: request.outputHeadDigest, digest: digest) {
        try await response.write($0)
      }
    }
  }
}
