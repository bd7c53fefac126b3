public import Optimization
public import Transformer

/// What decides the last bits of a result on one machine. The number of threads does not.
public struct Arithmetic: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The matrix library's kernels, such as `SkylakeX`.
  public var coreType: String
  /// The library and its version.
  public var library: String

  /// Makes the tags.
  public init(coreType: String, library: String) {
    self.coreType = coreType
    self.library = library
  }

  /// Both, for people.
  public var description: String { "\(library) \(coreType)" }
}

/// What a checkpoint says beside parameters and moments: `trainer_state.json`.
public struct TrainerState: Sendable, Hashable, Codable {
  /// Steps taken.
  public var optimizerStep: Int
  /// The run's seed: all randomness follows from it and from indices.
  public var seed: UInt64
  /// The numbers of AdamW.
  public var optimizer: AdamWOptions
  /// The learning rates.
  public var schedule: LearningRateSchedule
  /// The arithmetic.
  public var arithmetic: Arithmetic
  /// Version of the program.
  public var version: String
  /// What adaptive skews remember, by term of the objective; nil: nothing.
  public var skewGaps: [GapSum]?
  /// Into how many parts a batch is cut, at most, whose gradients are summed apart; nil: one.
  public var partCount: Int?
  /// Of the module that learns beside the student, whose numbers are in `module.safetensors`; nil: there is none.
  public var module: Module?

  /// What a module's adapters are on.
  public struct Module: Sendable, Hashable, Codable {
    /// SHA-256 of the configuration and parameters of the model.
    public var modelDigest: String
    /// The adapters.
    public var adapters: AdapterOptions

    /// Names the two.
    public init(modelDigest: String, adapters: AdapterOptions) {
      (self.modelDigest, self.adapters) = (modelDigest, adapters)
    }

    private enum CodingKeys: String, CodingKey {
      case modelDigest = "model_digest"
      case adapters
    }
  }

  /// Gaps between teacher and student, added up.
  public struct GapSum: Sendable, Hashable, Codable {
    /// Of the gaps.
    public var sum: Double
    /// Number of gaps.
    public var count: Int

    /// Names the numbers.
    public init(sum: Double, count: Int) { (self.sum, self.count) = (sum, count) }
  }

  /// Makes a state.
  public init(
    optimizerStep: Int, seed: UInt64, optimizer: AdamWOptions, schedule: LearningRateSchedule, arithmetic: Arithmetic,
    version: String, skewGaps: [GapSum]? = nil, partCount: Int? = nil, module: Module? = nil
  ) {
    self.optimizerStep = optimizerStep
    self.seed = seed
    self.optimizer = optimizer
    self.schedule = schedule
    self.arithmetic = arithmetic
    self.version = version
    self.skewGaps = skewGaps
    self.partCount = partCount
    self.module = module
  }

  private enum CodingKeys: String, CodingKey {
    case optimizerStep = "global_step"
    case skewGaps = "skew_gaps"
    case partCount = "gradient_parts"
    case seed, optimizer, schedule, arithmetic, version, module
  }
}
