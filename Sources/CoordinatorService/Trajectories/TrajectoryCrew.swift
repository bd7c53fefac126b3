internal import Curation
internal import GRPCCore
internal import Recipes
internal import Sequences

/// Who attempts, verifies and edits.
struct TrajectoryCrew: Sendable {
  let material: TrajectoryMaterial
  let dependencies: RunDependencies
  let verifier: any AnswerJudge

  /// Where the teacher is.
  var teacherAddress: String { dependencies.facade?.address ?? "no address" }

  func verify(_ question: TrajectoryQuestion, _ answer: String) async throws -> TrajectoryEvent {
    .verified(question, try await verifier.judge(answer, to: material.rows[question.attempt.row]))
  }

  /// Asks the teacher; the façade waits for one that is away, and pays nothing twice.
  func edit(_ question: TrajectoryQuestion, _ answer: String) async throws -> TrajectoryEvent {
    guard let facade = dependencies.facade else { throw LoopProblem.noModel(method: .tripost, role: "teacher") }
    let prompt = try material.editorPrompt(material.rows[question.attempt.row], answer: answer)
    let reply = try await facade.answer(to: prompt, material.editorSampling, seed: material.seed(question))
    return .edited(
      question, text: material.data.codec.decode(reply.tokenIDs), isTruncated: reply.isTruncated, reply.usage)
  }

  /// Lets a student attempt rows, on a trainer that is held meanwhile; hands over each attempt as it comes.
  func attempt(
    _ attempts: [TrajectoryAttempt], by folder: String, onEvent: @escaping @Sendable (TrajectoryEvent) -> Void
  ) async throws {
    try await dependencies.withStudent(of: folder, material.recipe) { student, _ in
      for chunk in attempts.chunks(of: material.recipe.generation?.batchSize ?? 64) {
        let completions = try await student.complete(
          chunk.map { material.rows[$0.row].promptIDs }, material.attemptSampling, seeds: chunk.map(material.seed))
        for (attempt, completion) in zip(chunk, completions) {
          onEvent(
            .attempted(
              attempt, text: material.data.codec.decode(completion.tokenIDs),
              isTruncated: completion.finishReason == .length))
        }
      }
    }
  }
}
