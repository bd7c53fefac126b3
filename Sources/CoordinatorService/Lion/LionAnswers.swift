internal import GRPCCore
internal import Lion
internal import Recipes
internal import Sequences

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
        instruction: instruction, answer: text(answer), isTruncated: answer.isTruncated, answer.usage)
    case .judge(let request):
      let prompt = judgement(request, machine)
      let order = request.order == .teacherFirst ? 0 : 1
      let seed = material.seed(
        .referee, request.round, request.instruction, order, request.sample, request.attempt)
      let answer = try await answer(.referee, prompt, material.refereeSampling, seed: seed)
      return .judged(request, reply: text(answer), answer.usage)
    case .invent(let request):
      let parent = machine.instructions[request.parent].text
      let template = request.origin == .hard ? material.prompts.generatorHard : material.prompts.generatorEasy
      let seed = material.seed(.generator, request.round, request.origin == .hard ? 0 : 1, request.number)
      let answer = try await answer(
        .generator, template.filled(["instruction": parent]), material.generatorSampling(parent: parent), seed: seed)
      return .invented(request, text: text(answer).trimmed, isTruncated: answer.isTruncated, answer.usage)
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
  ) async throws -> ModelAnswer {
    guard let facade = facade(role) else { throw LoopProblem.noModel(method: .lion, role: role.rawValue) }
    return try await facade.answer(to: try material.tokenIDs(of: prompt), sampling, seed: seed)
  }

  private func text(_ answer: ModelAnswer) -> String { material.codec.decode(answer.tokenIDs) }

  /// Lets the student of a round answer, on a trainer that is held meanwhile; hands over each answer as it comes.
  func askStudent(
    of folder: String, round: Int, _ instructions: [(number: Int, text: String)],
    onAnswer: @escaping @Sendable (LionEvent) -> Void
  ) async throws {
    try await dependencies.withStudent(of: folder, material.recipe) { student, _ in
      for chunk in instructions.chunks(of: material.recipe.generation?.batchSize ?? 64) {
        let prompts = try chunk.map { instruction in
          let prompt = material.prompts.task.filled(["instruction": instruction.text])
          return try material.tokenIDs(of: prompt)
        }
        let completions = try await student.complete(
          prompts, material.answerSampling, seeds: chunk.map { material.seed(nil, round, $0.number) })
        for (instruction, completion) in zip(chunk, completions) {
          let answer = material.codec.decode(completion.tokenIDs)
          onAnswer(.studentAnswered(round: round, instruction: instruction.number, answer: answer))
        }
      }
    }
  }
}

/// What keeps a Lion run from going on.
enum LionProblem: Error, CustomStringConvertible {
  case nothingToLearn(round: Int)
  case budgetTooSmall

  var description: String {
    switch self {
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
