internal import Foundation
public import GRPCCore
internal import Sequences
internal import Tokenization
public import WireFormat

/// The teacher whose answers come from an OpenAI-compatible endpoint.
public struct UpstreamTeacherRPCs: TeacherServiceRPC.SimpleServiceProtocol {
  private let model: UpstreamModel
  private let desk: QuestionDesk
  private let questions: GenerateQuestions
  private let scoring: ScoreQuestions
  private let callsAtOnce: Int
  private let instanceID = UUID().uuidString

  /// Serves a model.
  ///
  /// - Parameters:
  ///   - desk: What asks the endpoint; somebody else runs it.
  ///   - callsAtOnce: Questions of one request that wait or are asked at once.
  public init(model: UpstreamModel, desk: QuestionDesk, callsAtOnce: Int) {
    (self.model, self.desk) = (model, desk)
    self.callsAtOnce = max(1, callsAtOnce)
    questions = GenerateQuestions(model)
    scoring = ScoreQuestions(model)
  }

  /// Answers Describe.
  public func describe(
    request: TeacherServiceDescribeRequest, context: ServerContext
  ) async throws -> TeacherServiceDescribeResponse {
    TeacherServiceDescribeResponse(model: model.description, instanceID: instanceID)
  }

  /// Answers Generate: each prompt is a question of its own, and each completion a message.
  public func generate(
    request: TeacherServiceGenerateRequest, response: RPCWriter<TeacherServiceGenerateResponse>, context: ServerContext
  ) async throws {
    let prompts = try SequenceBatch(request.prompts, field: "prompts")
    let sampling = try SamplingOptions(request.sampling)
    try questions.check(sampling)
    try check(prompts, seeds: request.seeds.count)
    let sequences = prompts.sequences
    try await context.cancellation.cancelling {
      try await answerEach(sequences.indices) { index in
        let prompt = sequences[index].prompt
        let seed = request.seeds.isEmpty ? 0 : request.seeds[index]
        guard let reply = try await answer(to: questions.question(prompt, sampling, seed: seed)) else {
          return GenerateQuestions.nothing(index: index)
        }
        if reply.ending == .filtered || reply.ending == .other { desk.counters.filtered() }
        return questions.completion(reply, of: prompt, index: index, sampling: sampling)
      } write: { completion in
        try await response.write(TeacherServiceGenerateResponse(completions: WireCompletionBatch([completion])))
      }
    }
  }

  /// The endpoint's answer; nil where the question may have been billed and is to be skipped then.
  private func answer(to question: UpstreamRequest) async throws -> UpstreamReply? {
    do { return try await desk.answer(question) } catch UpstreamError.mayBePaid where desk.skipsDoubtful {
      desk.counters.skipped()
      return nil
    }
  }

  /// Answers each request of Score in order: each sequence is a question of its own.
  public func score(
    request: RPCAsyncSequence<TeacherServiceScoreRequest, any Error>, response: RPCWriter<TeacherServiceScoreResponse>,
    context: ServerContext
  ) async throws {
    try await context.cancellation.cancelling {
      for try await message in request { try await answer(message, response) }
    }
  }

  private func answer(
    _ message: TeacherServiceScoreRequest, _ response: RPCWriter<TeacherServiceScoreResponse>
  ) async throws {
    let batch = try SequenceBatch(message.sequences, field: "sequences")
    let positionCount = batch.scoredPositions.count
    let options = try ScoreOptions(message.options, positionCount: positionCount)
    try scoring.check(options)
    try checkVocabulary(batch)
    let sequences = batch.sequences
    for (index, sequence) in sequences.enumerated() where sequence.tokenIDs.count > model.contextLength {
      throw UpstreamError.badRequest(
        problem: "sequence \(index) has \(sequence.tokenIDs.count) tokens, over the context of \(model.contextLength)")
    }
    guard positionCount > 0 else {
      return try await response.write(TeacherServiceScoreResponse(chunk: WireScoreChunk(last: true)))
    }
    // Positions travel in the order of the request, whenever their answers come.
    var (ready, next, position) = ([Int: PositionScores](), 0, 0)
    try await answerEach(sequences.indices) { index in
      guard sequences[index].completionLength > 0 else { return (index, PositionScores()) }
      var replies: [UpstreamReply] = []
      for question in scoring.questions(sequences[index], options) { replies.append(try await desk.answer(question)) }
      return (index, try scoring.scores(replies, of: sequences[index], index: index, options))
    } write: { index, scores in
      ready[index] = scores
      while let scores = ready.removeValue(forKey: next) {
        next += 1
        guard scores.positionCount > 0 else { continue }
        let first = position
        position += scores.positionCount
        let chunk = WireScoreChunk(
          scores, firstPosition: first, last: position == positionCount, precision: options.precision,
          vocabSize: model.tokenizer.vocabSize)
        try await response.write(TeacherServiceScoreResponse(chunk: chunk))
      }
    }
  }

  /// Refuses GetOutputHead.
  public func getOutputHead(
    request: GetOutputHeadRequest, response: RPCWriter<GetOutputHeadResponse>, context: ServerContext
  ) async throws {
    throw UpstreamError.notGiven(
      what: "its output head", remedy: "set objective.teacher_logprobs to top_k, or use method: seqkd")
  }

  private func check(_ prompts: SequenceBatch, seeds: Int) throws(UpstreamError) {
    guard seeds == 0 || seeds == prompts.count else {
      throw .badRequest(problem: "\(seeds) seeds for \(prompts.count) prompts: give one each, or none")
    }
    for (index, sequence) in prompts.sequences.enumerated() {
      guard sequence.completionLength == 0 else {
        throw .badRequest(
          problem: "prompt \(index) has a completion: prompt_lengths must equal sequence_lengths")
      }
      guard sequence.tokenIDs.count < model.contextLength else {
        throw .badRequest(
          problem: "prompt \(index) has \(sequence.tokenIDs.count) tokens, which fill the context of "
            + "\(model.contextLength): shorten it")
      }
    }
    try checkVocabulary(prompts)
  }

  private func checkVocabulary(_ batch: SequenceBatch) throws(UpstreamError) {
    let vocabSize = model.tokenizer.vocabSize
    if let id = batch.tokenIDs.first(where: { $0 >= vocabSize }) {
      throw .badRequest(problem: "token id \(id) is outside the vocabulary of \(vocabSize)")
    }
  }

  /// Answers every index, some at once, and writes each answer as it comes.
  private func answerEach<Answer: Sendable>(
    _ indices: Range<Int>, _ answer: @escaping @Sendable (Int) async throws -> Answer,
    write: (Answer) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Answer.self) { group in
      defer { group.cancelAll() }
      var rest = indices
      for _ in 0..<callsAtOnce where !rest.isEmpty {
        let index = rest.removeFirst()
        group.addTask { try await answer(index) }
      }
      while let next = try await group.next() {
        if !rest.isEmpty {
          let index = rest.removeFirst()
          group.addTask { try await answer(index) }
        }
        try await write(next)
      }
    }
  }
}
