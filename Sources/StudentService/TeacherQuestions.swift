internal import Distillation
internal import Sequences
internal import WireFormat

/// What a step asks: of each teacher about its sequences, all answers in the order of the batch.
struct TeacherQuestions: Sendable {
  /// The sequences of one teacher, with their places among all.
  private struct Question: Sendable {
    let name: String
    var places: [Int] = []
    var sequences: [TokenSequence] = []
  }

  private let questions: [Question]

  /// Asks nothing.
  init() { questions = [] }

  /// Sorts the sequences of a batch that need a teacher by the one that each has, and by the part that each is in.
  ///
  /// - Parameter parts: The sequences to ask about, those of each range apart; empty: about all.
  /// - Throws: `DistillationError`, and `WireFormatError` where the columns of teachers do not fit the batch.
  init(
    _ batch: TrainingBatch, _ objective: Objective, _ wire: WireTrainBatch?, parts: ArraySlice<Range<Int>> = []
  ) throws {
    let (names, indices) = (wire?.teacherNames ?? [], (wire?.teacherIndices ?? []).map { Int($0) })
    guard indices.count == (names.isEmpty ? 0 : batch.sequences.count) else {
      throw WireFormatError.columns(
        message: "batch", problem: "\(indices.count) teacher_indices for \(batch.sequences.count) sequences")
    }
    if let index = indices.first(where: { !names.indices.contains($0) }) {
      throw WireFormatError.outOfRange(
        field: "batch.teacher_indices", value: "\(index)", allowed: "below \(names.count)")
    }
    let sequences = batch.sequences.sequences
    let asked = try batch.teacherSequenceIndices(objective)
    var (place, questions) = (0, [Question]())
    for part in parts.isEmpty ? [0..<sequences.count] : parts {
      var apart = names.isEmpty ? [Question(name: "")] : names.map { Question(name: $0) }
      for sequence in asked where part.contains(sequence) {
        let teacher = names.isEmpty ? 0 : indices[sequence]
        apart[teacher].places.append(place)
        apart[teacher].sequences.append(sequences[sequence])
        place += 1
      }
      questions += apart.filter { !$0.places.isEmpty }
    }
    self.questions = questions
  }

  /// True where no teacher is needed.
  var isEmpty: Bool { questions.isEmpty }

  /// The answers of all teachers, which are asked at once.
  func reply(from teacher: any Teacher, options: ScoreOptions, vocabSize: Int) async throws -> TeacherReply {
    if questions.count == 1 {
      return try await ask(questions[0], teacher, options, vocabSize)
    }
    let replies = try await withThrowingTaskGroup(of: (Int, TeacherReply).self) { group in
      for index in questions.indices {
        group.addTask { (index, try await ask(questions[index], teacher, options, vocabSize)) }
      }
      var replies: [Int: TeacherReply] = [:]
      while let (index, reply) = try await group.next() { replies[index] = reply }
      return replies
    }
    return merged(questions.indices.compactMap { replies[$0] })
  }

  private func ask(
    _ question: Question, _ teacher: any Teacher, _ options: ScoreOptions, _ vocabSize: Int
  ) async throws -> TeacherReply {
    try await teacher.score(
      SequenceBatch(question.sequences), of: question.name, options: options, vocabSize: vocabSize)
  }

  /// The answers in the order of the batch.
  private func merged(_ replies: [TeacherReply]) -> TeacherReply {
    var pieces = [PositionScores](repeating: PositionScores(), count: questions.reduce(0) { $0 + $1.places.count })
    for (question, reply) in zip(questions, replies) {
      var first = 0
      for (place, sequence) in zip(question.places, question.sequences) {
        pieces[place] = reply.scores.positions(first..<first + sequence.completionLength)
        first += sequence.completionLength
      }
    }
    var scores = PositionScores()
    for piece in pieces where piece.positionCount > 0 { scores.append(piece) }
    return TeacherReply(scores: scores, byteCount: replies.reduce(0) { $0 + $1.byteCount })
  }
}
