internal import GRPCCore
internal import Lion
internal import Recipes
internal import Sequences
internal import WireBytes
internal import WireFormat

/// One text of a model, with what it used.
struct LionAnswer: Sendable {
  let text: String
  let isTruncated: Bool
  let usage: LionUsage
}

/// Asks the models of a Lion run: teacher, referee and generator through their façades, the student on a trainer.
struct LionAnswers: Sendable {
  let material: LionMaterial
  let dependencies: RunDependencies

  private func facade(_ role: LionRole) -> TeacherFacade? {
    switch role {
    case .teacher: dependencies.facade
    case .referee: dependencies.referee ?? dependencies.facade
    case .generator: dependencies.generator ?? dependencies.facade
    }
  }

  /// Who carries an effect out, for messages.
  func name(_ effect: LionEffect) -> String {
    effect.role.map { "the \($0.rawValue) at \(facade($0)?.address ?? "no address")" } ?? "the student"
  }

  /// Carries out a paid effect; the façade waits for a model that is away, and pays nothing twice.
  func carryOut(_ effect: LionEffect, _ machine: LionMachine) async throws -> LionEvent {
    switch effect {
    case .askTeacher(let instruction):
      let prompt = material.prompts.task.filled(["instruction": machine.instructions[instruction].text])
      let answer = try await answer(
        .teacher, prompt, material.answerSampling, seed: material.seed(.teacher, instruction))
      return .teacherAnswered(
        instruction: instruction, answer: answer.text, isTruncated: answer.isTruncated, answer.usage)
    case .judge(let request):
      let prompt = judgement(request, machine)
      let order = request.order == .teacherFirst ? 0 : 1
      let seed = material.seed(
        .referee, request.round, request.instruction, order, request.sample, request.attempt)
      let answer = try await answer(.referee, prompt, material.refereeSampling, seed: seed)
      return .judged(request, reply: answer.text, answer.usage)
    case .invent(let request):
      let parent = machine.instructions[request.parent].text
      let template = request.origin == .hard ? material.prompts.generatorHard : material.prompts.generatorEasy
      let seed = material.seed(.generator, request.round, request.origin == .hard ? 0 : 1, request.number)
      let answer = try await answer(
        .generator, template.filled(["instruction": parent]), material.generatorSampling(parent: parent), seed: seed)
      return .invented(request, text: answer.text.trimmed, isTruncated: answer.isTruncated, answer.usage)
    case .imitate, .askStudent: preconditionFailure("\(effect) is nobody's to be paid for")
    }
  }

  private func judgement(_ request: VerdictRequest, _ machine: LionMachine) -> PromptTemplate.Prompt {
    let teacher = machine.teacherAnswers[request.instruction] ?? ""
    let student = machine.studentAnswer(to: request.instruction) ?? ""
    let (first, second) = request.order == .teacherFirst ? (teacher, student) : (student, teacher)
    return material.prompts.referee.filled([
      "instruction": machine.instructions[request.instruction].text, "first": first, "second": second,
    ])
  }

  private func answer(
    _ role: LionRole, _ prompt: PromptTemplate.Prompt, _ sampling: SamplingOptions, seed: UInt64
  ) async throws -> LionAnswer {
    guard let facade = facade(role) else { throw LionProblem.noModel(role: role) }
    let promptIDs = try material.tokenIDs(of: prompt)
    let batch = SequenceBatch([TokenSequence(prompt: promptIDs, completion: [])])
    let request = TeacherServiceGenerateRequest(
      prompts: WireSequenceBatch(batch), sampling: WireSamplingOptions(sampling), seeds: [seed])
    let messages = try await facade.reply(to: WireBytes(try request.encoded()), of: .generate)
    let completions = try messages.flatMap { message in
      let reply = try message.withUnsafeBytes { try TeacherServiceGenerateResponse(decoding: $0) }
      return try (reply.completions ?? WireCompletionBatch()).completions(promptCount: 1)
    }
    guard let completion = completions.first else { throw ReplyError.missingCompletion(promptIndex: 0) }
    return LionAnswer(
      text: material.codec.decode(completion.tokenIDs), isTruncated: completion.finishReason == .length,
      usage: LionUsage(
        requests: 1, promptTokens: promptIDs.count, completionTokens: completion.tokenIDs.count,
        cost: Double(promptIDs.count + completion.tokenIDs.count)))
  }

  /// Lets the student of a round answer, on a trainer that is held meanwhile; hands over each answer as it comes.
  func askStudent(
    of folder: String, round: Int, _ instructions: [(number: Int, text: String)],
    onAnswer: @escaping @Sendable (LionEvent) -> Void
  ) async throws {
    try await withStudent(of: folder) { student, _ in
      for chunk in instructions.chunks(of: material.recipe.generation?.batchSize ?? 64) {
        let prompts = try chunk.map { instruction in
          let prompt = material.prompts.task.filled(["instruction": instruction.text])
          return TokenSequence(prompt: try material.tokenIDs(of: prompt), completion: [])
        }
        let request = StudentServiceGenerateRequest(
          prompts: WireSequenceBatch(SequenceBatch(prompts)), sampling: WireSamplingOptions(material.answerSampling),
          seeds: chunk.map { material.seed(nil, round, $0.number) })
        let completions = try await student.generate(request).inPromptOrder(count: chunk.count)
        for (instruction, ids) in zip(chunk, completions) {
          onAnswer(
            .studentAnswered(round: round, instruction: instruction.number, answer: material.codec.decode(ids)))
        }
      }
    }
  }

  /// Runs a body with a trainer that has loaded a model folder; `isNew` where the folder has no parameters.
  func withStudent(
    of folder: String, isNew: Bool = false,
    _ body: @escaping @Sendable (any StudentConnection, ModelSummary) async throws -> Void
  ) async throws {
    let grant = try await dependencies.registry.acquire()
    defer { dependencies.registry.release(grant.leaseID) }
    let recipe = material.recipe
    let request = LoadRequest(
      path: RunFolder.named(folder), initialize: isNew, seed: recipe.seed, objective: WireObjective(recipe.objective),
      optimizer: WireOptimizerOptions(recipe.training, maxSteps: 1),
      generationWeights: WireGenerationWeights(recipe.generation?.studentWeights ?? .float32))
    try await dependencies.students.withStudent(at: grant.address) { student in
      let response = try await student.load(request)
      try await body(student, ModelSummary(response.model ?? WireModelDescription()))
    }
  }
}

/// What keeps a Lion run from going on.
enum LionProblem: Error, CustomStringConvertible {
  case noModel(role: LionRole)
  case imitation(round: Int, message: String)
  case nothingToLearn(round: Int)
  case budgetTooSmall

  var description: String {
    switch self {
    case .noModel(let role):
      "method lion needs a \(role.rawValue) and this coordinator has none: start it with --teacher HOST:PORT"
    case .imitation(let round, let message): "imitation of round \(round): \(message)"
    case .nothingToLearn(let round):
      "round \(round): each of the teacher's answers was cut off: raise generation.max_new_tokens"
    case .budgetTooSmall:
      "the budget was spent before the student could learn anything: raise lion.budget_tokens"
    }
  }
}

extension String {
  /// Without white space at the ends.
  fileprivate var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
