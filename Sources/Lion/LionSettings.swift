/// What a run of Lion is to do.
public struct LionSettings: Sendable, Hashable, Codable {
  /// K: rounds of discrimination and generation. Imitation runs once more, on what the last round invented.
  public var rounds = 3
  /// Instructions to invent in a round from those that the student finds hard.
  public var hardCount = 3000
  /// Instructions to invent in a round from those that it masters.
  public var easyCount = 3000
  /// τ: an instruction is hard where the teacher's score exceeds the student's by at least this.
  public var threshold = 1.0
  /// The largest ROUGE-L of an invented instruction with one of the pool.
  public var rougeLimit = 0.7
  /// Which words ROUGE-L compares.
  public var words = InstructionWords.unicode
  /// Instructions of the cache pool that are scored in a round, all new ones first; nil: all.
  public var refereeSampleSize: Int?
  /// Verdicts to ask for in each order: 1 in Lion, 3 in FairEval.
  public var samplesPerOrder = 1
  /// Requests for one verdict until it can be read; then the instruction is unscored in this round.
  public var attemptsPerVerdict = 3
  /// Requests to the generator per instruction that is wanted; then a round goes on with what it has.
  public var requestsPerInstruction = 5
  /// The run ends where the share of hard instructions is below this.
  public var leastHardShare = 0.0
  /// What may be spent on teacher, referee and generator, in the unit of their prices; nil: no limit.
  public var budget: Double?
  /// The seed of all choices.
  public var seed: UInt64 = 0

  /// The paper's settings.
  public init() {}
}

/// A model that a run pays.
public enum LionRole: String, Sendable, Hashable, Codable, CaseIterable {
  case teacher, referee, generator
}

/// What requests cost.
public struct ModelUsage: Sendable, Hashable, Codable {
  /// Completed requests.
  public var requests: Int
  /// Tokens that were sent.
  public var promptTokens: Int
  /// Tokens that came back.
  public var completionTokens: Int
  /// In the unit of the prices.
  public var cost: Double

  /// Names what was used.
  public init(requests: Int = 0, promptTokens: Int = 0, completionTokens: Int = 0, cost: Double = 0) {
    (self.requests, self.promptTokens) = (requests, promptTokens)
    (self.completionTokens, self.cost) = (completionTokens, cost)
  }

  /// Adds.
  public static func += (sum: inout ModelUsage, part: ModelUsage) {
    sum.requests += part.requests
    sum.promptTokens += part.promptTokens
    sum.completionTokens += part.completionTokens
    sum.cost += part.cost
  }
}

/// One instruction of a run.
public struct LionInstruction: Sendable, Hashable, Codable {
  /// Where an instruction comes from.
  public enum Origin: String, Sendable, Hashable, Codable {
    /// From the data.
    case seed
    /// Invented from one that the student found hard.
    case hard
    /// Invented from one that it mastered.
    case easy
  }

  /// What the models are asked.
  public let text: String
  /// Where it comes from.
  public let origin: Origin
  /// The instruction that inspired it; nil for seeds.
  public let parent: Int?
  /// The round that invented it, from 0; nil for seeds.
  public let round: Int?
}
