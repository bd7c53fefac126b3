internal import GRPCCore
internal import Lion
internal import Recipes
internal import Sequences
internal import WireBytes
internal import WireFormat

/// One text of a model, with what it used.
struct ModelAnswer: Sendable {
  let tokenIDs: [TokenID]
  let isTruncated: Bool
  let usage: ModelUsage
}

extension TeacherFacade {
  /// The completions of some prompts, each with its seed, in the order in which the teacher sends them. The same request again is
  /// answered from the cache: it is paid once.
  func complete(
    _ prompts: [[TokenID]], _ sampling: SamplingOptions, seeds: [UInt64]
  ) async throws -> [Completion] {
    let batch = SequenceBatch(prompts.map { TokenSequence(prompt: $0, completion: []) })
    let request = TeacherServiceGenerateRequest(
      prompts: WireSequenceBatch(batch), sampling: WireSamplingOptions(sampling), seeds: seeds)
    return try await completions(of: WireBytes(try request.encoded()), promptCount: prompts.count)
  }

  /// What the teacher sends to an encoded ``TeacherServiceGenerateRequest``, in its order.
  func completions(of request: WireBytes, promptCount: Int) async throws -> [Completion] {
    try await reply(to: request, of: .generate).flatMap { message in
      let reply = try message.withUnsafeBytes { try TeacherServiceGenerateResponse(decoding: $0) }
      return try (reply.completions ?? WireCompletionBatch()).completions(promptCount: promptCount)
    }
  }

  /// One answer to a prompt.
  func answer(to promptIDs: [TokenID], _ sampling: SamplingOptions, seed: UInt64) async throws -> ModelAnswer {
    guard let completion = try await complete([promptIDs], sampling, seeds: [seed]).first else {
      throw ReplyError.missingCompletion(promptIndex: 0)
    }
    return ModelAnswer(
      tokenIDs: completion.tokenIDs, isTruncated: completion.finishReason == .length,
      usage: ModelUsage(
        requests: 1, promptTokens: promptIDs.count, completionTokens: completion.tokenIDs.count,
        cost: Double(promptIDs.count + completion.tokenIDs.count)))
  }
}

extension RunDependencies {
  /// Runs a body with a trainer that has loaded a model folder; `isNew` where the folder has no parameters.
  func withStudent(
    of folder: String, isNew: Bool = false, _ recipe: Recipe,
    _ body: @escaping @Sendable (any StudentConnection, ModelSummary) async throws -> Void
  ) async throws {
    let grant = try await registry.acquire(for: runID, TrainerRegistry.Wish(weight: recipe.training.share))
    defer { registry.release(grant.leaseID) }
    let request = LoadRequest(
      path: RunFolder.named(folder), initialize: isNew, seed: recipe.seed, objective: WireObjective(recipe.objective),
      optimizer: WireOptimizerOptions(recipe.training, maxSteps: 1),
      generationWeights: WireGenerationWeights(recipe.generation?.studentWeights ?? .float32))
    try await students.withStudent(grant) { student in
      let response = try await student.load(request)
      try await body(student, ModelSummary(response.model ?? WireModelDescription()))
    }
  }

  /// Compares a loop's student, as it begins, with its teacher; throws why the two cannot work together, or with what they are sent.
  func shakeHands(_ loop: LoopNeeds, teacher: ModelSummary, _ folder: RunFolder) async throws {
    let recipe = loop.imitation.recipe
    let (start, isNew): (String, Bool) =
      if case .folder(let given) = recipe.student { (given, false) } else { (folder.start, true) }
    try await withStudent(of: start, isNew: isNew, recipe) { _, student in
      let refusal = Handshake.refusal(
        method: loop.method, needs: loop.needs, longestSequence: loop.imitation.plan.longestSequence, teacher: teacher,
        student: student)
      if let refusal { throw refusal }
      for (model, summary, length) in [
        ("teacher", teacher, loop.longestToTeacher), ("student", student, loop.longestToStudent),
      ] where length >= summary.contextLength {
        throw LoopProblem.longPrompt(model: model, length: length, contextLength: summary.contextLength)
      }
    }
  }
}

/// What a loop asks of its models, itself and by its imitations.
struct LoopNeeds: Sendable {
  /// The loop's.
  let method: Method
  /// An imitation as it will be.
  let imitation: RunMaterial
  /// Whether the loop asks for log-probs of given text.
  var scores = false
  /// Tokens of the longest prompt that the teacher is sent.
  var longestToTeacher: Int
  /// The same of the student, asked by the loop itself; 0: it asks nothing.
  var longestToStudent = 0

  /// What the teacher must give: text to the loop, and what imitations measure.
  var needs: TeacherNeeds {
    var needs = imitation.plan.needs
    needs.generate = true
    needs.tokenLogprobs = needs.tokenLogprobs || scores
    return needs
  }
}
