/// One request to the referee.
public struct VerdictRequest: Sendable, Hashable, Codable {
  /// Which answer stands first.
  public enum Order: String, Sendable, Hashable, Codable, CaseIterable {
    case teacherFirst, studentFirst
  }

  /// The round, from 0.
  public let round: Int
  /// The instruction's number.
  public let instruction: Int
  /// Which answer stands first.
  public let order: Order
  /// The number of the sample of this order, from 0.
  public let sample: Int
  /// How often this sample could not be read before.
  public let attempt: Int
}

/// One request to the generator.
public struct InventionRequest: Sendable, Hashable, Codable {
  /// The round, from 0.
  public let round: Int
  /// `hard` or `easy`.
  public let origin: LionInstruction.Origin
  /// The number of the request of this kind in the round, from 0: candidates are judged in this order.
  public let number: Int
  /// The instruction to be inspired by.
  public let parent: Int
}

/// What happened.
public enum LionEvent: Sendable, Hashable, Codable {
  /// Nothing is under way any more: all that is left is to be asked for again.
  case restarted
  /// The student of a round was trained.
  case imitated(round: Int)
  /// The teacher answered an instruction; a later answer to the same one changes nothing. `isTruncated` where it was cut off.
  case teacherAnswered(instruction: Int, answer: String, isTruncated: Bool, ModelUsage)
  /// The student of a round answered.
  case studentAnswered(round: Int, instruction: Int, answer: String)
  /// The referee replied.
  case judged(VerdictRequest, reply: String, ModelUsage)
  /// The generator replied; `isTruncated` where it was cut off.
  case invented(InventionRequest, text: String, isTruncated: Bool, ModelUsage)

  /// Who was paid for it; nil: nobody.
  public var role: LionRole? {
    switch self {
    case .restarted, .imitated, .studentAnswered: nil
    case .teacherAnswered: .teacher
    case .judged: .referee
    case .invented: .generator
    }
  }
}

/// What is to be done. Every effect is named by what it depends on and may be repeated.
public enum LionEffect: Sendable, Hashable {
  /// Fine-tune the student of the round before, or the run's at round 0, on instructions with the teacher's answers.
  case imitate(round: Int, instructions: [Int])
  /// Ask the teacher.
  case askTeacher(instruction: Int)
  /// Let the student of a round answer.
  case askStudent(round: Int, instruction: Int)
  /// Ask the referee.
  case judge(VerdictRequest)
  /// Ask the generator.
  case invent(InventionRequest)

  /// Who is paid for it; nil: nobody.
  public var role: LionRole? {
    switch self {
    case .imitate, .askStudent: nil
    case .askTeacher: .teacher
    case .judge: .referee
    case .invent: .generator
    }
  }
}
